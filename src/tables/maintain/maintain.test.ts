import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSnapshot } from '../../delta/index.ts';
import { FaultyStorage, openStorage } from '../../storage/index.ts';
import { createTable } from '../alter/create-table.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { append } from '../write/write-delta.ts';
import { checkpointTable, cleanTableLog, compactTableLog } from './log-upkeep.ts';
import { maintain, planMaintenance } from './maintain.ts';
import type { MaintenanceFacts } from './maintenance-facts.ts';
import { type MaintenanceKind, planSteps, sizeText } from './maintenance-plan.ts';

const mib = 1024 * 1024;

/** A table about which nothing is to be done. */
const fine: MaintenanceFacts = {
  version: 20,
  live: { files: 100, bytes: 1000 * mib },
  rewrite: { files: 0, bytes: 0, becomes: 0 },
  clustering: undefined,
  deleted: { files: 0, bytes: 0 },
  commitsSinceCheckpoint: 3,
  checkpointInterval: 10,
  uncompactedCommits: 2,
  reclaimable: { files: 0, bytes: 0, retentionMs: 168 * 3_600_000 },
  expiredLog: { files: 0, bytes: 0 },
};

const clusteredBy = (files: number, bytes: number): MaintenanceFacts['clustering'] => ({
  columns: ['a', 's.b'],
  unclustered: { files, bytes },
});

describe('what is worth doing', () => {
  it.each<[string, Partial<MaintenanceFacts>, readonly MaintenanceKind[]]>([
    ['nothing about a table that is fine', {}, []],
    [
      'putting many small files together',
      { rewrite: { files: 80, bytes: 40 * mib, becomes: 1 } },
      ['optimize'],
    ],
    ['not a few of many', { rewrite: { files: 6, bytes: 4 * mib, becomes: 1 } }, []],
    [
      'a few, when they are most of the table',
      { live: { files: 6, bytes: 4 * mib }, rewrite: { files: 6, bytes: 4 * mib, becomes: 1 } },
      ['optimize'],
    ],
    [
      'clustering what isn’t yet',
      { clustering: clusteredBy(10, 200 * mib), rewrite: { files: 12, bytes: 300 * mib, becomes: 4 } },
      ['cluster'],
    ],
    [
      'not clustering a drop in the sea',
      { clustering: clusteredBy(1, 2 * mib), rewrite: { files: 2, bytes: 3 * mib, becomes: 1 } },
      [],
    ],
    ['purging many deleted rows', { deleted: { files: 4, bytes: 150 * mib } }, ['purge']],
    ['not purging few', { deleted: { files: 4, bytes: 20 * mib } }, []],
    ['a checkpoint that is long overdue', { commitsSinceCheckpoint: 20 }, ['checkpoint']],
    ['not one that is only due', { commitsSinceCheckpoint: 19 }, []],
    [
      'compacting many commits while no checkpoint is due',
      { commitsSinceCheckpoint: 300, checkpointInterval: 1000, uncompactedCommits: 100 },
      ['compact-log'],
    ],
    [
      'not what a compaction stands for already',
      { commitsSinceCheckpoint: 300, checkpointInterval: 1000, uncompactedCommits: 99 },
      [],
    ],
    [
      'a checkpoint rather than a compaction',
      { commitsSinceCheckpoint: 2000, checkpointInterval: 1000, uncompactedCommits: 2000 },
      ['checkpoint'],
    ],
    ['vacuuming much', { reclaimable: { files: 3, bytes: 300 * mib, retentionMs: 3_600_000 } }, ['vacuum']],
    ['vacuuming many', { reclaimable: { files: 1000, bytes: 1, retentionMs: 3_600_000 } }, ['vacuum']],
    ['not vacuuming little', { reclaimable: { files: 3, bytes: 3 * mib, retentionMs: 3_600_000 } }, []],
    ['cleaning a long log', { expiredLog: { files: 500, bytes: mib } }, ['clean-log']],
    [
      'several things, files before the log',
      {
        rewrite: { files: 80, bytes: 40 * mib, becomes: 1 },
        commitsSinceCheckpoint: 50,
        reclaimable: { files: 3000, bytes: mib, retentionMs: 0 },
      },
      ['optimize', 'checkpoint', 'vacuum'],
    ],
  ])('is %s', (_, facts, kinds) => {
    const { steps, passedOver } = planSteps({ ...fine, ...facts });
    expect(steps.map(({ kind }) => kind)).toEqual(kinds);
    expect(steps.length + passedOver.length).toBe(6);
  });

  it('is said in plain words, with what it saves', () => {
    const { steps } = planSteps({ ...fine, rewrite: { files: 80, bytes: 40 * mib, becomes: 2 } });
    expect(steps[0]).toMatchObject({
      reason: '80 files that are small or have deleted rows, 40.0 MiB together, would become 2',
      saves: { files: 78 },
    });
    const vacuumed = planSteps({
      ...fine,
      reclaimable: { files: 1, bytes: 512 * mib, retentionMs: 604_800_000 },
    });
    expect(vacuumed.steps[0]?.reason).toBe(
      '1 file, 512.0 MiB, that no version needs which was current in the last 7 days',
    );
  });

  it('goes by other thresholds when they are given', () => {
    const facts = { ...fine, rewrite: { files: 3, bytes: 1, becomes: 1 } };
    expect(planSteps(facts, { filesSavedMin: 2 }).steps.map(({ kind }) => kind)).toEqual(['optimize']);
  });

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1536, '1.5 KiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
  ])('says %d as %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

describe('upkeep', () => {
  let root: string;
  let tables = 0;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'boathouse-maintain-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function neglected(): Promise<{ handle: TableHandle; folder: string }> {
    tables += 1;
    const folder = path.join(root, `t${tables}`);
    await createTable(folder, {
      schema: 'id BIGINT',
      properties: { 'delta.checkpointInterval': '1000', 'delta.enableDeletionVectors': 'true' },
    });
    const handle = await TableHandle.open(folder);
    for (let i = 0; i < 20; i += 1) await append(handle, [{ id: BigInt(i) }]);
    await writeFile(path.join(folder, 'orphan.parquet'), 'x'.repeat(10_000));
    const old = new Date(Date.now() - 400 * 3_600_000);
    await utimes(path.join(folder, 'orphan.parquet'), old, old);
    return { handle, folder };
  }

  it('is planned without a write, done as planned, and not planned again', async () => {
    const { handle, folder } = await neglected();
    const before = (await readdir(folder, { recursive: true })).sort();
    const plan = await planMaintenance(handle, undefined, { checkpointsMissedMin: 0.01 });
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(before);
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['optimize', 'checkpoint', 'vacuum']);
    const done = await maintain(handle, undefined, plan);
    expect(done.map(({ kind }) => kind)).toEqual(['rewritten', 'checkpointed', 'vacuumed']);
    expect(handle.snapshot.files.size).toBe(1);
    expect(await readdir(folder)).not.toContain('orphan.parquet');
    expect((await planMaintenance(handle)).steps).toEqual([]);
  });

  it('finds deleted rows that compaction would leave', async () => {
    const { handle } = await neglected();
    await maintain(handle, undefined, await planMaintenance(handle));
    await deleteRows(handle, undefined, { where: 'id = 3' });
    const plan = await planMaintenance(handle, undefined, { deletedRatioMin: 0.01, filesSavedMin: 1 });
    // One row of twenty is just what compaction tolerates.
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['purge']);
    await maintain(handle, undefined, plan);
    expect([...handle.snapshot.files.values()][0]?.deletionVector).toBeUndefined();
  });

  it('of the log writes checkpoints and compactions that readers go by', async () => {
    const { handle, folder } = await neglected();
    expect(await compactTableLog(handle)).toMatchObject({ first: 0, last: 19 });
    expect(await compactTableLog(handle)).toBeUndefined();
    await append(handle, [{ id: 100n }]);
    await append(handle, [{ id: 101n }]);
    expect(await compactTableLog(handle)).toMatchObject({ first: 20, last: 21 });
    const written = await checkpointTable(handle);
    expect(written).toMatchObject({ version: 22 });
    expect(await compactTableLog(handle)).toBeUndefined();
    const found = await TableHandle.open(folder);
    expect([...found.snapshot.files.keys()].sort()).toEqual([...handle.snapshot.files.keys()].sort());
  });

  it('of the log compacts commits where checkpoints are rare, and readers open fewer files for it', async () => {
    const { handle, folder } = await neglected();
    const kindsOf = async (uncompactedCommitsMin: number): Promise<readonly string[]> =>
      (await planMaintenance(handle, undefined, { uncompactedCommitsMin })).steps.map(({ kind }) => kind);
    expect(await kindsOf(21)).not.toContain('compact-log');
    expect(await kindsOf(20)).toContain('compact-log');
    const plan = await planMaintenance(handle, undefined, { uncompactedCommitsMin: 20 });
    const steps = plan.steps.filter(({ kind }) => kind === 'compact-log');
    expect(steps).toMatchObject([{ saves: { commits: 19 } }]);
    expect(await maintain(handle, undefined, { steps })).toMatchObject([
      { kind: 'log-compacted', result: { first: 0, last: 19 } },
    ]);
    expect(await kindsOf(20)).not.toContain('compact-log');
    const storage = new FaultyStorage(openStorage(folder), new Map());
    const snapshot = await readSnapshot(storage, { rows: duckdbParquetRows });
    expect(snapshot.files.size).toBe(20);
    // The listing, the pointer to a checkpoint, the compaction and the newest commit, and what tells of checksums.
    expect(storage.calls).toBeLessThan(8);
  });

  it('of the log removes what has expired, when asked to', async () => {
    const { handle, folder } = await neglected();
    await checkpointTable(handle);
    await append(handle, [{ id: 100n }]);
    await checkpointTable(handle);
    const old = new Date(Date.now() - 50 * 86_400_000);
    for (const name of await readdir(path.join(folder, '_delta_log'))) {
      if (/^\d+/.test(name) && !name.includes('0021'))
        await utimes(path.join(folder, '_delta_log', name), old, old);
    }
    const would = await cleanTableLog(handle, { dryRun: true });
    expect(would.paths.length).toBeGreaterThanOrEqual(20);
    expect((await cleanTableLog(handle)).paths).toEqual(would.paths);
    const found = await TableHandle.open(folder);
    expect(found.snapshot.files.size).toBe(handle.snapshot.files.size);
  });
});
