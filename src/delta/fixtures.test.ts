import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Json, parseJson } from '../base/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import type { AddFile } from './actions.ts';
import { memoryRows } from './contract.ts';
import { assertReadable, assertWritable, physicalName } from './features.ts';
import { history } from './log/history.ts';
import { readSnapshot } from './log/read-snapshot.ts';
import type { Snapshot } from './log/snapshot.ts';
import { type PartitionValue, parsePartitionValue } from './partition-values.ts';
import { parseSchema, printSchema, type StructField } from './schema.ts';
import { statsOf } from './stats.ts';

const root = process.env['BOATHOUSE_FIXTURES'];
const datRoot = join(root ?? '', 'delta', 'dat');

/** Tables whose checkpoint, in Parquet, is needed to read them at all: tested where Parquet can be read. */
const needParquet = new Set(['no_replay']);

const cases = (root ? readdirSync(datRoot) : [])
  .filter((name) => !needParquet.has(name))
  .flatMap((name) => readdirSync(join(datRoot, name, 'expected')).map((version) => [name, version] as const));

describe.skipIf(!root)('the acceptance tables of Delta (BOATHOUSE_FIXTURES)', () => {
  it('are there', () => expect(cases.length).toBeGreaterThan(20));

  it.each(cases)('%s at %s has the version, protocol and properties it should', async (name, at) => {
    const expected = expectation(name, at);
    const snapshot = await open(name, at === 'latest' ? undefined : Number(expected['version']));
    expect(snapshot.version).toBe(expected['version']);
    expect(snapshot.protocol.minReaderVersion).toBe(expected['min_reader_version']);
    expect(snapshot.protocol.minWriterVersion).toBe(expected['min_writer_version']);
    expect(Object.fromEntries(snapshot.metadata.configuration)).toEqual(expected['properties']);
  });

  it.each(cases)('%s at %s has the live files that a plain reading of its JSON gives', async (name, at) => {
    const snapshot = await open(name, at === 'latest' ? undefined : Number(expectation(name, at)['version']));
    const live = plainReplay(name, snapshot.version);
    expect([...snapshot.files.values()].map((file) => file.logPath).sort()).toEqual([...live.keys()].sort());
    for (const file of snapshot.files.values()) {
      expect(existsSync(join(datRoot, name, 'delta', file.path)), file.path).toBe(true);
      expect(partitionOf(snapshot, file).length).toBe(snapshot.metadata.partitionColumns.length);
      const rows = statsOf(snapshot, file)?.rowCount;
      if (file.stats !== undefined)
        expect(rows).toBe((parseJson(file.stats) as { numRecords: number }).numRecords);
    }
    expect(parseSchema(printSchema(snapshot.schema))).toEqual(snapshot.schema);
  });

  it.each([...new Set(cases.map(([name]) => name))])('%s can be read', async (name) => {
    const snapshot = await open(name);
    expect(() => assertReadable(name, snapshot.protocol, snapshot)).not.toThrow();
  });

  it.each(['check_constraints', 'generated_columns', 'column_mapping', 'iceberg_compat_v1'])(
    '%s can be written',
    async (name) => {
      const snapshot = await open(name);
      expect(() => assertWritable(name, snapshot.protocol, snapshot)).not.toThrow();
    },
  );

  it('tell their history', async () => {
    const entries = await history(storageOf('basic_append'));
    expect(entries.map(({ version, operation }) => [version, operation])).toEqual([
      [1, 'WRITE'],
      [0, 'WRITE'],
    ]);
    expect(entries[0]?.engineInfo).toContain('Delta-Lake');
  });

  it('type partition values, decimals and times included', async () => {
    const snapshot = await open('multi_partitioned_2');
    const values = [...snapshot.files.values()].map((file) => partitionOf(snapshot, file));
    expect(values).toContainEqual([false, 117_900_000_000n, '12.000000000000000000']);
  });
});

/** The typed partition values of a file, in the table's order. */
function partitionOf(snapshot: Snapshot, file: AddFile): PartitionValue[] {
  return snapshot.metadata.partitionColumns.map((column) => {
    const field = snapshot.schema.fields.find(({ name }) => name === column);
    expect(field, column).toBeDefined();
    const physical = physicalName(field as StructField, snapshot.metadata);
    expect(file.partitionValues.has(physical), physical).toBe(true);
    return parsePartitionValue(file.partitionValues.get(physical) ?? null, (field as StructField).type);
  });
}

function storageOf(name: string): Storage {
  return openStorage(join(datRoot, name, 'delta'));
}

function open(name: string, version?: number): Promise<Snapshot> {
  return readSnapshot(storageOf(name), { rows: memoryRows, ...(version === undefined ? {} : { version }) });
}

function expectation(name: string, at: string): Record<string, Json> {
  const text = readFileSync(join(datRoot, name, 'expected', at, 'table_version_metadata.json'), 'utf8');
  return parseJson(text) as Record<string, Json>;
}

/** Live files by nothing but JSON.parse and a map, to compare with. */
function plainReplay(name: string, version: number): Map<string, unknown> {
  const live = new Map<string, unknown>();
  for (let v = 0; v <= version; v += 1) {
    const file = join(datRoot, name, 'delta', '_delta_log', `${String(v).padStart(20, '0')}.json`);
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { add?: { path: string }; remove?: { path: string } });
    for (const { remove } of lines) if (remove) live.delete(remove.path);
    for (const { add } of lines) if (add) live.set(add.path, add);
  }
  return live;
}
