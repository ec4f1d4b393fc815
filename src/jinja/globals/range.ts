/** Python's `range`. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { needInt } from '../methods/arguments.ts';
import { equals } from '../python/comparing.ts';
import { hostFunction } from '../values/host-function.ts';
import { type Callable, HostObject } from '../values/host-object.ts';
import type { Value } from '../values/value.ts';

class Range extends HostObject {
  override readonly typeName = 'range';
  override readonly isSequence = true;
  readonly #start: number;
  readonly #stop: number;
  readonly #step: number;
  readonly #length: number;

  constructor(start: number, stop: number, step: number) {
    super();
    this.#start = start;
    this.#stop = stop;
    this.#step = step;
    this.#length = Math.max(0, Math.ceil((stop - start) / step));
    if (this.#length > limits.rangeLength) {
      throw jinjaErrors.limit({ what: 'the length of a range', max: limits.rangeLength });
    }
  }

  override str(): string {
    const step = this.#step === 1 ? '' : `, ${this.#step}`;
    return `range(${this.#start}, ${this.#stop}${step})`;
  }

  override length(): number {
    return this.#length;
  }

  override iterate(): Value[] {
    return Array.from({ length: this.#length }, (_, i) => this.#start + i * this.#step);
  }

  override getItem(key: Value): Value | undefined {
    if (typeof key !== 'number' || !Number.isSafeInteger(key)) return undefined;
    const index = key < 0 ? key + this.#length : key;
    return index >= 0 && index < this.#length ? this.#start + index * this.#step : undefined;
  }

  override contains(item: Value): boolean {
    return this.iterate().some((member) => equals(member, item));
  }

  override equals(other: Value): boolean {
    return other instanceof Range && equals(this.iterate(), other.iterate());
  }

  override hashKey(): unknown {
    return `\0range ${this.str()}`;
  }

  override toJs(): unknown {
    return this.iterate();
  }
}

/** `range(stop)`, `range(start, stop, step)`: at most `limits.rangeLength` numbers. */
export const rangeFunction: Callable = hostFunction('range', (args) => {
  const [first = 0, second, step = 1] = args;
  if (args.length === 0 || args.length > 3) {
    throw jinjaErrors['type-error']({
      problem: `range expected ${args.length === 0 ? 'at least 1 argument' : 'at most 3 arguments'}, got ${args.length}`,
    });
  }
  const by = needInt(step);
  if (by === 0) throw jinjaErrors['value-error']({ problem: 'range() arg 3 must not be zero' });
  return second === undefined
    ? new Range(0, needInt(first), 1)
    : new Range(needInt(first), needInt(second), by);
});
