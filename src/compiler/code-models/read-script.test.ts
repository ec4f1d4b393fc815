import { describe, expect, it } from 'vitest';
import { readCode } from './record-code.ts';

const read = (text: string, language: 'typescript' | 'javascript' = 'typescript') =>
  readCode({ path: 'models/m.ts', text }, language);
const called = (text: string): unknown[] =>
  read(text).calls.map(({ name, args, named }) => [
    name,
    ...args,
    ...(Object.keys(named).length > 0 ? [named] : []),
  ]);

describe('a model in TypeScript', () => {
  it.each<[string, string, unknown[]]>([
    ['takes refs from its context', 'export default (c: C) => c.ref("a");', [['ref', 'a']]],
    [
      'takes them from a destructured parameter, renamed or not',
      'export default async function m({ ref, source: s }: C) { return [ref(`a`), s("x", "y")]; }',
      [
        ['ref', 'a'],
        ['source', 'x', 'y'],
      ],
    ],
    [
      'follows a context that is taken apart in the body',
      'export default function (c) { const { ref: r, ...rest } = c; const s = rest.source; r("p", "a"); s("x", "y"); }',
      [
        ['ref', 'p', 'a'],
        ['source', 'x', 'y'],
      ],
    ],
    [
      'reads versions',
      "export default ({ ref }) => ref('a', { version: 2 });",
      [['ref', 'a', { version: 2 }]],
    ],
    ['follows constants', "const name = 'a'; export default ({ ref }) => ref(name);", [['ref', 'a']]],
    [
      'looks through helpers that stand inside',
      "export default ({ ref }) => { const f = () => ref('a'); return f(); };",
      [['ref', 'a']],
    ],
    [
      'leaves shadowed names alone',
      "export default ({ ref }) => { { const ref = (x) => x; ref(one()); } return ref('a'); };",
      [['ref', 'a']],
    ],
    [
      'leaves parameters of other functions alone',
      "export default ({ ref }) => [1].map((ref) => ref(2)) && ref('a');",
      [['ref', 'a']],
    ],
    [
      'is found by its name',
      "const m = async ({ ref }: C) => ref('a');\nexport { m as default };",
      [['ref', 'a']],
    ],
    [
      'may be wrapped for its types',
      "import { defineModel } from 'boathouse';\nexport default defineModel(({ ref }) => ref('a'));",
      [['ref', 'a']],
    ],
    [
      'is configured by an export',
      "export const config = { materialized: 'incremental', unique_key: ['a'], meta: { n: -1 } } as const;\nexport default () => [];",
      [['config', { materialized: 'incremental', unique_key: ['a'], meta: { n: -1 } }]],
    ],
    [
      'is configured by a call',
      "export default ({ config }) => { config({ tags: ['a'] }); config.get('x'); return []; };",
      [['config', { tags: ['a'] }]],
    ],
    [
      'may hold what types alone do not',
      "enum E { A = 'a' }\nexport default ({ ref }) => ref('b');",
      [['ref', 'b']],
    ],
  ])('%s', (_, text, wanted) => {
    expect(called(text)).toEqual(wanted);
  });

  it.each<[string, string, string, number, number]>([
    [
      'a name that is computed',
      "export default ({ ref }: C) => {\n  return ref('a' + 1);\n};",
      'compiler.not-literal',
      2,
      14,
    ],
    [
      'the same after an enum',
      'enum E { A = 1 }\nexport default ({ ref }: C) => {\n  return ref(one());\n};',
      'compiler.not-literal',
      3,
      14,
    ],
    [
      'refs in a loop',
      "export default ({ ref }) => ['a'].map((n) => ref(n));",
      'compiler.not-literal',
      1,
      50,
    ],
    [
      'a configuration that is computed',
      'export const config = { materialized: pick() };\nexport default () => [];',
      'compiler.not-literal',
      1,
      23,
    ],
    ['syntax that is wrong', 'export default () => {\n  const x: = 1;\n};', 'compiler.bad-code', 2, 12],
    ['a default export that is no function', 'export default 1;', 'compiler.bad-model-function', 1, 16],
    [
      'a source without a table',
      "export default ({ source }) => source('a');",
      'compiler.bad-model-function',
      1,
      32,
    ],
  ])('refuses %s where it stands', (_, text, code, line, column) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code, location: expect.objectContaining({ line, column }) }),
    );
  });

  it('is told from a file that models import', () => {
    expect(read('export const day = 1;').isModel).toBe(false);
    expect(() => read('export const config = {};\nexport function model() {}')).toThrow(
      expect.objectContaining({ code: 'compiler.no-default-export' }),
    );
  });
});
