import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Json, parseJson, printJson, seededRandom } from '../../base/index.ts';
import { LocalStorage, MemoryStorage, type Storage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../../tables/index.ts';
import type { Action, AddFile, Metadata } from '../actions.ts';
import { removeOf } from '../actions.ts';
import { livePaths, putCommit, testAdd, testMetadata, testProtocol } from '../contract.ts';
import { field, primitive, printSchema } from '../schema.ts';
import { statsOf } from '../stats.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { jsonChecksum } from './json-checksum.ts';
import { checksumPath, commitPath, lastCheckpointPath, logFolder, sidecarFolder } from './log-files.ts';
import { readSnapshot } from './read-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boathouse-checkpoints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = duckdbParquetRows;
const protocol: Action = {
  kind: 'protocol',
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['v2Checkpoint', 'deletionVectors', 'columnMapping'],
  writerFeatures: [
    'v2Checkpoint',
    'deletionVectors',
    'columnMapping',
    'rowTracking',
    'domainMetadata',
    'clustering',
  ],
};
const schema = printSchema({
  kind: 'struct',
  fields: [
    field('day', primitive('date')),
    field('at', primitive('timestamp')),
    field('n', primitive('long')),
    field('d', { kind: 'decimal', precision: 38, scale: 2 }),
    field('s', primitive('string')),
    field('b', primitive('boolean')),
    field('nested', { kind: 'struct', fields: [field('x.y', primitive('double'))] }),
    field('list', { kind: 'array', elementType: primitive('long'), containsNull: true }),
  ],
});
const statsText =
  '{"numRecords":3,"minValues":{"at":"2024-01-01T00:00:00.001Z","n":-9007199254740993,"d":123456789012345678901234567890123456.78,"s":"a\\"b","nested":{"x.y":-0.5}},' +
  '"maxValues":{"at":"2024-01-01T00:00:00.002Z","n":9007199254740993,"d":123456789012345678901234567890123456.79,"s":"ü","nested":{"x.y":2.5}},' +
  '"nullCount":{"at":0,"n":1,"d":0,"s":2,"b":0,"nested":{"x.y":3},"list":0},"tightBounds":false}';

function metadata(configuration: Readonly<Record<string, string>>): Metadata {
  return { ...testMetadata(configuration), schemaString: schema, partitionColumns: ['day'] };
}

const vector = {
  storageType: 'u',
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset: 4,
  sizeBytes: 40,
  cardinality: 6,
};

/** Every kind of action, in three commits. */
async function putTable(storage: Storage, configuration: Readonly<Record<string, string>>): Promise<void> {
  const file = (name: string, more: Partial<AddFile> = {}): AddFile => ({
    ...testAdd(name),
    partitionValues: new Map([['day', '2024-01-02']]),
    stats: statsText,
    ...more,
  });
  await putCommit(storage, 0, [protocol, metadata(configuration), file('a b'), file('gone')]);
  await putCommit(storage, 1, [
    { kind: 'transaction', appId: 'app', version: 9223372036854775807n },
    {
      kind: 'domain',
      domain: 'delta.clustering',
      configuration: '{"clusteringColumns":[["n"]]}',
      removed: false,
    },
    file('v', { deletionVector: vector, tags: new Map([['k', 'v']]) }),
    file('r', { baseRowId: 9007199254740993n, defaultRowCommitVersion: 1, clusteringProvider: 'liquid' }),
  ]);
  await putCommit(storage, 2, [
    removeOf(file('gone'), Date.now()),
    removeOf(file('long gone'), 1),
    file('plain', { partitionValues: new Map([['day', null]]) }),
    { ...file('no stats'), ...{ stats: undefined } } as unknown as AddFile,
  ]);
}

async function read(storage: Storage): Promise<Snapshot> {
  return readSnapshot(storage, { rows });
}

/** What of a snapshot must survive a checkpoint. */
function essence(snapshot: Snapshot, withStats: boolean): unknown {
  const plain = ({ dataChange: _, stats, ...file }: AddFile): unknown =>
    withStats ? { ...file, stats } : file;
  const state = {
    protocol: snapshot.protocol,
    metadata: snapshot.metadata,
    transactions: [...snapshot.transactions],
    domains: [...snapshot.domains],
    files: [...snapshot.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).map(plain),
  };
  return state;
}

let made = 0;
const open: readonly [string, () => Storage][] = [
  ['a folder', () => new LocalStorage(path.join(folder, `t${made++}`))],
  ['memory', () => new MemoryStorage(`checkpoints-${made++}`)],
];

describe.each(open)('checkpoints in %s', (_, storageOf) => {
  it.each([
    ['of the first version', {}, true],
    ['with typed statistics beside text', { 'delta.checkpoint.writeStatsAsStruct': 'true' }, true],
    [
      'with typed statistics only',
      { 'delta.checkpoint.writeStatsAsStruct': 'true', 'delta.checkpoint.writeStatsAsJson': 'false' },
      false,
    ],
    ['of the second version', { 'delta.checkpointPolicy': 'v2' }, true],
    [
      'of the second version with typed statistics only',
      {
        'delta.checkpointPolicy': 'v2',
        'delta.checkpoint.writeStatsAsStruct': 'true',
        'delta.checkpoint.writeStatsAsJson': 'false',
      },
      false,
    ],
    [
      'of the second version under the classic name',
      { 'delta.checkpointPolicy': 'v2', 'delta.checkpointInterval': '1' },
      true,
    ],
  ] as const)('%s hold what the commits say', async (title, configuration, withStats) => {
    const storage = storageOf();
    await putTable(storage, configuration);
    // The classic name comes up at every tenth checkpoint; version 0 is such a one.
    const isClassic = title.includes('classic');
    const before = await readSnapshot(storage, { rows, ...(isClassic ? { version: 0 } : {}) });
    const written = await writeCheckpoint(storage, before, rows, Date.now(), {
      random: seededRandom(made),
      sidecarRowsMax: 2,
    });
    for (let version = 0; version <= before.version; version += 1) {
      if (!isClassic) await storage.remove(commitPath(version));
    }
    const after = await readSnapshot(storage, { rows, version: before.version });
    expect(essence(after, withStats)).toEqual(essence(before, withStats));
    expect([...after.tombstones.keys()]).toEqual(isClassic ? [] : ['gone']);
    for (const [key, file] of after.files) {
      const expected = before.files.get(key);
      expect(expected && statsOf(before, expected)).toEqual(statsOf(after, file));
    }
    if (configuration && 'delta.checkpointPolicy' in configuration) {
      expect(written.sidecars.length).toBe(isClassic ? 1 : 3);
      expect(written.path.endsWith('.json')).toBe(!isClassic);
      expect(written.sidecars.every((name) => name.startsWith(`${sidecarFolder}/`))).toBe(true);
    }
  });

  it('are pointed at with a checksum, and come with that of the version', async () => {
    const storage = storageOf();
    await putTable(storage, {});
    const snapshot = await read(storage);
    await writeCheckpoint(storage, snapshot, rows, Date.now());
    const text = new TextDecoder().decode(await storage.read(lastCheckpointPath));
    expect(parseJson(text)).toMatchObject({
      version: 2,
      numOfAddFiles: 5,
      size: 10,
      checksum: jsonChecksum(text),
    });
    const checksum = parseJson(new TextDecoder().decode(await storage.read(checksumPath(2))));
    expect(checksum).toMatchObject({
      numFiles: 5,
      tableSizeBytes: [...snapshot.files.values()].reduce((sum, f) => sum + f.sizeBytes, 0),
      numMetadata: 1,
      numProtocol: 1,
      setTransactions: [{ appId: 'app' }],
      domainMetadata: [{ domain: 'delta.clustering' }],
      metadata: { id: snapshot.metadata.id },
      protocol: { minReaderVersion: 3 },
    });
  });
});

describe('a checkpoint', () => {
  it('whose pointer has been tampered with is found all the same', async () => {
    const storage = new MemoryStorage();
    await putTable(storage, {});
    await writeCheckpoint(storage, await read(storage), rows, Date.now());
    const pointer = parseJson(new TextDecoder().decode(await storage.read(lastCheckpointPath))) as Record<
      string,
      Json
    >;
    for (const version of [1, 2, 7]) {
      await storage.put(
        lastCheckpointPath,
        new TextEncoder().encode(JSON.stringify({ ...pointer, version })),
      );
      expect((await read(storage)).version).toBe(2);
    }
  });

  it('that says of a file both that it lives and that it is gone is not believed', async () => {
    const storage = new MemoryStorage();
    await putTable(storage, {});
    const snapshot = await read(storage);
    const wrong: Snapshot = {
      ...snapshot,
      tombstones: new Map([...snapshot.files.values()].map((f) => [f.path, removeOf(f, Date.now())])),
    };
    await writeCheckpoint(storage, wrong, rows, Date.now());
    expect(livePaths(await read(storage))).toEqual(livePaths(snapshot));
    await storage.remove(commitPath(0));
    await expect(read(storage)).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining('00000000000000000002.checkpoint.parquet'),
    });
  });

  it('of which a sidecar is missing is passed over, and named when there is nothing else', async () => {
    const storage = new MemoryStorage();
    await putTable(storage, { 'delta.checkpointPolicy': 'v2' });
    const snapshot = await read(storage);
    const { sidecars } = await writeCheckpoint(storage, snapshot, rows, Date.now());
    await storage.remove(sidecars[0] as string);
    expect(essence(await read(storage), true)).toEqual(essence(snapshot, true));
    await storage.remove(commitPath(0));
    await expect(read(storage)).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining(sidecars[0] as string),
    });
  });
});

describe('a version checksum', () => {
  const edit = async (storage: Storage, change: (body: Record<string, Json>) => unknown): Promise<void> => {
    const body = parseJson(new TextDecoder().decode(await storage.read(checksumPath(2)))) as Record<
      string,
      Json
    >;
    const text = change(body);
    await storage.put(
      checksumPath(2),
      new TextEncoder().encode(typeof text === 'string' ? text : printJson(text)),
    );
  };
  const tableWithChecksum = async (): Promise<MemoryStorage> => {
    const storage = new MemoryStorage();
    await putTable(storage, {});
    await writeCheckpoint(storage, await read(storage), rows, Date.now());
    return storage;
  };

  it.each([
    ['garbage', () => '{"numFi'],
    ['nothing', () => ({})],
    [
      'another writer’s members',
      (body: Record<string, Json>) => ({ ...body, somethingNew: [1], txnId: 'x' }),
    ],
  ])('that holds %s is no reason to refuse the table', async (_, change) => {
    const storage = await tableWithChecksum();
    await edit(storage, change);
    expect((await read(storage)).files.size).toBe(5);
  });

  it.each([
    ['files', { numFiles: 6 }],
    ['bytes', { tableSizeBytes: 1 }],
    ['table', { metadata: { id: 'another' } }],
    ['protocol', { protocol: { minReaderVersion: 1, minWriterVersion: 7 } }],
  ])('with other %s shows that the log is damaged', async (_, members) => {
    const storage = await tableWithChecksum();
    await edit(storage, (body) => ({ ...body, ...members }));
    await expect(read(storage)).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining(checksumPath(2)),
    });
  });

  it('makes a reader pass over a checkpoint that lost a file', async () => {
    const storage = await tableWithChecksum();
    const snapshot = await read(storage);
    const [lost] = snapshot.files.keys();
    const files = new Map([...snapshot.files].filter(([key]) => key !== lost));
    await writeCheckpoint(storage, { ...snapshot, files }, rows, Date.now());
    expect(livePaths(await read(storage))).toEqual(livePaths(snapshot));
  });
});

describe('the log folder', () => {
  it('has nothing but the files of the protocol', async () => {
    const storage = new MemoryStorage();
    await putTable(storage, { 'delta.checkpointPolicy': 'v2' });
    await writeCheckpoint(storage, await read(storage), rows, Date.now());
    const names: string[] = [];
    for await (const { path: name } of storage.list(`${logFolder}/`))
      names.push(name.slice(logFolder.length + 1));
    const uuid = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
    expect(names.map((name) => name.replace(new RegExp(uuid), 'UUID'))).toEqual([
      '00000000000000000000.json',
      '00000000000000000001.json',
      '00000000000000000002.checkpoint.UUID.json',
      '00000000000000000002.crc',
      '00000000000000000002.json',
      '_last_checkpoint',
      '_sidecars/UUID.parquet',
    ]);
  });

  it('is told from one whose protocol has no second version', async () => {
    const storage = new MemoryStorage();
    await putCommit(storage, 0, [testProtocol, testMetadata({ 'delta.checkpointPolicy': 'v2' })]);
    const written = await writeCheckpoint(storage, await read(storage), rows, Date.now());
    expect(written.sidecars).toEqual([]);
    expect(written.path).toBe('_delta_log/00000000000000000000.checkpoint.parquet');
  });
});
