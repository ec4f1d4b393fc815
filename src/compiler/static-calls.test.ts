import { describe, expect, it } from 'vitest';
import { staticCalls } from './static-calls.ts';

const ref = (...args: unknown[]): unknown => ({ name: 'ref', args, kwargs: {} });

describe('staticCalls', () => {
  it.each([
    ['reads a ref', "select * from {{ ref('a') }}", [ref('a')]],
    ['reads a ref of a package', "{{ ref('p', 'a') }}", [ref('p', 'a')]],
    ['reads a version', '{{ ref("a", v=2) }}', [{ name: 'ref', args: ['a'], kwargs: { v: 2 } }]],
    ['reads sources', "{{ source( 's' , 't' ) }}", [{ name: 'source', args: ['s', 't'], kwargs: {} }]],
    [
      'reads literals of every kind',
      "{{ config(a='x', b=[1, none, True,], c={'k': {'l': false}}, d=-3) }}",
      [{ name: 'config', args: [], kwargs: { a: 'x', b: [1, null, true], c: { k: { l: false } }, d: -3 } }],
    ],
    [
      'reads braces inside of a text',
      '{{ config(h="{{ this }}") }}',
      [{ name: 'config', args: [], kwargs: { h: '{{ this }}' } }],
    ],
    ['skips comments', "{# {{ ref('no') }} #}{{- ref('a') -}}", [ref('a')]],
    ['reads calls in SQL comments, as rendering does', "-- {{ ref('a') }}", [ref('a')]],
    ['finds nothing in plain SQL', "select {'a': 1}, '}}'", []],
  ])('%s', (_, text, calls) => {
    expect(staticCalls(text)).toEqual(calls);
  });

  it.each([
    ['a block', "{% if x %}{{ ref('a') }}{% endif %}"],
    ['a filter', "{{ ref('a') | upper }}"],
    ['an attribute', "{{ ref('a').identifier }}"],
    ['a condition', "{{ ref('a') if false else ref('b') }}"],
    ['a variable', '{{ ref(name) }}'],
    ['an expression', "{{ ref('a' ~ 'b') }}"],
    ['joined texts', "{{ ref('a' 'b') }}"],
    ['an escape', "{{ ref('a\\n') }}"],
    ['a macro', '{{ my_macro() }}'],
    ['a float', '{{ config(x=1.5) }}'],
    ['too few arguments', "{{ source('s') }}"],
    ['a comment without an end', '{# x'],
    ['a call without an end', "{{ ref('a') "],
    ['a keyword given twice', '{{ config(a=1, a=2) }}'],
  ])('leaves %s to rendering', (_, text) => {
    expect(staticCalls(text)).toBeUndefined();
  });

  it('reads calls of macros that are said to be quiet', () => {
    const calls = staticCalls("{{ cents('x') }} {{ p.m(1) }}", (name) => name === 'cents' || name === 'p.m');
    expect(calls?.map((call) => call.name)).toEqual(['cents', 'p.m']);
  });
});
