/** The methods of Python's list and tuple. */
import { jinjaErrors } from '../errors.ts';
import { iterate, sliceIndices } from '../python/access.ts';
import { checkedLength } from '../python/arithmetic.ts';
import { equals, truth } from '../python/comparing.ts';
import { repr } from '../python/printing.ts';
import { HostObject } from '../values/host-object.ts';
import type { Tuple } from '../values/tuple.ts';
import { noKwargs, type Value } from '../values/value.ts';
import { needInt } from './arguments.ts';
import { type Method, type MethodTable, method } from './method.ts';
import { sortBy } from './sorting.ts';

function indexOf(items: readonly Value[], wanted: Value, start: Value, stop: Value): number {
  const range = sliceIndices(items.length, needInt(start), stop === null ? undefined : needInt(stop), 1);
  const at = range.find((i) => equals(items[i] as Value, wanted));
  if (at === undefined) throw jinjaErrors['value-error']({ problem: `${repr(wanted)} is not in list` });
  return at;
}

function pop(list: Value[], position: Value): Value {
  if (list.length === 0) throw jinjaErrors['index-error']({ problem: 'pop from empty list' });
  const at = needInt(position);
  const index = at < 0 ? at + list.length : at;
  const [taken] = index < 0 ? [] : list.splice(index, 1);
  if (taken === undefined) throw jinjaErrors['index-error']({ problem: 'pop index out of range' });
  return taken;
}

const sort: Method<Value[]> = (list, _args, kwargs, call) => {
  const key = kwargs.get('key');
  const keyOf = (item: Value): Value => {
    if (!(key instanceof HostObject) || !key.call) return item;
    const value = key.call([item], noKwargs, call);
    if (value instanceof Promise) {
      value.catch(() => undefined);
      throw jinjaErrors['async-in-sync']({ name: 'the key of sort()' });
    }
    return value;
  };
  const sorted = sortBy(list, keyOf, truth(kwargs.get('reverse') ?? false));
  for (const [i, item] of sorted.entries()) list[i] = item;
  return null;
};

/** Python's list methods, by name. */
export const listMethods: MethodTable<Value[]> = new Map<string, Method<Value[]>>([
  method<Value[]>('append', ['object'], (list, item) => {
    list.push(item ?? null);
    checkedLength(list);
    return null;
  }),
  method<Value[]>('extend', ['iterable'], (list, items) => {
    for (const item of [...iterate(items ?? null)]) list.push(item);
    checkedLength(list);
    return null;
  }),
  method<Value[]>('insert', ['index', 'object'], (list, index, item) => {
    list.splice(needInt(index ?? 0), 0, item ?? null);
    checkedLength(list);
    return null;
  }),
  method<Value[]>('remove', ['value'], (list, wanted) => {
    const at = list.findIndex((item) => equals(item, wanted ?? null));
    if (at < 0) throw jinjaErrors['value-error']({ problem: 'list.remove(x): x not in list' });
    list.splice(at, 1);
    return null;
  }),
  method<Value[]>('pop', [['index', -1]], (list, index) => pop(list, index ?? -1)),
  method<Value[]>('clear', [], (list) => {
    list.length = 0;
    return null;
  }),
  method<Value[]>('index', ['value', ['start', 0], ['stop', null]], (list, wanted, start, stop) =>
    indexOf(list, wanted ?? null, start ?? 0, stop ?? null),
  ),
  method<Value[]>(
    'count',
    ['value'],
    (list, wanted) => list.filter((item) => equals(item, wanted ?? null)).length,
  ),
  method<Value[]>('reverse', [], (list) => {
    list.reverse();
    return null;
  }),
  method<Value[]>('copy', [], (list) => [...list]),
  ['sort', sort],
]);

/** Python's tuple methods, by name. */
export const tupleMethods: MethodTable<Tuple> = new Map([
  method<Tuple>('index', ['value', ['start', 0], ['stop', null]], (tuple, wanted, start, stop) =>
    indexOf(tuple.items, wanted ?? null, start ?? 0, stop ?? null),
  ),
  method<Tuple>(
    'count',
    ['value'],
    (tuple, wanted) => tuple.items.filter((item) => equals(item, wanted ?? null)).length,
  ),
]);
