/** The methods of Python's dict, and the views they return. */
import { jinjaErrors } from '../errors.ts';
import { iterate } from '../python/access.ts';
import { equals } from '../python/comparing.ts';
import { repr } from '../python/printing.ts';
import { Dict } from '../values/dict.ts';
import { type BinaryOperator, HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { Tuple } from '../values/tuple.ts';
import type { Kwargs, Value } from '../values/value.ts';
import { type MethodTable, method, variadic } from './method.ts';

/** `d.keys()`, `d.values()`, `d.items()`: live views of a dict. */
export class DictView extends HostObject {
  override readonly typeName: string;
  readonly #dict: Dict;
  readonly #kind: 'keys' | 'values' | 'items';

  constructor(dict: Dict, kind: 'keys' | 'values' | 'items') {
    super();
    this.typeName = `dict_${kind}`;
    this.#dict = dict;
    this.#kind = kind;
  }

  override str(): string {
    return `${this.typeName}(${repr(this.iterate())})`;
  }

  override length(): number {
    return this.#dict.size;
  }

  override iterate(): Value[] {
    if (this.#kind === 'keys') return [...this.#dict.keys()];
    if (this.#kind === 'values') return [...this.#dict.values()];
    return Array.from(this.#dict.entries(), (entry) => new Tuple([...entry]));
  }

  override contains(item: Value): boolean {
    return this.#kind === 'keys'
      ? this.#dict.has(item)
      : this.iterate().some((member) => equals(member, item));
  }

  override equals(other: Value): boolean {
    if (this.#kind === 'values' || !(other instanceof DictView || other instanceof PySet))
      return this === other;
    const [a, b] = [new PySet(this.iterate()), new PySet(iterate(other))];
    return a.size === b.size && [...a].every((member) => b.has(member));
  }

  override operator(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined {
    if (op !== '-' || this.#kind === 'values') return undefined;
    const [a, b] = reflected ? [iterate(other), this.iterate()] : [this.iterate(), iterate(other)];
    const without = new PySet(b);
    return new PySet(a.filter((member) => !without.has(member)));
  }

  override toJs(): unknown {
    return this.iterate();
  }
}

/** Adds what `dict(source, **kwargs)` or `d.update(source, **kwargs)` holds. */
export function fillDict(dict: Dict, source: Value | undefined, kwargs: Kwargs): void {
  if (source instanceof Dict) {
    for (const [key, value] of [...source.entries()]) dict.set(key, value);
  } else if (source instanceof HostObject && source.isMapping && source.iterate) {
    for (const key of source.iterate()) dict.set(key, source.getItem?.(key) ?? null);
  } else if (source !== undefined) {
    for (const [i, pair] of iterate(source).entries()) {
      const [key, value, ...more] = iterate(pair);
      if (key === undefined || value === undefined || more.length > 0) {
        throw jinjaErrors['value-error']({
          problem: `dictionary update sequence element #${i} has the wrong length; 2 is required`,
        });
      }
      dict.set(key, value);
    }
  }
  for (const [key, value] of kwargs) dict.set(key, value);
}

function pop(dict: Dict, args: readonly Value[]): Value {
  const [key = null, fallback] = args;
  const value = dict.get(key);
  if (value !== undefined) {
    dict.delete(key);
    return value;
  }
  if (fallback === undefined) throw jinjaErrors['key-error']({ key: repr(key) });
  return fallback;
}

/** Python's dict methods, by name. */
export const dictMethods: MethodTable<Dict> = new Map([
  method<Dict>('get', ['key', ['default', null]], (dict, key, fallback) =>
    dict.has(key ?? null) ? (dict.get(key ?? null) ?? null) : (fallback ?? null),
  ),
  method<Dict>('keys', [], (dict) => new DictView(dict, 'keys')),
  method<Dict>('values', [], (dict) => new DictView(dict, 'values')),
  method<Dict>('items', [], (dict) => new DictView(dict, 'items')),
  variadic<Dict>('pop', (dict, args) => pop(dict, args)),
  method<Dict>('popitem', [], (dict) => {
    const last = [...dict.entries()].at(-1);
    if (!last) throw jinjaErrors['key-error']({ key: "'popitem(): dictionary is empty'" });
    dict.delete(last[0]);
    return new Tuple([...last]);
  }),
  method<Dict>('setdefault', ['key', ['default', null]], (dict, key, fallback) => {
    const value = dict.get(key ?? null);
    if (value !== undefined) return value;
    dict.set(key ?? null, fallback ?? null);
    return fallback ?? null;
  }),
  variadic<Dict>('update', (dict, [source], kwargs) => {
    fillDict(dict, source, kwargs);
    return null;
  }),
  method<Dict>('clear', [], (dict) => {
    dict.clear();
    return null;
  }),
  method<Dict>('copy', [], (dict) => new Dict(dict.entries())),
  method<Dict>('fromkeys', ['iterable', ['value', null]], (_dict, keys, value) => {
    return new Dict(iterate(keys ?? null).map((key) => [key, value ?? null] as const));
  }),
]);
