import { hashKey } from './hash.ts';
import type { Value } from './value.ts';

/** Python's set. Iterates in the order members were added. */
export class PySet {
  readonly #members = new Map<unknown, Value>();

  constructor(members?: Iterable<Value>) {
    if (members) for (const member of members) this.add(member);
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: Value): boolean {
    return this.#members.has(hashKey(member));
  }

  /** @throws jinja.type-error when `member` is unhashable */
  add(member: Value): this {
    const hash = hashKey(member);
    if (!this.#members.has(hash)) this.#members.set(hash, member);
    return this;
  }

  delete(member: Value): boolean {
    return this.#members.delete(hashKey(member));
  }

  clear(): void {
    this.#members.clear();
  }

  values(): IterableIterator<Value> {
    return this.#members.values();
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return this.#members.values();
  }
}
