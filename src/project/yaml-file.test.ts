import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Dict, Float } from '../jinja/index.ts';
import { parseYaml } from './yaml-file.ts';
import { YamlDate } from './yaml-value.ts';

const value = (text: string): unknown => parseYaml(text, 'x.yml').value;

describe('a block text at the end of a file', () => {
  it.each<[string, string]>([
    ['a: |\n  b\n  c', 'b\nc'],
    ['a: >\n  b\n  c', 'b c'],
    ['a: |\n  b\n  c\n', 'b\nc\n'],
    ['a: |+\n  b\n\n', 'b\n\n'],
    ['a: |-\n  b', 'b'],
  ])('%j', (text, expected) => {
    expect(value(text)).toEqual({ a: expected });
  });

  it('that does not end the file has its line break', () => {
    expect(value('a: |\n  b\nc: d')).toEqual({ a: 'b\n', c: 'd' });
  });
});

describe('plain scalars mean what PyYAML makes of them', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['tRue', 'tRue'],
    ['~', null],
    ['', null],
    ['010', 8],
    ['08', '08'],
    ['0o10', '0o10'],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['1:30', 90],
    ['-1', -1],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', new Float(1500)],
    ['1.0', new Float(1)],
    ['0.5', 0.5],
    ['-.5', '-.5'],
    ['.inf', Number.POSITIVE_INFINITY],
    ['12345678901234567890', 12345678901234567890n],
    ['2024-01-01', new YamlDate(2024, 1, 1)],
    ['2024-1-1', '2024-1-1'],
    ['2024-01-01 10:00:00.5', new YamlDate(2024, 1, 1, 36_000_500_000)],
    ['"yes"', 'yes'],
    ["'1'", '1'],
    ['!!str 1', '1'],
    ['!!int "3"', 3],
  ])('%s', (text, expected) => {
    expect(value(`a: ${text}\n`)).toEqual({ a: expected });
  });

  it('dates print as Python’s do', () => {
    const { a, b } = value('a: 2024-01-01\nb: 2024-01-01T10:00:00.123Z') as Record<string, YamlDate>;
    expect([a?.str(), b?.str()]).toEqual(['2024-01-01', '2024-01-01 10:00:00.123000+00:00']);
    expect(JSON.stringify({ b })).toBe('{"b":"2024-01-01T10:00:00.123000+00:00"}');
  });
});

describe('mappings', () => {
  it('merge anchors below their own keys, the first of several winning', () => {
    const text = 'base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall:\n  <<: [*b, *m]\n  x: 9\n';
    expect(value(text)).toMatchObject({ all: { x: 9, y: 2, z: 4 } });
  });

  it('with keys that are no names are dicts in their order', () => {
    const { m } = value('m: {2: b, 1: a}') as { m: Dict };
    expect(m).toBeInstanceOf(Dict);
    expect([...m.entries()]).toEqual([
      [2, 'b'],
      [1, 'a'],
    ]);
  });

  it('can’t reach a prototype', () => {
    const { m } = value('m: {__proto__: {polluted: 1}}') as { m: unknown };
    expect(m).toBeInstanceOf(Dict);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('report a key that is given twice, and keep the later one', () => {
    const file = parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n', 'x.yml');
    expect(file.value).toEqual({ a: 1, b: { c: 2 } });
    expect(file.warnings).toMatchObject([
      { code: 'project.duplicate-key', location: { file: 'x.yml', line: 4, column: 3 } },
    ]);
  });
});

describe('quoted texts over several lines', () => {
  it.each([
    ['double quotes', 'a: "x\ny\n\nz"\nb: 1\n', { a: 'x y\nz', b: 1 }],
    ['single quotes', "m:\n  a: 'it''s\ny'\n  b: 1\n", { m: { a: "it's y", b: 1 } }],
    ['two of them', 'a: "x\ny"\nb: "p\nq"\n', { a: 'x y', b: 'p q' }],
  ])('may begin their lines anywhere, in %s', (_, text, expected) => {
    expect(value(text)).toEqual(expected);
  });
});

describe('what is no YAML', () => {
  it.each([
    ['a list that isn’t closed', 'a: [1, 2\nb: 3', 2, 1],
    ['a quote that isn’t closed', 'a: "x\n', 2, 1],
    ['a colon too many', 'ok: 1\na: b: c\n', 2, 4],
    ['a line that is no key', 'models:\n  - name: a\n    description\n    columns: []\n', 3, 5],
    ['a tab as indentation', 'a:\n\tb: 1\n', 2, 1],
    ['an alias without anchor', 'a: *nope\n', 1, 4],
    ['an anchor that contains itself', 'a: &x [*x]\n', 1, 8],
    ['a date that is none', 'a: 2024-13-01\n', 1, 4],
    ['a tag of someone else', 'a: !foo 1\n', 1, 9],
    ['a whole number that is none', 'a: !!int x\n', 1, 10],
    ['a number that is none', 'a: !!float 1.x\n', 1, 12],
    ['two documents', 'a: 1\n---\nb: 2\n', 2, 1],
  ])('points at %s', (_, text, line, column) => {
    expect(() => value(text)).toThrow(
      expect.objectContaining({ code: 'project.bad-yaml', location: { file: 'x.yml', line, column } }),
    );
  });

  it('tells that Jinja needs quotes', () => {
    expect(() => value('a: {{ x }}\n')).toThrow(
      expect.objectContaining({ hint: 'If this is Jinja, quote the whole value: "{{ … }}".' }),
    );
  });

  it('stops at nesting without end instead of overflowing', () => {
    expect(() => value('['.repeat(100_000))).toThrow(expect.objectContaining({ code: 'project.bad-yaml' }));
  });
});

describe('places', () => {
  const text = 'models:\n  - name: a\n    config: {x: 1}\n    text: "quoted"\n    block: |\n      line\n';
  const file = parseYaml(text, 'x.yml');
  it.each([
    ['a value', ['models', 0, 'name'], 'value', 2, 11],
    ['a key', ['models', 0, 'config', 'x'], 'key', 3, 14],
    ['the inside of quotes', ['models', 0, 'text'], 'text', 4, 12],
    ['the first line of a block', ['models', 0, 'block'], 'text', 6, 7],
    ['the nearest ancestor of what isn’t there', ['models', 0, 'nope', 'deeper'], 'value', 2, 5],
    ['the top', [], 'value', 1, 1],
  ] as const)('of %s', (_, path, part, line, column) => {
    expect(file.locate([...path], part)).toEqual({ file: 'x.yml', line, column });
  });
});

describe('any data', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.date().map((d) => d.toISOString()),
  );
  const name = fc.string({ minLength: 1 }).filter((n) => !/^\d+$/.test(n) && n !== '__proto__');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  it('comes back as it was written by another writer of YAML 1.1', () => {
    fc.assert(
      fc.property(tree, (data) => {
        const text = stringify(data, {
          version: '1.1',
          defaultStringType: 'QUOTE_DOUBLE',
          defaultKeyType: 'QUOTE_DOUBLE',
        });
        expect(value(text)).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});
