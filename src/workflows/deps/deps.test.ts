import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../runner/index.ts';
import { type DepsOptions, type DepsResult, deps } from './deps.ts';
import { type FakeHub, type Files, startHub, writeFiles } from './fake-hub.fixture.ts';

let top: string;
let hub: FakeHub;
let count = 0;

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'boathouse-deps-test-'));
  const asks = (version: readonly string[]): { readonly packages: readonly unknown[] } => ({
    packages: [{ package: 'acme/base', version }],
  });
  hub = await startHub({
    'acme/base': {
      '1.0.0': { files: { 'macros/b.sql': '{% macro b() %}1{% endmacro %}' } },
      '1.1.0': {},
      '1.2.0-rc1': {},
      '2.0.0': { requires: ['>=9.0.0'] },
    },
    'acme/wide': { '0.1.0': asks(['>=1.0.0', '<1.1.0']), '0.2.0': asks(['>=1.1.0']) },
  });
});

afterAll(async () => {
  await hub.close();
  rmSync(top, { recursive: true, force: true });
});

function project(files: Files): string {
  count += 1;
  const folder = join(top, `project-${count}`);
  mkdirSync(folder);
  writeFiles(folder, { 'dbt_project.yml': 'name: shop\nprofile: shop\n', ...files });
  return folder;
}

/** A repository with one commit, tagged `v1`. @returns its folder */
function repository(files: Files): string {
  count += 1;
  const folder = join(top, `repository-${count}`);
  mkdirSync(folder);
  writeFiles(folder, files);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'add', '.');
  commit(folder, 'first');
  git(folder, 'tag', 'v1');
  return folder;
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function commit(folder: string, message: string): void {
  git(
    folder,
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.com',
    'commit',
    '--quiet',
    '--allow-empty',
    '-m',
    message,
  );
}

interface Done extends DepsResult {
  readonly said: readonly string[];
}

async function install(folder: string, options: DepsOptions = {}): Promise<Done> {
  const said: string[] = [];
  const emit = (event: RunEvent): void => {
    if (event.kind === 'message' && event.level !== 'debug') said.push(event.text);
  };
  const env = { PATH: process.env['PATH'], DBT_PACKAGE_HUB_URL: hub.url, HOME: top };
  const result = await deps({ projectDir: folder, env, emit, logPath: null, ...options });
  return { ...result, said };
}

const names = (folder: string): readonly string[] => readdirSync(join(folder, 'dbt_packages')).sort();
const lockOf = (folder: string): string => readFileSync(join(folder, 'package-lock.yml'), 'utf8');

describe('deps', () => {
  it('installs from the hub, a repository and a folder, and locks what it chose', async () => {
    const repo = repository({ 'dbt_project.yml': 'name: from_git\n' });
    const folder = project({
      'packages.yml': `packages:
  - package: acme/wide
    version: [">=0.1.0", "<0.2.0"]
  - git: ${repo}
    revision: v1
  - local: near
`,
      'near/dbt_project.yml': 'name: nearby\n',
    });
    const { packages, said } = await install(folder);
    expect(packages.map(({ name, version }) => [name, version])).toEqual([
      ['wide', '0.1.0'],
      ['from_git', git(repo, 'rev-parse', 'HEAD')],
      ['nearby', null],
      ['base', '1.0.0'],
    ]);
    expect(names(folder)).toEqual(['base', 'from_git', 'nearby', 'wide']);
    expect(lstatSync(join(folder, 'dbt_packages/nearby')).isSymbolicLink()).toBe(true);
    expect(existsSync(join(folder, 'dbt_packages/from_git/.git'))).toBe(false);
    expect(readFileSync(join(folder, 'dbt_packages/base/macros/b.sql'), 'utf8')).toContain('macro b');
    expect(lockOf(folder)).toBe(`packages:
  - name: wide
    package: acme/wide
    version: 0.1.0
  - git: ${repo}
    name: from_git
    revision: ${git(repo, 'rev-parse', 'HEAD')}
  - local: near
    name: nearby
  - name: base
    package: acme/base
    version: 1.0.0
sha1_hash: ${/sha1_hash: (.*)/.exec(lockOf(folder))?.[1]}
`);
    expect(said.slice(0, 4)).toEqual([
      `Updating lock file in file path: ${join(folder, 'package-lock.yml')}`,
      'Installing acme/wide',
      'Installed from version 0.1.0',
      'Updated version available: 0.2.0',
    ]);
  });
});
