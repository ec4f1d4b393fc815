import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../base/index.ts';
import { MemoryStorage, type Storage } from '../../storage/index.ts';
import type { Action } from '../actions.ts';
import { removeOf } from '../actions.ts';
import { livePaths, memoryRows, putCommit, readTestTable, testAdd, testMetadata } from '../contract.ts';
import { writeCheckpoint } from './checkpoint-write.ts';
import { cleanLog } from './clean-log.ts';
import { compactLog } from './compact-log.ts';
import { checkpointPath, commitPath, listLog, logFolder, sidecarFolder } from './log-files.ts';
import { readSnapshot } from './read-snapshot.ts';

const dayMs = 86_400_000;
/** Midnight. */
const startMs = 20_000 * dayMs;

const protocol: Action = {
  kind: 'protocol',
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['v2Checkpoint'],
  writerFeatures: ['v2Checkpoint'],
};

/** A table with a commit a day, each adding a file and removing one; storage tells the time of each. */
async function tableOf(
  days: number,
  checkpoints: readonly number[],
  configuration: Readonly<Record<string, string>> = {},
): Promise<MemoryStorage> {
  let nowMs = startMs;
  const storage = new MemoryStorage('t', { ...fixedClock(0), nowMs: () => nowMs });
  for (let day = 0; day < days; day += 1) {
    nowMs = startMs + day * dayMs + 1000;
    const first =
      day === 0 ? [protocol, testMetadata(configuration)] : [removeOf(testAdd(`f${day - 1}`), nowMs)];
    await putCommit(storage, day, [...first, testAdd(`f${day}`), testAdd(`g${day}`)]);
    if (checkpoints.includes(day)) {
      await writeCheckpoint(storage, await readTestTable(storage, day), memoryRows, nowMs, {
        sidecarRowsMax: 3,
      });
    }
  }
  return storage;
}

const at = (day: number): number => startMs + day * dayMs + 5000;

async function clean(storage: Storage, day: number, dryRun = false) {
  return cleanLog(storage, await readTestTable(storage), at(day), { rows: memoryRows, dryRun });
}

async function names(storage: Storage): Promise<string[]> {
  const all: string[] = [];
  for await (const { path } of storage.list(`${logFolder}/`)) all.push(path);
  return all;
}

describe('cleanLog', () => {
  it('looks at however many commits there are', async () => {
    const storage = await tableOf(3, []);
    const snapshot = await readTestTable(storage);
    const many = 200_000;
    storage.list = async function* () {
      for (let version = 0; version < many; version += 1) {
        yield { path: commitPath(version), sizeBytes: 1, modifiedMs: startMs + version };
      }
    };
    expect((await cleanLog(storage, snapshot, at(100), { rows: memoryRows })).paths).toEqual([]);
  });

  it('removes what is older than the newest checkpoint beyond the retention', async () => {
    const storage = await tableOf(50, [5, 12, 18, 40]);
    await compactLog(storage, 2, 4);
    await compactLog(storage, 10, 14);
    await compactLog(storage, 20, 24);
    const snapshot = await readTestTable(storage);
    const kept = await Promise.all([12, 15, 30, 49].map((version) => readTestTable(storage, version)));
    // The retention is 30 days: on day 46 commits up to day 15 have expired, and the checkpoint before is 12.
    const before = await names(storage);
    const planned = await clean(storage, 46, true);
    expect(await names(storage)).toEqual(before);
    const done = await clean(storage, 46);
    expect(done).toEqual(planned);
    expect(done.oldestKept).toBe(12);
    expect(done.sizeBytes).toBeGreaterThan(0);
    const after = await names(storage);
    expect(before.filter((name) => !after.includes(name)).sort()).toEqual([...done.paths].sort());
    const log = await listLog(storage);
    expect([...log.commits.keys()][0]).toBe(12);
    expect(log.checkpoints.map((c) => c.version)).toEqual([12, 18, 40]);
    expect(log.compactions.map((c) => c.first)).toEqual([20]);
    expect([...log.checksums.keys()]).toEqual([12, 18, 40]);
    for (const expected of kept) {
      const read = await readTestTable(storage, expected.version);
      expect(livePaths(read)).toEqual(livePaths(expected));
      expect([...read.tombstones.keys()]).toEqual(
        [...expected.tombstones.keys()].filter((key) => read.tombstones.has(key)),
      );
    }
    await expect(readTestTable(storage, 11)).rejects.toMatchObject({
      code: 'delta.no-such-version',
      details: { first: 12, last: 49 },
    });
    expect(await clean(storage, 46)).toMatchObject({ paths: [] });
    expect(livePaths(await readTestTable(storage))).toEqual(livePaths(snapshot));
  });

  it('stopped anywhere leaves a log that can be read from its first checkpoint on', async () => {
    const { paths } = await clean(await tableOf(50, [5, 12, 18, 40]), 46, true);
    for (let stop = 0; stop <= paths.length; stop += 1) {
      const storage = await tableOf(50, [5, 12, 18, 40]);
      for (const path of paths.slice(0, stop)) await storage.remove(path);
      const outcomes: string[] = [];
      for (let version = 0; version < 50; version += 1) {
        const outcome = await readTestTable(storage, version).then(
          () => 'read',
          (error: { code: string }) => error.code,
        );
        if (outcomes.at(-1) !== outcome) outcomes.push(outcome);
      }
      expect(outcomes).toEqual(stop === 0 ? ['read'] : ['delta.no-such-version', 'read']);
    }
  });

  it.each([
    ['nothing has expired', [5, 12], 30, {}, undefined],
    ['no checkpoint is old enough', [40], 46, {}, undefined],
    [
      'checkpoints are protected',
      [5, 12],
      46,
      { 'delta.requireCheckpointProtectionBeforeVersion': '13' },
      expect.stringContaining('13'),
    ],
  ] as const)('removes nothing when %s', async (_, checkpoints, day, configuration, kept) => {
    const storage = await tableOf(50, checkpoints, configuration);
    const before = await names(storage);
    const done = await clean(storage, day);
    expect(done.paths).toEqual([]);
    expect(done.kept).toEqual(kept);
    expect(await names(storage)).toEqual(before);
  });

  it('removes nothing because somebody’s clock is ahead', async () => {
    const storage = await tableOf(20, [5, 12]);
    expect(await clean(storage, 4000)).toMatchObject({ paths: [] });
  });

  it('goes by the retention that the table states, and past protection as a whole', async () => {
    const storage = await tableOf(20, [3, 6], {
      'delta.logRetentionDuration': 'interval 2 days',
      'delta.requireCheckpointProtectionBeforeVersion': '6',
    });
    expect(await clean(storage, 10)).toMatchObject({ oldestKept: 6 });
    await expect(readTestTable(storage, 5)).rejects.toMatchObject({ code: 'delta.no-such-version' });
  });

  it('keeps everything when the checkpoint it would begin with can’t be read', async () => {
    const storage = await tableOf(50, [12]);
    await storage.put(checkpointPath(12), new TextEncoder().encode('torn'));
    const done = await clean(storage, 46);
    expect(done).toMatchObject({ paths: [], kept: expect.stringContaining(checkpointPath(12)) });
    expect(livePaths(await readTestTable(storage, 0))).toEqual(['f0', 'g0']);
  });

  it('removes old sidecars that no checkpoint names, and no others', async () => {
    const storage = await tableOf(50, [5, 12, 18, 45], { 'delta.checkpointPolicy': 'v2' });
    await storage.put(`${sidecarFolder}/new.parquet`, new TextEncoder().encode('being written'));
    const sidecars = (await names(storage)).filter((name) => name.startsWith(sidecarFolder));
    const done = await clean(storage, 49);
    const left = (await names(storage)).filter((name) => name.startsWith(sidecarFolder));
    const gone = sidecars.filter((name) => !left.includes(name));
    expect(gone.length).toBeGreaterThan(0);
    expect(done.paths).toEqual(expect.arrayContaining(gone));
    expect(left).toContain(`${sidecarFolder}/new.parquet`);
    for (const version of [18, 30, 45, 49]) {
      expect((await readTestTable(storage, version)).version).toBe(version);
    }
    // What is left of the sidecars is enough without the commits.
    for (let version = 19; version < 45; version += 1) await storage.remove(commitPath(version));
    expect((await readTestTable(storage)).files.size).toBe(51);
  });

  it('keeps all sidecars when a checkpoint can’t say which it needs', async () => {
    const storage = await tableOf(50, [5, 12, 18], { 'delta.checkpointPolicy': 'v2' });
    const manifest = (await listLog(storage)).checkpoints.find((c) => c.version === 18)?.paths[0] as string;
    await storage.put(manifest, new TextEncoder().encode('{"torn'));
    const { paths } = await clean(storage, 46);
    expect(paths.filter((path) => path.startsWith(sidecarFolder))).toEqual([]);
  });

  it('doesn’t disturb a reader that listed the log before', async () => {
    const storage = await tableOf(50, [5, 12, 18, 40]);
    const { paths } = await clean(storage, 46, true);
    const expected = livePaths(await readTestTable(storage));
    for (let moment = 0; moment < 8; moment += 1) {
      const table = await tableOf(50, [5, 12, 18, 40]);
      let calls = 0;
      const reading = new Proxy(table, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            calls += 1;
            const result = value.apply(target, args) as unknown;
            if (calls === moment + 1) for (const path of paths) void target.remove(path);
            return result;
          };
        },
      });
      expect(livePaths(await readSnapshot(reading, { rows: memoryRows }))).toEqual(expected);
    }
  });
});

describe('compactLog', () => {
  it('stands for its commits: every version reads as before, from fewer files', async () => {
    const storage = await tableOf(30, []);
    const before = await Promise.all(
      Array.from({ length: 30 }, (_, version) => readTestTable(storage, version)),
    );
    expect(await compactLog(storage, 3, 9)).toBe(
      '_delta_log/00000000000000000003.00000000000000000009.compacted.json',
    );
    await compactLog(storage, 3, 20);
    await compactLog(storage, 21, 28);
    for (const expected of before) {
      const read = await readTestTable(storage, expected.version);
      expect(livePaths(read)).toEqual(livePaths(expected));
      expect([...read.tombstones.keys()].sort()).toEqual([...expected.tombstones.keys()].sort());
    }
    const reads: string[] = [];
    const counting = new Proxy(storage, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'read') reads.push(String(args[0]));
          return value.apply(target, args) as unknown;
        };
      },
    });
    await readSnapshot(counting, { rows: memoryRows });
    expect(reads.filter((path) => /\d\.json$|compacted/.test(path))).toHaveLength(6);
  });

  it('keeps that domains and transactions ended, and the last of everything', async () => {
    const storage = new MemoryStorage();
    const domain = (removed: boolean): Action => ({
      kind: 'domain',
      domain: 'd',
      configuration: '',
      removed,
    });
    const transaction = (version: number): Action => ({ kind: 'transaction', appId: 'a', version });
    await putCommit(storage, 0, [protocol, testMetadata(), domain(false), transaction(1)]);
    await putCommit(storage, 1, [domain(true), transaction(5), testAdd('x')]);
    await putCommit(storage, 2, [transaction(2), removeOf(testAdd('x'), 1), testAdd('y')]);
    await putCommit(storage, 3, [testAdd('x')]);
    const before = await readTestTable(storage);
    await compactLog(storage, 1, 2);
    const after = await readTestTable(storage);
    expect(livePaths(after)).toEqual(['x', 'y']);
    expect(after.domains.size).toBe(0);
    expect(after.transactions).toEqual(before.transactions);
    expect(after.tombstones.size).toBe(0);
  });

  it('that is torn is passed over', async () => {
    const storage = await tableOf(10, []);
    const expected = livePaths(await readTestTable(storage));
    const path = await compactLog(storage, 1, 8);
    const bytes = await storage.read(path);
    await storage.put(path, bytes.slice(0, bytes.length / 2));
    expect(livePaths(await readTestTable(storage))).toEqual(expected);
  });

  it('is refused for commits that aren’t there', async () => {
    const storage = await tableOf(5, []);
    await expect(compactLog(storage, 3, 7)).rejects.toMatchObject({ code: 'delta.no-such-version' });
    expect((await listLog(storage)).compactions).toEqual([]);
  });
});
