import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markedName, thisProcess } from '../../base/index.ts';
import { readProject } from '../../project/index.ts';
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

describe('a project whose packages are installed', () => {
  it('has each of them once, and misses by its own name what is not there', async () => {
    const repo = repository({ 'dbt_project.yml': 'name: quite_another\n' });
    const folder = project({
      'profiles.yml': 'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n',
      'packages.yml': `packages: [{git: ${repo}, revision: v1}, {local: near}]\n`,
      'near/dbt_project.yml': 'name: nearby\n',
      'near/packages.yml': 'packages: [{package: acme/base, version: 1.0.0}]\n',
      'dbt_packages/left_over/dbt_project.yml': 'name: left_over\n',
    });
    await expect(readProject({ projectDir: folder, env: {} })).rejects.toMatchObject({
      code: 'project.package-not-installed',
      hint: expect.stringContaining('boathouse deps') as string,
    });
    await install(folder);
    const { packages } = await readProject({ projectDir: folder, env: {} });
    expect(packages.map(({ name }) => name).sort()).toEqual(['base', 'nearby', 'quite_another', 'shop']);
    rmSync(join(folder, 'dbt_packages/quite_another'), { recursive: true });
    writeFiles(folder, { 'dbt_packages/other/dbt_project.yml': 'name: other\n' });
    await expect(readProject({ projectDir: folder, env: {} })).rejects.toMatchObject({
      code: 'project.package-not-installed',
      message: expect.stringContaining(join(folder, 'dbt_packages/quite_another')) as string,
    });
  });
});

describe('entries of packages.yml', () => {
  it.each([
    [
      'a version that is no version',
      '{package: acme/base, version: 1.0}',
      'project.bad-package-version',
      [2, 5],
    ],
    ['no version', '{package: acme/base}', 'project.bad-package', [2, 6]],
    ['no namespace', '{package: base, version: 1.0.0}', 'project.bad-package', [2, 6]],
    [
      'a key with the wrong hyphen',
      '{package: a/b, version: 1.0.0, install-prerelease: true}',
      'project.bad-package',
      [2, 36],
    ],
    ['a key of another kind', '{local: x, version: 1.0.0}', 'project.bad-package', [2, 16]],
    ['two kinds at once', '{local: x, git: y}', 'project.bad-package', [2, 16]],
    ['a number for a text', '{local: 1}', 'project.bad-value', [2, 13]],
    ['a text for a truth value', "{git: u, warn-unpinned: 'no'}", 'project.bad-value', [2, 29]],
    ['an archive without a name', '{tarball: u}', 'project.bad-package', [2, 6]],
    ['an unknown provider', '{private: a/b, provider: gitlub}', 'project.bad-package', [2, 5]],
    [
      'a package that the hub doesn’t have',
      '{package: acme/bass, version: 1.0.0}',
      'workflows.package-not-found',
      [2, 5],
    ],
    [
      'a version that isn’t there',
      '{package: acme/base, version: 3.0.0}',
      'project.no-package-version',
      [2, 5],
    ],
    [
      'a version for another dbt',
      '{package: acme/base, version: 2.0.0}',
      'project.no-package-version',
      [2, 5],
    ],
    ['a folder that isn’t there', '{local: nowhere}', 'workflows.not-a-package', [2, 5]],
    ['a repository that isn’t there', '{git: ./nowhere, revision: v1}', 'workflows.git-failed', [2, 5]],
  ])('that ask for %s are refused where they stand', async (_, entry, code, [line, column]) => {
    const folder = project({ 'packages.yml': `packages:\n  - ${entry}\n` });
    await expect(install(folder)).rejects.toMatchObject({
      code,
      exitCode: 2,
      hint: expect.stringMatching(/\w/) as string,
      location: { file: join(folder, 'packages.yml'), line, column },
    });
    expect(existsSync(join(folder, 'package-lock.yml'))).toBe(false);
  });
});

describe('choosing', () => {
  it('says who asks for what can’t be had together', async () => {
    const folder = project({
      'packages.yml':
        'packages: [{package: acme/wide, version: 0.1.0}, {package: acme/base, version: 1.1.0}]\n',
    });
    await expect(install(folder)).rejects.toMatchObject({
      code: 'project.package-conflict',
      message: expect.stringMatching(
        /1\.1\.0 {2}asked for by shop\n.*<1\.1\.0 {2}asked for by shop → acme\/wide/s,
      ) as string,
    });
  });

  it.each([
    ['with itself', { near: 'far', far: 'near' }, 'project.package-cycle'],
    ['over two others', { near: 'far', far: 'deep', deep: 'near' }, 'project.package-cycle'],
  ])('ends where packages need each other: %s', async (_, needs, code) => {
    const files = Object.entries(needs).flatMap(([name, other]) => [
      [`${name}/dbt_project.yml`, `name: ${name}\n`],
      [`${name}/packages.yml`, `packages: [{local: ${other}}]\n`],
    ]);
    const folder = project({ 'packages.yml': 'packages: [{local: near}]\n', ...Object.fromEntries(files) });
    await expect(install(folder)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('near → far') as string,
      location: { line: 1 },
    });
  });

  it.each([
    ['two packages', 'twin', 'project.same-package-name'],
    ['a package and the project', 'shop', 'project.package-like-root'],
  ])('refuses one name for %s', async (_, name, code) => {
    const folder = project({
      'packages.yml': 'packages: [{local: a}, {local: b}]\n',
      'a/dbt_project.yml': 'name: twin\n',
      'b/dbt_project.yml': `name: ${name}\n`,
    });
    await expect(install(folder)).rejects.toMatchObject({ code, location: { line: 1, column: 24 } });
  });

  it('takes prereleases only where they are asked for, and other dbts’ versions with --no-version-check', async () => {
    const folder = project({
      'packages.yml': 'packages: [{package: acme/base, version: [">=1.0.0"], install_prerelease: true}]\n',
    });
    expect((await install(folder)).packages[0]?.version).toBe('1.2.0-rc1');
    expect((await install(folder, { upgrade: true, versionCheck: false })).packages[0]?.version).toBe(
      '2.0.0',
    );
  });

  it('keeps to the lock file until it is asked to upgrade, or packages.yml changes', async () => {
    const folder = project({ 'packages.yml': 'packages: [{package: acme/base, version: [">=1.0.0"]}]\n' });
    await install(folder);
    writeFiles(folder, { 'package-lock.yml': lockOf(folder).replace('1.1.0', '1.0.0') });
    expect(await install(folder)).toMatchObject({ locked: false, packages: [{ version: '1.0.0' }] });
    expect(await install(folder, { dryRun: true, upgrade: true })).toMatchObject({
      locked: false,
      installed: false,
      packages: [{ version: '1.1.0' }],
    });
    expect(lockOf(folder)).toContain('1.0.0');
    const asked = hub.asked.length;
    expect(await install(folder, { lock: true })).toMatchObject({
      locked: false,
      packages: [{ name: 'base', package: 'acme/base', version: '1.0.0', latest: null }],
    });
    expect(hub.asked.length).toBe(asked);
    expect(await install(folder, { upgrade: true, lock: true })).toMatchObject({
      locked: true,
      installed: false,
    });
    expect(lockOf(folder)).toContain('1.1.0');
    writeFiles(folder, { 'packages.yml': 'packages: [{package: acme/base, version: 1.0.0}]\n' });
    expect(await install(folder)).toMatchObject({ locked: true, packages: [{ version: '1.0.0' }] });
  });
});

describe('repositories', () => {
  it('warns of branches, takes commits, names what is near', async () => {
    const repo = repository({ 'dbt_project.yml': 'name: moving\n' });
    const folder = project({ 'packages.yml': `packages: [{git: ${repo}}]\n` });
    const { said } = await install(folder);
    expect(said.join('\n')).toContain('not pinned, using HEAD');
    const first = git(repo, 'rev-parse', 'HEAD');
    commit(repo, 'second');
    expect((await install(folder)).packages[0]?.version).toBe(first);
    expect((await install(folder, { upgrade: true })).packages[0]?.version).not.toBe(first);
    await expect(install(folder, { upgrade: true, warnError: true })).rejects.toMatchObject({
      code: 'workflows.warning-as-error',
    });
    const wrong = project({ 'packages.yml': `packages: [{git: ${repo}, revision: v2}]\n` });
    await expect(install(wrong)).rejects.toMatchObject({
      code: 'workflows.no-revision',
      hint: 'Did you mean v1?',
    });
  });

  it('never show a secret of their URL, and keep it out of the files', async () => {
    const secret = 'hunter-2-and-more';
    const repo = repository({ 'dbt_project.yml': 'name: hidden\n' });
    const folder = project({
      'packages.yml': `packages: [{git: "file://{{ env_var('DBT_ENV_SECRET_TOKEN') }}@localhost${repo}", revision: v1}]\n`,
    });
    const said: RunEvent[] = [];
    const env = { PATH: process.env['PATH'], HOME: top, DBT_ENV_SECRET_TOKEN: secret };
    const options = { env, emit: (event: RunEvent) => said.push(event), logPath: 'logs' };
    const { packages } = await install(folder, options);
    expect(packages).toMatchObject([{ name: 'hidden' }]);
    expect(lockOf(folder)).toContain("{{ env_var('DBT_ENV_SECRET_TOKEN') }}");
    rmSync(repo, { recursive: true });
    const failure: unknown = await install(folder, options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'workflows.git-failed' });
    expect(JSON.stringify([said, packages, failure, (failure as Error).message])).not.toContain(secret);
    const written = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(written.join('\n')).not.toContain(secret);
  });

  it('with a link that leads out of them are refused', async () => {
    const repo = repository({ 'dbt_project.yml': 'name: linked\n' });
    symlinkSync('/etc/passwd', join(repo, 'seed.csv'));
    git(repo, 'add', '.');
    commit(repo, 'link');
    const folder = project({ 'packages.yml': `packages: [{git: ${repo}, revision: main}]\n` });
    await expect(install(folder)).rejects.toMatchObject({ code: 'workflows.unsafe-link' });
  });
});

describe('a network that fails', () => {
  const asking = { 'packages.yml': 'packages: [{package: acme/base, version: 1.0.0}]\n' };

  it('is asked again, and the old packages stay when that doesn’t help', async () => {
    const folder = project(asking);
    hub.failures.set('/api/v1/index.json', [503]);
    hub.failures.set('/archives/acme/base/1.0.0.tar.gz', [502]);
    await install(folder);
    expect(names(folder)).toEqual(['base']);
    hub.failures.set('/archives/acme/base/1.1.0.tar.gz', [404]);
    writeFiles(folder, { 'packages.yml': asking['packages.yml'].replace('1.0.0', '1.1.0') });
    await expect(install(folder)).rejects.toMatchObject({
      code: 'workflows.package-unreachable',
      message: expect.stringContaining('404') as string,
      location: { file: join(folder, 'package-lock.yml') },
    });
    expect(names(folder)).toEqual(['base']);
    expect(readFileSync(join(folder, 'dbt_packages/base/dbt_project.yml'), 'utf8')).toContain('1.0.0');
  });

  it('can be given up: nothing is left, the old packages are', async () => {
    const slow = createServer(() => {});
    await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done));
    const folder = project({ ...asking, 'dbt_packages/old/dbt_project.yml': 'name: old\n' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const env = { DBT_PACKAGE_HUB_URL: `http://127.0.0.1:${(slow.address() as AddressInfo).port}` };
    await expect(install(folder, { env, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(names(folder)).toEqual(['old']);
    slow.closeAllConnections();
    slow.close();
  });

  it('is said by its address', async () => {
    const env = { DBT_PACKAGE_HUB_URL: 'ftp://nowhere/' };
    await expect(install(project(asking), { env })).rejects.toMatchObject({
      code: 'workflows.package-unreachable',
      message: expect.stringContaining('ftp://nowhere/api/v1/index.json') as string,
    });
  });
});

describe('a vendor folder', () => {
  it('is filled once, and needs no network and no lock file from then on', async () => {
    const repo = repository({ 'inner/dbt_project.yml': 'name: inner\n' });
    const folder = project({
      'dbt_project.yml': 'name: shop\nprofile: shop\nflags: {package_vendor: vendor}\n',
      'packages.yml': `packages:
  - {package: acme/wide, version: 0.1.0}
  - {git: ${repo}, revision: v1, subdirectory: inner}
  - {tarball: "${hub.url}archives/acme/base/1.1.0.tar.gz", name: archived}
`,
    });
    const filled = await install(folder, { fillVendor: true });
    expect(filled.packages.map(({ name }) => name)).toEqual(['wide', 'inner', 'archived', 'base']);
    const [lock, asked] = [lockOf(folder), hub.asked.length];
    for (const gone of ['package-lock.yml', 'dbt_packages']) rmSync(join(folder, gone), { recursive: true });
    rmSync(repo, { recursive: true });
    expect((await install(folder)).packages).toEqual(
      filled.packages.map((one) => ({ ...one, latest: one.latest && one.version })),
    );
    expect(lockOf(folder)).toBe(lock);
    expect(hub.asked.length).toBe(asked);
    expect(names(folder)).toEqual(['archived', 'base', 'inner', 'wide']);
  });

  it('says what it lacks', async () => {
    const folder = project({ 'packages.yml': 'packages: [{package: acme/base, version: 1.0.0}]\n' });
    await expect(install(folder, { vendor: 'nothing' })).rejects.toMatchObject({
      code: 'workflows.not-vendored',
      location: { file: join(folder, 'packages.yml'), line: 1 },
    });
    await expect(install(folder, { fillVendor: true })).rejects.toMatchObject({
      code: 'workflows.no-vendor',
    });
  });
});

describe('the folder with the packages', () => {
  it('is replaced as a whole, whatever was in it, and without what a killed installation left', async () => {
    const folder = project({
      'packages.yml': 'packages: [{local: near}]\n',
      'near/dbt_project.yml': 'name: n\n',
    });
    writeFiles(folder, {
      'dbt_packages/old/dbt_project.yml': 'name: old\n',
      'dbt_packages/__boathouse-killed/new/x': '',
      'dbt_packages/__boathouse-lock': `${thisProcess().host}-999999999-1.deps`,
    });
    await install(folder);
    expect(names(folder)).toEqual(['n']);
  });

  it('takes one installation at a time', async () => {
    const folder = project({ 'packages.yml': 'packages: [{package: acme/base, version: 1.0.0}]\n' });
    const [first, second] = await Promise.all([install(folder), install(folder)]);
    expect([first.installed, second.installed]).toEqual([true, true]);
    writeFiles(folder, { 'dbt_packages/__boathouse-lock': markedName('deps') });
    const said: RunEvent[] = [];
    const emit = (event: RunEvent): void => void said.push(event);
    await expect(install(folder, { lockTimeoutSeconds: 1.2, emit })).rejects.toMatchObject({
      code: 'workflows.deps-busy',
    });
    expect(JSON.stringify(said)).toContain('Waiting for another deps');
    expect(names(folder)).toEqual(['__boathouse-lock', 'base']);
  });

  it.each(['.', '..', 'dbt_project.yml', 'models/..'])('can’t be %s', async (path) => {
    const folder = project({
      'dbt_project.yml': `name: shop\nprofile: shop\npackages-install-path: ${path}\n`,
      'packages.yml': 'packages: []\n',
    });
    await expect(install(folder)).rejects.toMatchObject({ code: 'workflows.bad-install-path' });
    expect(existsSync(join(folder, 'packages.yml'))).toBe(true);
  });

  it.each([['../out'], ['/tmp/out'], ['.hidden'], ['a/b']])(
    'takes no package with the name %s',
    async (name) => {
      const folder = project({
        'packages.yml': `packages: [{tarball: "${hub.url}archives/acme/base/1.0.0.tar.gz", name: ${name}}]\n`,
      });
      await expect(install(folder)).rejects.toMatchObject({ code: 'workflows.bad-package-name' });
    },
  );
});

describe('--add-package', () => {
  it('keeps comments and order, and writes nothing when the package can’t be had', async () => {
    const text =
      '# ours\npackages:\n  - local: near # beside us\n  - package: acme/base\n    version: 1.0.0\n';
    const folder = project({ 'packages.yml': text, 'near/dbt_project.yml': 'name: n\n' });
    await expect(install(folder, { addPackage: 'acme/none@1.0.0' })).rejects.toMatchObject({
      code: 'workflows.package-not-found',
    });
    expect(readFileSync(join(folder, 'packages.yml'), 'utf8')).toBe(text);
    await install(folder, { addPackage: 'acme/base@1.1.0' });
    expect(readFileSync(join(folder, 'packages.yml'), 'utf8')).toBe(
      text.replace('version: 1.0.0', 'version: 1.1.0'),
    );
    expect((await install(folder)).locked).toBe(false);
  });

  it.each([
    ['acme/base', 'hub'],
    ['https://example.com/a.git', 'git'],
    ['git@example.com:a.git', 'git'],
  ] as const)('wants a version of %s', async (addPackage, source) => {
    await expect(install(project({}), { addPackage, source })).rejects.toMatchObject({
      code: 'workflows.bad-addition',
    });
  });

  it.each([
    ['can’t be read', 'packages: [\n', 'project.bad-yaml'],
    ['repeats what it replaces', 'packages: [&a {local: near}, *a]\n', 'workflows.bad-addition'],
  ])('refuses a packages.yml that %s', async (_, text, code) => {
    const folder = project({ 'packages.yml': text, 'near/dbt_project.yml': 'name: n\n' });
    await expect(install(folder, { addPackage: 'near', source: 'local' })).rejects.toMatchObject({ code });
    expect(readFileSync(join(folder, 'packages.yml'), 'utf8')).toBe(text);
  });

  it('makes packages.yml where there is none', async () => {
    const folder = project({ 'near/dbt_project.yml': 'name: n\n' });
    await install(folder, { addPackage: 'near', source: 'local' });
    expect(readFileSync(join(folder, 'packages.yml'), 'utf8')).toBe('packages:\n  - local: near\n');
    expect(names(folder)).toEqual(['n']);
  });
});
