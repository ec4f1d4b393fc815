/**
 * Models whose Jinja is nothing but literal calls of `ref`, `source`, `config` and of macros that can't
 * matter to a parse, read without rendering.
 *
 * Most models are like that. What is accepted is a strict part of the language: `{{ name(literals) }}`
 * and comments. Anything else (a block, a filter, an expression, a variable) makes the answer
 * undefined, and the model is rendered. So what this finds is what rendering would have recorded.
 */
import type { Plain, RefArgs } from './manifest.ts';

/** One call: positional and keyword arguments, all literal. */
export interface StaticCall {
  /** `ref`, `source`, `config`, or a macro as written: `name`, `package.name`. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Plain;
}

/**
 * The calls of `text`, in order; undefined when it has to be rendered to know. Pure.
 *
 * @param isQuiet whether calling a macro of that name can record nothing; no macro is unless given.
 */
export function staticCalls(
  text: string,
  isQuiet: (name: string) => boolean = () => false,
): readonly StaticCall[] | undefined {
  const calls: StaticCall[] = [];
  let at = text.indexOf('{');
  while (at !== -1) {
    const next = text[at + 1];
    if (next === '%') return undefined;
    if (next === '#') {
      const end = text.indexOf('#}', at + 2);
      if (end === -1) return undefined;
      at = text.indexOf('{', end + 2);
    } else if (next === '{') {
      const reader = new CallReader(text, at + 2, isQuiet);
      const call = reader.read();
      if (!call) return undefined;
      calls.push(call);
      at = text.indexOf('{', reader.at);
    } else {
      at = text.indexOf('{', at + 1);
    }
  }
  return calls;
}

/** What a literal `ref` call refers to. */
export function refOfCall(call: StaticCall): RefArgs {
  const [first, second] = call.args as string[];
  return {
    name: second ?? (first as string),
    package: second === undefined ? null : (first as string),
    version: (call.kwargs['v'] ?? call.kwargs['version'] ?? null) as string | number | null,
  };
}

const unreadable = Symbol('unreadable');

/** Reads one `name(arguments) }}` from a position on. */
class CallReader {
  readonly #text: string;
  readonly #isQuiet: (name: string) => boolean;
  at: number;

  constructor(text: string, at: number, isQuiet: (name: string) => boolean) {
    this.#text = text;
    this.at = at;
    this.#isQuiet = isQuiet;
  }

  /** The call, with `at` behind its `}}`; undefined when it is anything but a call of literals. */
  read(): StaticCall | undefined {
    if (this.#text[this.at] === '-') this.at += 1;
    const name = this.#calledName();
    if (name === undefined || !this.#eat('(')) return undefined;
    if (!ownNames.has(name) && !this.#isQuiet(name)) return undefined;
    const args: unknown[] = [];
    const kwargs: Plain = {};
    let named = false;
    while (!this.#eat(')')) {
      const keyword = this.#keyword();
      const value = this.#value();
      if (value === unreadable) return undefined;
      if (keyword !== undefined) {
        if (Object.hasOwn(kwargs, keyword)) return undefined;
        kwargs[keyword] = value;
        named = true;
      } else {
        if (named) return undefined;
        args.push(value);
      }
      if (this.#eat(',')) continue;
      if (!this.#eat(')')) return undefined;
      break;
    }
    this.#space();
    if (this.#text[this.at] === '-') this.at += 1;
    if (!this.#text.startsWith('}}', this.at)) return undefined;
    this.at += 2;
    return acceptable(name, args, kwargs) ? { name, args, kwargs } : undefined;
  }

  /** `name` or `package.name`. */
  #calledName(): string | undefined {
    const first = this.#name();
    if (first === undefined || this.#text[this.at] !== '.') return first;
    this.at += 1;
    const second = this.#name();
    return second === undefined ? undefined : `${first}.${second}`;
  }

  #space(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.at);
      // Past the end it isn't a number, and no comparison holds.
      if (!(char === 32 || (char >= 9 && char <= 13))) return;
      this.at += 1;
    }
  }

  #eat(char: string): boolean {
    this.#space();
    if (this.#text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  #name(): string | undefined {
    this.#space();
    word.lastIndex = this.at;
    const found = word.exec(this.#text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** `name=`, when an argument starts with it. */
  #keyword(): string | undefined {
    const start = this.at;
    const name = this.#name();
    if (name !== undefined && this.#eat('=') && this.#text[this.at] !== '=') return name;
    this.at = start;
    return undefined;
  }

  #value(): unknown {
    this.#space();
    const char = this.#text[this.at];
    if (char === "'" || char === '"') return this.#string(char);
    if (char === '[') return this.#list();
    if (char === '{') return this.#mapping();
    number.lastIndex = this.at;
    const digits = number.exec(this.#text)?.[0];
    if (digits !== undefined) {
      this.at += digits.length;
      return this.#ends() && Number.isSafeInteger(Number(digits)) ? Number(digits) : unreadable;
    }
    const name = this.#name();
    if (name === undefined || !literals.has(name)) return unreadable;
    return literals.get(name);
  }

  /** Whether a number ends here: `1.5`, `1e3` and `1_000` are left to the real parser. */
  #ends(): boolean {
    return !/[\w.]/.test(this.#text[this.at] ?? '');
  }

  #string(quote: string): unknown {
    const end = this.#text.indexOf(quote, this.at + 1);
    if (end === -1) return unreadable;
    const text = this.#text.slice(this.at + 1, end);
    if (text.includes('\\')) return unreadable;
    this.at = end + 1;
    this.#space();
    // Neighbouring strings are joined by Python.
    const next = this.#text[this.at];
    return next === "'" || next === '"' ? unreadable : text;
  }

  #list(): unknown {
    this.at += 1;
    const items: unknown[] = [];
    while (!this.#eat(']')) {
      const item = this.#value();
      if (item === unreadable) return unreadable;
      items.push(item);
      if (this.#eat(',')) continue;
      return this.#eat(']') ? items : unreadable;
    }
    return items;
  }

  #mapping(): unknown {
    this.at += 1;
    const mapping: Plain = {};
    while (!this.#eat('}')) {
      const key = this.#value();
      // Integer keys would lose their place in a JavaScript object, `__proto__` its meaning.
      if (typeof key !== 'string' || key === '__proto__' || /^\d+$/.test(key)) return unreadable;
      if (!this.#eat(':')) return unreadable;
      const value = this.#value();
      if (value === unreadable) return unreadable;
      mapping[key] = value;
      if (this.#eat(',')) continue;
      return this.#eat('}') ? mapping : unreadable;
    }
    return mapping;
  }
}

const ownNames = new Set(['ref', 'source', 'config']);

const word = /[A-Za-z_]\w*/y;
const number = /-?\d+/y;
const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Whether rendering would take these arguments without complaint. */
function acceptable(name: string, args: readonly unknown[], kwargs: Plain): boolean {
  const names = Object.keys(kwargs);
  switch (name) {
    case 'source':
      return args.length === 2 && names.length === 0 && args.every((arg) => typeof arg === 'string');
    case 'ref':
      return (
        (args.length === 1 || args.length === 2) &&
        args.every((arg) => typeof arg === 'string') &&
        names.length <= 1 &&
        names.every((key) => (key === 'v' || key === 'version') && isVersion(kwargs[key]))
      );
    case 'config':
      // A mapping given by position is rare enough to render.
      return args.length === 0 && !names.includes('__proto__');
    default:
      return true;
  }
}

function isVersion(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
