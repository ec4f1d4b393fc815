import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataType, field, primitive, type StructType } from '../delta/index.ts';
import { Database } from '../duckdb/index.ts';
import { LocalStorage, MemoryStorage, type Storage } from '../storage/index.ts';
import { duckdbParquetRows } from './index.ts';

const text = primitive('string');
const map: DataType = { kind: 'map', keyType: text, valueType: text, valueContainsNull: true };
const struct = (...fields: StructType['fields']): StructType => ({ kind: 'struct', fields });
const schema = struct(
  field(
    'add',
    struct(
      field('path', text),
      field('size', primitive('long')),
      field('partitionValues', map),
      field('dataChange', primitive('boolean')),
    ),
  ),
  field(
    'protocol',
    struct(field('readerFeatures', { kind: 'array', elementType: text, containsNull: true })),
  ),
);

describe('duckdbParquetRows', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'boathouse-parquet-rows-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const storages: readonly [string, () => Storage][] = [
    ['a folder', () => new LocalStorage(folder)],
    ['memory', () => new MemoryStorage('parquet-rows')],
  ];

  it.each(storages)('gives back what it wrote, in %s', async (_, open) => {
    const storage = open();
    const rows = [
      {
        add: {
          path: 'a=1/ü.parquet',
          size: 9007199254740993n,
          partitionValues: { a: '1', b: null },
          dataChange: true,
        },
      },
      { protocol: { readerFeatures: ['timestampNtz'] } },
    ];
    const { sizeBytes } = await duckdbParquetRows.write(storage, 'log/x.parquet', schema, rows);
    expect((await storage.stat('log/x.parquet'))?.sizeBytes).toBe(sizeBytes);
    const read = [];
    for await (const row of duckdbParquetRows.read(storage, 'log/x.parquet')) read.push(row);
    expect(read).toEqual([
      { add: rows[0]?.add, protocol: null },
      { add: null, protocol: rows[1]?.protocol },
    ]);
  });

  it.each(storages)('says that a file is not there, in %s', async (_, open) => {
    const read = async (): Promise<void> => {
      for await (const _row of duckdbParquetRows.read(open(), 'log/none.parquet'))
        expect.fail('there is no row');
    };
    await expect(read()).rejects.toMatchObject({ code: 'storage.not-found' });
  });

  it('reads statistics that JSON has no words for as unknown', async () => {
    const file = path.join(folder, 'log', 'stats.parquet');
    await using database = await Database.open();
    await using session = await database.session();
    await session.run(
      `COPY (SELECT {'path': 'NaN "Infinity"', 'stats_parsed': {'min': 'nan'::DOUBLE, 'max': '-inf'::DOUBLE}} AS "add") TO '${file}' (FORMAT parquet)`,
    );
    const read = [];
    for await (const row of duckdbParquetRows.read(new LocalStorage(folder), 'log/stats.parquet'))
      read.push(row);
    expect(read).toEqual([{ add: { path: 'NaN "Infinity"', stats_parsed: { min: null, max: null } } }]);
  });

  it('fails on a torn file', async () => {
    writeFileSync(path.join(folder, 'torn.parquet'), 'PAR1 and then nothing');
    const read = async (): Promise<void> => {
      for await (const _row of duckdbParquetRows.read(new LocalStorage(folder), 'torn.parquet'))
        expect.fail('there is no row');
    };
    await expect(read()).rejects.toThrow();
  });
});
