/** `deps` beside dbt's: the same lock files byte for byte, the same trees, the same news. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  archiveOf,
  type FakeHub,
  type Files,
  startHub,
  writeFiles,
} from '../../src/workflows/deps/fake-hub.fixture.ts';
import { DbtLog, type DepsOptions, deps } from '../../src/workflows/index.ts';
import { dbt, noDbt } from './dbt.ts';

let top: string;
let hub: FakeHub;
const secret = 'shoemaker-9f3k';

describe.skipIf(noDbt !== '')(`deps beside dbt${noDbt && ` (skipped: ${noDbt})`}`, () => {
  beforeAll(async () => {
    top = mkdtempSync(join(tmpdir(), 'boathouse-deps-dbt-'));
    hub = await startHub(
      {
        'acme/base': {
          '1.0.0': { files: { 'macros/b.sql': '{% macro b() %}1{% endmacro %}' } },
          '1.1.0': { requires: ['>=1.0.0', '<3.0.0'] },
          '1.2.0-rc1': {},
          '2.0.0': { requires: ['>=9.0.0'] },
        },
        'acme/wide': {
          '0.1.0': { packages: [{ package: 'acme/base', version: ['>=1.0.0', '<1.1.0'] }] },
          '0.2.0': { packages: [{ package: 'acme/base', version: '>=1.1.0' }] },
        },
        'acme/moved': { '1.0.0': {} },
        'acme/file': {
          '1.0.0': { archive: await archiveOf('filed-1', { 'dbt_project.yml': 'name: other\n' }) },
        },
      },
      { 'acme/moved': { redirectnamespace: 'new', redirectname: 'place' } },
    );
    process.env['DBT_PACKAGE_HUB_URL'] = hub.url;
    process.env['DBT_ENV_SECRET_FOLDER'] = secret;
    const one = join(top, secret, 'one');
    mkdirSync(one, { recursive: true });
    writeFiles(one, { 'dbt_project.yml': 'name: one\n', 'models/a.sql': 'select 1' });
    commit(one);
    git(one, 'tag', 'v1');
    const many = join(top, 'many');
    writeFiles(many, {
      'dbt_project.yml': 'name: many\n',
      'inner/dbt_project.yml': 'name: inner\n',
      'inner/models/a.sql': 'select 1',
      'inner/packages.yml': 'packages: [{package: acme/moved, version: 1.0.0}]\n',
    });
    commit(many);
    git(many, 'branch', 'side');
  });

  afterAll(async () => {
    delete process.env['DBT_PACKAGE_HUB_URL'];
    delete process.env['DBT_ENV_SECRET_FOLDER'];
    await hub.close();
    rmSync(top, { recursive: true, force: true });
  });

  it('installs, locks and tells the same of every kind of package, and obeys the other’s lock file', async () => {
    const { theirs, ours } = twins('kinds', {
      'packages.yml': `packages:
  - package: acme/wide
    version: [">=0.1.0", "<0.2.0"]
  - git: "${top}/{{ env_var('DBT_ENV_SECRET_FOLDER') }}/one"
    revision: v1
  - git: ${top}/many
    revision: side
    subdirectory: inner
  - git: ${top}/many
    warn-unpinned: false
  - local: "{{ var('near', 'near') }}"
  - tarball: ${hub.url}archives/acme/file/1.0.0.tar.gz
    name: filed
`,
      'near/dbt_project.yml': 'name: nearby\n',
      'near/packages.yml': 'packages: [{local: near/deep}]\n',
      'near/deep/dbt_project.yml': 'name: deep\n',
    });
    const said = await both(theirs, ours, []);
    expect(lockOf(ours)).toBe(lockOf(theirs));
    expect(lockOf(ours)).not.toContain(secret);
    expect(tree(ours)).toEqual(tree(theirs));
    expect(said.ours).toEqual(said.theirs);
    // The lock file of one is the other's: nothing is chosen again.
    cpSync(join(theirs, 'package-lock.yml'), join(ours, 'package-lock.yml'));
    const { locked } = await deps({ projectDir: ours, logPath: null });
    expect(locked).toBe(false);
    expect(lockOf(ours)).toBe(lockOf(theirs));
  });

  it('adds packages, removes those that they replace, and asks for newer versions with --upgrade', async () => {
    const { theirs, ours } = twins('adding', {
      'packages.yml': 'packages:\n  - git: https://example.com/acme/base.git\n    revision: v1\n',
    });
    const added = await both(theirs, ours, ['--add-package', 'acme/base@>=1.0.0,<2.0.0'], {
      addPackage: 'acme/base@>=1.0.0,<2.0.0',
    });
    expect(added.ours).toEqual(added.theirs);
    expect(parse(readFileSync(join(ours, 'packages.yml'), 'utf8'))).toEqual(
      parse(readFileSync(join(theirs, 'packages.yml'), 'utf8')),
    );
    // After --add-package dbt writes a hash that its own next call finds wrong, and chooses again.
    await dbt(theirs, 'deps');
    expect(lockOf(ours)).toBe(lockOf(theirs));
    for (const folder of [theirs, ours]) {
      const path = join(folder, 'package-lock.yml');
      writeFiles(folder, { 'package-lock.yml': readFileSync(path, 'utf8').replace('1.1.0', '1.0.0') });
    }
    const obeyed = await both(theirs, ours, []);
    expect(obeyed.ours).toEqual(obeyed.theirs);
    expect(tree(ours)).toEqual(tree(theirs));
    const locked = await both(theirs, ours, ['--upgrade', '--lock'], { upgrade: true, lock: true });
    expect(locked.ours).toEqual(locked.theirs);
    expect(lockOf(ours)).toBe(lockOf(theirs));
  });

  it('says the same of a project without packages, and of dependencies.yml', async () => {
    const { theirs, ours } = twins('nothing', { 'packages.yml': 'packages: []\n' });
    const said = await both(theirs, ours, []);
    expect(said.ours).toEqual(said.theirs);
    expect(tree(ours)).toEqual(tree(theirs));
    for (const folder of [theirs, ours]) {
      rmSync(join(folder, 'packages.yml'));
      writeFiles(folder, { 'dependencies.yml': 'packages: [{package: acme/base, version: 1.2.0-rc1}]\n' });
    }
    const second = await both(theirs, ours, []);
    expect(second.ours).toEqual(second.theirs);
    expect(lockOf(ours)).toBe(lockOf(theirs));
  });
});

/** Two copies of a project. */
function twins(name: string, files: Files): { readonly theirs: string; readonly ours: string } {
  const [theirs, ours] = [join(top, `${name}-theirs`), join(top, `${name}-ours`)];
  for (const folder of [theirs, ours]) {
    mkdirSync(folder);
    writeFiles(folder, { 'dbt_project.yml': `name: ${name}\nprofile: ${name}\n`, ...files });
  }
  return { theirs, ours };
}

/** What dbt and Boathouse say, each in its copy: names of events, texts and data, from info upwards. */
async function both(
  theirs: string,
  ours: string,
  args: readonly string[],
  options: DepsOptions = {},
): Promise<{ readonly theirs: readonly unknown[]; readonly ours: readonly unknown[] }> {
  const out = await dbt(theirs, '--log-format', 'json', '--no-use-colors', 'deps', ...args);
  const log = new DbtLog('', process.pid);
  const own: string[] = [];
  await deps({
    projectDir: ours,
    logPath: null,
    ...options,
    emit: (event) => own.push(...log.lines(event).map((line) => JSON.stringify(line))),
  });
  return { theirs: news(out.split('\n'), theirs), ours: news(own, ours) };
}

function news(lines: readonly string[], folder: string): readonly unknown[] {
  const said = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { info: Record<string, unknown>; data: unknown })
    .filter(({ info }) => info['level'] !== 'debug');
  // What warnings say is each one's own: dbt frames and folds it. A duplicate's text has keys in an order of its process.
  const isSaid = ({ name, level }: Record<string, unknown>): boolean =>
    level === 'info' && name !== 'DepsFoundDuplicatePackage';
  const told = said.map(({ info, data }) =>
    JSON.stringify([info['name'], info['code'], info['level'], isSaid(info) && info['msg'], data])
      .replaceAll(folder, '<project>')
      .replaceAll(secret, '*****'),
  );
  // dbt says a warning as often as it looks at the package.
  return [...new Set(told)].map((line) => JSON.parse(line) as unknown);
}

const lockOf = (folder: string): string => readFileSync(join(folder, 'package-lock.yml'), 'utf8');

/** Every file below dbt_packages, with its text; links with where they lead. dbt keeps the repositories' history. */
function tree(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    let names: string[];
    try {
      names = readdirSync(join(folder, path)).sort();
    } catch {
      return;
    }
    for (const name of names) {
      const at = `${path}/${name}`;
      const info = lstatSync(join(folder, at));
      if (name === '.git') continue;
      if (info.isSymbolicLink()) found[at] = readlinkSync(join(folder, at)).replace(folder, '<project>');
      else if (info.isDirectory()) visit(at);
      else found[at] = readFileSync(join(folder, at), 'utf8');
    }
  };
  visit('dbt_packages');
  return found;
}

function git(folder: string, ...args: string[]): void {
  execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
}

function commit(folder: string): void {
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'add', '.');
  git(folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '-m', 'first');
}
