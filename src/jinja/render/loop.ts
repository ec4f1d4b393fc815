/** `loop` inside a `for`: where it stands, its neighbours, and the call that recurses. */
import { jinjaErrors } from '../errors.ts';
import { equals } from '../python/comparing.ts';
import { hostFunction } from '../values/host-function.ts';
import { type CallInfo, HostObject } from '../values/host-object.ts';
import { orUndefined } from '../values/undefined.ts';
import type { Kwargs, Value } from '../values/value.ts';
import type { Frame } from './frame.ts';

/** Renders the loop again for other items, one level deeper. */
export type Recurse = (items: Value, depth: number, call: CallInfo) => Value | Promise<Value>;

/** The `loop` of one run of a `for`. Also steps through the items for the generated code. */
export class Loop extends HostObject {
  override readonly typeName = 'LoopContext';
  item: Value = null;
  readonly #items: readonly Value[];
  readonly #frame: Frame;
  readonly #depth: number;
  readonly #recurse: Recurse | undefined;
  #index = -1;
  #lastChanged: readonly Value[] | undefined;

  constructor(frame: Frame, items: readonly Value[], depth: number, recurse: Recurse | undefined) {
    super();
    this.#frame = frame;
    this.#items = items;
    this.#depth = depth;
    this.#recurse = recurse;
  }

  /** Moves to the next item, if there is one. The list is read as it is now. */
  next(): boolean {
    if (this.#index + 1 >= this.#items.length) return false;
    this.#index += 1;
    this.item = this.#items[this.#index] as Value;
    return true;
  }

  get begun(): boolean {
    return this.#index >= 0;
  }

  override str(): string {
    return `<LoopContext ${this.#index + 1}/${this.#items.length}>`;
  }

  override length(): number {
    return this.#items.length;
  }

  override getAttr(name: string): Value | undefined {
    const [items, index] = [this.#items, this.#index];
    switch (name) {
      case 'index':
        return index + 1;
      case 'index0':
        return index;
      case 'revindex':
        return items.length - index;
      case 'revindex0':
        return items.length - index - 1;
      case 'first':
        return index === 0;
      case 'last':
        return index === items.length - 1;
      case 'length':
        return items.length;
      case 'depth':
        return this.#depth + 1;
      case 'depth0':
        return this.#depth;
      case 'previtem':
        return this.#neighbour(items[index - 1], 'there is no previous item');
      case 'nextitem':
        return this.#neighbour(items[index + 1], 'there is no next item');
      case 'cycle':
        return hostFunction('cycle', (args) => this.#cycle(args));
      case 'changed':
        return hostFunction('changed', (args) => this.#changed(args));
      default:
        return undefined;
    }
  }

  override call(args: readonly Value[], _kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    if (!this.#recurse) {
      throw jinjaErrors['type-error']({
        problem: "The loop must have the 'recursive' marker to be called recursively.",
      });
    }
    return this.#recurse(args[0] ?? null, this.#depth + 1, call);
  }

  #neighbour(item: Value | undefined, hint: string): Value {
    return orUndefined(item, this.#frame.undefinedMode, undefined, undefined, hint);
  }

  #cycle(args: readonly Value[]): Value {
    if (args.length === 0) throw jinjaErrors['type-error']({ problem: 'no items for cycling given' });
    return args[this.#index % args.length] as Value;
  }

  #changed(args: readonly Value[]): Value {
    const last = this.#lastChanged;
    const same = last?.length === args.length && last.every((value, i) => equals(value, args[i] as Value));
    this.#lastChanged = args;
    return !same;
  }
}
