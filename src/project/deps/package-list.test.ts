import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WarningList } from '../warnings.ts';
import { readPackageList } from './package-list.ts';
import { privateUrl } from './private-url.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(files: Readonly<Record<string, string>>, always = false) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const facts = { env: { WHERE: 'libs' }, vars: { which: 'one', version: '1.0.0' } };
  return readPackageList(folder, facts, new WarningList(), always);
}

describe('readPackageList', () => {
  it.each([
    ['no file', {}],
    ['an empty one', { 'packages.yml': '' }],
    ['an empty list', { 'packages.yml': 'packages: []\n' }],
    ['dependencies.yml with projects alone', { 'dependencies.yml': 'projects: [{name: other}]\n' }],
  ])('finds nothing in %s', (_, files) => {
    expect(read(files)).toEqual({ fileName: 'packages.yml', entries: [] });
  });

  it('renders packages.yml, and keeps what was written', () => {
    const text = `packages: [{package: a/b, version: "{{ var('version') }}"}, {local: "{{ env_var('WHERE') }}/{{ var('which') }}"}]\n`;
    const { entries } = read({ 'packages.yml': text });
    expect(entries).toMatchObject([
      { kind: 'hub', versions: ['1.0.0'], whole: { written: { version: "{{ var('version') }}" } } },
      { kind: 'local', path: 'libs/one', whole: { rendered: { local: 'libs/one' } } },
    ]);
  });

  it('takes dependencies.yml as it is written, except in packages', () => {
    const files = { 'dependencies.yml': `packages: [{local: "{{ var('which') }}"}]\n` };
    expect(read(files)).toMatchObject({
      fileName: 'dependencies.yml',
      entries: [{ path: "{{ var('which') }}" }],
    });
    expect(read(files, true)).toMatchObject({ entries: [{ path: 'one' }] });
  });

  it.each([
    ['a mapping for a list', { 'packages.yml': 'packages: {local: x}\n' }, 'project.bad-value', [1, 11]],
    ['nothing for a list', { 'packages.yml': 'packages:\n' }, 'project.bad-value', [1, 10]],
    [
      'a key that isn’t known',
      { 'packages.yml': 'packages: []\npackage: []\n' },
      'project.bad-package',
      [2, 1],
    ],
    ['projects in packages.yml', { 'packages.yml': 'projects: []\n' }, 'project.bad-package', [1, 1]],
    ['a text for an entry', { 'packages.yml': 'packages: [a/b]\n' }, 'project.bad-value', [1, 12]],
    ['an empty entry', { 'packages.yml': 'packages: [{}]\n' }, 'project.bad-value', [1, 12]],
    [
      'both files',
      { 'packages.yml': 'packages: []\n', 'dependencies.yml': 'packages: []\n' },
      'project.conflicting-keys',
      [1, 1],
    ],
    ['no mapping', { 'packages.yml': '- local: x\n' }, 'project.bad-value', [1, 1]],
  ])('refuses %s', (_, files, code, [line, column]) => {
    expect(() => read(files)).toThrow(
      expect.objectContaining({ code, location: expect.objectContaining({ line, column }) as unknown }),
    );
  });
});

describe('privateUrl', () => {
  const location = { file: 'packages.yml' };

  it.each([
    ['a/b', undefined, 'https://github.com/a/b.git'],
    ['a/b', 'gitlab', 'https://gitlab.com/a/b.git'],
    ['a/group/b', 'gitlab', 'https://gitlab.com/a/group/b.git'],
    ['a/project/b', 'ado', 'https://dev.azure.com/a/project/_git/b'],
  ])('leads %s of %s to %s', (repository, provider, url) => {
    expect(privateUrl(repository, provider, location)).toBe(url);
  });

  it.each([
    ['b', undefined],
    ['a/b', 'bitbucket'],
    ['a/b?x', 'github'],
    ['a/b', 'toString'],
  ])('refuses %s of %s', (repository, provider) => {
    expect(() => privateUrl(repository, provider, location)).toThrow(
      expect.objectContaining({ code: 'project.bad-package', location }),
    );
  });
});
