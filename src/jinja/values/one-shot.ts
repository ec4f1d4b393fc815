import { HostObject } from './host-object.ts';
import type { Value } from './value.ts';

/** Python's generator, what `map`, `select` and their like return: can be gone through once, has no length. */
export class OneShot extends HostObject {
  override readonly typeName = 'generator';
  readonly #make: () => readonly Value[];
  #spent = false;

  /** @param make called when somebody first asks for the items. */
  constructor(make: () => readonly Value[]) {
    super();
    this.#make = make;
  }

  override str(): string {
    return '<generator object>';
  }

  override iterate(): readonly Value[] {
    if (this.#spent) return [];
    this.#spent = true;
    return this.#make();
  }

  override toJs(): unknown {
    return this.iterate();
  }
}
