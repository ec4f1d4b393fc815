/** Where files stand before they are uploaded: in private, and not for longer than their process. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markedName } from '../../base/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'boathouse-home-'));
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** As in a process that has staged nothing yet. */
const freshStaging = async () => new (await import('./staging.ts')).Staging();
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('staging', () => {
  it('lays files out as their keys are, below a folder of the process in the cache', async () => {
    vi.stubEnv('BOATHOUSE_CACHE_DIR', join(home, 'cache'));
    const staging = await freshStaging();
    expect(await staging.find('a/b.parquet')).toBeUndefined();
    const file = await staging.prepare('a/b.parquet');
    expect(file.endsWith(join('a', 'b.parquet'))).toBe(true);
    expect(statSync(dirname(file)).isDirectory()).toBe(true);
    expect(await staging.find('a/b.parquet')).toBe(file);
    const [own = ''] = readdirSync(join(home, 'cache/staging'));
    expect(own).toContain(`-${process.pid}-`);
    expect(modeOf(join(home, 'cache/staging', own))).toBe(0o700);
  });

  it('keeps two storages apart that write the same keys', async () => {
    vi.stubEnv('BOATHOUSE_CACHE_DIR', join(home, 'cache'));
    const one = await freshStaging();
    const { Staging } = await import('./staging.ts');
    expect(await one.prepare('x')).not.toBe(await new Staging().prepare('x'));
  });

  it('goes to a private folder with a name nobody can guess where the cache can not be written', async () => {
    // A file where the folder should be stops root as well.
    writeFileSync(join(home, 'cache'), '');
    vi.stubEnv('BOATHOUSE_CACHE_DIR', join(home, 'cache'));
    const shared = join(home, 'tmp');
    const dead = `boathouse-staging-${markedName('dead').replace(`-${process.pid}-`, `-${deadPid()}-`)}`;
    mkdirSync(join(shared, dead), { recursive: true });
    vi.stubEnv('TMPDIR', shared);
    const file = await (await freshStaging()).prepare('x.parquet');
    const [name = '', ...others] = readdirSync(shared);
    expect(others).toEqual([]);
    // Its last six letters are the system's choice.
    expect(name).toMatch(/^boathouse-staging-[0-9a-f]{12}-\d+-\d+\.\w{6}$/);
    expect(file.startsWith(join(shared, name) + sep)).toBe(true);
    expect(modeOf(join(shared, name))).toBe(0o700);
    rmSync(join(shared, name), { recursive: true });
  });

  it('sweeps what a killed process left, and nothing of one that lives', async () => {
    vi.stubEnv('BOATHOUSE_CACHE_DIR', join(home, 'cache'));
    const shared = join(home, 'cache/staging');
    const dead = markedName('dead').replace(`-${process.pid}-`, `-${deadPid()}-`);
    for (const name of [dead, markedName('living')]) mkdirSync(join(shared, name), { recursive: true });
    await (await freshStaging()).prepare('x');
    expect(existsSync(join(shared, dead))).toBe(false);
    expect(existsSync(join(shared, markedName('living')))).toBe(true);
  });
});

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
