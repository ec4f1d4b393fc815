import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../base/index.ts';
import { MemoryStorage, wrapStorage } from '../../storage/index.ts';
import type { Action } from '../actions.ts';
import { memoryRows, putCommit, testAdd, testMetadata, testProtocol } from '../contract.ts';
import { readCommit, readCommits, versionAt } from './commit-times.ts';
import { history } from './history.ts';
import { commitPath } from './log-files.ts';
import { readSnapshot, updateSnapshot } from './read-snapshot.ts';

const info = (inCommitTimestamp: number): Action => ({ kind: 'commit-info', body: { inCommitTimestamp } });

/** Commits whose files have these times, and which tell these of themselves. */
async function tableOf(
  commits: readonly { readonly file: number; readonly told?: number }[],
): Promise<MemoryStorage> {
  let nowMs = 0;
  const storage = new MemoryStorage('t', { ...fixedClock(0), nowMs: () => nowMs });
  for (const [version, { file, told }] of commits.entries()) {
    nowMs = file;
    const first = version === 0 ? [testProtocol, testMetadata()] : [];
    await putCommit(storage, version, [
      ...(told === undefined ? [] : [info(told)]),
      ...first,
      testAdd(`f${version}`),
    ]);
  }
  return storage;
}

describe('versionAt', () => {
  it.each([
    [
      'file times that rise',
      [{ file: 10 }, { file: 20 }, { file: 30 }],
      [
        [10, 0],
        [19, 0],
        [20, 1],
        [30, 2],
      ],
    ],
    [
      'file times that go back, made to rise',
      [{ file: 10 }, { file: 5 }, { file: 5 }, { file: 40 }],
      [
        [10, 0],
        [11, 1],
        [12, 2],
        [39, 2],
        [40, 3],
      ],
    ],
    [
      'times that commits tell, whatever their files say',
      [
        { file: 900, told: 10 },
        { file: 1, told: 20 },
        { file: 1, told: 30 },
      ],
      [
        [10, 0],
        [29, 1],
        [30, 2],
      ],
    ],
    [
      'times told from some version on, with files copied later',
      [{ file: 5000 }, { file: 5001 }, { file: 5002, told: 100 }, { file: 5003, told: 110 }],
      [
        [100, 2],
        [109, 2],
        [110, 3],
      ],
    ],
    [
      'times told from some version on',
      [{ file: 10 }, { file: 20 }, { file: 25, told: 30 }, { file: 26, told: 40 }],
      [
        [10, 0],
        [29, 1],
        [30, 2],
        [39, 2],
        [40, 3],
      ],
    ],
    [
      'times that were told once, and no longer',
      [{ file: 10, told: 7 }, { file: 20, told: 8 }, { file: 30 }],
      [
        [10, 0],
        [20, 1],
        [30, 2],
      ],
    ],
  ] as const)('goes by %s', async (_, commits, expected) => {
    const storage = await tableOf(commits);
    for (const [timeMs, version] of expected)
      expect([timeMs, await versionAt(storage, timeMs)]).toEqual([timeMs, version]);
    const [firstMs] = expected[0] as readonly [number, number];
    const [lastMs, last] = expected.at(-1) as readonly [number, number];
    await expect(versionAt(storage, firstMs - 1)).rejects.toMatchObject({
      code: 'delta.no-such-version',
      message: expect.stringContaining('before the first commit'),
    });
    await expect(versionAt(storage, lastMs + 1)).rejects.toMatchObject({
      code: 'delta.no-such-version',
      message: expect.stringContaining('after its last commit'),
    });
    expect(await versionAt(storage, lastMs + 1, { orLast: true })).toBe(last);
    expect((await readSnapshot(storage, { rows: memoryRows, timestampMs: lastMs })).version).toBe(last);
  });

  it('is refused for a folder that is no table', async () => {
    await expect(versionAt(new MemoryStorage(), 0)).rejects.toMatchObject({ code: 'delta.not-a-table' });
  });
});

describe('readCommit and readCommits', () => {
  it('give the actions and the time of each commit, in order', async () => {
    const storage = await tableOf([{ file: 10 }, { file: 5 }, { file: 7, told: 50 }]);
    expect(await readCommit(storage, 1)).toMatchObject({ version: 1, timestampMs: 5, info: undefined });
    expect(await readCommit(storage, 2)).toMatchObject({
      timestampMs: 50,
      actions: [info(50), { path: 'f2' }],
    });
    const all = [];
    for await (const { version, timestampMs, actions } of readCommits(storage)) {
      all.push([version, timestampMs, actions.length]);
    }
    expect(all).toEqual([
      [0, 10, 3],
      [1, 11, 1],
      [2, 50, 2],
    ]);
    const some = [];
    for await (const { version } of readCommits(storage, { first: 1, last: 1 })) some.push(version);
    expect(some).toEqual([1]);
  });

  it('give the times by which versions are found when commits told their own once, and no longer do', async () => {
    const storage = await tableOf([{ file: 10, told: 7 }, { file: 20, told: 8 }, { file: 30 }]);
    const times: number[] = [];
    for await (const { timestampMs } of readCommits(storage)) times.push(timestampMs);
    expect(times).toEqual([10, 20, 30]);
    const entries = await history(storage);
    expect(entries.map(({ timestampMs }) => timestampMs)).toEqual([30, 20, 10]);
    for (const { version, timestampMs } of entries)
      expect(await versionAt(storage, timestampMs)).toBe(version);
  });

  it('refuse what isn’t there, and a gap', async () => {
    const storage = await tableOf(Array.from({ length: 40 }, (_, file) => ({ file })));
    const count = async (range: { first?: number; last?: number }): Promise<number> => {
      let commits = 0;
      for await (const _ of readCommits(storage, range)) commits += 1;
      return commits;
    };
    expect(await count({ first: 2 })).toBe(38);
    await expect(count({ last: 40 })).rejects.toMatchObject({ code: 'delta.no-such-version' });
    await storage.remove(commitPath(30));
    await expect(count({})).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining(commitPath(30)),
    });
    await storage.remove(commitPath(0));
    await expect(count({ first: 0 })).rejects.toMatchObject({
      code: 'delta.no-such-version',
      details: { first: 1, last: 39 },
    });
  });
});

describe('updateSnapshot', () => {
  it('gives the same object while nothing is committed, and then what a new reading gives', async () => {
    const storage = await tableOf([{ file: 10 }, { file: 20 }]);
    const first = await readSnapshot(storage, { rows: memoryRows });
    expect(await updateSnapshot(storage, first, { rows: memoryRows })).toBe(first);
    await putCommit(storage, 2, [info(77), testAdd('new')]);
    const second = await updateSnapshot(storage, first, { rows: memoryRows });
    const anew = await readSnapshot(storage, { rows: memoryRows });
    expect({ ...second, files: [...second.files], tombstones: [...second.tombstones] }).toEqual({
      ...anew,
      files: [...anew.files],
      tombstones: [...anew.tombstones],
    });
    expect(second.inCommitTimestampMs).toBe(77);
    expect([...first.files.keys()]).toEqual(['f0', 'f1']);
  });

  it.each([0, 1, 2])('reads a table anew that was made anew with %i commits more', async (more) => {
    const storage = await tableOf([{ file: 10 }, { file: 20 }]);
    const known = await readSnapshot(storage, { rows: memoryRows });
    const other = await tableOf([{ file: 30 }, { file: 40 }, { file: 50 }, { file: 60 }].slice(0, 2 + more));
    const replacing = wrapStorage(other, { uri: storage.uri });
    const now = await updateSnapshot(replacing, known, { rows: memoryRows });
    expect(now).not.toBe(known);
    expect(now.version).toBe(1 + more);
    expect(now.files.size).toBe(2 + more);
    expect(now.timestampMs).toBe(40 + 10 * more);
  });

  it('reads the table anew when the log doesn’t lead on from what is known', async () => {
    const storage = await tableOf([{ file: 10 }, { file: 20 }]);
    const known = await readSnapshot(storage, { rows: memoryRows });
    await storage.remove(commitPath(1));
    expect((await updateSnapshot(storage, known, { rows: memoryRows })).version).toBe(0);
    await putCommit(storage, 2, [testAdd('x')]);
    await expect(updateSnapshot(storage, known, { rows: memoryRows })).rejects.toMatchObject({
      code: 'delta.corrupt-log',
    });
  });
});
