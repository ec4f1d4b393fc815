import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock } from '../../base/index.ts';
import { history, readCommit } from '../../delta/index.ts';
import { FaultyStorage, type FileInfo, faults, type Storage, wrapStorage } from '../../storage/index.ts';
import { alterTable } from '../alter/alter-table.ts';
import { cloneTable } from '../alter/clone-table.ts';
import { createTable } from '../alter/create-table.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { scanFiles } from '../read/scan-files.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append, overwrite } from '../write/write-delta.ts';
import { checkpointTable } from './log-upkeep.ts';
import { vacuum } from './vacuum.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let root: string;
let tables = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'boathouse-vacuum-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function newTable(
  about: { partitionBy?: readonly string[]; properties?: Record<string, string>; schema?: string } = {},
): Promise<{ handle: TableHandle; folder: string }> {
  tables += 1;
  const folder = path.join(root, `t${tables}`);
  await createTable(folder, { schema: 'id BIGINT, part STRING', ...about });
  return { handle: await TableHandle.open(folder), folder };
}

const row = (id: number, part = 'a'): { id: bigint; part: string } => ({ id: BigInt(id), part });

/** As though everything in the folder, its log too, had been written `hours` ago. */
async function age(
  folder: string,
  hours: number,
  only: (name: string) => boolean = () => true,
): Promise<void> {
  const time = new Date(Date.now() - hours * hourMs);
  const names = await readdir(folder, { recursive: true });
  for (const name of names.reverse()) if (only(name)) await utimes(path.join(folder, name), time, time);
}

function agedClock(hours: number) {
  return fixedClock(Date.now() - hours * hourMs);
}

async function dataFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.(?:parquet|bin)$/.test(name) && !name.startsWith('_delta_log')).sort();
}

async function ids(handle: TableHandle): Promise<number[]> {
  const { sql } = await scanFiles(handle.snapshot, handle.storage);
  const { rows } = await withScratchSession((session) => session.query(`SELECT id FROM (${sql}) ORDER BY 1`));
  return rows.map(([id]) => Number(id));
}

/** A table whose only file was replaced, long ago, by another. */
async function replaced(): Promise<{ handle: TableHandle; folder: string }> {
  const made = await newTable();
  await append(made.handle, [row(1)], { clock: agedClock(400) });
  await overwrite(made.handle, [row(2)], { clock: agedClock(300) });
  await age(made.folder, 300);
  return made;
}

describe('vacuum', () => {
  it('deletes what no version kept needs, and tells of it before and after', async () => {
    const { handle, folder } = await replaced();
    await writeFile(path.join(folder, 'orphan.parquet'), 'x');
    await age(folder, 300);
    const result = await vacuum(handle);
    expect(result).toMatchObject({ changed: true, mode: 'full', oldestKeptVersion: 2, version: 4 });
    expect(result.files.map(({ reason }) => reason).sort()).toEqual(['removed', 'unreferenced']);
    expect(await dataFiles(folder)).toEqual([...handle.snapshot.files.keys()]);
    expect(await ids(handle)).toEqual([2]);
    const [end, start] = await history(handle.storage, { limit: 2 });
    expect(start).toMatchObject({
      operation: 'VACUUM START',
      operationParameters: { retentionCheckEnabled: 'true', defaultRetentionMillis: String(7 * dayMs) },
      operationMetrics: { numFilesToDelete: '2' },
    });
    expect(end).toMatchObject({
      operation: 'VACUUM END',
      operationParameters: { status: 'COMPLETED' },
      operationMetrics: { numDeletedFiles: '2', numVacuumedDirectories: '1' },
    });
  });

  it('commits nothing when there is nothing to delete', async () => {
    const { handle } = await replaced();
    await vacuum(handle);
    expect(await vacuum(handle)).toMatchObject({ changed: false, version: 4, files: [] });
  });

  it('only lists when it is asked to', async () => {
    const { handle, folder } = await replaced();
    const before = await dataFiles(folder);
    const result = await vacuum(handle, { dryRun: true });
    expect(result).toMatchObject({ changed: false, dryRun: true, version: 2 });
    expect(result.files).toHaveLength(1);
    expect(await dataFiles(folder)).toEqual(before);
  });

  it('refuses less than the table’s own retention, unless told not to enforce it', async () => {
    const { handle, folder } = await newTable();
    await append(handle, [row(1)]);
    await overwrite(handle, [row(2)]);
    await age(folder, 1);
    await expect(vacuum(handle, { retentionHours: 0 })).rejects.toMatchObject({
      code: 'tables.retention-too-short',
    });
    expect(await dataFiles(folder)).toHaveLength(2);
    const result = await vacuum(handle, { retentionHours: 0, enforceRetention: false });
    expect(result.files).toHaveLength(1);
    const [, start] = await history(handle.storage, { limit: 2 });
    expect(start?.operationParameters).toMatchObject({
      retentionCheckEnabled: 'false',
      specifiedRetentionMillis: '0',
    });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a retention of %s hours', async (hours) => {
    const { handle } = await newTable();
    await expect(vacuum(handle, { retentionHours: hours, enforceRetention: false })).rejects.toMatchObject({
      code: 'tables.bad-option',
    });
  });

  it('keeps every version that was current since the retention began', async () => {
    const { handle, folder } = await newTable();
    for (const [id, hours] of [
      [1, 500],
      [2, 300],
      [3, 100],
    ] as const) {
      await overwrite(handle, [row(id)], { clock: agedClock(hours) });
    }
    for (const [version, hours] of [500, 500, 300, 100].entries()) {
      await age(folder, hours, (name) => name.endsWith(`${version}.json`));
    }
    await age(folder, 500, (name) => name.endsWith('.parquet'));
    // Version 2 was current a week ago, until version 3 took its place 100 hours ago.
    expect((await vacuum(handle)).oldestKeptVersion).toBe(2);
    expect(await ids(await TableHandle.open(folder, { version: 2 }))).toEqual([2]);
    expect(await ids(handle)).toEqual([3]);
    await expect(TableHandle.open(folder, { version: 1 }).then(ids)).rejects.toThrow();
  });

  it('keeps what was removed within a retention that is longer than the tombstones are', async () => {
    const { handle, folder } = await newTable({
      properties: { 'delta.deletedFileRetentionDuration': 'interval 1 hours' },
    });
    await append(handle, [row(1)], { clock: agedClock(900) });
    await overwrite(handle, [row(2)], { clock: agedClock(100) });
    await age(folder, 900);
    await age(folder, 100, (name) => name.endsWith('2.json'));
    await checkpointTable(handle);
    const found = await TableHandle.open(folder);
    expect([...found.snapshot.tombstones]).toEqual([]);
    expect((await vacuum(found, { retentionHours: 200 })).files).toEqual([]);
    expect(await ids(await TableHandle.open(folder, { version: 1 }))).toEqual([1]);
  });

  it('keeps young files that no commit names: their writers may be at work', async () => {
    const { handle, folder } = await replaced();
    await writeFile(path.join(folder, 'staged.parquet'), 'x');
    await vacuum(handle);
    expect(existsSync(path.join(folder, 'staged.parquet'))).toBe(true);
  });

  it('keeps a file that a slow writer commits while the folder is being listed', async () => {
    const { handle, folder } = await replaced();
    await writeFile(path.join(folder, 'slow.parquet'), 'x');
    await age(folder, 300);
    const storage = afterListing(handle.storage, async () => {
      await commitFile(folder, 3, 'slow.parquet');
    });
    await vacuum(TableHandle.of(storage, handle.snapshot));
    expect(existsSync(path.join(folder, 'slow.parquet'))).toBe(true);
    expect(await dataFiles(folder)).toHaveLength(2);
  });

  it('keeps a file that a commit names again after the inventory was made', async () => {
    const { handle, folder } = await replaced();
    const old = (await dataFiles(folder)).find((name) => !handle.snapshot.files.has(name)) as string;
    const storage = beforeFirst(handle.storage, '00000000000000000003.json', async () => {
      await commitFile(folder, 3, old);
    });
    const result = await vacuum(TableHandle.of(storage, handle.snapshot));
    expect(result.files).toEqual([]);
    expect(existsSync(path.join(folder, old))).toBe(true);
  });

  it('leaves hidden files and folders alone, and finds change files and partitions that begin like them', async () => {
    const { handle, folder } = await newTable({
      schema: 'id BIGINT, _part STRING',
      partitionBy: ['_part'],
    });
    await append(handle, [{ id: 1n, _part: 'a' }], { clock: agedClock(400) });
    const hidden = ['_temporary/x.parquet', '.hidden.parquet', 'a/_b/x.parquet', '_index/x.parquet'];
    const gone = ['_change_data/cdc-1.parquet', '_part=b/x.parquet', 'plain/x.parquet'];
    for (const name of [...hidden, ...gone]) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), 'x');
    }
    await age(folder, 400);
    const result = await vacuum(handle);
    expect(result.files.map((file) => file.path).sort()).toEqual([...gone].sort());
    for (const name of hidden) expect(existsSync(path.join(folder, name))).toBe(true);
    expect(await ids(handle)).toEqual([1]);
    // Folders that were left empty are gone too, the others aren't.
    expect(existsSync(path.join(folder, 'plain'))).toBe(false);
    expect(existsSync(path.join(folder, 'a'))).toBe(true);
    expect(result.foldersRemoved).toBe(3);
  });

  it('follows no link out of the folder, and keeps what a link in it leads to', async () => {
    const { handle, folder } = await replaced();
    const outside = path.join(root, `outside${tables}`);
    await mkdir(outside);
    await writeFile(path.join(outside, 'mine.parquet'), 'x');
    await symlink(outside, path.join(folder, 'elsewhere'));
    await symlink(path.join(outside, 'mine.parquet'), path.join(folder, 'link.parquet'));
    await mkdir(path.join(folder, 'real'));
    await writeFile(path.join(folder, 'real', 'shared.parquet'), 'x');
    await symlink(path.join(folder, 'real', 'shared.parquet'), path.join(folder, 'named.parquet'));
    await commitFile(folder, 3, 'named.parquet');
    await age(folder, 300, (name) => !name.includes('elsewhere'));
    await age(outside, 300);
    await vacuum(handle);
    expect(existsSync(path.join(outside, 'mine.parquet'))).toBe(true);
    expect(existsSync(path.join(folder, 'real', 'shared.parquet'))).toBe(true);
    expect(existsSync(path.join(folder, 'named.parquet'))).toBe(true);
  });

  it('leaves the files of a clone’s source alone, and knows its own by their absolute names', async () => {
    const { handle, folder } = await replaced();
    const target = path.join(root, `clone${tables}`);
    await cloneTable(handle, target);
    await age(target, 300);
    const clone = await TableHandle.open(target);
    await overwrite(clone, [row(9)], { clock: agedClock(200) });
    await age(target, 300);
    const before = await dataFiles(folder);
    await vacuum(clone);
    expect(await dataFiles(folder)).toEqual(before);
    expect(await ids(handle)).toEqual([2]);
    await writeFile(path.join(folder, 'own file.parquet'), 'x');
    await commitFile(folder, 3, `file://${folder}/own%20file.parquet`);
    await age(folder, 300);
    await vacuum(handle);
    expect(existsSync(path.join(folder, 'own file.parquet'))).toBe(true);
  });

  it('leaves a table alone that stands in a folder of this one, in either mode', async () => {
    const { handle, folder } = await replaced();
    for (const name of ['inner', 'Inner', 'deep/er']) {
      const inner = path.join(folder, name);
      await createTable(inner, { schema: 'id BIGINT' });
      await append(await TableHandle.open(inner), [{ id: 7n }]);
      await mkdir(path.join(inner, 'empty'));
    }
    await age(folder, 300);
    const before = await dataFiles(folder);
    const { files } = await vacuum(handle);
    expect(files.map(({ path: gone }) => path.dirname(gone))).toEqual(['.']);
    expect(await dataFiles(folder)).toEqual(before.filter((name) => name !== files[0]?.path));
    for (const name of ['inner', 'Inner', 'deep/er']) {
      expect(await ids(await TableHandle.open(path.join(folder, name)))).toEqual([7]);
      expect(existsSync(path.join(folder, name, 'empty'))).toBe(true);
    }
    expect((await vacuum(handle, { mode: 'lite' })).files).toEqual([]);
  });

  it.each<[what: string, own: (folder: string, alias: string) => string]>([
    ['through a link', (_, alias) => `file://${alias}/own.parquet`],
    ['by a path that isn’t a well-formed URI', (folder) => `${folder}/own.parquet`],
  ])('keeps a file that the log names absolutely %s', async (_, own) => {
    tables += 1;
    const folder = path.join(root, `50% t${tables}`);
    await createTable(folder, { schema: 'id BIGINT' });
    const alias = path.join(root, `alias${tables}`);
    await symlink(folder, alias);
    const handle = await TableHandle.open(folder);
    await writeFile(path.join(folder, 'own.parquet'), 'x');
    await writeFile(path.join(folder, 'nobodys.parquet'), 'x');
    await commitFile(folder, 1, own(folder, alias));
    await age(folder, 300);
    expect((await vacuum(handle)).files.map((file) => file.path)).toEqual(['nobodys.parquet']);
    expect(existsSync(path.join(folder, 'own.parquet'))).toBe(true);
  });

  it('knows deletion vectors and change files by the commits that name them', async () => {
    const { handle, folder } = await newTable({
      properties: { 'delta.enableDeletionVectors': 'true', 'delta.enableChangeDataFeed': 'true' },
    });
    const many = Array.from({ length: 20_000 }, (_, i) => row(i));
    await append(handle, many, { clock: agedClock(500) });
    await deleteRows(handle, undefined, { where: 'hash(id) % 3 = 0' }, { clock: agedClock(400) });
    await deleteRows(handle, undefined, { where: 'hash(id) % 3 = 1' }, { clock: agedClock(100) });
    for (const [version, hours] of [500, 500, 400, 100].entries()) {
      await age(folder, hours, (name) => name.endsWith(`${version}.json`));
    }
    await age(folder, 500, (name) => !name.startsWith('_delta_log'));
    const before = await ids(handle);
    const kept = await ids(await TableHandle.open(folder, { version: 2 }));
    expect(await dataFiles(folder)).toHaveLength(5);
    const result = await vacuum(handle);
    // The change file of version 2, which was committed before the retention began.
    expect(result.files.map((file) => file.path.split('/')[0])).toEqual(['_change_data']);
    expect(await ids(handle)).toEqual(before);
    expect(await ids(await TableHandle.open(folder, { version: 2 }))).toEqual(kept);
  });

  it('says when it failed, and deletes the rest the next time', async () => {
    for (const fault of faults) {
      for (let failing = 1, reached = true; reached; failing += 1) {
        const { handle, folder } = await replaced();
        const storage = new FaultyStorage(handle.storage, new Map([[failing, fault]]));
        await vacuum(TableHandle.of(storage, handle.snapshot)).catch(() => undefined);
        reached = storage.calls >= failing;
        const found = await TableHandle.open(folder);
        expect(await ids(found)).toEqual([2]);
        await vacuum(found);
        expect(await dataFiles(folder)).toEqual([...found.snapshot.files.keys()]);
        await rm(folder, { recursive: true });
      }
    }
  }, 120_000);

  it('refuses a table that it can’t read', async () => {
    const { handle, folder } = await newTable();
    const metadata = (await readCommit(handle.storage, 0)).actions.find(
      (action) => action.kind === 'metadata',
    );
    expect(metadata).toBeDefined();
    await writeFile(
      path.join(folder, '_delta_log', '00000000000000000001.json'),
      `${JSON.stringify({ protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['future'], writerFeatures: ['future'] } })}\n`,
    );
    await expect(vacuum(handle)).rejects.toMatchObject({ code: 'delta.unsupported-feature' });
  });

  it('vacuums a table that asks for a protocol check', async () => {
    const { handle, folder } = await newTable();
    await alterTable(handle, [
      { kind: 'set-properties', properties: { 'delta.feature.vacuumProtocolCheck': 'supported' } },
    ]);
    await writeFile(path.join(folder, 'orphan.parquet'), 'x');
    await age(folder, 300);
    expect((await vacuum(handle)).files).toHaveLength(1);
  });
});

describe('lite vacuum', () => {
  it('deletes what commits removed since the last one, and nothing else', async () => {
    const { handle, folder } = await replaced();
    await writeFile(path.join(folder, 'orphan.parquet'), 'x');
    await age(folder, 300);
    const first = await vacuum(handle, { mode: 'lite' });
    expect(first.files.map(({ reason }) => reason)).toEqual(['removed']);
    expect(existsSync(path.join(folder, 'orphan.parquet'))).toBe(true);
    expect(await ids(handle)).toEqual([2]);
    expect(await vacuum(handle, { mode: 'lite' })).toMatchObject({ changed: false, files: [] });
    await overwrite(handle, [row(3)], { clock: agedClock(250) });
    await age(folder, 250, (name) => !name.startsWith('_delta_log/_'));
    expect((await vacuum(handle, { mode: 'lite' })).files).toHaveLength(1);
    expect(await ids(handle)).toEqual([3]);
  });

  it('keeps what was put back', async () => {
    const { handle, folder } = await replaced();
    const old = (await dataFiles(folder)).find((name) => !handle.snapshot.files.has(name)) as string;
    await commitFile(folder, 3, old);
    await age(folder, 300);
    expect((await vacuum(handle, { mode: 'lite' })).files).toEqual([]);
  });

  it('refuses a log whose beginning is gone, when it doesn’t know how far the last vacuum went', async () => {
    const { handle, folder } = await replaced();
    await checkpointTable(handle);
    await rm(path.join(folder, '_delta_log', '00000000000000000000.json'));
    const found = await TableHandle.open(folder);
    await expect(vacuum(found, { mode: 'lite' })).rejects.toMatchObject({ code: 'tables.no-lite-vacuum' });
    expect(await dataFiles(folder)).toHaveLength(2);
    await vacuum(found);
    expect(await vacuum(found, { mode: 'lite' })).toMatchObject({ changed: false });
  });
});

/** A commit by another program, of a file that has no statistics. */
async function commitFile(folder: string, version: number, logPath: string): Promise<void> {
  const add = {
    path: logPath,
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
  };
  const name = `${String(version).padStart(20, '0')}.json`;
  await writeFile(path.join(folder, '_delta_log', name), `${JSON.stringify({ add })}\n`);
}

/** `inner`, with something happening once the whole folder has been listed. */
function afterListing(inner: Storage, then: () => Promise<void>): Storage {
  return wrapStorage(inner, {
    async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
      yield* inner.list(prefix, after);
      if (prefix === '') await then();
    },
  });
}

/** `inner`, with something happening before an object of that name is created for the first time. */
function beforeFirst(inner: Storage, name: string, then: () => Promise<void>): Storage {
  let isFirst = true;
  return wrapStorage(inner, {
    async putIfAbsent(file: string, bytes: Uint8Array) {
      if (isFirst && file.endsWith(name)) {
        isFirst = false;
        await then();
      }
      return inner.putIfAbsent(file, bytes);
    },
  });
}
