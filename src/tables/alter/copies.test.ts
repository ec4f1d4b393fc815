import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history, mayMatch } from '../../delta/index.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { writeDelta } from '../write/write-delta.ts';
import { alterTable } from './alter-table.ts';
import { cloneTable } from './clone-table.ts';
import { convertToDelta } from './convert-to-delta.ts';
import { createTable } from './create-table.ts';
import { restoreTable } from './restore-table.ts';

let folder = '';
let next = 0;
const place = (name = 'table'): string => {
  next += 1;
  return path.join(folder, `${name}-${next}`);
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse copies-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function rowsOf(uri: string, order = '1'): Promise<unknown[]> {
  const { sql } = await openDeltaRelation(uri);
  return await withScratchSession(async (session) => {
    const { rows } = await session.query(
      `SELECT CAST(to_json(t) AS VARCHAR) FROM (${sql}) t ORDER BY ${order}`,
    );
    return rows.map(([row]) => JSON.parse(String(row)));
  });
}

const write = (
  uri: string,
  rows: Record<string, number | bigint | string>[],
  mode: 'append' | 'overwrite' = 'append',
): Promise<unknown> => writeDelta(uri, rows, { mode });

const python = path.resolve('.cache/peers/venv/bin/python');
/** What deltalake reads, row by row. */
function deltalakeRows(uri: string): unknown {
  const program = [
    'import json, sys',
    'from deltalake import DeltaTable, QueryBuilder',
    "q = QueryBuilder().register('t', DeltaTable(sys.argv[1])).execute('select * from t')",
    'import pyarrow as pa',
    'rows = pa.table(q.read_all()).to_pylist()',
    'print(json.dumps(sorted(rows, key=lambda r: json.dumps(r, default=str)), default=str))',
  ].join('\n');
  return JSON.parse(execFileSync(python, ['-c', program, uri], { encoding: 'utf8' }));
}

describe('cloneTable', () => {
  it.each([
    ['is left as it is', { ifNotExists: true }, ['created', 'existed', 'existed']],
    ['is replaced', { replace: true }, ['created', 'replaced', 'replaced']],
  ])('finds a table that another has made meanwhile, which %s', async (_, options, kinds) => {
    const source = place('source');
    await write(source, [{ id: 1n }]);
    const target = place('target');
    const handle = await TableHandle.open(source);
    const made = await Promise.all([1, 2, 3].map(() => cloneTable(handle, target, options)));
    expect(made.map(({ kind }) => kind).sort()).toEqual(kinds);
    expect(await rowsOf(target)).toEqual([{ id: 1 }]);
  });

  it('begins with the files of the source, and goes its own way', async () => {
    const [source, target] = [place(), place()];
    await writeDelta(source, [{ a: 1, p: 'x y' }], { partitionBy: ['p'] });
    await write(source, [{ a: 2, p: 'ä%' }]);
    const from = await TableHandle.open(source);
    const made = await cloneTable(from, target);
    expect(made).toMatchObject({ kind: 'created', version: 0, sourceVersion: 1, sourceNumOfFiles: 2 });
    expect(await readdir(target)).toEqual(['_delta_log']);
    await write(source, [{ a: 3, p: 'z' }]);
    await write(target, [{ a: 4, p: 'x y' }]);
    expect(await rowsOf(target)).toEqual([
      { a: 1, p: 'x y' },
      { a: 2, p: 'ä%' },
      { a: 4, p: 'x y' },
    ]);
    expect(await rowsOf(source)).toHaveLength(3);
    const clone = await TableHandle.open(target);
    expect(clone.snapshot.metadata.id).not.toBe(from.snapshot.metadata.id);
    // A clone of the clone names the same files.
    const second = place();
    await cloneTable(clone, second);
    expect(await rowsOf(second)).toEqual(await rowsOf(target));
  });

  it('takes a version, other properties, and the place of another table', async () => {
    const [source, target] = [place(), place()];
    await write(source, [{ a: 1 }]);
    await write(source, [{ a: 2 }]);
    await write(target, [{ other: 'o' }]);
    const from = await TableHandle.open(source);
    await expect(cloneTable(from, target)).rejects.toMatchObject({ code: 'tables.already-exists' });
    const made = await cloneTable(from, target, {
      version: 0,
      replace: true,
      properties: { 'delta.appendOnly': 'true' },
    });
    expect(made).toMatchObject({ kind: 'replaced', version: 1 });
    expect(await rowsOf(target)).toEqual([{ a: 1 }]);
    expect((await TableHandle.open(target)).snapshot.metadata.configuration.get('delta.appendOnly')).toBe(
      'true',
    );
    await expect(cloneTable(from, source)).rejects.toMatchObject({ code: 'tables.cannot-clone' });
    await expect(
      cloneTable(from, place(), { properties: { 'delta.columnMapping.mode': 'name' } }),
    ).rejects.toMatchObject({ code: 'tables.cannot-clone' });
  });

  it('takes the place of a clone in which rows were deleted, and has each row once', async () => {
    const [source, target] = [place(), place()];
    const configuration = { 'delta.enableDeletionVectors': 'true' };
    await writeDelta(source, [{ a: 1 }, { a: 2 }, { a: 3 }], { configuration });
    const from = await TableHandle.open(source);
    const { handle } = await cloneTable(from, target);
    await deleteRows(handle, undefined, { where: 'a = 2' });
    expect(await rowsOf(target)).toEqual([{ a: 1 }, { a: 3 }]);
    await cloneTable(from, target, { replace: true });
    expect(await rowsOf(target)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it('gives a handle that sees what others do to the files', async () => {
    const [source, target] = [place(), place()];
    const configuration = { 'delta.enableDeletionVectors': 'true' };
    await writeDelta(source, [{ a: 1 }, { a: 2 }, { a: 3 }], { configuration });
    const { handle } = await cloneTable(await TableHandle.open(source), target);
    await deleteRows(await TableHandle.open(target), undefined, { where: 'a = 2' });
    expect((await handle.refresh()).files.size).toBe(1);
    expect(await deleteRows(handle, undefined, { where: 'a = 3' })).toMatchObject({ changed: true });
    expect(await rowsOf(target)).toEqual([{ a: 1 }]);
    const again = await cloneTable(await TableHandle.open(source), target, { replace: true });
    expect([...again.handle.snapshot.files.keys()]).toEqual([
      ...(await TableHandle.open(target)).snapshot.files.keys(),
    ]);
    expect(await rowsOf(target)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  const withVectors = `${process.env['BOATHOUSE_FIXTURES']}/delta/dat/deletion_vectors/delta`;
  it.skipIf(!existsSync(withVectors))('keeps deleted rows deleted (BOATHOUSE_FIXTURES)', async () => {
    const source = withVectors;
    const target = place();
    const from = await TableHandle.open(source);
    await cloneTable(from, target);
    expect(await rowsOf(target)).toEqual(await rowsOf(source));
    const vectors = [...(await TableHandle.open(target)).snapshot.files.values()].flatMap(
      (file) => file.deletionVector?.storageType ?? [],
    );
    expect(vectors.length).toBeGreaterThan(0);
    expect(vectors).not.toContain('u');
  });
});

describe('restoreTable', () => {
  it('puts back rows, schema and properties, and keeps the versions since', async () => {
    const uri = place();
    await createTable(uri, { schema: 'a BIGINT, n BIGINT GENERATED BY DEFAULT AS IDENTITY' });
    await write(uri, [{ a: 1, n: 1n }]);
    const handle = await TableHandle.open(uri);
    await alterTable(handle, [
      { kind: 'add-column', column: { name: 'b', type: 'STRING' } },
      { kind: 'set-properties', properties: { mine: 'yes', 'delta.enableDeletionVectors': 'true' } },
    ]);
    await write(uri, [{ a: 2, n: 2n, b: 'x' }], 'overwrite');
    const restored = await restoreTable(handle, { version: 1 });
    expect(restored).toMatchObject({
      kind: 'restored',
      version: 4,
      restoredVersion: 1,
      numRestoredFiles: 1,
      numRemovedFiles: 1,
      numOfFilesAfterRestore: 1,
    });
    expect(await rowsOf(uri)).toEqual([{ a: 1, n: 1 }]);
    expect(handle.snapshot.metadata.configuration.has('mine')).toBe(false);
    // What readers had to know once they have to know still: older versions need it.
    expect(handle.snapshot.protocol.readerFeatures).toContain('deletionVectors');
    expect((await history(handle.storage))[0]).toMatchObject({ operation: 'RESTORE' });
    expect(await restoreTable(handle, { version: 4 })).toMatchObject({ kind: 'unchanged', version: 4 });
    const { snapshot } = await TableHandle.open(uri);
    await restoreTable(handle, { timestamp: new Date(snapshot.timestampMs) });
    expect(await rowsOf(uri)).toEqual([{ a: 1, n: 1 }]);
  });

  it('names the files that are gone, and changes nothing', async () => {
    const uri = place();
    await write(uri, [{ a: 1 }]);
    const handle = await TableHandle.open(uri);
    const [file] = [...handle.snapshot.files.values()];
    await write(uri, [{ a: 2 }], 'overwrite');
    await handle.storage.remove(file?.path ?? '');
    await expect(restoreTable(handle, { version: 0 })).rejects.toMatchObject({
      code: 'tables.files-are-gone',
      message: expect.stringContaining(file?.path ?? 'nothing'),
    });
    expect((await handle.refresh()).version).toBe(1);
  });

  it.each([
    ['no version', {}, 'tables.bad-option'],
    ['both', { version: 0, timestamp: 0 }, 'tables.bad-option'],
    ['a version there is not', { version: 9 }, 'delta.no-such-version'],
    ['a time before the table', { timestamp: '2001-01-01' }, 'delta.no-such-version'],
  ])('refuses %s', async (_, target, code) => {
    const uri = place();
    await write(uri, [{ a: 1 }]);
    await expect(restoreTable(await TableHandle.open(uri), target)).rejects.toMatchObject({ code });
  });
});

describe('convertToDelta', () => {
  async function parquet(sql: string, file: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    await withScratchSession((session) => session.run(`COPY (${sql}) TO '${file}' (FORMAT parquet)`));
  }

  it('makes a table of files where they stand, with statistics from their footers', async () => {
    const uri = place();
    const select = (from: number, to: number): string =>
      `SELECT i AS id, 's' || i AS s, DATE '2024-01-01' + i::INTEGER AS d, TIMESTAMPTZ '2024-01-01 00:00:00.000001+00' AS ts,
        {x: i, y: NULL::VARCHAR} AS st, [i] AS l, (i / 4)::DECIMAL(10, 2) AS m, i::DOUBLE AS f
       FROM range(${from}, ${to}) t(i)`;
    await parquet(select(0, 10), path.join(uri, 'a b.parquet'));
    await parquet(select(10, 30), path.join(uri, 'deep', 'c.parquet'));
    await parquet('SELECT 1 AS other', path.join(uri, '_hidden', 'x.parquet'));
    const before = await readdir(uri);
    const made = await convertToDelta(uri, { comment: 'found' });
    expect(made).toMatchObject({ kind: 'converted', version: 0, files: 2, rows: 30 });
    expect((await readdir(uri)).sort()).toEqual([...before, '_delta_log'].sort());
    expect(await rowsOf(uri)).toHaveLength(30);
    const { snapshot } = await TableHandle.open(uri);
    const files = [...snapshot.files.values()];
    expect(files.map((file) => JSON.parse(file.stats ?? ''))).toEqual([
      expect.objectContaining({
        numRecords: 10,
        minValues: { id: 0, s: 's0', d: '2024-01-01', ts: '2024-01-01T00:00:00.000001Z', st: { x: 0 }, m: 0 },
        nullCount: expect.objectContaining({ id: 0, st: { x: 0, y: 10 } }),
      }),
      expect.objectContaining({ numRecords: 20, maxValues: expect.objectContaining({ id: 29, m: 7.25 }) }),
    ]);
    expect(await convertToDelta(uri)).toMatchObject({ kind: 'existed', version: 0 });
    if (existsSync(python)) expect(deltalakeRows(uri)).toHaveLength(30);
  });

  it('takes partition columns from folders, by their own types or the given ones', async () => {
    const [told, given] = [place(), place()];
    for (const uri of [told, given]) {
      await parquet('SELECT 1 AS a', path.join(uri, 'n=7', 'region=a%20b', 'x.parquet'));
      await parquet('SELECT 2 AS a', path.join(uri, 'n=8', 'region=__HIVE_DEFAULT_PARTITION__', 'y.parquet'));
    }
    await convertToDelta(told);
    await convertToDelta(given, { partitionSchema: 'region STRING, N INT' });
    expect(await rowsOf(told)).toEqual([
      { a: 1, n: 7, region: 'a b' },
      { a: 2, n: 8, region: null },
    ]);
    const { snapshot } = await TableHandle.open(given);
    expect(snapshot.metadata.partitionColumns).toEqual(['region', 'N']);
    await write(given, [{ a: 3, region: 'c', N: 9 }]);
    expect(await rowsOf(given)).toHaveLength(3);
    for (const [partitionSchema, message] of [
      ['n INT', /in folders of n, region/],
      ['n INT, region INT', /'a b' for region, which is no integer/],
    ] as const) {
      await rm(path.join(given, '_delta_log'), { recursive: true });
      await expect(convertToDelta(given, { partitionSchema })).rejects.toThrow(message);
      await mkdir(path.join(given, '_delta_log'), { recursive: true });
    }
  });

  it('refuses files that disagree, naming column, types and files', async () => {
    const uri = place();
    await parquet('SELECT 1 AS a, 1 AS b', path.join(uri, 'x.parquet'));
    await parquet("SELECT 'x' AS a", path.join(uri, 'y.parquet'));
    await expect(convertToDelta(uri)).rejects.toMatchObject({
      code: 'tables.mixed-schemas',
      message: expect.stringMatching(/column 'a' is integer in x.parquet and string in y.parquet/),
    });
    expect(await readdir(uri)).toEqual(['x.parquet', 'y.parquet']);
    await expect(convertToDelta(place())).rejects.toMatchObject({ code: 'tables.cannot-convert' });
  });

  it('prunes by the statistics it found', async () => {
    const uri = place();
    await parquet('SELECT i AS id FROM range(10) t(i)', path.join(uri, 'x.parquet'));
    const { snapshot } = (await convertToDelta(uri)).handle;
    const [file] = [...snapshot.files.values()];
    if (file === undefined) expect.unreachable();
    const above = (value: bigint): boolean =>
      mayMatch({ kind: 'compare', path: ['id'], operator: '>', value }, file, snapshot);
    expect([above(5n), above(9n)]).toEqual([true, false]);
  });
});
