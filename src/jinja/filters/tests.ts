/** All of Jinja's tests: what may follow `is`. */
import { jinjaErrors } from '../errors.ts';
import { contains, isIterable } from '../python/access.ts';
import { binary } from '../python/arithmetic.ts';
import { equals, inOrder, numberOf, textOf } from '../python/comparing.ts';
import { str } from '../python/printing.ts';
import { Dict } from '../values/dict.ts';
import { isFloat, isInt } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import type { Test } from './filter.ts';
import { filters } from './index.ts';

type Plain = (value: Value) => boolean;

const unary = (name: string, plain: Plain): readonly [string, Test] => [
  name,
  (value, args) => {
    if (args.length > 0) throw jinjaErrors['type-error']({ problem: `${name} takes no arguments` });
    return plain(value);
  },
];

const binaryTest = (
  names: readonly string[],
  plain: (value: Value, other: Value) => boolean,
): (readonly [string, Test])[] =>
  names.map((name) => [
    name,
    (value, args, kwargs) => {
      const other = args.length > 0 ? args[0] : [...kwargs.values()][0];
      if (other === undefined || args.length > 1)
        throw jinjaErrors['type-error']({ problem: `${name} takes one argument` });
      return plain(value, other);
    },
  ]);

const isMapping = (value: Value): boolean =>
  value instanceof Dict || (value instanceof HostObject && value.isMapping === true);

const isSequence = (value: Value): boolean => {
  if (textOf(value) !== undefined || Array.isArray(value) || value instanceof Tuple || value instanceof Dict)
    return true;
  if (value instanceof Undefined) return true;
  return (
    value instanceof HostObject &&
    (value.isSequence === true || (value.length !== undefined && value.getItem !== undefined))
  );
};

const cased = (value: Value, change: (text: string) => string): boolean => {
  const text = str(value);
  return text === change(text) && text.toLowerCase() !== text.toUpperCase();
};

/** Tests by name. */
export const tests: ReadonlyMap<string, Test> = new Map([
  unary('defined', (v) => !(v instanceof Undefined)),
  unary('undefined', (v) => v instanceof Undefined),
  unary('none', (v) => v === null),
  unary('boolean', (v) => typeof v === 'boolean'),
  unary('true', (v) => v === true),
  unary('false', (v) => v === false),
  unary('integer', isInt),
  unary('float', isFloat),
  unary('number', (v) => numberOf(v) !== undefined || (v instanceof HostObject && v.typeName === 'Decimal')),
  unary('string', (v) => textOf(v) !== undefined),
  unary('mapping', isMapping),
  unary('sequence', isSequence),
  unary('iterable', (v) => v instanceof Undefined || isIterable(v)),
  unary('callable', (v) => v instanceof Undefined || (v instanceof HostObject && v.call !== undefined)),
  unary('escaped', (v) => v instanceof SafeText),
  unary('lower', (v) => cased(v, (t) => t.toLowerCase())),
  unary('upper', (v) => cased(v, (t) => t.toUpperCase())),
  unary('even', (v) => equals(binary('%', v, 2), 0)),
  unary('odd', (v) => equals(binary('%', v, 2), 1)),
  unary('filter', (v) => typeof v === 'string' && filters.has(v)),
  unary('test', (v) => typeof v === 'string' && tests.has(v)),
  ...binaryTest(['divisibleby'], (v, n) => equals(binary('%', v, n), 0)),
  ...binaryTest(['sameas'], (v, other) => v === other),
  ...binaryTest(['in'], (v, container) => contains(container, v)),
  ...binaryTest(['eq', 'equalto', '=='], equals),
  ...binaryTest(['ne', '!='], (v, other) => !equals(v, other)),
  ...binaryTest(['lt', 'lessthan', '<'], (v, other) => inOrder('<', v, other)),
  ...binaryTest(['le', '<='], (v, other) => inOrder('<=', v, other)),
  ...binaryTest(['gt', 'greaterthan', '>'], (v, other) => inOrder('>', v, other)),
  ...binaryTest(['ge', '>='], (v, other) => inOrder('>=', v, other)),
]);
