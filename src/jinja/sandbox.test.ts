import { describe, expect, it } from 'vitest';
import { BoathouseError } from '../base/index.ts';
import { hostFunction, mapScope, noKwargs, parseTemplate, toJs, toValue, type Value } from './index.ts';

const scope = mapScope(
  new Map<string, Value>([
    ['d', toValue({ a: 1 })],
    ['l', [1, 2]],
    ['f', hostFunction('f', (_args, kwargs) => toValue(Object.fromEntries(kwargs)))],
  ]),
);
const render = (text: string) => parseTemplate(text, { file: 't', macros: 'file' }).renderSync(scope);

const holders = [
  'd',
  'l',
  'f',
  '"x"',
  '1',
  '1.5',
  'true',
  '(1,)',
  'range(3)',
  'dict',
  'namespace()',
  'd.items()',
  'l.append',
  'cycler(1)',
];
const names = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__class__',
  '__defineGetter__',
  'call',
  'apply',
  'caller',
  'length',
  'value',
  'items_',
  'body',
];

describe('a template', () => {
  it.each(holders)('reaches no JavaScript property of %s', (holder) => {
    for (const name of names) {
      const texts = [
        `{{ (${holder}).${name} is defined }}`,
        `{{ (${holder})["${name}"] is defined }}`,
        `{{ (${holder})|attr("${name}") is defined }}`,
        `{{ [${holder}]|map(attribute="${name}")|select("defined")|list|length > 0 }}`,
        `{{ [${holder}]|selectattr("${name}")|list|length > 0 }}`,
      ];
      for (const text of texts) expect(render(text), text).toBe('False');
    }
  });

  it.each([
    '{{ constructor is defined }}{{ __proto__ is defined }}{{ process is defined }}{{ globalThis is defined }}{{ require is defined }}',
    '{{ this is defined }}{{ R is defined }}{{ K is defined }}{{ F is defined }}{{ o is defined }}',
  ])('sees no name of JavaScript: %s', (text) => {
    expect(render(text)).toMatch(/^(?:False)+$/);
  });

  it.each([
    '{{ d.constructor("return process")() }}',
    '{{ "".constructor.constructor("return 1")() }}',
    '{{ f.constructor("return 1")() }}',
    '{{ "{0.constructor}".format(d) }}',
    '{{ "{0[constructor]}".format(d) }}',
    '{{ "{x.__proto__}".format(x=l) }}',
    '{% set d.constructor = 1 %}',
    '{% set l.length = 0 %}',
    '{{ d|constructor }}',
    '{{ d is __proto__ }}',
    '{{ l|map("constructor")|list }}',
    '{{ l|select("__proto__")|list }}',
  ])('is stopped at %s', (text) => {
    expect(() => render(text)).toThrow(BoathouseError);
  });

  it('keeps names like __proto__ as plain data', () => {
    expect(render('{% set __proto__ = 5 %}{% set constructor = 6 %}{{ __proto__ }}{{ constructor }}')).toBe(
      '56',
    );
    expect(
      render('{% macro __proto__(constructor) %}{{ constructor }}{% endmacro %}{{ __proto__(7) }}'),
    ).toBe('7');
    expect(render('{{ {"__proto__": 1, "constructor": 2} }}')).toBe("{'__proto__': 1, 'constructor': 2}");
    expect(render('{{ f(__proto__=1) }}')).toBe("{'__proto__': 1}");
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const data = toJs(toValue(new Map([['__proto__', new Map([['polluted', true]])]])));
    expect((data as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['{{ "`$" ~ "{1+1}`" }}', `\`$\{1+1}\``],
    ['";throw 1;//', '";throw 1;//'],
    ['{{ "\\u2028\\u2029" }}\u2028', '\u2028\u2029\u2028'],
    ['{{ "\\\\" }}*/ //', '\\*/ //'],
    ['{{ d["\\");process.exit(1);//"] is defined }}', 'False'],
  ])('can not add code: %s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ['a range', '{% for i in range(1000000) %}{% endfor %}'],
    ['recursion', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    ['a text', '{{ "x" * 1000000000000 }}'],
    ['a padded text', '{{ "x".ljust(100000000000) }}'],
    ['a formatted text', '{{ "%1000000000000d" % 1 }}'],
    ['a formatted number', '{{ "{:1000000000000d}".format(1) }}'],
    ['a list', '{{ [1] * 1000000000000 }}'],
    ['a number', '{{ 10 ** 100000000 }}'],
    ['a growing loop', '{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}'],
    [
      'a doubling text',
      '{% set ns = namespace(t="x" * 1000) %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}{{ ns.t|length }}{% endfor %}',
    ],
    ['an indented text', '{{ "x"|indent(100000000000, true) }}'],
    [
      'loops in loops',
      '{% for i in range(100000) %}{% for j in range(100000) %}{% continue %}{% endfor %}{% endfor %}',
    ],
    [
      'loops that call themselves twice',
      '{% for x in [1, 2] recursive %}{% if loop.depth < 200 %}{{ loop([1, 2]) }}{% endif %}{% endfor %}',
    ],
  ])('may not use %s without limit', (_what, text) => {
    expect(() => render(text)).toThrowError(expect.objectContaining({ code: 'jinja.limit' }));
  });

  it.each([
    `{{ ${'('.repeat(100000)}1${')'.repeat(100000)} }}`,
    `{{ 1${' + 1'.repeat(20000)} }}`,
    `{{ ${'not '.repeat(5000)}x }}`,
    `${'{% if 1 %}'.repeat(3000)}${'{% endif %}'.repeat(3000)}`,
  ])('is refused when it is nested too deeply to parse: %#', (text) => {
    expect(() => render(text)).toThrowError(expect.objectContaining({ code: 'jinja.syntax' }));
  });

  it('may not reach promises in a synchronous render', () => {
    const later = mapScope({ later: hostFunction('later', async () => 1) });
    const template = parseTemplate('{{ later() }}', { file: 't' });
    expect(() => template.renderSync(later)).toThrowError(
      expect.objectContaining({ code: 'jinja.async-in-sync' }),
    );
    expect(noKwargs.size).toBe(0);
  });
});
