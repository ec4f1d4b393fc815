/** `modules.itertools`. Everything gives a list: templates only go through it, and an endless one can't be held. */
import {
  bindArguments,
  Callable,
  type CallInfo,
  equals,
  hostFunction,
  jinjaErrors,
  type Kwargs,
  noKwargs,
  Tuple,
  truth,
  type Value,
} from '../../jinja/index.ts';
import { itemsOf, optionalInteger, requiredNumber } from './arguments.ts';
import { HostModule } from './host-module.ts';

/** Results longer than this are refused: `count`, `cycle` and `product` can ask for more than there is memory. */
const itemsMax = 1_000_000;

type Body = (args: readonly Value[], kwargs: Kwargs, call: CallInfo) => Value | Promise<Value>;

/** The module. */
export function itertoolsModule(): HostModule {
  const members: Record<string, Value> = {};
  for (const [name, body] of Object.entries(functions)) members[name] = hostFunction(name, body);
  members['chain'] = new Chain();
  return new HostModule('module', 'itertools', members);
}

const functions: Readonly<Record<string, Body>> = {
  accumulate: (args, kwargs, call) => {
    const { values } = bindArguments(
      'accumulate',
      ['iterable', ['func', null], ['initial', null]],
      args,
      kwargs,
    );
    const [first, ...rest] =
      values[2] === null ? itemsOf('iterable', values[0]) : [values[2]!, ...itemsOf('iterable', values[0])];
    if (first === undefined) return [];
    const combine = values[1] ?? null;
    const sums: Value[] = [first];
    for (const item of rest) {
      const before = sums.at(-1) ?? null;
      sums.push(combine === null ? add(before, item) : callNow(combine, [before, item], call));
    }
    return sums;
  },
  batched: ([iterable, n]) => {
    const size = requiredNumber('n', n);
    if (size < 1) throw jinjaErrors['value-error']({ problem: 'n must be at least one' });
    const items = itemsOf('iterable', iterable);
    return range(Math.ceil(items.length / size)).map((i) => new Tuple(items.slice(i * size, (i + 1) * size)));
  },
  combinations: (args, kwargs) => {
    const { values } = bindArguments('combinations', ['iterable', 'r'], args, kwargs);
    return tuples(combinations(itemsOf('iterable', values[0]), requiredNumber('r', values[1]), false));
  },
  combinations_with_replacement: (args, kwargs) => {
    const { values } = bindArguments('combinations_with_replacement', ['iterable', 'r'], args, kwargs);
    return tuples(combinations(itemsOf('iterable', values[0]), requiredNumber('r', values[1]), true));
  },
  compress: ([data, selectors]) => {
    const chosen = itemsOf('selectors', selectors);
    return itemsOf('data', data).filter((_, i) => truth(chosen[i] ?? false));
  },
  count: () => {
    throw jinjaErrors['value-error']({ problem: 'itertools.count has no end: use range() with one' });
  },
  cycle: () => {
    throw jinjaErrors['value-error']({
      problem: 'itertools.cycle has no end: repeat the list with * instead',
    });
  },
  dropwhile: ([predicate, iterable], _kwargs, call) => {
    const items = itemsOf('iterable', iterable);
    const start = items.findIndex((item) => !truth(callNow(predicate ?? null, [item], call)));
    return start < 0 ? [] : items.slice(start);
  },
  filterfalse: ([predicate, iterable], _kwargs, call) =>
    itemsOf('iterable', iterable).filter(
      (item) => !truth(predicate === null ? item : callNow(predicate ?? null, [item], call)),
    ),
  groupby: (args, kwargs, call) => {
    const { values } = bindArguments('groupby', ['iterable', ['key', null]], args, kwargs);
    const key = values[1] ?? null;
    const groups: [Value, Value[]][] = [];
    for (const item of itemsOf('iterable', values[0])) {
      const own = key === null ? item : callNow(key, [item], call);
      const last = groups.at(-1);
      if (last && equals(last[0], own)) last[1].push(item);
      else groups.push([own, [item]]);
    }
    return groups.map((group) => new Tuple(group));
  },
  islice: ([iterable, first, second, third]) => {
    const items = itemsOf('iterable', iterable);
    const [a, b, c] = [first, second, third].map((value) => optionalInteger('islice', value));
    const [start, stop, step] = second === undefined ? [0, a, 1] : [a ?? 0, b, c ?? 1];
    return items.slice(start ?? 0, stop ?? undefined).filter((_, i) => i % (step ?? 1) === 0);
  },
  pairwise: ([iterable]) => {
    const items = itemsOf('iterable', iterable);
    return range(Math.max(items.length - 1, 0)).map(
      (i) => new Tuple([items[i] ?? null, items[i + 1] ?? null]),
    );
  },
  permutations: (args, kwargs) => {
    const { values } = bindArguments('permutations', ['iterable', ['r', null]], args, kwargs);
    const items = itemsOf('iterable', values[0]);
    return tuples(permutations(items, optionalInteger('r', values[1]) ?? items.length));
  },
  product: (args, kwargs) => {
    const { rest, restKwargs } = bindArguments('product', ['*', '**'], args, kwargs);
    const lists = rest.map((list) => itemsOf('product', list));
    const repeat = optionalInteger('repeat', restKwargs.get('repeat')) ?? 1;
    return tuples(product(range(repeat).flatMap(() => lists)));
  },
  repeat: ([item, times]) => {
    const count = optionalInteger('times', times);
    if (count === null)
      throw jinjaErrors['value-error']({ problem: 'itertools.repeat without times has no end' });
    return range(checked(count)).map(() => item ?? null);
  },
  starmap: ([callee, iterable], _kwargs, call) =>
    itemsOf('iterable', iterable).map((item) => callNow(callee ?? null, itemsOf('arguments', item), call)),
  takewhile: ([predicate, iterable], _kwargs, call) => {
    const items = itemsOf('iterable', iterable);
    const end = items.findIndex((item) => !truth(callNow(predicate ?? null, [item], call)));
    return end < 0 ? items : items.slice(0, end);
  },
  tee: (args, kwargs) => {
    const { values } = bindArguments('tee', ['iterable', ['n', 2]], args, kwargs);
    const items = itemsOf('iterable', values[0]);
    return new Tuple(range(checked(requiredNumber('n', values[1]))).map(() => [...items]));
  },
  zip_longest: (args, kwargs) => {
    const { rest, restKwargs } = bindArguments('zip_longest', ['*', '**'], args, kwargs);
    const lists = rest.map((list) => itemsOf('zip_longest', list));
    const fill = restKwargs.get('fillvalue') ?? null;
    const length = Math.max(0, ...lists.map((list) => list.length));
    return range(length).map(
      (i) => new Tuple(lists.map((list) => (i < list.length ? (list[i] ?? null) : fill))),
    );
  },
};

/** `chain(a, b)` and `chain.from_iterable([a, b])`. */
class Chain extends Callable {
  override readonly typeName = 'type';
  readonly name = 'chain';

  override str(): string {
    return "<class 'itertools.chain'>";
  }

  override call(args: readonly Value[]): Value {
    return args.flatMap((arg) => itemsOf('chain', arg));
  }

  override getAttr(name: string): Value | undefined {
    if (name !== 'from_iterable') return undefined;
    return hostFunction(name, ([lists]) => itemsOf(name, lists).flatMap((list) => itemsOf(name, list)));
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function checked(count: number): number {
  if (count <= itemsMax) return count;
  throw jinjaErrors['limit']({ what: `${count} items from itertools`, max: itemsMax });
}

/** A macro's answer at once: what asks the database can't be asked here. */
function callNow(callee: Value, args: readonly Value[], call: CallInfo): Value {
  if (!(callee instanceof Callable))
    throw jinjaErrors['type-error']({ problem: 'expected a macro or function' });
  const answer = callee.call(args, noKwargs, call);
  if (answer instanceof Promise) throw jinjaErrors['async-in-sync']({ name: callee.name });
  return answer;
}

function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  return requiredNumber('item', a) + requiredNumber('item', b);
}

function* combinations(items: readonly Value[], size: number, replace: boolean, from = 0): Iterable<Value[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i < items.length; i += 1) {
    for (const rest of combinations(items, size - 1, replace, replace ? i : i + 1))
      yield [items[i] ?? null, ...rest];
  }
}

function* permutations(items: readonly Value[], size: number): Iterable<Value[]> {
  if (size === 0) yield [];
  else {
    for (const [i, item] of items.entries()) {
      for (const rest of permutations([...items.slice(0, i), ...items.slice(i + 1)], size - 1))
        yield [item, ...rest];
    }
  }
}

function* product(lists: readonly (readonly Value[])[]): Iterable<Value[]> {
  const [first, ...others] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const item of first) for (const rest of product(others)) yield [item, ...rest];
}

function tuples(sequences: Iterable<Value[]>): Value[] {
  const made: Value[] = [];
  for (const sequence of sequences) {
    checked(made.length + 1);
    made.push(new Tuple(sequence));
  }
  return made;
}
