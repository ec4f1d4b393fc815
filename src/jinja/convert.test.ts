import { describe, expect, it } from 'vitest';
import {
  bindArguments,
  Dict,
  Float,
  noKwargs,
  PySet,
  repr,
  SafeText,
  Tuple,
  toJs,
  toValue,
  Undefined,
  type Value,
} from './index.ts';

describe('toValue', () => {
  it.each([
    [undefined, 'None'],
    [{ a: 1, b: [true, null, 'x'] }, "{'a': 1, 'b': [True, None, 'x']}"],
    [
      new Map<unknown, unknown>([
        [1, 'one'],
        [null, {}],
      ]),
      "{1: 'one', None: {}}",
    ],
    [new Set([1, 2]), '{1, 2}'],
    [2n ** 70n, '1180591620717411303424'],
    [5n, '5'],
    [1.5, '1.5'],
  ])('of %s prints as %s', (data, printed) => {
    expect(repr(toValue(data))).toBe(printed);
  });

  it('keeps what is a value already', () => {
    const tuple = new Tuple([1]);
    expect(toValue({ t: tuple })).toBeInstanceOf(Dict);
    expect((toValue({ t: tuple }) as Dict).get('t')).toBe(tuple);
  });
});

describe('toJs', () => {
  it('gives back plain data', () => {
    const value: Value = new Dict([
      ['t', new Tuple([new Float(1), null])],
      [1, new PySet(['a'])],
      ['s', new SafeText('<b>')],
      ['u', new Undefined('strict', 'x')],
    ]);
    expect(toJs(value)).toEqual({ t: [1, null], '1': ['a'], s: '<b>', u: undefined });
  });
});

describe('Dict', () => {
  it('has one key for what Python finds equal, and keeps the first spelling', () => {
    const dict = new Dict([
      [1, 'int'],
      [true, 'bool'],
      [new Float(1), 'float'],
      ['1', 'text'],
      [new Tuple([1, 'a']), 'tuple'],
      [new Tuple([true, 'a']), 'same tuple'],
    ]);
    expect(repr(dict)).toBe("{1: 'float', '1': 'text', (1, 'a'): 'same tuple'}");
  });

  it('does not mix up tuples that print alike', () => {
    const dict = new Dict([
      [new Tuple(['a,b']), 1],
      [new Tuple(['a', 'b']), 2],
      ['\0tx', 3],
      [new Tuple([1]), 4],
      [new Tuple(['1']), 5],
    ]);
    expect(dict.size).toBe(5);
  });

  it.each([[[]], [new Dict()], [new PySet()]] as [Value][])('refuses a key that can change: %j', (key) => {
    expect(() => new Dict([[key, 1]])).toThrow('unhashable type');
  });
});

describe('bindArguments', () => {
  const bind = (args: Value[], kwargs: Record<string, Value> = {}) =>
    bindArguments('f', ['a', ['b', 2]], args, new Map(Object.entries(kwargs))).values;

  it('matches positions, names and defaults', () => {
    expect(bind([1])).toEqual([1, 2]);
    expect(bind([1, null])).toEqual([1, null]);
    expect(bind([], { b: 5, a: 4 })).toEqual([4, 5]);
    expect(bindArguments('f', ['a', '*', '**'], [1, 2, 3], new Map([['k', 4]]))).toEqual({
      values: [1],
      rest: [2, 3],
      restKwargs: new Map([['k', 4]]),
    });
    expect(bindArguments('f', [], [], noKwargs).values).toEqual([]);
  });

  it.each([
    [[], {}, "f() missing 1 required argument: 'a'"],
    [[1, 2, 3], {}, 'f() takes 2 positional arguments but 3 were given'],
    [[1], { c: 1 }, "f() got an unexpected keyword argument 'c'"],
    [[1], { a: 1 }, "f() got multiple values for argument 'a'"],
  ] as [Value[], Record<string, Value>, string][])('refuses %j %j', (args, kwargs, problem) => {
    expect(() => bind(args, kwargs)).toThrow(problem);
  });
});
