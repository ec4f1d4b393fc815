import { existsSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alias } from './index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-alias-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('alias', () => {
  it.each([false, true])('is made once, and removed (as a file: %s)', async (asFile) => {
    const script = join(folder, 'main.js');
    const given = { name: 'dbt', script, folder: join(folder, 'bin'), asFile };
    const path = join(folder, 'bin', asFile ? 'dbt.cmd' : 'dbt');
    expect(await alias(given)).toEqual({ path, done: 'made' });
    if (!asFile) expect(readlinkSync(path)).toBe(script);
    expect(await alias(given)).toEqual({ path, done: 'nothing' });
    expect(await alias({ ...given, remove: true })).toEqual({ path, done: 'removed' });
    expect(await alias({ ...given, remove: true })).toEqual({ path, done: 'nothing' });
  });

  it.each([false, true])('never touches somebody else’s dbt (removing: %s)', async (remove) => {
    const path = join(folder, 'dbt');
    writeFileSync(path, 'theirs');
    await expect(alias({ name: 'dbt', script: '/x', folder, remove })).rejects.toMatchObject({
      code: 'workflows.alias-taken',
    });
    expect(existsSync(path)).toBe(true);
  });
});
