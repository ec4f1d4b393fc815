import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history, type Snapshot } from '../../delta/index.ts';
import type { SqlValue } from '../../duckdb/index.ts';
import { FaultyStorage, faults, type Storage, wrapStorage } from '../../storage/index.ts';
import { alterTable } from '../alter/alter-table.ts';
import { createTable } from '../alter/create-table.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { scanFiles } from '../read/scan-files.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append } from '../write/write-delta.ts';
import { optimize } from './optimize.ts';
import { purge } from './purge.ts';

let root: string;
let tables = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'boathouse-optimize-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function newUri(): string {
  tables += 1;
  return path.join(root, `t${tables}`);
}

/** A table of `files` commits of two rows each: `id`, `part`, `name`. */
async function tableOf(
  files: number,
  about: { partitionBy?: readonly string[]; properties?: Record<string, string> } = {},
): Promise<TableHandle> {
  const uri = newUri();
  await createTable(uri, { schema: 'id BIGINT, part STRING, name STRING', ...about });
  const handle = await TableHandle.open(uri);
  for (let file = 0; file < files; file += 1) {
    const part = `p${file % 2}`;
    await append(handle, [
      { id: BigInt(file * 2), part, name: `n${file}` },
      { id: BigInt(file * 2 + 1), part, name: `n${file}` },
    ]);
  }
  return handle;
}

async function rowsOf(
  handle: TableHandle,
  what = '*',
  rowTracking = false,
): Promise<readonly (readonly SqlValue[])[]> {
  const { sql } = await scanFiles(handle.snapshot, handle.storage, { rowTracking });
  return (await withScratchSession((session) => session.query(`SELECT ${what} FROM (${sql}) ORDER BY ALL`)))
    .rows;
}

async function lastCommit(handle: TableHandle) {
  const [entry] = await history(handle.storage, { limit: 1 });
  return entry;
}

function partsOf(snapshot: Snapshot): string[] {
  return [...snapshot.files.values()].map((file) => file.partitionValues.get('part') ?? '').sort();
}

describe('compaction', () => {
  it('puts small files together, keeps every row, and says what it did as Delta does', async () => {
    const handle = await tableOf(6);
    const before = await rowsOf(handle);
    const result = await optimize(handle, undefined);
    expect(result).toMatchObject({
      version: 7,
      changed: true,
      metrics: { numFilesAdded: 1, numFilesRemoved: 6, numBatches: 1, totalConsideredFiles: 6 },
    });
    expect(await rowsOf(handle)).toEqual(before);
    expect(handle.snapshot.files.size).toBe(1);
    expect(await lastCommit(handle)).toMatchObject({
      operation: 'OPTIMIZE',
      operationParameters: { predicate: '[]', zOrderBy: '[]', auto: 'false' },
      operationMetrics: { numAddedFiles: '1', numRemovedFiles: '6' },
    });
  });

  it('writes nothing when there is nothing to put together', async () => {
    const handle = await tableOf(3);
    await optimize(handle, undefined);
    expect(await optimize(handle, undefined)).toMatchObject({ version: 4, changed: false });
    expect((await TableHandle.open(handle.uri)).snapshot.version).toBe(4);
  });

  it('stays within partitions, and touches only those that the condition names', async () => {
    const handle = await tableOf(8, { partitionBy: ['part'] });
    const before = await rowsOf(handle);
    const one = await optimize(handle, undefined, { where: "part = 'p1'" });
    expect(one.metrics).toMatchObject({ numFilesAdded: 1, numFilesRemoved: 4, partitionsOptimized: 1 });
    expect(partsOf(handle.snapshot)).toEqual(['p0', 'p0', 'p0', 'p0', 'p1']);
    await optimize(handle, undefined);
    expect(partsOf(handle.snapshot)).toEqual(['p0', 'p1']);
    expect(await rowsOf(handle)).toEqual(before);
  });

  it('leaves files alone that a condition on other columns excludes by statistics', async () => {
    const handle = await tableOf(6);
    const result = await optimize(handle, undefined, { where: 'id >= 8' });
    expect(result.metrics).toMatchObject({ numFilesRemoved: 2, totalConsideredFiles: 2 });
  });

  it('refuses a condition that names no column of the table', async () => {
    const handle = await tableOf(2);
    await expect(optimize(handle, undefined, { where: 'nope = 1' })).rejects.toMatchObject({
      code: expect.stringMatching(/^duckdb\./),
    });
    expect((await TableHandle.open(handle.uri)).snapshot.version).toBe(2);
  });

  it.each<[what: string, partitionBy: readonly string[]]>([
    ['a table', []],
    ['a partition', ['part']],
  ])(
    'has nothing left to do after once, also when the files of %s take up far less together',
    async (_, partitionBy) => {
      const uri = newUri();
      await createTable(uri, { schema: 'id BIGINT, part STRING, name STRING', partitionBy });
      const handle = await TableHandle.open(uri);
      // The same long texts in each file: together they are written once.
      for (let file = 0; file < 12; file += 1) {
        await append(handle, {
          sql: `SELECT i AS id, 'p' AS part, md5('a' || i) || md5('b' || i) AS name FROM range(500) rows(i)`,
        });
      }
      const before = await rowsOf(handle);
      const spec = { targetSizeBytes: 100_000 };
      const once = await optimize(handle, undefined, spec);
      expect(once.metrics.filesRemoved.totalSize).toBeGreaterThan(3 * spec.targetSizeBytes);
      expect(once.metrics).toMatchObject({ numFilesRemoved: 12, numFilesAdded: 1 });
      expect(await optimize(handle, undefined, spec)).toMatchObject({ changed: false });
      expect(await rowsOf(handle)).toEqual(before);
    },
  );

  it('leaves files alone that are large enough', async () => {
    const handle = await tableOf(4);
    expect(await optimize(handle, undefined, { minFileSizeBytes: 100 })).toMatchObject({ changed: false });
  });

  it('commits large work in batches, each of which stands by itself', async () => {
    const handle = await tableOf(8, { partitionBy: ['part'] });
    const before = await rowsOf(handle);
    const seen: [number, number | undefined][] = [];
    const abort = new AbortController();
    const stopped = optimize(
      handle,
      undefined,
      { targetSizeBytes: 800, minFileSizeBytes: 600, batchSizeBytes: 1 },
      {
        signal: abort.signal,
        onProgress: ({ done, total }) => {
          seen.push([done, total]);
          if (done >= 4) abort.abort();
        },
      },
    );
    await expect(stopped).rejects.toThrow();
    expect(seen.length).toBeGreaterThan(0);
    const found = await TableHandle.open(handle.uri);
    expect(found.snapshot.version).toBeGreaterThan(8);
    expect(await rowsOf(found)).toEqual(before);
    // What the broken-off run had staged and not committed is gone.
    expect(await strays(found)).toEqual([]);
  });

  it('lands once for a transaction', async () => {
    const handle = await tableOf(4);
    const transaction = { appId: 'nightly', version: 3 };
    expect(await optimize(handle, undefined, {}, { transaction })).toMatchObject({ changed: true });
    await append(handle, [{ id: 100n, part: 'p0', name: 'x' }]);
    expect(await optimize(handle, undefined, {}, { transaction })).toMatchObject({
      changed: false,
      skipped: true,
    });
  });

  it('keeps row ids and versions', async () => {
    const handle = await tableOf(5, { properties: { 'delta.enableRowTracking': 'true' } });
    const before = await rowsOf(handle, '*', true);
    await optimize(handle, undefined);
    expect(handle.snapshot.files.size).toBe(1);
    expect(await rowsOf(handle, '*', true)).toEqual(before);
  });

  it('finds columns by their names in files under column mapping', async () => {
    const handle = await tableOf(4, { properties: { 'delta.columnMapping.mode': 'name' } });
    await alterTable(handle, [{ kind: 'rename-column', column: 'name', to: 'label' }]);
    const before = await rowsOf(handle);
    await optimize(handle, undefined);
    expect(handle.snapshot.files.size).toBe(1);
    expect(await rowsOf(handle)).toEqual(before);
  });

  it('is no change of data: an append-only table and its change feed take it', async () => {
    const handle = await tableOf(3, {
      properties: { 'delta.appendOnly': 'true', 'delta.enableChangeDataFeed': 'true' },
    });
    expect(await optimize(handle, undefined)).toMatchObject({ changed: true });
  });
});

describe('a compaction that others get in the way of', () => {
  it('is not committed when another took the same files, and leaves nothing behind', async () => {
    const handle = await tableOf(4);
    const before = await rowsOf(handle);
    let other: { changed: boolean } | undefined;
    const storage = beforeCommit(handle.storage, 5, async () => {
      other = await optimize(await TableHandle.open(handle.uri), undefined);
    });
    const mine = await optimize(TableHandle.of(storage, handle.snapshot), undefined);
    expect([mine.changed, other?.changed]).toEqual([false, true]);
    const found = await TableHandle.open(handle.uri);
    expect(found.snapshot.version).toBe(5);
    expect(await rowsOf(found)).toEqual(before);
    expect(await strays(found)).toEqual([]);
  });

  it('lets appends by, without being planned again', async () => {
    const handle = await tableOf(4);
    const storage = beforeCommit(handle.storage, 5, async () => {
      await append(await TableHandle.open(handle.uri), [{ id: 77n, part: 'p0', name: 'new' }]);
    });
    let written = 0;
    const onProgress = (): void => {
      written += 1;
    };
    const mine = await optimize(TableHandle.of(storage, handle.snapshot), undefined, {}, { onProgress });
    expect(mine).toMatchObject({ changed: true, version: 6 });
    expect(written).toBe(1);
    expect((await rowsOf(await TableHandle.open(handle.uri))).length).toBe(9);
  });

  it('keeps what it wrote of files that others left alone', async () => {
    const handle = await tableOf(8, {
      partitionBy: ['part'],
      properties: { 'delta.enableDeletionVectors': 'true' },
    });
    const storage = beforeCommit(handle.storage, 9, async () => {
      await deleteRows(await TableHandle.open(handle.uri), undefined, { where: 'id = 2' });
    });
    const seen: number[] = [];
    // Each partition is written by itself.
    const spec = { targetSizeBytes: 700, minFileSizeBytes: 600 };
    const mine = await optimize(TableHandle.of(storage, handle.snapshot), undefined, spec, {
      onProgress: ({ done }) => seen.push(done),
    });
    const found = await TableHandle.open(handle.uri);
    expect(mine.changed).toBe(true);
    // Two partitions of two pairs; the one that had lost a file was written again, without the rest of that pair.
    expect(seen).toEqual([4, 8, 8]);
    expect(mine.metrics.numFilesRemoved).toBe(6);
    expect((await rowsOf(found, 'id')).map(([id]) => Number(id))).toEqual([
      0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ]);
    expect(await strays(found)).toEqual([]);
  });

  it('loses and doubles no row whichever call of storage fails, and can be run again', async () => {
    for (const fault of faults) {
      for (let failing = 1, reached = true; reached; failing += 1) {
        const handle = await tableOf(3);
        const before = await rowsOf(handle);
        const storage = new FaultyStorage(handle.storage, new Map([[failing, fault]]));
        await optimize(TableHandle.of(storage, handle.snapshot), undefined).catch(() => undefined);
        reached = storage.calls >= failing;
        const found = await TableHandle.open(handle.uri);
        expect(await rowsOf(found)).toEqual(before);
        await optimize(found, undefined);
        expect(found.snapshot.files.size).toBe(1);
        expect(await rowsOf(found)).toEqual(before);
      }
    }
  }, 120_000);

  it('starts over when the schema changed meanwhile', async () => {
    const handle = await tableOf(4);
    const storage = beforeCommit(handle.storage, 5, async () => {
      const other = await TableHandle.open(handle.uri);
      await alterTable(other, [{ kind: 'add-column', column: { name: 'extra', type: 'INT' } }]);
    });
    expect(await optimize(TableHandle.of(storage, handle.snapshot), undefined)).toMatchObject({
      changed: true,
      version: 6,
    });
    const found = await TableHandle.open(handle.uri);
    expect((await rowsOf(found, 'extra')).every(([extra]) => extra === null)).toBe(true);
    expect(await strays(found)).toEqual([]);
  });
});

describe('deleted rows', () => {
  const properties = { 'delta.enableDeletionVectors': 'true' };

  it('go when many of a file are deleted, however large the file is', async () => {
    const handle = await tableOf(1, { properties });
    await append(
      handle,
      Array.from({ length: 100 }, (_, i) => ({ id: BigInt(1000 + i), part: 'a', name: 'b' })),
    );
    await deleteRows(handle, undefined, { where: 'id BETWEEN 1000 AND 1009' });
    const before = await rowsOf(handle);
    const result = await optimize(handle, undefined, { minFileSizeBytes: 1 });
    expect(result.metrics).toMatchObject({
      numFilesRemoved: 1,
      numFilesAdded: 1,
      numDeletionVectorsRemoved: 1,
    });
    expect([...handle.snapshot.files.values()].every((file) => file.deletionVector === undefined)).toBe(true);
    expect(await rowsOf(handle)).toEqual(before);
  });

  it('stay when they are few, until purge', async () => {
    const handle = await tableOf(0, { properties });
    await append(
      handle,
      Array.from({ length: 100 }, (_, i) => ({ id: BigInt(i), part: 'a', name: 'b' })),
    );
    await deleteRows(handle, undefined, { where: 'id = 7' });
    expect(await optimize(handle, undefined, { minFileSizeBytes: 1 })).toMatchObject({ changed: false });
    const before = await rowsOf(handle);
    expect(await purge(handle, undefined)).toMatchObject({ changed: true });
    expect(await rowsOf(handle)).toEqual(before);
    expect(await lastCommit(handle)).toMatchObject({
      operation: 'REORG',
      operationParameters: { applyPurge: 'true' },
    });
    expect(await purge(handle, undefined)).toMatchObject({ changed: false });
  });
});

describe('dropped columns', () => {
  it('go out of the files by purge', async () => {
    const handle = await tableOf(2, { properties: { 'delta.columnMapping.mode': 'name' } });
    await alterTable(handle, [{ kind: 'drop-column', column: 'name' }]);
    await append(handle, [{ id: 50n, part: 'p0' }]);
    const before = await rowsOf(handle);
    const result = await purge(handle, undefined);
    expect(result.metrics).toMatchObject({ numFilesRemoved: 2 });
    expect(await rowsOf(handle)).toEqual(before);
    const files = [...handle.snapshot.files.values()].map((file) =>
      path.join(fileURLToPath(handle.uri), file.path),
    );
    const columns = await withScratchSession((session) =>
      session.query(
        `SELECT file_name, count(*) FROM parquet_schema([${files.map((file) => `'${file}'`).join(', ')}]) GROUP BY ALL`,
      ),
    );
    // The root, and two columns.
    expect(columns.rows.map(([, count]) => Number(count))).toEqual(columns.rows.map(() => 3));
    expect(await purge(handle, undefined)).toMatchObject({ changed: false });
  });
});

describe('Z-order', () => {
  it('keeps rows, and lets queries on either column open few files', async () => {
    const uri = newUri();
    await createTable(uri, { schema: 'a INT, b INT, c STRING' });
    const handle = await TableHandle.open(uri);
    await append(handle, {
      sql: "SELECT CAST(hash(i) % 1000 AS INT) AS a, CAST(hash(i * 7) % 1000 AS INT) AS b, repeat('x', 20) || i AS c FROM range(40000) t(i)",
    });
    const count = await rowsOf(handle, 'count(*), sum(a), sum(b), min(c), max(c)');
    const sizeBytes = [...handle.snapshot.files.values()].reduce((sum, file) => sum + file.sizeBytes, 0);
    await optimize(handle, undefined, { zOrderBy: ['a', 'b'], targetSizeBytes: Math.ceil(sizeBytes / 16) });
    expect(await rowsOf(handle, 'count(*), sum(a), sum(b), min(c), max(c)')).toEqual(count);
    const files = handle.snapshot.files.size;
    expect(files).toBeGreaterThan(10);
    for (const column of ['a', 'b'])
      expect(holding(handle.snapshot, column, 500)).toBeLessThanOrEqual(files / 2);
    expect(await lastCommit(handle)).toMatchObject({ operationParameters: { zOrderBy: '["a","b"]' } });
  });

  it.each([
    ['a column that is not there', ['nope'], 'tables.no-such-column'],
    ['a partition column', ['part'], 'tables.bad-optimize'],
    ['a column named twice', ['id', 'ID'], 'tables.bad-optimize'],
  ])('refuses %s', async (_, zOrderBy, code) => {
    const handle = await tableOf(2, { partitionBy: ['part'] });
    await expect(optimize(handle, undefined, { zOrderBy })).rejects.toMatchObject({ code });
  });

  it('takes columns of every ordered type, nulls and long texts too', async () => {
    const uri = newUri();
    await createTable(uri, {
      schema:
        'i INT, d DECIMAL(20,3), t TIMESTAMP, n TIMESTAMP_NTZ, y DATE, f DOUBLE, s STRUCT<x: STRING>, b BOOLEAN, z BINARY',
    });
    const handle = await TableHandle.open(uri);
    await append(handle, {
      sql: `SELECT CAST(i AS INT) AS i, CAST(i / 7 AS DECIMAL(20,3)) AS d, TIMESTAMPTZ '2020-01-01 00:00:00+00' + to_seconds(i) AS t,
        TIMESTAMP '1700-01-01' + to_days(CAST(i AS INT)) AS n, DATE '1999-01-01' + CAST(i AS INT) AS y,
        CASE WHEN i % 5 = 0 THEN 'nan'::DOUBLE WHEN i % 7 = 0 THEN NULL ELSE i / 3 END AS f,
        {'x': CASE WHEN i % 3 = 0 THEN NULL ELSE repeat('é''', 40) || chr(0) || i END} AS s, i % 2 = 0 AS b,
        CAST('x' || i AS BLOB) AS z FROM range(500) t(i)`,
    });
    const before = await rowsOf(handle);
    await optimize(handle, undefined, { zOrderBy: ['i', 'd', 't', 'n', 'y', 'f', 's.x', 'b', 'z'] });
    expect(await rowsOf(handle)).toEqual(before);
  });
});

/** Data files in the folder that no version names. */
async function strays(handle: TableHandle): Promise<string[]> {
  const { files, tombstones } = handle.snapshot;
  const named = new Set<string>();
  for (const file of [...files.values(), ...tombstones.values()]) named.add(file.path);
  const there = await readdir(fileURLToPath(handle.uri), { recursive: true });
  return there.filter(
    (name) => name.endsWith('.parquet') && !name.startsWith('_delta_log') && !named.has(name),
  );
}

/** `inner`, with something happening right before the version is tried for the first time. */
function beforeCommit(inner: Storage, version: number, then: () => Promise<void>): Storage {
  let isFirst = true;
  return wrapStorage(inner, {
    async putIfAbsent(file, bytes) {
      if (isFirst && file.endsWith(`/${String(version).padStart(20, '0')}.json`)) {
        isFirst = false;
        await then();
      }
      return inner.putIfAbsent(file, bytes);
    },
  });
}

/** How many files can hold the value, by their statistics. */
function holding(snapshot: Snapshot, column: string, value: number): number {
  return [...snapshot.files.values()].filter((file) => {
    const stats = JSON.parse(file.stats ?? '{}') as Record<string, Record<string, number>>;
    return (stats['minValues']?.[column] ?? 0) <= value && (stats['maxValues']?.[column] ?? 0) >= value;
  }).length;
}
