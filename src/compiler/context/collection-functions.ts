import { bindArguments, Dict, type Kwargs, PySet, str, Tuple, type Value } from '../../jinja/index.ts';
import { isIterable, itemsOf } from './arguments.ts';

/** `set(items, default)`: the default when there is nothing to go through. */
export function setOf(args: readonly Value[]): Value {
  const items = args[0] ?? [];
  return isIterable(items) ? new PySet(itemsOf('set', items)) : (args[1] ?? null);
}

/** `zip(…)`: none, unless strict, when there is nothing to go through. */
export function zipped(args: readonly Value[], strict: boolean): Value {
  if (!strict && !args.every(isIterable)) return null;
  const lists = args.map((arg) => itemsOf('zip', arg));
  const length = lists.length === 0 ? 0 : Math.min(...lists.map((list) => list.length));
  return Array.from({ length }, (_, i) => new Tuple(lists.map((list) => list[i] ?? null)));
}

/** The values of `dict_a` that `dict_b` hasn't, by key, all in lower case. */
export function dictDifference(args: readonly Value[], kwargs: Kwargs): Value {
  const { values } = bindArguments('diff_of_two_dicts', ['dict_a', 'dict_b'], args, kwargs);
  const lower = (value: Value): string => str(value).toLowerCase();
  const [a, b] = values;
  const others = new Map<string, ReadonlySet<string>>();
  if (b instanceof Dict) {
    for (const [key, items] of b.entries())
      others.set(lower(key), new Set(itemsOf('dict_b', items).map(lower)));
  }
  const difference = new Dict();
  if (!(a instanceof Dict)) return difference;
  for (const [key, items] of a.entries()) {
    const rest = itemsOf('dict_a', items).filter((item) => !others.get(lower(key))?.has(lower(item)));
    if (rest.length > 0) difference.set(key, rest);
  }
  return difference;
}
