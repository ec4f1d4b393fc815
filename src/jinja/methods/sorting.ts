import { jinjaErrors } from '../errors.ts';
import { equals, order } from '../python/comparing.ts';
import { typeName } from '../python/type-name.ts';
import { undefinedError } from '../python/undefined-error.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** A comparison for JavaScript's stable sort. @throws jinja.type-error when two keys have no order */
export function compareForSort(a: Value, b: Value): number {
  const sign = order(a, b);
  if (sign !== undefined) return sign;
  if (a instanceof Undefined) throw undefinedError(a);
  if (b instanceof Undefined) throw undefinedError(b);
  if (equals(a, b) && a !== null) return 0;
  throw jinjaErrors['type-error']({
    problem: `'<' not supported between instances of '${typeName(b)}' and '${typeName(a)}'`,
  });
}

/** `items` sorted by `keyOf`, stable; `reverse` keeps equal items in their order, as Python does. */
export function sortBy(items: readonly Value[], keyOf: (item: Value) => Value, reverse: boolean): Value[] {
  const keyed = items.map((item) => [keyOf(item), item] as const);
  keyed.sort(reverse ? ([a], [b]) => compareForSort(b, a) : ([a], [b]) => compareForSort(a, b));
  return keyed.map(([, item]) => item);
}
