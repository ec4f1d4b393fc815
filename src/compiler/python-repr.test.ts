import { describe, expect, it } from 'vitest';
import { Float } from '../jinja/index.ts';
import { pythonRepr, pythonStr } from './python-repr.ts';

describe('pythonRepr', () => {
  it.each([
    [null, 'None'],
    [true, 'True'],
    [1, '1'],
    [new Float(1), '1.0'],
    [2.5, '2.5'],
    [1e-7, '1e-07'],
    [0.00001, '1e-05'],
    [1e22, '1e+22'],
    ['a', "'a'"],
    ["it's", '"it\'s"'],
    ['a\'b"c', "'a\\'b\"c'"],
    ['a\nb\\', "'a\\nb\\\\'"],
    [[1, 'a', null], "[1, 'a', None]"],
    [{ a: { b: false } }, "{'a': {'b': False}}"],
  ])('prints %j', (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  it('prints texts bare at the top', () => {
    expect(pythonStr("it's")).toBe("it's");
  });
});
