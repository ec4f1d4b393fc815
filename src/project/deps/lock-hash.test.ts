import { describe, expect, it } from 'vitest';
import { parseYaml } from '../yaml-file.ts';
import { isPlainDict, type PlainDict } from '../yaml-value.ts';
import { packagesHash } from './lock-hash.ts';

function entries(text: string): PlainDict[] {
  const { value } = parseYaml(text, 'packages.yml');
  return Array.isArray(value) ? value.filter(isPlainDict) : [];
}

function hash(text: string): string {
  return packagesHash(entries(text).map((entry) => ({ written: entry, rendered: entry })));
}

// dbt-core 1.11.16 gave these hashes for these entries.
describe('packagesHash is dbt’s for', () => {
  it.each([
    ['no packages', '[]', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    [
      'a range, git, local and a tarball',
      `- {package: a/b, version: ['>=1.0.0', '<2.0.0']}
- {git: u, revision: x, warn-unpinned: false}
- {local: p}
- {tarball: t, name: n}`,
      '9762c84c804f23629d7cb267a611e1954ed488ec',
    ],
    [
      'a wish for prereleases',
      `- {local: p}
- {package: a/b, version: 1.0.0, install_prerelease: true}`,
      'ed3a936fa25b1c2084c4aa68ca6b4d3617ad501e',
    ],
    [
      'a version that YAML reads as a number',
      '- {package: a/b, version: 1.0}',
      'bbcacd8a45bfe08b1b0e318c1c09cccb5c12fe57',
    ],
    [
      'a list with such a version',
      "- {package: a/b, version: [1.5, '2.0.0']}",
      '861cba00a83fc93b6413b38620fc4deb327fa8ce',
    ],
    [
      'a name of its own',
      '- {package: a/b, version: 1.0.0, name: b}',
      '9b1a0b5105662d5dab4cbc0fd12aa251a8ed42e8',
    ],
    ['a local package with a name', '- {local: p, name: q}', '560db4717042689ed482edda622887eb9413099e'],
    [
      'letters beyond ASCII and a subdirectory',
      '- {git: https://x/é.git, revision: 1.5, subdirectory: s}',
      'd400a27214e396df6ad594762c8fb716aa8674ec',
    ],
    ['a revision that is a number', '- {git: u, revision: 2}', '7280db1675f93437bf34d785f0b81320ba0073d7'],
    [
      'a private package with its provider',
      '- {private: o/r, provider: github, revision: v1}',
      '26d10527e6e881a7d884851f12796994dad990b9',
    ],
    ['a private package alone', '- {private: o/r}', '5a64c42f1f9239811cbeffabb9d8ead0c2dbfd6e'],
  ])('%s', (_, text, expected) => {
    expect(hash(text)).toBe(expected);
  });

  it('the entries in any order', () => {
    const [a, b] = ['- {local: p}', '- {local: q}'];
    expect(hash(`${a}\n${b}`)).toBe(hash(`${b}\n${a}`));
  });

  it('what was written, too, where rendering changes it', () => {
    const rendered = { local: 'p' };
    expect(packagesHash([{ written: { local: "{{ var('p') }}" }, rendered }])).not.toBe(
      packagesHash([{ written: rendered, rendered }]),
    );
  });
});
