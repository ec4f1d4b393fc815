import { Dict, type Value } from '../../jinja/index.ts';
import { globalsOf, type RenderState } from './globals.ts';
import type { ContextInput } from './input.ts';
import { StoredResults } from './results.ts';

/**
 * Every global name a template sees in one render.
 *
 * A value is made when it is first asked for and kept, so that a render pays for what it uses only;
 * going through all entries makes them all.
 */
export function buildContext(input: ContextInput): Map<string, Value> {
  return new LazyNames(input);
}

class LazyNames extends Map<string, Value> {
  readonly #state: RenderState;
  readonly #waiting: Readonly<Record<string, (state: RenderState) => Value | undefined>>;
  #complete = false;

  constructor(input: ContextInput) {
    super();
    this.#waiting = globalsOf(input.kind);
    this.#state = {
      input,
      results: new StoredResults(),
      value: (name) => this.get(name),
      all: () => {
        this.#makeAll('context');
        return new Dict(super.entries());
      },
    };
    if (input.extra) for (const [name, value] of input.extra) super.set(name, value);
  }

  override get(name: string): Value | undefined {
    const known = super.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#waiting, name)) return undefined;
    const value = this.#waiting[name]?.(this.#state);
    if (value !== undefined) super.set(name, value);
    return value;
  }

  override has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  override get size(): number {
    this.#makeAll();
    return super.size;
  }

  override *keys(): MapIterator<string> {
    this.#makeAll();
    yield* super.keys();
  }

  override *values(): MapIterator<Value> {
    this.#makeAll();
    yield* super.values();
  }

  override *entries(): MapIterator<[string, Value]> {
    this.#makeAll();
    yield* super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  override forEach(visit: (value: Value, key: string, map: Map<string, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  #makeAll(except?: string): void {
    if (this.#complete) return;
    for (const name of Object.keys(this.#waiting)) if (name !== except) this.get(name);
    if (except === undefined) this.#complete = true;
  }
}
