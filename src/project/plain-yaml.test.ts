import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainYaml } from './plain-yaml.ts';
import { parseYaml } from './yaml-file.ts';

/** What the whole parser makes of it; undefined where it finds fault. */
function whole(text: string): { value: unknown } | undefined {
  try {
    const file = parseYaml(text, 'x.yml', 'whole');
    return file.warnings.length > 0 ? undefined : { value: file.value };
  } catch {
    return undefined;
  }
}

const sample = `version: 2
# a comment
models:
  - name: orders   # another
    description: "what's {{ doc('x') }}"
    config: {materialized: view, tags: [a, 'b c', 1.0], meta: {n: 010, on: yes}}
    columns:
      - name: id
        data_tests:
        - unique
        - accepted_values: {values: ['it''s', 2], quote: false}
      -
        name: at
        data_type: decimal(12,2)
    tests: []
  - name: x-y
    empty:
seeds: # nothing
`;

describe('the quick reading of YAML', () => {
  it('takes what property files are made of', () => {
    expect(readPlainYaml(sample.replace(', on: yes', ''))).toEqual(
      whole(sample.replace(', on: yes', ''))?.value,
    );
    expect(readPlainYaml(sample.replace(', on: yes', ''))).toMatchObject({ seeds: null });
  });

  it.each([
    ['an anchor', 'a: &x 1'],
    ['a tag', 'a: !!str 1'],
    ['a block text', 'a: |\n  x'],
    ['a text over two lines', 'a: x\n  y'],
    ['a quoted text over two lines', 'a: "x\n  y"'],
    ['an escape', 'a: "x\\ny"'],
    ['a doubled key', 'a: 1\na: 2'],
    ['a key that is no text', 'a: {on: 1}'],
    ['a key that is a number', '1: 2'],
    ['a merge', 'a:\n  <<: {x: 1}'],
    ['a prototype', '__proto__: 1'],
    ['Jinja without quotes', 'a: {{ x }}'],
    ['a colon too many', 'a: b: c'],
    ['a tab', 'a:\t1'],
    ['a list that isn’t closed', 'a: [1'],
    ['two documents', 'a: 1\n---\nb: 1'],
    ['a date that is none', 'a: 2024-13-01'],
    ['nothing', ''],
    ['a list at the top', '- a'],
  ])('leaves %s to the whole parser', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  it('agrees with the whole parser on every text it takes', () => {
    const bits = fc.constantFrom(
      ...[
        ' ',
        '\n',
        '- ',
        ': ',
        ':',
        '#',
        ' #',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        ', ',
        '|',
        '&',
        '*',
        '!',
        '?',
        '%',
        '@',
      ],
      ...[
        '  ',
        '-',
        'yes',
        '1.0',
        'a',
        '\n  ',
        '\n    ',
        '\n- ',
        '---',
        '...',
        '=',
        '<<: ',
        '~',
        '0',
        '\u00e9',
        '\\',
      ],
    );
    const edits = fc.array(fc.tuple(fc.nat(sample.length), fc.nat(4), fc.array(bits, { maxLength: 3 })), {
      maxLength: 4,
    });
    const edited = edits.map((list) =>
      list.reduce(
        (text, [at, cut, more]) => text.slice(0, at) + more.join('') + text.slice(at + cut),
        sample,
      ),
    );
    const made = fc.array(fc.oneof(bits, fc.constantFrom('a: ', '\n', 'b: x', '- ', '\n  c: ')), {
      maxLength: 14,
    });
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          edited,
          made.map((parts) => `k: ${parts.join('')}`),
          made.map((p) => p.join('')),
        ),
        (text) => {
          const quick = readPlainYaml(text);
          if (quick === undefined) return;
          taken += 1;
          expect({ value: quick }).toEqual(whole(text));
        },
      ),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
