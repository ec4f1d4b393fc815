import { Tuple } from './tuple.ts';
import type { Value } from './value.ts';

/** One group of `groupby`: a pair that also answers `grouper` and `list`. */
export class Group extends Tuple {
  readonly grouper: Value;
  readonly list: Value[];

  constructor(grouper: Value, list: Value[]) {
    super([grouper, list]);
    this.grouper = grouper;
    this.list = list;
  }
}
