import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AddFile, history, mayMatch, type Snapshot } from '../../delta/index.ts';
import type { SqlValue } from '../../duckdb/index.ts';
import { alterTable } from '../alter/alter-table.ts';
import { createTable } from '../alter/create-table.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { parsePredicate } from '../read/predicate.ts';
import { scanFiles } from '../read/scan-files.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append } from '../write/write-delta.ts';
import { optimize } from './optimize.ts';
import { purge } from './purge.ts';

let root: string;
let tables = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'boathouse-cluster-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function clustered(
  clusterBy: readonly (string | readonly string[])[],
  properties: Record<string, string> = {},
): Promise<TableHandle> {
  tables += 1;
  const uri = path.join(root, `t${tables}`);
  await createTable(uri, {
    schema: 'a INT, s STRUCT<b: INT>, text STRING',
    clusterBy,
    properties: { 'delta.targetFileSize': '20000', ...properties },
  });
  return TableHandle.open(uri);
}

function rowsSql(from: number, to: number): { sql: string } {
  return {
    sql: `SELECT CAST(hash(i) % 1000 AS INT) AS a, {'b': CAST(hash(i * 31) % 1000 AS INT)} AS s, repeat('text', 5) || i AS text
      FROM range(${from}, ${to}) t(i)`,
  };
}

async function summary(handle: TableHandle): Promise<readonly SqlValue[] | undefined> {
  const { sql } = await scanFiles(handle.snapshot, handle.storage);
  return withScratchSession(async (session) => {
    const { rows } = await session.query(
      `SELECT count(*), sum(a), sum(s.b), min(text), max(text) FROM (${sql})`,
    );
    return rows[0];
  });
}

async function opened(snapshot: Snapshot, where: string): Promise<number> {
  const predicate = await withScratchSession((session) => parsePredicate(session, where, snapshot.schema));
  return [...snapshot.files.values()].filter((file) => mayMatch(predicate, file, snapshot)).length;
}

function cubes(snapshot: Snapshot): Map<string | undefined, AddFile[]> {
  const found = new Map<string | undefined, AddFile[]>();
  for (const file of snapshot.files.values()) {
    const id = file.tags?.get('ZCUBE_ID');
    found.set(id, [...(found.get(id) ?? []), file]);
  }
  return found;
}

describe('clustering', () => {
  it('keeps rows, marks files as Delta Spark does, and lets selective queries open few', async () => {
    const handle = await clustered(['a', 's.b']);
    await append(handle, rowsSql(0, 20_000));
    await append(handle, rowsSql(20_000, 40_000));
    const before = await summary(handle);
    const result = await optimize(handle, undefined);
    expect(result).toMatchObject({ changed: true, metrics: { numFilesRemoved: expect.any(Number) } });
    expect(await summary(handle)).toEqual(before);
    const files = [...handle.snapshot.files.values()];
    expect(files.length).toBeGreaterThan(8);
    expect(new Set(files.map((file) => file.clusteringProvider))).toEqual(new Set(['liquid']));
    expect(files[0]?.tags?.get('ZCUBE_ZORDER_BY')).toBe('["a","s.b"]');
    expect(files[0]?.tags?.get('ZCUBE_ZORDER_CURVE')).toBe('hilbert');
    expect(cubes(handle.snapshot).size).toBe(1);
    for (const where of ['a = 500', 's.b = 123']) {
      expect(await opened(handle.snapshot, where)).toBeLessThanOrEqual(files.length / 2);
    }
    expect(await opened(handle.snapshot, 'a = 500 AND s.b = 123')).toBeLessThanOrEqual(3);
    const [entry] = await history(handle.storage, { limit: 1 });
    expect(entry?.operationParameters).toMatchObject({
      clusterBy: '["a","s.b"]',
      zOrderBy: '[]',
      isFull: 'false',
    });
  });

  it('does nothing when nothing came since', async () => {
    const handle = await clustered(['a', 's.b']);
    await append(handle, rowsSql(0, 10_000));
    await optimize(handle, undefined);
    expect(await optimize(handle, undefined)).toMatchObject({ changed: false });
  });

  it('by one column puts the rows in its order', async () => {
    const handle = await clustered(['a']);
    await append(handle, rowsSql(0, 30_000));
    await optimize(handle, undefined);
    expect(handle.snapshot.files.size).toBeGreaterThan(6);
    expect(await opened(handle.snapshot, 'a = 500')).toBeLessThanOrEqual(2);
  });

  it('redoes small cubes with new files, and leaves large ones alone', async () => {
    const handle = await clustered(['a', 's.b']);
    const minCubeSizeBytes = 150_000;
    await append(handle, rowsSql(0, 8_000));
    await optimize(handle, undefined, { minCubeSizeBytes });
    const [small] = cubes(handle.snapshot).keys();
    await append(handle, rowsSql(8_000, 40_000));
    const before = await summary(handle);
    await optimize(handle, undefined, { minCubeSizeBytes });
    const grown = cubes(handle.snapshot);
    expect(grown.has(small)).toBe(false);
    expect(await summary(handle)).toEqual(before);
    const sealed = [...grown].filter(([, files]) => sizeOf(files) >= minCubeSizeBytes);
    expect(sealed.length).toBeGreaterThan(0);
    await append(handle, rowsSql(40_000, 41_000));
    await optimize(handle, undefined, { minCubeSizeBytes });
    const now = cubes(handle.snapshot);
    for (const [id, files] of sealed) expect(now.get(id)).toEqual(files);
    expect(now.has(undefined)).toBe(false);
  });

  it('by other columns from now on leaves what is clustered, and takes all of it when asked to', async () => {
    const handle = await clustered(['a']);
    await append(handle, rowsSql(0, 10_000));
    await optimize(handle, undefined);
    await alterTable(handle, [{ kind: 'cluster-by', columns: ['s.b'] }]);
    expect(await optimize(handle, undefined)).toMatchObject({ changed: false });
    await append(handle, rowsSql(10_000, 12_000));
    const before = await summary(handle);
    await optimize(handle, undefined);
    expect(columnsOf(handle.snapshot)).toEqual(['["a"]', '["s.b"]']);
    await optimize(handle, undefined, { full: true });
    expect(columnsOf(handle.snapshot)).toEqual(['["s.b"]']);
    expect(await summary(handle)).toEqual(before);
  });

  it('is told apart from Z-order, and needs columns for FULL', async () => {
    const handle = await clustered(['a']);
    await expect(optimize(handle, undefined, { zOrderBy: ['text'] })).rejects.toMatchObject({
      code: 'tables.bad-optimize',
    });
    await alterTable(handle, [{ kind: 'cluster-by', columns: [] }]);
    await expect(optimize(handle, undefined, { full: true })).rejects.toMatchObject({
      code: 'tables.bad-optimize',
    });
  });

  it('survives a purge: the files keep their cube', async () => {
    const handle = await clustered(['a'], { 'delta.enableDeletionVectors': 'true' });
    await append(handle, rowsSql(0, 20_000));
    await optimize(handle, undefined);
    const before = [...cubes(handle.snapshot).keys()];
    await deleteRows(handle, undefined, { where: 'hash(text) % 100 = 0' });
    const rows = await summary(handle);
    expect((await purge(handle, undefined)).changed).toBe(true);
    expect([...cubes(handle.snapshot).keys()]).toEqual(before);
    expect(await summary(handle)).toEqual(rows);
    expect(await optimize(handle, undefined)).toMatchObject({ changed: false });
  });

  it('goes by the names that files have under column mapping', async () => {
    const handle = await clustered(['a', 's.b'], { 'delta.columnMapping.mode': 'name' });
    await append(handle, rowsSql(0, 30_000));
    await alterTable(handle, [{ kind: 'rename-column', column: 'a', to: 'first' }]);
    await optimize(handle, undefined);
    expect(await opened(handle.snapshot, 'first = 500')).toBeLessThanOrEqual(handle.snapshot.files.size / 2);
    expect(columnsOf(handle.snapshot)).toEqual(['["first","s.b"]']);
  });
});

function sizeOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

function columnsOf(snapshot: Snapshot): (string | undefined)[] {
  return [...new Set([...snapshot.files.values()].map((file) => file.tags?.get('ZCUBE_ZORDER_BY')))].sort();
}
