import { describe, expect, it } from 'vitest';
import { FaultyStorage, faults, MemoryStorage, storageErrors } from '../../storage/index.ts';
import { removeOf } from '../actions.ts';
import {
  createTestTable,
  intercept,
  livePaths,
  memoryRows,
  putCommit,
  readTestTable,
  testAdd,
  testCommit,
  testMetadata,
  testProtocol,
} from '../contract.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { versionAt } from './commit-times.ts';
import { history } from './history.ts';
import { checkpointPath, commitPath, lastCheckpointPath, padVersion } from './log-files.ts';
import { readSnapshot } from './read-snapshot.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Versions 0 to `last`; version n adds file n, and from 5 on removes file n - 5. */
async function tableOf(last: number): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await putCommit(storage, 0, [testProtocol, testMetadata(), testAdd('f0')]);
  for (let version = 1; version <= last; version += 1) {
    const removed = version >= 5 ? [removeOf(testAdd(`f${version - 5}`), Date.now())] : [];
    await putCommit(storage, version, [testAdd(`f${version}`), ...removed]);
  }
  return storage;
}

function expectedPaths(version: number): string[] {
  return Array.from({ length: version + 1 }, (_, i) => i)
    .filter((i) => i > version - 5)
    .map((i) => `f${i}`)
    .sort();
}

async function checkpointAt(storage: MemoryStorage, version: number): Promise<void> {
  await writeCheckpoint(storage, await readTestTable(storage, version), memoryRows, Date.now());
}

it('refuses a table partitioned by a column that it does not have', async () => {
  const storage = new MemoryStorage();
  const metadata = { ...testMetadata(), partitionColumns: ['No'] };
  await putCommit(storage, 0, [testProtocol, metadata, testAdd('f0')]);
  await expect(readSnapshot(storage, { rows: memoryRows })).rejects.toThrow(
    expect.objectContaining({ code: 'delta.bad-schema', message: expect.stringContaining('no column No') }),
  );
});

describe('readSnapshot', () => {
  it('replays the commits, up to any version', async () => {
    const storage = await tableOf(8);
    for (let version = 0; version <= 8; version += 1) {
      const snapshot = await readTestTable(storage, version);
      expect([snapshot.version, ...livePaths(snapshot)]).toEqual([version, ...expectedPaths(version)]);
    }
    expect((await readTestTable(storage)).version).toBe(8);
  });

  it('goes on from a checkpoint when the commits before it are gone', async () => {
    const storage = await tableOf(12);
    await checkpointAt(storage, 10);
    for (let version = 0; version <= 9; version += 1) await storage.remove(commitPath(version));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(12));
    expect(livePaths(await readTestTable(storage, 10))).toEqual(expectedPaths(10));
    const tombstones = (await readTestTable(storage)).tombstones;
    expect([...tombstones.keys()].sort()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7']);
    await expect(readTestTable(storage, 9)).rejects.toMatchObject({
      code: 'delta.no-such-version',
      details: { first: 10, last: 12 },
    });
    await expect(readTestTable(storage, 13)).rejects.toMatchObject({
      code: 'delta.no-such-version',
      message: expect.stringContaining('versions 10 to 12'),
    });
  });

  it.each([
    ['missing', undefined],
    ['garbage', '{"vers'],
    ['of no sense', '{"version":"ten"}'],
    ['pointing to a checkpoint that never was', '{"version":7,"size":1}'],
    ['pointing past the end', '{"version":99,"size":1}'],
    ['out of date', '{"version":4,"size":1}'],
    ['right', '{"version":8,"size":1}'],
  ])('reads the same with a _last_checkpoint that is %s', async (_, pointer) => {
    const storage = await tableOf(9);
    await checkpointAt(storage, 4);
    await checkpointAt(storage, 8);
    await storage.remove(lastCheckpointPath);
    if (pointer) await storage.put(lastCheckpointPath, encode(pointer));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(9));
    expect(livePaths(await readTestTable(storage, 2))).toEqual(expectedPaths(2));
  });

  it('passes over a torn checkpoint when older ones and commits say the same', async () => {
    const storage = await tableOf(9);
    await checkpointAt(storage, 4);
    await checkpointAt(storage, 8);
    await storage.put(checkpointPath(8), encode('PAR1'));
    await storage.remove(commitPath(2));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(9));
  });

  it('says which checkpoint is torn when nothing can stand in for it', async () => {
    const storage = await tableOf(9);
    await checkpointAt(storage, 8);
    await storage.put(checkpointPath(8), encode('PAR1'));
    await storage.remove(commitPath(2));
    await expect(readTestTable(storage)).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining(checkpointPath(8)),
    });
  });

  it('reads a checkpoint in parts, and ignores one that lacks a part', async () => {
    const storage = await tableOf(9);
    await checkpointAt(storage, 6);
    const lines = new TextDecoder()
      .decode(await storage.read(checkpointPath(6)))
      .split('\n')
      .slice(1);
    await storage.remove(checkpointPath(6));
    const part = (version: number, n: number): string =>
      `_delta_log/${padVersion(version)}.checkpoint.000000000${n}.0000000002.parquet`;
    await storage.put(part(6, 1), encode(`rows\n${lines.slice(0, 4).join('\n')}`));
    await storage.put(part(6, 2), encode(`rows\n${lines.slice(4).join('\n')}`));
    await storage.put(part(8, 1), encode('rows\nnot even json'));
    for (let version = 0; version <= 6; version += 1) await storage.remove(commitPath(version));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(9));
  });

  it.each(['json', 'parquet'])('reads a V2 checkpoint in %s with sidecars', async (format) => {
    const storage = await tableOf(9);
    await checkpointAt(storage, 6);
    const lines = new TextDecoder()
      .decode(await storage.read(checkpointPath(6)))
      .split('\n')
      .slice(1)
      .filter(Boolean);
    await storage.remove(checkpointPath(6));
    const isFile = (line: string): boolean => line.startsWith('{"add"') || line.startsWith('{"remove"');
    const top = [
      '{"checkpointMetadata":{"version":6,"tags":{}}}',
      ...lines.filter((line) => !isFile(line)),
      '{"sidecar":{"path":"3a0d65cd.parquet","sizeInBytes":1,"modificationTime":1}}',
    ].join('\n');
    const name = `_delta_log/${padVersion(6)}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.${format}`;
    await storage.put(name, encode(format === 'json' ? top : `rows\n${top}`));
    await storage.put(
      '_delta_log/_sidecars/3a0d65cd.parquet',
      encode(`rows\n${lines.filter(isFile).join('\n')}`),
    );
    for (let version = 0; version <= 6; version += 1) await storage.remove(commitPath(version));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(9));
  });

  it('takes a log compaction for the commits it stands for', async () => {
    const storage = await tableOf(9);
    const whole = await readTestTable(storage, 4);
    const lines = [...whole.files.values()]
      .filter((file) => file.path !== 'f0')
      .map(
        (file) =>
          `{"add":{"path":"${file.path}","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`,
      );
    await storage.put(
      `_delta_log/${padVersion(1)}.${padVersion(4)}.compacted.json`,
      encode(lines.join('\n')),
    );
    for (const version of [1, 2, 3]) await storage.remove(commitPath(version));
    expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(9));
    expect(livePaths(await readTestTable(storage, 5))).toEqual(expectedPaths(5));
  });

  it.each([
    ['a gap', 3, 'version 3'],
    ['a missing beginning', 0, 'begin at version 1'],
  ])('calls a log with %s damaged, and says where', async (_, missing, words) => {
    const storage = await tableOf(6);
    await storage.remove(commitPath(missing));
    await expect(readTestTable(storage)).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining(words),
      location: { file: commitPath(missing) },
    });
  });

  it('says that a folder without a log is no table', async () => {
    const storage = new MemoryStorage();
    await storage.put('data.parquet', encode('PAR1'));
    await expect(readTestTable(storage)).rejects.toMatchObject({ code: 'delta.not-a-table' });
  });

  it('misses a protocol or metadata', async () => {
    const storage = new MemoryStorage();
    await putCommit(storage, 0, [testMetadata()]);
    await expect(readTestTable(storage)).rejects.toThrow(/no protocol action/);
  });

  it('reads through files that are not the log', async () => {
    const storage = await tableOf(3);
    for (const name of [
      '.00000000000000000001.json.crc',
      '00000000000000000009.json.tmp',
      '00000000000000000002.crc',
      '_commits/0.json',
    ]) {
      await storage.put(`_delta_log/${name}`, encode('whatever'));
    }
    expect((await readTestTable(storage)).version).toBe(3);
  });

  it.each(faults)('survives one failure of any call: %s', async (fault) => {
    const memory = await tableOf(7);
    await checkpointAt(memory, 4);
    for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
      const storage = new FaultyStorage(memory, new Map([[failing, fault]]));
      expect(livePaths(await readTestTable(storage))).toEqual(expectedPaths(7));
      calls = storage.calls;
    }
  });

  it('takes a last commit whose writer died half-way for no commit', async () => {
    const storage = await tableOf(3);
    const unfinished = intercept(storage, async (call, path) => {
      if (call === 'read' && path === commitPath(3))
        throw storageErrors.unfinished({ path, uri: storage.uri });
    });
    expect((await readTestTable(unfinished)).version).toBe(2);
    await expect(readTestTable(unfinished, 3)).rejects.toMatchObject({ code: 'storage.unfinished' });
  });

  it('sees the last of deletion vectors for a file, whatever the order in the commit', async () => {
    const storage = new MemoryStorage();
    const vector = (id: string) => ({
      storageType: 'u',
      pathOrInlineDv: id,
      offset: 1,
      sizeBytes: 1,
      cardinality: 1,
    });
    const first = testAdd('f');
    const second = { ...first, deletionVector: vector('a') };
    const third = { ...first, deletionVector: vector('b') };
    await putCommit(storage, 0, [testProtocol, testMetadata(), first]);
    await putCommit(storage, 1, [second, removeOf(first, 1)]);
    await putCommit(storage, 2, [removeOf(second, 1), third]);
    const files = [...(await readTestTable(storage)).files.values()];
    expect(files.map((file) => file.deletionVector?.pathOrInlineDv)).toEqual(['b']);
  });
});

describe('time travel by time', () => {
  it('finds the last version at or before the time', async () => {
    let now = 1000;
    const storage = new MemoryStorage('', { nowMs: () => now, sleep: async () => undefined });
    await putCommit(storage, 0, [testProtocol, testMetadata()]);
    for (const [version, time] of [
      [1, 2000],
      [2, 2000],
      [3, 5000],
    ] as const) {
      now = time;
      await putCommit(storage, version, [testAdd(`f${version}`)]);
    }
    expect(await versionAt(storage, 1000)).toBe(0);
    expect(await versionAt(storage, 1999)).toBe(0);
    expect(await versionAt(storage, 2000)).toBe(1);
    // Two commits in one millisecond are told apart by one.
    expect(await versionAt(storage, 2001)).toBe(2);
    expect(await versionAt(storage, 5000)).toBe(3);
    await expect(versionAt(storage, 5001)).rejects.toMatchObject({ code: 'delta.no-such-version' });
    expect(await versionAt(storage, 9000, { orLast: true })).toBe(3);
    expect(await versionAt(storage, 0, { orFirst: true })).toBe(0);
    await expect(versionAt(storage, 999)).rejects.toMatchObject({ code: 'delta.no-such-version' });
  });

  it("goes by the commits' own times where the table keeps them", async () => {
    const storage = new MemoryStorage();
    const info = (time: number) => ({ kind: 'commit-info', body: { inCommitTimestamp: time } }) as const;
    await putCommit(storage, 0, [info(100), testProtocol, testMetadata()]);
    await putCommit(storage, 1, [info(200), testAdd('a')]);
    await putCommit(storage, 2, [info(300), testAdd('b')]);
    expect(await versionAt(storage, 250)).toBe(1);
    expect((await readSnapshot(storage, { rows: memoryRows })).timestampMs).toBe(300);
    const kept = { ...testMetadata({ 'delta.enableInCommitTimestamps': 'true' }) };
    await putCommit(storage, 3, [info(400), kept]);
    await checkpointAt(storage, 3);
    expect((await readTestTable(storage)).timestampMs).toBe(400);
  });
});

describe('history', () => {
  it.each([
    // Nothing after an account that stands first is parsed: it may be a hundred thousand lines.
    ['first', '{"commitInfo":{"operation":"WRITE"}}\n{"add": not parsed\n'],
    ['last', '{"txn":{"appId":"a","version":1}}\n{"commitInfo":{"operation":"WRITE"}}\n'],
    ['alone, and its line has no end', '{"commitInfo":{"operation":"WRITE"}}'],
  ])('finds what a commit says of itself where it stands %s', async (_, text) => {
    const storage = new MemoryStorage();
    await storage.putIfAbsent(`_delta_log/${'0'.repeat(20)}.json`, new TextEncoder().encode(text));
    expect(await history(storage)).toMatchObject([{ version: 0, operation: 'WRITE' }]);
  });

  it('tells the commits, newest first', async () => {
    const storage = new MemoryStorage();
    const table = await createTestTable(storage);
    await testCommit(storage, {
      readSnapshot: table,
      actions: [testAdd('a')],
      operation: {
        name: 'WRITE',
        parameters: { mode: 'Append', partitionBy: ['day'] },
        metrics: { numFiles: 1 },
      },
      commitMetadata: { userName: 'ada' },
    });
    const [latest, first] = await history(storage);
    expect(latest).toMatchObject({
      version: 1,
      // The time by which the version is found, not what its writer's clock said.
      timestampMs: (await readTestTable(storage)).timestampMs,
      operation: 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: '["day"]' },
      operationMetrics: { numFiles: '1' },
      isBlindAppend: true,
      engineInfo: expect.stringMatching(/^Boathouse\/\d+\.\d+\.\d+/),
      commitInfo: { userName: 'ada', readVersion: 0, isolationLevel: 'WriteSerializable' },
    });
    expect(first?.version).toBe(0);
    expect(await history(storage, { limit: 1 })).toHaveLength(1);
    await expect(history(new MemoryStorage())).rejects.toMatchObject({ code: 'delta.not-a-table' });
  });
});
