/** Python's `'{} {name!r:>10}'.format(…)`, inside the sandbox: fields reach attributes only as templates do. */
import { jinjaErrors } from '../errors.ts';
import { Undefined } from '../values/undefined.ts';
import type { Kwargs, Value } from '../values/value.ts';
import { getAttribute, itemOf } from './access.ts';
import { formatValue } from './format-spec.ts';
import { repr, str } from './printing.ts';
import { undefinedError } from './undefined-error.ts';

/** `format.format(*args, **kwargs)`. @throws jinja.value-error, jinja.index-error, jinja.key-error */
export function formatBraces(format: string, args: readonly Value[], kwargs: Kwargs): string {
  return new BraceFormatter(args, kwargs).run(format, 2);
}

class BraceFormatter {
  readonly #args: readonly Value[];
  readonly #kwargs: Kwargs;
  #automatic = 0;

  constructor(args: readonly Value[], kwargs: Kwargs) {
    this.#args = args;
    this.#kwargs = kwargs;
  }

  run(format: string, depth: number): string {
    if (depth < 0) throw jinjaErrors['value-error']({ problem: 'Max string recursion exceeded' });
    let out = '';
    for (let i = 0; i < format.length; i += 1) {
      const char = format.charAt(i);
      if (char === '{' && format.charAt(i + 1) !== '{') {
        const end = closing(format, i);
        out += this.#field(format.slice(i + 1, end), depth);
        i = end;
      } else if (char === '}' && format.charAt(i + 1) !== '}') {
        throw jinjaErrors['value-error']({ problem: "Single '}' encountered in format string" });
      } else {
        out += char;
        if (char === '{' || char === '}') i += 1;
      }
    }
    return out;
  }

  #field(field: string, depth: number): string {
    const [, name = '', conversion, spec = ''] =
      /^((?:\[[^\]]*\]|[^!:[])*)(?:!(.))?(?::([\s\S]*))?$/.exec(field) ?? [];
    const value = this.#value(name);
    const shown =
      conversion === 'r' || conversion === 'a' ? repr(value) : conversion === 's' ? str(value) : value;
    return formatValue(shown, spec.includes('{') ? this.run(spec, depth - 1) : spec);
  }

  #value(path: string): Value {
    const [, first = '', rest = ''] = /^([^.[]*)([\s\S]*)$/.exec(path) ?? [];
    let value = this.#argument(first);
    for (const [, attribute, index] of rest.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
      const found: Value | undefined =
        attribute === undefined
          ? itemOf(value, /^\d+$/.test(index ?? '') ? Number(index) : (index ?? ''))
          : getAttribute(value, attribute, 'strict');
      if (found instanceof Undefined) throw undefinedError(found);
      if (found === undefined) throw jinjaErrors['key-error']({ key: repr(index ?? '') });
      value = found;
    }
    return value;
  }

  #argument(name: string): Value {
    if (name !== '' && !/^\d+$/.test(name)) {
      const value = this.#kwargs.get(name);
      if (value === undefined) throw jinjaErrors['key-error']({ key: repr(name) });
      return value;
    }
    const index = name === '' ? this.#automatic++ : Number(name);
    const value = this.#args[index];
    if (value === undefined) {
      throw jinjaErrors['index-error']({
        problem: `Replacement index ${index} out of range for positional args tuple`,
      });
    }
    return value;
  }
}

/** The index of the brace that closes the one at `open`. */
function closing(format: string, open: number): number {
  let depth = 0;
  for (let i = open; i < format.length; i += 1) {
    const char = format.charAt(i);
    if (char === '{') depth += 1;
    if (char === '}') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  throw jinjaErrors['value-error']({
    problem:
      open === format.length - 1
        ? "Single '{' encountered in format string"
        : "expected '}' before end of string",
  });
}
