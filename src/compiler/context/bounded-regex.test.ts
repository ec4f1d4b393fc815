import { describe, expect, it } from 'vitest';
import { boundedExec } from './bounded-regex.ts';

describe('boundedExec', () => {
  it.each([
    [/a(b+)c/d, 'xabbc'],
    [/(?:(\w+),?)+/d, 'a,b,c'],
    [/(?<x>a|b)+z/d, 'ababz'],
    [/(a+)+z/d, 'b'],
  ])('gives what exec gives: %s', (regex, text) => {
    expect(boundedExec(regex, text)).toEqual(new RegExp(regex).exec(text));
  });

  it('ends where a match has no end', () => {
    const text = `${'a'.repeat(60)}b`;
    expect(() => boundedExec(/(a+)+$/, text)).toThrowError(expect.objectContaining({ code: 'jinja.limit' }));
  });
});
