import { describe, expect, it } from 'vitest';
import { readCode } from './record-code.ts';

const read = (text: string) => readCode({ path: 'models/m.py', text }, 'python');
const model = (...lines: string[]): string =>
  ['def model(dbt, session):', ...lines.map((line) => `    ${line}`), ''].join('\n');

describe('a model in Python', () => {
  it.each<[string, string, unknown[]]>([
    ['refers to models', model('return dbt.ref("a")'), [['ref', 'a', {}]]],
    [
      'takes arguments before what the call is on, as dbt does',
      model('return dbt.ref("a").join(dbt.ref("b"))'),
      [
        ['ref', 'b', {}],
        ['ref', 'a', {}],
      ],
    ],
    ['reads versions', model('return dbt.ref("p", "a", v=2)'), [['ref', 'p', 'a', { v: 2 }]]],
    [
      'is configured',
      model(
        'dbt.config(',
        '  materialized="table",  # kept',
        "  tags=['a', 'b'], meta={'n': -1, 'l': [None, True]},",
        ')',
        'return dbt.source("s", "t")',
      ),
      [
        ['config', { materialized: 'table', tags: ['a', 'b'], meta: { n: -1, l: [null, true] } }],
        ['source', 's', 't', {}],
      ],
    ],
    [
      'says which keys it reads',
      model('x = dbt.config.get("k", 1)', 'return dbt.ref("a")'),
      [
        ['ref', 'a', {}],
        [
          'config',
          { config_keys_used: ['k'], config_keys_defaults: [1], meta_keys_used: [], meta_keys_defaults: [] },
        ],
      ],
    ],
    ['refers from inside an f-string', model('q = f"{dbt.ref(\'a\')}"', 'return q'), [['ref', 'a', {}]]],
  ])('%s', (_, text, wanted) => {
    expect(
      read(text).calls.map(({ name, args, named }) =>
        name === 'config' ? [name, named] : [name, ...args, named],
      ),
    ).toEqual(wanted);
  });

  it.each<[string, string, string, number]>([
    ['a name that is computed', model('x = "a"', 'return dbt.ref(x)'), 'compiler.not-literal', 3],
    ['syntax that is wrong', 'def model(dbt, session:\n    return 1\n', 'compiler.bad-code', 2],
    ['no model at all', 'x = 1\n', 'compiler.bad-model-function', 1],
    ['two models', `${model('return 1')}${model('return 2')}`, 'compiler.bad-model-function', 3],
    ['other parameters', 'def model(a, b, c):\n    return 1\n', 'compiler.bad-model-function', 1],
    ['several results', model('return 1, 2'), 'compiler.bad-model-function', 1],
  ])('refuses %s', (_, text, code, line) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code, location: expect.objectContaining({ line }) }),
    );
  });
});
