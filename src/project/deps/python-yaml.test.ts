import { describe, expect, it } from 'vitest';
import { parseYaml } from '../yaml-file.ts';
import { printPythonYaml } from './python-yaml.ts';

const print = (text: string): string => printPythonYaml({ packages: [{ git: text, name: 'n' }] });

// PyYAML 6 wrote these, with the indentation that dbt gives it.
describe('printPythonYaml', () => {
  it.each([
    ['a version', '1.3.0', '1.3.0'],
    ['what would be a number', '1.0', "'1.0'"],
    [
      'a commit of digits',
      '1234567890123456789012345678901234567890',
      "'1234567890123456789012345678901234567890'",
    ],
    [
      'a commit with an e',
      '12345678901234567890123456789012345678e5',
      '12345678901234567890123456789012345678e5',
    ],
    ['a word that means something', 'yes', "'yes'"],
    ['a date', '2024-01-01', "'2024-01-01'"],
    ['nothing', '', "''"],
    ['Jinja', "{{ env_var('X') }}", "'{{ env_var(''X'') }}'"],
    ['a URL', 'git@github.com:acme/base.git', 'git@github.com:acme/base.git'],
    ['letters beyond ASCII', 'é/x', '"\\xE9/x"'],
    ['letters far beyond', '😀', '"\\U0001F600"'],
    ['a tab', 'a\tb', '"a\\tb"'],
    ['lines', 'a\nb', "'a\n\n      b'"],
    ['a colon and a space', 'a: b', "'a: b'"],
    ['a hash', 'a #b', "'a #b'"],
    ['an anchor’s sign', '&a', "'&a'"],
    ['a dash', '-a', '-a'],
    ['the merge key', '<<', "'<<'"],
  ])('prints %s', (_, text, shown) => {
    expect(print(text)).toBe(`packages:\n  - git: ${shown}\n    name: n\n`);
  });

  it('folds long texts at a space beyond the eightieth column', () => {
    const start = `{{ env_var("A") }}/${'x'.repeat(60)}`;
    expect(print(`${start} more words`)).toBe(
      `packages:\n  - git: '${start}\n      more words'\n    name: n\n`,
    );
  });

  it('prints what reads back as it was', () => {
    const letters = [' ', 'a', "'", '"', ':', '#', '-', '\\', 'é', '{', '\n', '0', '.', '\t', '&'];
    let state = 7;
    const next = (): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state;
    };
    for (let i = 0; i < 500; i += 1) {
      const text = Array.from({ length: 1 + (next() % 150) }, () => letters[next() % letters.length]).join(
        '',
      );
      const { value } = parseYaml(print(text), 'x.yml');
      expect(value).toEqual({ packages: [{ git: text, name: 'n' }] });
    }
  });
});
