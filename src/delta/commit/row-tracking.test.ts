import { describe, expect, it } from 'vitest';
import { fixedClock, seededRandom } from '../../base/index.ts';
import { MemoryStorage, type Storage } from '../../storage/index.ts';
import type { Action, AddFile, Metadata, Protocol } from '../actions.ts';
import { intercept, putCommit, readTestTable, testAdd, testCommit, testMetadata } from '../contract.ts';
import { readActions } from '../log/commit-file.ts';
import { commitPath } from '../log/log-files.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { protocolFor } from '../protocol.ts';
import { parseSchema } from '../schema.ts';
import {
  rowIdColumnProperty,
  rowTrackingDomain,
  rowVersionColumnProperty,
  withRowIds,
} from './row-tracking.ts';

const tracked = { 'delta.enableRowTracking': 'true' };
const file = (path: string, rows: number): AddFile => ({ ...testAdd(path), stats: `{"numRecords":${rows}}` });

describe('row tracking', () => {
  it('gives every file ids of its own, and says how far it got', async () => {
    const { storage, snapshot } = await create(tracked);
    const first = await testCommit(storage, {
      readSnapshot: snapshot,
      actions: [file('a', 10), file('b', 0), file('c', 5)],
    });
    const second = await testCommit(storage, { readSnapshot: first.snapshot, actions: [file('d', 1)] });
    expect(ids(second.snapshot)).toEqual({ a: [0, 1], b: [10, 1], c: [10, 1], d: [15, 2] });
    expect(second.snapshot.domains.get(rowTrackingDomain)?.configuration).toBe('{"rowIdHighWaterMark":15}');
    expect(ids(await readTestTable(storage))).toEqual(ids(second.snapshot));
    const info = (await readActions(storage, commitPath(2)))[0];
    expect(info).toMatchObject({
      kind: 'commit-info',
      body: { tags: { 'delta.rowTracking.preserved': 'true' } },
    });
  });

  it('numbers the rows of however many files there are when it is turned on', async () => {
    const { snapshot } = await create({});
    const many = 200_000;
    const before = {
      files: { values: () => Array.from({ length: many }, (_, i) => file(`f${i}`, 2)).values() },
      domain: undefined,
      metadata: snapshot.metadata,
    };
    const metadata = testMetadata(tracked);
    const after = { metadata, protocol: protocolFor('t', metadata, snapshot.schema) };
    const actions = withRowIds('t', [metadata], after, before, 1);
    expect(actions).toHaveLength(1 + many + 1);
    expect(actions.at(-1)).toMatchObject({ configuration: `{"rowIdHighWaterMark":${2 * many - 1}}` });
  });

  it('names the columns that keep ids, once and for good', async () => {
    const { storage, snapshot } = await create(tracked);
    const names = [rowIdColumnProperty, rowVersionColumnProperty].map((key) =>
      snapshot.metadata.configuration.get(key),
    );
    expect(names[0]).toMatch(/^_row-id-col-/);
    expect(names[1]).toMatch(/^_row-commit-version-col-/);
    const replaced = await testCommit(storage, {
      readSnapshot: snapshot,
      actions: [testMetadata(tracked)],
      read: 'whole-table',
    });
    for (const [i, key] of [rowIdColumnProperty, rowVersionColumnProperty].entries()) {
      expect(replaced.snapshot.metadata.configuration.get(key)).toBe(names[i]);
    }
  });

  it('numbers rows above those of writers that got in first', async () => {
    const { storage, snapshot } = await create(tracked);
    await testCommit(storage, { readSnapshot: snapshot, actions: [file('theirs', 100)] });
    const made = await testCommit(storage, { readSnapshot: snapshot, actions: [file('ours', 7)] });
    expect(ids(made.snapshot)).toEqual({ theirs: [0, 1], ours: [100, 2] });
  });

  it('keeps the ids a file brings along, and stays above them', async () => {
    const { storage, snapshot } = await create(tracked);
    const restored = { ...file('old', 10), baseRowId: 1000, defaultRowCommitVersion: 4 };
    const made = await testCommit(storage, { readSnapshot: snapshot, actions: [file('new', 3), restored] });
    expect(ids(made.snapshot)).toEqual({ new: [1010, 1], old: [1000, 4] });
    expect(made.snapshot.domains.get(rowTrackingDomain)?.configuration).toBe('{"rowIdHighWaterMark":1012}');
  });

  it('numbers what was there when it is turned on, also what came meanwhile', async () => {
    const { storage, snapshot } = await create({});
    const { snapshot: table } = await testCommit(storage, {
      readSnapshot: snapshot,
      actions: [file('a', 10)],
    });
    await testCommit(storage, { readSnapshot: table, actions: [file('meanwhile', 10)] });
    const metadata = testMetadata(tracked);
    const actions = [protocolOf(metadata), metadata, file('with', 5)];
    const made = await testCommit(storage, { readSnapshot: table, actions });
    const given = ids(made.snapshot);
    expect(Object.keys(given).sort()).toEqual(['a', 'meanwhile', 'with']);
    const bases = Object.values(given)
      .map(([base]) => Number(base))
      .sort((x, y) => x - y);
    expect(new Set(bases).size).toBe(3);
    expect(Object.values(given).every(([, version]) => version === 3)).toBe(true);
    expect(made.snapshot.domains.get(rowTrackingDomain)?.configuration).toBe('{"rowIdHighWaterMark":24}');
    const described = made.actions.filter((a) => a.kind === 'add' && !a.dataChange);
    expect(described).toHaveLength(2);
  });

  it('gives no ids while it is suspended', async () => {
    const { storage, snapshot } = await create({
      'delta.feature.rowTracking': 'supported',
      'delta.rowTrackingSuspended': 'true',
    });
    const made = await testCommit(storage, { readSnapshot: snapshot, actions: [file('a', 10)] });
    expect(ids(made.snapshot)).toEqual({ a: [undefined, undefined] });
    expect(snapshot.metadata.configuration.has('delta.feature.rowTracking')).toBe(false);
  });

  it('gives ids as soon as the feature is listed', async () => {
    const { storage, snapshot } = await create({ 'delta.feature.rowTracking': 'supported' });
    const made = await testCommit(storage, { readSnapshot: snapshot, actions: [file('a', 10)] });
    expect(ids(made.snapshot)).toEqual({ a: [0, 1] });
  });

  it.each([['a file without a row count', [testAdd('a')], /a has no row count/]] satisfies [
    string,
    Action[],
    RegExp,
  ][])('refuses %s', async (_, actions, problem) => {
    const { storage, snapshot } = await create(tracked);
    const commit = testCommit(storage, { readSnapshot: snapshot, actions });
    await expect(commit).rejects.toMatchObject({
      code: 'delta.broken-promise',
      message: expect.stringMatching(problem),
    });
  });

  it('refuses a high-water mark that makes no sense, instead of numbering from the start', async () => {
    const { storage, snapshot } = await create(tracked);
    await putCommit(storage, 1, [
      { kind: 'domain', domain: rowTrackingDomain, configuration: '{}', removed: false },
    ]);
    const commit = testCommit(storage, { readSnapshot: snapshot, actions: [file('a', 1)] });
    await expect(commit).rejects.toMatchObject({ code: 'delta.broken-promise' });
  });

  it.each(Array.from({ length: 15 }, (_, seed) => [seed]))(
    'never gives an id twice, whoever gets in first (seed %i)',
    async (seed) => {
      const { storage, snapshot } = await create(tracked);
      const random = seededRandom(seed);
      const stale = [snapshot];
      // Storage that lets another writer in before some of the calls.
      const commit = async (into: Storage, n: number): Promise<void> => {
        const known = stale[Math.floor(random.fraction() * stale.length)] as Snapshot;
        const rows = 1 + Math.floor(random.fraction() * 50);
        stale.push(
          (await testCommit(into, { readSnapshot: known, actions: [file(`f${n}`, rows)] })).snapshot,
        );
      };
      let nested = 100;
      const crowded = intercept(storage, async (call) => {
        if (call !== 'create' || random.fraction() < 0.5) return;
        nested += 1;
        await commit(storage, nested);
      });
      for (let n = 0; n < 8; n += 1) await commit(crowded, n);
      const taken = new Set<number>();
      for (const { baseRowId, stats } of (await readTestTable(storage)).files.values()) {
        const rows = Number(/\d+/.exec(stats ?? '')?.[0]);
        for (let i = 0; i < rows; i += 1) {
          expect(taken.has(Number(baseRowId) + i)).toBe(false);
          taken.add(Number(baseRowId) + i);
        }
      }
      expect(taken.size).toBeGreaterThan(8);
    },
  );
});

describe('commit times kept by the table', () => {
  const timed = { 'delta.enableInCommitTimestamps': 'true' };
  const times = async (storage: Storage, last: number): Promise<unknown[]> =>
    Promise.all(
      Array.from({ length: last + 1 }, async (_, version) => {
        const [first] = await readActions(storage, commitPath(version));
        return first?.kind === 'commit-info' ? first.body['inCommitTimestamp'] : undefined;
      }),
    );

  it('rise from version to version, whatever the clocks say', async () => {
    const { storage, snapshot } = await create(timed);
    await testCommit(storage, { readSnapshot: snapshot, actions: [testAdd('a')], clock: fixedClock(5) });
    const stale = await testCommit(storage, {
      readSnapshot: snapshot,
      actions: [testAdd('b')],
      clock: fixedClock(9),
    });
    await testCommit(storage, {
      readSnapshot: stale.snapshot,
      actions: [testAdd('c')],
      clock: fixedClock(1_800_000_000_000),
    });
    expect(await times(storage, 3)).toEqual([
      1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002, 1_800_000_000_000,
    ]);
    expect(stale.snapshot.timestampMs).toBe(1_700_000_000_002);
    expect(snapshot.metadata.configuration.has('delta.inCommitTimestampEnablementVersion')).toBe(false);
  });

  it('say since when, in a table that had commits before', async () => {
    const { storage, snapshot } = await create({}, 9_000_000_000_000);
    await testCommit(storage, { readSnapshot: snapshot, actions: [testAdd('a')] });
    const metadata = testMetadata(timed);
    const made = await testCommit(storage, {
      readSnapshot: snapshot,
      actions: [protocolOf(metadata), metadata],
    });
    const { configuration } = made.snapshot.metadata;
    // Later than the commit file before it, though our clock is behind.
    const [, , own] = await times(storage, 2);
    expect(own).toBe(9_000_000_000_001);
    expect(configuration.get('delta.inCommitTimestampEnablementVersion')).toBe('2');
    expect(configuration.get('delta.inCommitTimestampEnablementTimestamp')).toBe(String(own));
    const later = await testCommit(storage, {
      readSnapshot: made.snapshot,
      actions: [testMetadata({ ...timed, x: 'y' })],
      read: 'whole-table',
    });
    expect(later.snapshot.metadata.configuration.get('delta.inCommitTimestampEnablementVersion')).toBe('2');
    const off = await testCommit(storage, {
      readSnapshot: later.snapshot,
      actions: [testMetadata({ x: 'y' })],
      read: 'whole-table',
    });
    expect([...off.snapshot.metadata.configuration.keys()]).toEqual(['x']);
  });
});

function protocolOf(metadata: Metadata): Protocol {
  return protocolFor('t', metadata, parseSchema(metadata.schemaString));
}

async function create(
  properties: Record<string, string>,
  fileTimeMs = 1000,
): Promise<{ storage: MemoryStorage; snapshot: Snapshot }> {
  const storage = new MemoryStorage('', fixedClock(fileTimeMs));
  const metadata = testMetadata(properties);
  const { snapshot } = await testCommit(storage, {
    readSnapshot: undefined,
    actions: [protocolOf(metadata), metadata],
  });
  return { storage, snapshot };
}

function ids(snapshot: Snapshot): Record<string, unknown[]> {
  return Object.fromEntries(
    Array.from(snapshot.files.values(), ({ path, baseRowId, defaultRowCommitVersion }) => [
      path,
      [baseRowId, defaultRowCommitVersion],
    ]),
  );
}
