import { HostObject, hostFunction, type Value } from '../../jinja/index.ts';
import { fromPlain } from '../plain-values.ts';
import { requiredText } from './arguments.ts';
import type { InvocationFacts } from './input.ts';

/** `flags`: how this run was asked for. A flag that nobody knows is none, in any letter case. */
export class FlagsObject extends HostObject {
  override readonly typeName = 'Namespace';
  readonly #flags = new Map<string, Value>();

  constructor(invocation: InvocationFacts) {
    super();
    const defaults = {
      WHICH: invocation.command,
      FULL_REFRESH: invocation.fullRefresh,
      STORE_FAILURES: false,
      EMPTY: false,
      INTROSPECT: true,
      USE_COLORS: true,
      INDIRECT_SELECTION: 'eager',
      PRINTER_WIDTH: 80,
      QUIET: false,
      DEBUG: false,
      FAIL_FAST: false,
      WRITE_JSON: true,
      PARTIAL_PARSE: true,
      CACHE_SELECTED_ONLY: false,
    };
    for (const [name, value] of Object.entries({ ...defaults, ...invocation.flags })) {
      this.#flags.set(name.toUpperCase(), fromPlain(value));
    }
  }

  override str(): string {
    return `Namespace(${[...this.#flags.keys()].join(', ')})`;
  }

  override getAttr(name: string): Value {
    if (name === 'get') {
      return hostFunction(
        name,
        (args) => this.#flags.get(requiredText('name', args[0]).toUpperCase()) ?? args[1] ?? null,
      );
    }
    return this.#flags.get(name.toUpperCase()) ?? null;
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttr(key) : undefined;
  }
}
