import { hashKey } from './hash.ts';
import type { Value } from './value.ts';

/**
 * Python's dict: any hashable key, in the order keys were first added.
 *
 * `true`, `1` and `1.0` are one key, as in Python.
 */
export class Dict {
  readonly #entries = new Map<unknown, [Value, Value]>();

  constructor(entries?: Iterable<readonly [Value, Value]>) {
    if (entries) for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value under `key`, or undefined when there is none. @throws jinja.type-error when unhashable */
  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }

  set(key: Value, value: Value): this {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry) entry[1] = value;
    else this.#entries.set(hash, [key, value]);
    return this;
  }

  delete(key: Value): boolean {
    return this.#entries.delete(hashKey(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  *keys(): IterableIterator<Value> {
    for (const entry of this.#entries.values()) yield entry[0];
  }

  *values(): IterableIterator<Value> {
    for (const entry of this.#entries.values()) yield entry[1];
  }

  /** Key and value pairs; the pairs are the dict's own and must not be changed. */
  entries(): IterableIterator<readonly [Value, Value]> {
    return this.#entries.values();
  }

  [Symbol.iterator](): IterableIterator<readonly [Value, Value]> {
    return this.#entries.values();
  }
}
