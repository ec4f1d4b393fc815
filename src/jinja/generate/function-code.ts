/** The pieces that generated code is collected in. */

/** One text compiled at once: its constants are passed to the code beside the runtime. */
export class UnitCode {
  readonly flavour: 'sync' | 'async';
  readonly constants: unknown[] = [];
  #variables = 0;

  constructor(flavour: 'sync' | 'async') {
    this.flavour = flavour;
  }

  /** Code for `value`, which can't be written as a literal. */
  constant(value: unknown): string {
    const known = this.constants.indexOf(value);
    return `K[${known >= 0 ? known : this.constants.push(value) - 1}]`;
  }

  /** A variable name that nothing else in the unit has. */
  variable(): string {
    this.#variables += 1;
    return `v${this.#variables}`;
  }
}

/** One JavaScript function of generated code: what it must declare before its body. */
export class FunctionCode {
  readonly unit: UnitCode;
  readonly #free = new Map<string, string>();
  readonly #temporaries: string[] = [];

  constructor(unit: UnitCode) {
    this.unit = unit;
  }

  /** The variable that caches a free name for this call of the function. */
  free(name: string): string {
    const known = this.#free.get(name);
    if (known !== undefined) return known;
    const variable = this.unit.variable();
    this.#free.set(name, variable);
    return variable;
  }

  /** A variable for a value that is used twice in an expression. */
  temporary(): string {
    const variable = this.unit.variable();
    this.#temporaries.push(variable);
    return variable;
  }

  /** `call`, waiting for its promise if it returned one: the only difference between the flavours. */
  waiting(call: string): string {
    if (this.unit.flavour === 'sync') return call;
    return `((t=${call}) instanceof Promise?(yield t):t)`;
  }

  /** The keyword that begins a function of this flavour. */
  get keyword(): string {
    return this.unit.flavour === 'sync' ? 'function' : 'function*';
  }

  /** The declarations, once the body is known. */
  declarations(): string {
    const variables = [...this.#free.values(), ...this.#temporaries];
    if (this.unit.flavour === 'async') variables.push('t');
    return variables.length > 0 ? `let ${variables.join(',')};` : '';
  }
}
