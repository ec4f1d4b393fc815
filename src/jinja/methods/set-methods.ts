/** The methods of Python's set. */
import { jinjaErrors } from '../errors.ts';
import { iterate } from '../python/access.ts';
import { repr } from '../python/printing.ts';
import { PySet } from '../values/py-set.ts';
import type { Value } from '../values/value.ts';
import { type MethodTable, method, variadic } from './method.ts';

function intersection(set: PySet, others: readonly Value[]): PySet {
  const sets = others.map((other) => new PySet(iterate(other)));
  return new PySet([...set].filter((member) => sets.every((s) => s.has(member))));
}

function difference(set: PySet, others: readonly Value[]): PySet {
  const sets = others.map((other) => new PySet(iterate(other)));
  return new PySet([...set].filter((member) => !sets.some((s) => s.has(member))));
}

function symmetric(set: PySet, other: Value): PySet {
  const right = new PySet(iterate(other));
  return new PySet([...difference(set, [right]), ...difference(right, [set])]);
}

function become(set: PySet, members: PySet): null {
  const kept = [...members];
  set.clear();
  for (const member of kept) set.add(member);
  return null;
}

/** Python's set methods, by name. */
export const setMethods: MethodTable<PySet> = new Map([
  method<PySet>('add', ['elem'], (set, member) => {
    set.add(member ?? null);
    return null;
  }),
  method<PySet>('discard', ['elem'], (set, member) => {
    set.delete(member ?? null);
    return null;
  }),
  method<PySet>('remove', ['elem'], (set, member) => {
    if (!set.delete(member ?? null)) throw jinjaErrors['key-error']({ key: repr(member ?? null) });
    return null;
  }),
  method<PySet>('pop', [], (set) => {
    const [first] = set;
    if (first === undefined) throw jinjaErrors['key-error']({ key: "'pop from an empty set'" });
    set.delete(first);
    return first;
  }),
  method<PySet>('clear', [], (set) => {
    set.clear();
    return null;
  }),
  method<PySet>('copy', [], (set) => new PySet(set)),
  variadic<PySet>(
    'union',
    (set, others) => new PySet([...set, ...others.flatMap((other) => [...iterate(other)])]),
  ),
  variadic<PySet>('update', (set, others) => {
    for (const other of others) for (const member of iterate(other)) set.add(member);
    return null;
  }),
  variadic<PySet>('intersection', intersection),
  variadic<PySet>('intersection_update', (set, others) => become(set, intersection(set, others))),
  variadic<PySet>('difference', difference),
  variadic<PySet>('difference_update', (set, others) => become(set, difference(set, others))),
  method<PySet>('symmetric_difference', ['other'], (set, other) => symmetric(set, other ?? null)),
  method<PySet>('symmetric_difference_update', ['other'], (set, other) =>
    become(set, symmetric(set, other ?? null)),
  ),
  method<PySet>('issubset', ['other'], (set, other) => {
    const right = new PySet(iterate(other ?? null));
    return [...set].every((member) => right.has(member));
  }),
  method<PySet>('issuperset', ['other'], (set, other) =>
    iterate(other ?? null).every((member) => set.has(member)),
  ),
  method<PySet>(
    'isdisjoint',
    ['other'],
    (set, other) => !iterate(other ?? null).some((member) => set.has(member)),
  ),
]);
