import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configureEngine } from './index.ts';
import { withOwnDatabase, withScratchSession, withTemporaryFolder } from './scratch.ts';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((one) => rm(one, { recursive: true, force: true }))));
const empty = async (): Promise<string> => {
  const made = await mkdtemp(path.join(tmpdir(), 'boathouse-limits-'));
  folders.push(made);
  return made;
};

const setting = (name: string): Promise<unknown> =>
  withScratchSession((session) => session.value(`SELECT current_setting('${name}')`));

describe('configureEngine', () => {
  it('limits every engine of the library, from then on, and keeps what is not named', async () => {
    await configureEngine({ memoryLimit: '300MiB', threads: 1 });
    expect([await setting('memory_limit'), await setting('threads')]).toEqual(['300.0 MiB', 1n]);
    await configureEngine({ threads: 2 });
    expect([await setting('memory_limit'), await setting('threads')]).toEqual(['300.0 MiB', 2n]);
    const own = await withOwnDatabase({ threads: 1 }, async (database) => {
      await using session = await database.session();
      return await session.query("SELECT current_setting('memory_limit'), current_setting('threads')");
    });
    expect(own.rows).toEqual([['300.0 MiB', 1n]]);
  });

  it('begins with the memory that the environment allows', async () => {
    vi.stubEnv('BOATHOUSE_MEMORY_LIMIT', '200MiB');
    vi.resetModules();
    const fresh = await import('./scratch.ts');
    vi.unstubAllEnvs();
    const limit = () =>
      fresh.withScratchSession((session) => session.value("SELECT current_setting('memory_limit')"));
    expect(await limit()).toBe('200.0 MiB');
    await fresh.configureEngine({ memoryLimit: '100MiB' });
    expect(await limit()).toBe('100.0 MiB');
  });

  it('refuses a limit that makes no sense, and keeps the one before', async () => {
    await configureEngine({ memoryLimit: '300MiB' });
    await expect(configureEngine({ memoryLimit: 'much' })).rejects.toMatchObject({
      code: expect.stringMatching(/^duckdb\./),
    });
    await expect(configureEngine({ threads: -1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^duckdb\./),
    });
    expect(await setting('memory_limit')).toBe('300.0 MiB');
  });

  it('spills to the folder that is given what the limit leaves no room for, and cleans up', async () => {
    const place = await empty();
    await configureEngine({ memoryLimit: '60MiB', threads: 1, tempDirectory: place });
    const spilled = await withScratchSession(async (session) => {
      await session.run(
        'CREATE TEMP TABLE many AS SELECT hash(i) AS h, hash(i + 1) AS g FROM range(6000000) t(i)',
      );
      const files = (await readdir(place, { recursive: true })).length;
      await session.run('DROP TABLE many');
      return files;
    });
    expect(spilled).toBeGreaterThan(0);
    const inside = await withTemporaryFolder(async (folder) => folder.startsWith(place));
    expect(inside).toBe(true);
    expect((await readdir(place)).filter((name) => name.startsWith('boathouse-'))).toEqual([]);
    await expect(configureEngine({ tempDirectory: await empty() })).rejects.toMatchObject({
      code: expect.stringMatching(/^duckdb\./),
    });
  });
});
