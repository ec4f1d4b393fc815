/**
 * What the tests of this layer share: the promises of `ParquetRows` for every implementation, one of
 * JSON lines, and tables made of a few lines. Left out of what is published.
 */
import { describe, expect, it } from 'vitest';
import { fixedClock, type Json, parseJson, printJson, type Random, seededRandom } from '../base/index.ts';
import { MemoryStorage, type Storage, storageErrors, wrapStorage } from '../storage/index.ts';
import { printAction } from './action-json.ts';
import type { Action, AddFile, Metadata, Protocol } from './actions.ts';
import { type CommitPlan, type CommitResult, commitActions } from './commit/commit.ts';
import { checkpointSchema } from './log/checkpoint-rows.ts';
import { commitPath } from './log/log-files.ts';
import type { CheckpointRow, ParquetRows } from './log/parquet-rows.ts';
import { readSnapshot } from './log/read-snapshot.ts';
import type { Snapshot } from './log/snapshot.ts';
import { field, primitive, printSchema, type StructType } from './schema.ts';

/** Declares the contract tests for `rows`. @param open makes storage that the implementation can use. */
export function describeParquetRowsContract(
  name: string,
  rows: ParquetRows,
  open: () => Promise<Storage> = async () => new MemoryStorage(),
): void {
  describe(`${name} keeps the promises of ParquetRows`, () => {
    const path = '_delta_log/00000000000000000010.checkpoint.parquet';
    const metadata: Snapshot['metadata'] = {
      kind: 'metadata',
      id: 'i',
      format: { provider: 'parquet', options: new Map() },
      schemaString: printSchema({ kind: 'struct', fields: [] }),
      partitionColumns: [],
      configuration: new Map(),
    };
    const schema = checkpointSchema({ metadata } as Snapshot);
    const written: CheckpointRow[] = [
      {
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ['x'],
          writerFeatures: ['x', 'y'],
        },
      },
      { txn: { appId: 'app', version: 9223372036854775807n } },
      {
        add: {
          path: 'a%20b/"quoted"',
          partitionValues: { day: '2024-01-01', none: null },
          size: 12,
          modificationTime: 1_700_000_000_000,
          dataChange: false,
          stats: '{"numRecords":1,"minValues":{"s":"ä\\n"}}',
        },
      },
    ];

    it('reads back the rows it wrote, whatever else is null', async () => {
      const storage = await open();
      const { sizeBytes } = await rows.write(storage, path, schema, written);
      expect(sizeBytes).toBe((await storage.stat(path))?.sizeBytes);
      const read: CheckpointRow[] = [];
      for await (const row of rows.read(storage, path)) read.push(row);
      expect(read.map(withoutNulls)).toEqual(written.map(withoutNulls));
    });

    it('replaces what is there', async () => {
      const storage = await open();
      await rows.write(storage, path, schema, written);
      await rows.write(storage, path, schema, written.slice(0, 1));
      let count = 0;
      for await (const _ of rows.read(storage, path)) count += 1;
      expect(count).toBe(1);
    });

    it('fails for what is missing or torn', async () => {
      const storage = await open();
      const read = async (): Promise<void> => {
        for await (const _ of rows.read(storage, path)) expect.unreachable();
      };
      await expect(read()).rejects.toMatchObject({ code: 'storage.not-found' });
      await storage.put(path, new TextEncoder().encode('PAR1 torn'));
      await expect(read()).rejects.toThrow();
    });
  });
}

/** The `ParquetRows` port with lines of JSON behind it. Only what it wrote itself can be read back. */
export const memoryRows: ParquetRows = {
  async *read(
    storage: Storage,
    path: string,
    columns?: readonly string[],
  ): AsyncGenerator<CheckpointRow, void, undefined> {
    const text = new TextDecoder().decode(await storage.read(path));
    if (!text.startsWith(heading)) throw new Error(`${path} is not a file of rows`);
    for (const line of text.slice(heading.length).split('\n')) {
      if (line === '') continue;
      const row = Object.entries(parseJson(line) as Record<string, Json>);
      yield Object.fromEntries(row.filter(([name]) => columns?.includes(name) ?? true));
    }
  },

  async *readPieces(storage, path) {
    for await (const row of memoryRows.read(storage, path)) yield { kind: 'row', row };
  },

  async write(storage, path, schema, rows) {
    const names = new Set(schema.fields.map((field) => field.name));
    const lines = Array.from(rows, (row) => {
      const unknown = Object.keys(row).find((name) => !names.has(name));
      if (unknown !== undefined) throw new Error(`the schema has no column ${unknown}`);
      return `${printJson(row)}\n`;
    });
    const bytes = new TextEncoder().encode(heading + lines.join(''));
    await storage.put(path, bytes);
    return { sizeBytes: bytes.length };
  },
};

const heading = 'rows\n';

/** Maps as entries become objects, and null members go, except in maps, where null is a value. */
function withoutNulls(json: Json): Json {
  if (Array.isArray(json)) {
    const items = json as readonly Json[];
    const isEntries = items.length > 0 && items.every((item) => isObject(item) && 'key' in item);
    if (!isEntries) return items.map(withoutNulls);
    return Object.fromEntries(
      items.map((item) => [String((item as CheckpointRow)['key']), (item as CheckpointRow)['value'] ?? null]),
    );
  }
  if (!isObject(json)) return json;
  const members = Object.entries(json).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.map(([key, value]) => [
      key,
      key === 'partitionValues' && isObject(value) ? value : withoutNulls(value),
    ]),
  );
}

function isObject(json: Json): json is CheckpointRow {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** One column of numbers, and a day to partition by. */
export const testSchema: StructType = {
  kind: 'struct',
  fields: [field('id', primitive('long')), field('day', primitive('date'))],
};

/** The metadata of an unpartitioned test table. */
export function testMetadata(
  configuration: Readonly<Record<string, string>> = {},
  schema: StructType = testSchema,
  partitionColumns: readonly string[] = [],
): Metadata {
  return {
    kind: 'metadata',
    id: '11111111-2222-4333-8444-555555555555',
    format: { provider: 'parquet', options: new Map() },
    schemaString: printSchema(schema),
    partitionColumns,
    configuration: new Map(Object.entries(configuration)),
  };
}

/** The protocol every program can read. */
export const testProtocol: Protocol = { kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 };

/** A file in the table; it need not exist, since no test here opens one. */
export function testAdd(path: string, partition: Readonly<Record<string, string | null>> = {}): AddFile {
  return {
    kind: 'add',
    path,
    partitionValues: new Map(Object.entries(partition)),
    sizeBytes: 10,
    modifiedMs: 1,
    dataChange: true,
  };
}

/** Puts a commit into the log as another program would. */
export async function putCommit(
  storage: Storage,
  version: number,
  actions: readonly Action[],
): Promise<void> {
  const text = actions.map((action) => `${printAction(action)}\n`).join('');
  await storage.put(commitPath(version), new TextEncoder().encode(text));
}

/** Commits with the settings that tests share; `plan` says the rest. A blind append unless it says otherwise. */
export function testCommit(
  storage: Storage,
  plan: Pick<CommitPlan, 'readSnapshot' | 'actions'> & Partial<CommitPlan>,
): Promise<CommitResult> {
  const isBlindAppend = (plan.read ?? 'none') === 'none';
  return commitActions(storage, {
    operation: { name: 'WRITE', parameters: { mode: 'Append' } },
    isBlindAppend,
    read: 'none',
    rows: memoryRows,
    clock: fixedClock(1_700_000_000_000),
    // Each commit has an id of its own, as in life.
    random: nextRandom(),
    ...plan,
  });
}

let nextSeed = 0;
function nextRandom(): Random {
  nextSeed += 1;
  return seededRandom(nextSeed);
}

/** A new table. */
export async function createTestTable(
  storage: Storage,
  configuration: Readonly<Record<string, string>> = {},
): Promise<Snapshot> {
  const actions = [testProtocol, testMetadata(configuration)];
  return (await testCommit(storage, { readSnapshot: undefined, actions })).snapshot;
}

/** The table as it is, or as it was at `version`. */
export function readTestTable(storage: Storage, version?: number): Promise<Snapshot> {
  return readSnapshot(storage, {
    rows: memoryRows,
    clock: fixedClock(0),
    ...(version === undefined ? {} : { version }),
  });
}

/** The paths of the live files, sorted. */
export function livePaths(snapshot: Snapshot): string[] {
  return [...snapshot.files.values()].map((file) => file.path).sort();
}

/** A call that can be watched. */
export type Call = 'read' | 'create' | 'put' | 'list';

/** `inner`, with something happening before each call; with `losing`, one reply in twelve is lost as well. */
export function intercept(
  inner: Storage,
  before: (call: Call, path: string) => Promise<void>,
  losing?: Random,
): Storage {
  const call = async <T>(kind: Call, path: string, work: () => Promise<T>): Promise<T> => {
    await before(kind, path);
    const value = await work();
    if (losing && losing.fraction() < 0.08) {
      throw storageErrors.unreachable({
        path: '',
        uri: inner.uri,
        doing: kind,
        problem: 'the reply was lost',
      });
    }
    return value;
  };
  return wrapStorage(inner, {
    read: (path) => call('read', path, () => inner.read(path)),
    readRange: (path, start, length) => call('read', path, () => inner.readRange(path, start, length)),
    stat: (path) => call('read', path, () => inner.stat(path)),
    putIfAbsent: (path, bytes) => call('create', path, () => inner.putIfAbsent(path, bytes)),
    put: (path, bytes) => call('put', path, () => inner.put(path, bytes)),
    async *list(prefix, after) {
      await before('list', prefix);
      yield* inner.list(prefix, after);
    },
  });
}
