import { describe, expect, it } from 'vitest';
import { FaultyStorage, faults, MemoryStorage, storageErrors } from '../../storage/index.ts';
import { type AddFile, removeOf } from '../actions.ts';
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
import { checkpointPath, commitPath, lastCheckpointPath } from '../log/log-files.ts';
import type { ParquetRows } from '../log/parquet-rows.ts';
import { tryCommit } from './commit.ts';

const transaction = (appId: string, version: number) => ({ kind: 'transaction', appId, version }) as const;
const domain = (name: string) =>
  ({ kind: 'domain', domain: name, configuration: '{}', removed: false }) as const;
const conflict = { code: 'delta.commit-conflict', retryable: true };

async function tableWith(...paths: string[]): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const table = await createTestTable(storage);
  if (paths.length > 0)
    await testCommit(storage, { readSnapshot: table, actions: paths.map((path) => testAdd(path)) });
  return storage;
}

describe('a commit', () => {
  it('creates a table, and the next one goes on from it', async () => {
    const storage = new MemoryStorage();
    const table = await createTestTable(storage);
    expect(table.version).toBe(0);
    const made = await testCommit(storage, { readSnapshot: table, actions: [testAdd('a')] });
    expect(made).toMatchObject({ version: 1, attempts: 1, checkpoint: { kind: 'not-due' } });
    const read = await readTestTable(storage);
    expect(livePaths(read)).toEqual(['a']);
    expect({ ...made.snapshot, timestampMs: 0 }).toEqual({
      ...read,
      files: made.snapshot.files,
      timestampMs: 0,
    });
    expect(livePaths(made.snapshot)).toEqual(livePaths(read));
  });

  it('does not create a table that another created first', async () => {
    const storage = await tableWith();
    const again = createTestTable(storage);
    await expect(again).rejects.toMatchObject({
      ...conflict,
      details: { conflicts: ['the table was created meanwhile'] },
    });
  });

  it('is in doubt after a lost reply, also when storage is full from then on', async () => {
    const inner = await tableWith('a');
    const storage = intercept(inner, async () => undefined);
    let requests = 0;
    storage.putIfAbsent = async (path, bytes) => {
      requests += 1;
      const about = { path, uri: inner.uri, doing: 'create' };
      if (requests > 1) throw storageErrors['no-space'](about);
      await inner.putIfAbsent(path, bytes);
      throw storageErrors.unreachable({ ...about, problem: 'the reply was lost' });
    };
    const readSnapshot = await readTestTable(inner);
    const lost = testCommit(storage, { readSnapshot, actions: [testAdd('b')] });
    // No code that lets callers remove the files: the commit names them.
    await expect(lost).rejects.toMatchObject({ code: 'storage.unreachable' });
    expect(requests).toBeGreaterThan(1);
    expect(livePaths(await readTestTable(inner))).toEqual(['a', 'b']);
  });

  it('steps over appends it does not depend on', async () => {
    const storage = await tableWith();
    const table = await readTestTable(storage);
    for (const path of ['b', 'c', 'd'])
      await testCommit(storage, { readSnapshot: table, actions: [testAdd(path)] });
    const made = await testCommit(storage, { readSnapshot: table, actions: [testAdd('a')] });
    expect(made.version).toBe(4);
    expect(livePaths(made.snapshot)).toEqual(['a', 'b', 'c', 'd']);
    expect(livePaths(await readTestTable(storage))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never lets an overwrite keep, or lose, rows appended meanwhile', async () => {
    const storage = await tableWith('old');
    const table = await readTestTable(storage);
    await testCommit(storage, { readSnapshot: table, actions: [testAdd('appended')] });
    const actions = [...[...table.files.values()].map((file) => removeOf(file, 1)), testAdd('new')];
    const overwrite = testCommit(storage, { readSnapshot: table, actions, read: 'whole-table' });
    await expect(overwrite).rejects.toMatchObject(conflict);
    expect(livePaths(await readTestTable(storage))).toEqual(['appended', 'old']);
  });

  it('does not land behind a checkpoint when the log was cleaned up meanwhile', async () => {
    const storage = await tableWith();
    const stale = await readTestTable(storage);
    for (let i = 1; i <= 12; i += 1) {
      await testCommit(storage, { readSnapshot: await readTestTable(storage), actions: [testAdd(`f${i}`)] });
    }
    for (let version = 0; version <= 8; version += 1) await storage.remove(commitPath(version));
    await expect(
      testCommit(storage, { readSnapshot: stale, actions: [testAdd('late')] }),
    ).rejects.toMatchObject(conflict);
    expect(await storage.stat(commitPath(1))).toBeUndefined();
  });

  it('gives up after losing too often', async () => {
    const inner = await tableWith();
    const table = await readTestTable(inner);
    let next = 1;
    const storage = intercept(inner, async (call) => {
      // Someone else is always one step ahead.
      if (call === 'create') await putCommit(inner, next++, [testAdd(`theirs-${next}`)]);
    });
    const policy = { attemptsMax: 4, delayMsMin: 1, delayMsMax: 1 };
    const losing = testCommit(storage, { readSnapshot: table, actions: [testAdd('mine')], retry: policy });
    await expect(losing).rejects.toMatchObject({
      ...conflict,
      message: expect.stringContaining('4 versions in a row'),
    });
    expect(livePaths(await readTestTable(inner))).not.toContain('mine');
  });
});

describe('two compactions planned on the same files', () => {
  it('end in one: the other is told, and no row is doubled', async () => {
    const storage = await tableWith('a', 'b', 'c');
    const table = await readTestTable(storage);
    const compact = (paths: readonly string[], into: string) => {
      const removed = [...table.files.values()].filter(({ path }) => paths.includes(path));
      const actions = [
        ...removed.map((file) => removeOf(file, 1, false)),
        { ...testAdd(into), dataChange: false },
      ];
      const read = { mayHold: () => false, files: new Set(paths) };
      return testCommit(storage, { readSnapshot: table, actions, read, isBlindAppend: false });
    };
    const outcomes = await Promise.allSettled([compact(['a', 'b'], 'x'), compact(['b', 'c'], 'y')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(lost?.reason).toMatchObject(conflict);
    expect([
      ['a', 'y'],
      ['c', 'x'],
    ]).toContainEqual(livePaths(await readTestTable(storage)));
  });
});

describe('promises of the table', () => {
  it('appendOnly refuses to remove rows, and lets them be rearranged', async () => {
    const storage = new MemoryStorage();
    const table = await createTestTable(storage, { 'delta.appendOnly': 'true' });
    const { snapshot } = await testCommit(storage, { readSnapshot: table, actions: [testAdd('a')] });
    const [file] = snapshot.files.values() as Iterable<AddFile> as [AddFile];
    const overwrite = [removeOf(file, 1), testAdd('b')];
    await expect(
      testCommit(storage, { readSnapshot: snapshot, actions: overwrite, read: 'whole-table' }),
    ).rejects.toMatchObject({ code: 'delta.append-only' });
    const rearrange = [removeOf(file, 1, false), { ...testAdd('b'), dataChange: false }];
    expect(
      (await testCommit(storage, { readSnapshot: snapshot, actions: rearrange, read: 'whole-table' }))
        .version,
    ).toBe(2);
  });

  it('a change feed takes appends and whole overwrites, and refuses what rewrites some rows', async () => {
    const storage = new MemoryStorage();
    const protocol = { ...testProtocol, minWriterVersion: 4 };
    const created = await testCommit(storage, {
      readSnapshot: undefined,
      actions: [protocol, testMetadata({ 'delta.enableChangeDataFeed': 'true' })],
    });
    const { snapshot } = await testCommit(storage, {
      readSnapshot: created.snapshot,
      actions: [testAdd('a'), testAdd('b')],
    });
    const [a, b] = [...snapshot.files.values()] as [AddFile, AddFile];
    const rewrite = testCommit(storage, {
      readSnapshot: snapshot,
      actions: [removeOf(a, 1), testAdd('c')],
      read: 'whole-table',
    });
    await expect(rewrite).rejects.toMatchObject({
      code: 'delta.broken-promise',
      details: { feature: 'a change data feed' },
    });
    const whole = [removeOf(a, 1), removeOf(b, 1), testAdd('c')];
    expect(
      (await testCommit(storage, { readSnapshot: snapshot, actions: whole, read: 'whole-table' })).version,
    ).toBe(2);
  });

  it('a table that turns unwritable in the same commit is refused', async () => {
    const storage = await tableWith();
    const table = await readTestTable(storage);
    const protocol = { ...testProtocol, minWriterVersion: 7, writerFeatures: ['mystery'] };
    const actions = [protocol, testMetadata()];
    await expect(testCommit(storage, { readSnapshot: table, actions })).rejects.toMatchObject({
      code: 'delta.unsupported-feature',
    });
    expect(await storage.stat(commitPath(1))).toBeUndefined();
  });
});

describe('tryCommit', () => {
  it('tells its own commit from that of another', async () => {
    const storage = new MemoryStorage();
    const mine = new TextEncoder().encode('{"commitInfo":{"txnId":"me"}}\n');
    expect(await tryCommit(storage, 0, mine, 'me')).toEqual({ kind: 'committed', version: 0 });
    expect(await tryCommit(storage, 0, mine, 'me')).toEqual({ kind: 'committed', version: 0 });
    expect(await tryCommit(storage, 0, mine, 'you')).toMatchObject({ kind: 'taken', version: 0 });
  });
});

describe('a commit on storage that fails', () => {
  const begin = async (): Promise<MemoryStorage> => {
    const memory = await tableWith();
    const table = await readTestTable(memory);
    // Nine commits before, so that ours writes a checkpoint too.
    for (let i = 1; i <= 9; i += 1)
      await testCommit(memory, { readSnapshot: table, actions: [testAdd(`f${i}`)] });
    return memory;
  };

  it.each(faults)('lands exactly once, whichever call has a %s fault', async (fault) => {
    for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
      const memory = await begin();
      const table = await readTestTable(memory, 8);
      const storage = new FaultyStorage(memory, new Map([[failing, fault]]));
      const made = await testCommit(storage, { readSnapshot: table, actions: [testAdd('mine')] });
      expect(made.version).toBe(10);
      expect(made.checkpoint.kind).toBe('written');
      const after = await readTestTable(memory);
      expect(after.version).toBe(10);
      expect(livePaths(after).filter((path) => path === 'mine')).toHaveLength(1);
      expect(after.files.size).toBe(10);
      calls = storage.calls;
    }
  });

  it('does not fail for a checkpoint that does', async () => {
    const memory = await begin();
    const rows: ParquetRows = {
      ...memoryRows,
      write: async () => {
        throw new Error('no Parquet today');
      },
    };
    const made = await testCommit(memory, {
      readSnapshot: await readTestTable(memory),
      actions: [testAdd('mine')],
      rows,
    });
    expect(made).toMatchObject({ version: 10, checkpoint: { kind: 'failed' } });
    expect(await memory.stat(lastCheckpointPath)).toBeUndefined();
    expect(livePaths(await readTestTable(memory))).toContain('mine');
  });
});

describe('checkpoints', () => {
  it('come every ten commits, or as often as the table says, and hold the whole state', async () => {
    const storage = new MemoryStorage();
    let table = await createTestTable(storage, { 'delta.checkpointInterval': '3' });
    const written: number[] = [];
    for (let i = 1; i <= 7; i += 1) {
      const removed = [...table.files.values()]
        .slice(0, i % 3 === 0 ? 1 : 0)
        .map((file) => removeOf(file, 1_700_000_000_000));
      const actions = [testAdd(`f${i}`), ...removed, transaction('app', i), domain(`d${i}`)];
      const made = await testCommit(storage, { readSnapshot: table, actions, read: 'whole-table' });
      if (made.checkpoint.kind === 'written') written.push(made.version);
      table = made.snapshot;
    }
    expect(written).toEqual([3, 6]);
    expect(new TextDecoder().decode(await storage.read(lastCheckpointPath))).toContain('"version":6');
    const before = await readTestTable(storage, 5);
    for (let version = 0; version <= 5; version += 1) await storage.remove(commitPath(version));
    const after = await readTestTable(storage, 6);
    expect(livePaths(after)).toEqual(['f3', 'f4', 'f5', 'f6']);
    expect([...after.tombstones.keys()].sort()).toEqual(['f1', 'f2']);
    expect(after.transactions.get('app')?.version).toBe(6);
    expect([...after.domains.keys()]).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6']);
    expect(after.metadata).toEqual(before.metadata);
    expect(after.protocol).toEqual(before.protocol);
  });

  it('drop tombstones that have expired, and never point backwards', async () => {
    const storage = new MemoryStorage();
    const table = await createTestTable(storage, {
      'delta.checkpointInterval': '2',
      'delta.deletedFileRetentionDuration': 'interval 1 hours',
    });
    await storage.put(lastCheckpointPath, new TextEncoder().encode('{"version":50,"size":1}'));
    const first = await testCommit(storage, { readSnapshot: table, actions: [testAdd('a'), testAdd('b')] });
    const now = 1_700_000_000_000;
    const [a, b] = [...first.snapshot.files.values()] as [AddFile, AddFile];
    const removal = [removeOf(a, now - 3_700_000), removeOf(b, now - 1000)];
    await testCommit(storage, { readSnapshot: first.snapshot, actions: removal, read: 'whole-table' });
    const rows = new TextDecoder().decode(await storage.read(checkpointPath(2)));
    expect(rows).toContain('"path":"b"');
    expect(rows).not.toContain('"path":"a"');
    expect(new TextDecoder().decode(await storage.read(lastCheckpointPath))).toContain('"version":50');
  });
});
