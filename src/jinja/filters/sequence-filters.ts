/** Filters on sequences and mappings. */
import { systemRandom } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import { needInt } from '../methods/arguments.ts';
import { DictView } from '../methods/dict-methods.ts';
import { compareForSort, sortBy } from '../methods/sorting.ts';
import { iterate, length } from '../python/access.ts';
import { binary } from '../python/arithmetic.ts';
import { equals, textOf, truth } from '../python/comparing.ts';
import { repr, str } from '../python/printing.ts';
import { typeName } from '../python/type-name.ts';
import type { Frame } from '../render/frame.ts';
import { Dict } from '../values/dict.ts';
import { Group } from '../values/group.ts';
import { HostObject } from '../values/host-object.ts';
import { OneShot } from '../values/one-shot.ts';
import { PySet } from '../values/py-set.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { orUndefined, Undefined } from '../values/undefined.ts';
import type { Kwargs, Value } from '../values/value.ts';
import { defineFilter, type Filter, rawFilter, type Test } from './filter.ts';
import { attributeGetter, ignoreCase, multiAttributeGetter, nameArgument } from './selecting.ts';
import { tests } from './tests.ts';

const noChange = (value: Value): Value => value;
const caseOf = (sensitive: Value): ((value: Value) => Value) => (truth(sensitive) ? noChange : ignoreCase);

function join(value: Value, separator: Value, attribute: Value, frame: Frame): Value {
  const items = iterate(value).map(attributeGetter(attribute, frame));
  const isSafe =
    frame.escapes && (separator instanceof SafeText || items.some((item) => item instanceof SafeText));
  if (!isSafe) return items.map(str).join(str(separator));
  const escaped = (item: Value): string => (item instanceof SafeText ? item.text : escapeHtml(str(item)));
  return new SafeText(items.map(escaped).join(escaped(separator)));
}

function extreme(value: Value, sensitive: Value, attribute: Value, frame: Frame, sign: 1 | -1): Value {
  const items = iterate(value);
  const [first, ...rest] = items;
  if (first === undefined)
    return new Undefined(
      frame.render.undefinedMode,
      undefined,
      undefined,
      'No aggregated item, sequence was empty.',
    );
  const get = attributeGetter(attribute, frame);
  const keyOf = (item: Value): Value => caseOf(sensitive)(get(item));
  let best = first;
  for (const item of rest) if (compareForSort(keyOf(item), keyOf(best)) * sign > 0) best = item;
  return best;
}

function unique(value: Value, sensitive: Value, attribute: Value, frame: Frame): Value {
  return new OneShot(() => {
    const seen = new PySet();
    const get = attributeGetter(attribute, frame);
    return iterate(value).filter((item) => {
      const key = caseOf(sensitive)(get(item));
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  });
}

function groupBy(value: Value, attribute: Value, fallback: Value, sensitive: Value, frame: Frame): Value {
  const original = attributeGetter(attribute, frame, fallback);
  const keyOf = (item: Value): Value => caseOf(sensitive)(original(item));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortBy(iterate(value), keyOf, false)) {
    const last = groups.at(-1);
    const key = keyOf(item);
    if (last && equals(last.key, key)) last.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return groups.map(
    ({ key, items }) => new Group(truth(sensitive) ? key : original(items[0] as Value), items),
  );
}

function dictSort(value: Value, sensitive: Value, by: Value, reverse: Value): Value {
  const position = by === 'key' ? 0 : by === 'value' ? 1 : undefined;
  if (position === undefined)
    throw jinjaErrors['value-error']({ problem: 'You can only sort by either "key" or "value"' });
  return sortBy(
    pairsOf(value),
    (pair) => caseOf(sensitive)((pair as Tuple).items[position] as Value),
    truth(reverse),
  );
}

function pairsOf(value: Value): readonly Value[] {
  if (value instanceof Dict) return new DictView(value, 'items').iterate();
  if (value instanceof HostObject && value.isMapping && value.iterate) {
    return [...value.iterate()].map((key) => new Tuple([key, value.getItem?.(key) ?? null]));
  }
  throw jinjaErrors['type-error']({ problem: 'Can only get item pairs from a mapping.' });
}

function batch(value: Value, count: Value, fill: Value): Value {
  return new OneShot(() => {
    const [items, size] = [iterate(value), needInt(count)];
    const rows: Value[][] = [];
    for (const item of items) {
      const last = rows.at(-1);
      if (last && last.length < size) last.push(item);
      else rows.push([item]);
    }
    const last = rows.at(-1);
    if (last && fill !== null) while (last.length < size) last.push(fill);
    return rows;
  });
}

function slices(value: Value, count: Value, fill: Value): Value {
  return new OneShot(() => {
    const [items, parts] = [[...iterate(value)], needInt(count)];
    if (parts === 0) throw jinjaErrors['zero-division']({ problem: 'integer division or modulo by zero' });
    const size = Math.floor(items.length / parts);
    const longer = items.length - size * parts;
    const rows: Value[][] = [];
    let at = 0;
    for (let part = 0; part < parts; part += 1) {
      const end = at + size + (part < longer ? 1 : 0);
      const row = items.slice(at, end);
      if (fill !== null && part >= longer) row.push(fill);
      rows.push(row);
      at = end;
    }
    return rows;
  });
}

function mapFilter(filtersOf: () => ReadonlyMap<string, Filter>): Filter {
  return (value, args, kwargs, frame) => {
    const attribute = kwargs.get('attribute');
    if (args.length === 0 && attribute !== undefined) {
      const [unknown] = [...kwargs.keys()].filter((key) => key !== 'attribute' && key !== 'default');
      if (unknown !== undefined)
        throw jinjaErrors['type-error']({ problem: `Unexpected keyword argument '${unknown}'` });
      const get = attributeGetter(attribute, frame, kwargs.get('default'));
      return new OneShot(() => itemsOf(value).map(get));
    }
    const name = nameArgument(args, 'map');
    const filter = filtersOf().get(name);
    if (!filter) throw jinjaErrors.syntax({ problem: `No filter named '${name}'.` });
    return new OneShot(() => itemsOf(value).map((item) => filter(item, args.slice(1), kwargs, frame)));
  };
}

function selecting(keep: boolean, byAttribute: boolean): Filter {
  return (value, args, kwargs, frame) => {
    const [attribute, rest] = byAttribute ? [args[0], args.slice(1)] : [null, args];
    if (attribute === undefined)
      throw jinjaErrors['type-error']({ problem: 'Missing parameter for attribute name' });
    const get = attributeGetter(attribute, frame);
    const passes = testOf(rest, kwargs, frame);
    return new OneShot(() => itemsOf(value).filter((item) => passes(get(item)) === keep));
  };
}

/** What `map`, `select` and their like go through: nothing for whatever is false, `none` included. */
function itemsOf(value: Value): readonly Value[] {
  return truth(value) ? iterate(value) : [];
}

function testOf(args: readonly Value[], kwargs: Kwargs, frame: Frame): (value: Value) => boolean {
  const [name, ...rest] = args;
  if (name === undefined) return truth;
  const test: Test | undefined = tests.get(str(name));
  if (!test) throw jinjaErrors.syntax({ problem: `No test named '${str(name)}'.` });
  return (value) => test(value, rest, kwargs, frame);
}

function listOf(value: Value): Value[] {
  return [...iterate(value)];
}

function reverse(value: Value): Value {
  const text = textOf(value);
  if (text !== undefined) return Array.from(text).reverse().join('');
  if (value instanceof Undefined) return new OneShot(() => []);
  const items = listOf(value).reverse();
  return new OneShot(() => items);
}

function first(value: Value, frame: Frame): Value {
  return orUndefined(
    iterate(value)[0],
    frame.render.undefinedMode,
    undefined,
    undefined,
    'No first item, sequence was empty.',
  );
}

function last(value: Value, frame: Frame): Value {
  if (value instanceof OneShot)
    throw jinjaErrors['type-error']({ problem: `'${typeName(value)}' object is not reversible` });
  return orUndefined(
    iterate(value).at(-1),
    frame.render.undefinedMode,
    undefined,
    undefined,
    'No last item, sequence was empty.',
  );
}

/** Filters on sequences, by name. @param filtersOf all filters, which `map` looks names up in. */
export function sequenceFilters(
  filtersOf: () => ReadonlyMap<string, Filter>,
): readonly (readonly [string, Filter])[] {
  return [
    defineFilter(
      'join',
      [
        ['d', ''],
        ['attribute', null],
      ],
      (value, [d = '', attribute = null], frame) => join(value, d, attribute, frame),
    ),
    defineFilter('length', [], (value) => length(value)),
    defineFilter('count', [], (value) => length(value)),
    defineFilter('list', [], listOf),
    defineFilter('first', [], (value, _values, frame) => first(value, frame)),
    defineFilter('last', [], (value, _values, frame) => last(value, frame)),
    defineFilter('random', [], (value, _values, frame) => {
      const items = iterate(value);
      return items.length === 0
        ? first([], frame)
        : (items[Math.floor(systemRandom.fraction() * items.length)] as Value);
    }),
    defineFilter('reverse', [], reverse),
    defineFilter(
      'sort',
      [
        ['reverse', false],
        ['case_sensitive', false],
        ['attribute', null],
      ],
      (value, [back = false, sensitive = false, attribute = null], frame) =>
        sortBy(iterate(value), multiAttributeGetter(attribute, frame, caseOf(sensitive)), truth(back)),
    ),
    defineFilter(
      'dictsort',
      [
        ['case_sensitive', false],
        ['by', 'key'],
        ['reverse', false],
      ],
      (value, [sensitive = false, by = 'key', back = false]) => dictSort(value, sensitive, by, back),
    ),
    defineFilter(
      'unique',
      [
        ['case_sensitive', false],
        ['attribute', null],
      ],
      (value, [sensitive = false, attribute = null], frame) => unique(value, sensitive, attribute, frame),
    ),
    defineFilter(
      'min',
      [
        ['case_sensitive', false],
        ['attribute', null],
      ],
      (value, [sensitive = false, attribute = null], frame) =>
        extreme(value, sensitive, attribute, frame, -1),
    ),
    defineFilter(
      'max',
      [
        ['case_sensitive', false],
        ['attribute', null],
      ],
      (value, [sensitive = false, attribute = null], frame) => extreme(value, sensitive, attribute, frame, 1),
    ),
    defineFilter(
      'sum',
      [
        ['attribute', null],
        ['start', 0],
      ],
      (value, [attribute = null, start = 0], frame) =>
        iterate(value)
          .map(attributeGetter(attribute, frame))
          .reduce((total, item) => binary('+', total, item), start),
    ),
    defineFilter(
      'groupby',
      ['attribute', ['default', null], ['case_sensitive', false]],
      (value, [attribute = null, fallback = null, sensitive = false], frame) =>
        groupBy(value, attribute, fallback, sensitive, frame),
    ),
    defineFilter('batch', ['linecount', ['fill_with', null]], (value, [count = 1, fill = null]) =>
      batch(value, count, fill),
    ),
    defineFilter('slice', ['slices', ['fill_with', null]], (value, [count = 1, fill = null]) =>
      slices(value, count, fill),
    ),
    defineFilter('items', [], (value) => {
      const pairs = value instanceof Undefined ? [] : pairsOf(value);
      return new OneShot(() => pairs);
    }),
    rawFilter('map', mapFilter(filtersOf)),
    rawFilter('select', selecting(true, false)),
    rawFilter('reject', selecting(false, false)),
    rawFilter('selectattr', selecting(true, true)),
    rawFilter('rejectattr', selecting(false, true)),
    defineFilter('is_list', [], (value) => Array.isArray(value)),
    defineFilter('pprint', [], (value) => repr(sortedForPrint(value))),
  ];
}

/** Python's pprint sorts dicts by key. */
function sortedForPrint(value: Value): Value {
  if (Array.isArray(value)) return value.map(sortedForPrint);
  if (value instanceof Tuple) return new Tuple(value.items.map(sortedForPrint));
  if (!(value instanceof Dict)) return value;
  const sorted = [...value.entries()].sort(([a], [b]) => (str(a) < str(b) ? -1 : 1));
  return new Dict(sorted.map(([k, v]) => [k, sortedForPrint(v)] as const));
}
