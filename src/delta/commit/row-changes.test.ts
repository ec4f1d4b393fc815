import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/index.ts';
import { FaultyStorage, faults, MemoryStorage, type Storage } from '../../storage/index.ts';
import { type Action, type AddFile, fileKey, removeOf } from '../actions.ts';
import { memoryRows, readTestTable, testAdd, testCommit, testMetadata } from '../contract.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { addFeature } from '../protocol.ts';
import { readDeletionVectors } from '../vectors/deletion-vectors.ts';
import { RowSet } from '../vectors/row-set.ts';
import type { RowChange } from './row-changes.ts';

describe('rows deleted by position', () => {
  it('leave the file, with a vector and wide bounds', async () => {
    const { storage, snapshot } = await tableWith();
    const made = await deleteRows(storage, snapshot, { a: [1, 3] });
    const [file] = [...made.snapshot.files.values()].filter(({ path }) => path === 'a') as [AddFile];
    expect(file.deletionVector).toMatchObject({ storageType: 'i', cardinality: 2 });
    expect(file.stats).toBe(
      '{"tightBounds":false,"numRecords":10,"minValues":{"id":1.00000000000000000001}}',
    );
    expect(await rowsLeft(storage)).toEqual({ a: 8, b: 10 });
    expect(made.actions.map(({ kind }) => kind)).toEqual(['remove', 'add']);
  });

  it('take the file with them when none is left', async () => {
    const { storage, snapshot } = await tableWith();
    const first = await deleteRows(storage, snapshot, { a: [0, 1, 2, 3] });
    const made = await deleteRows(storage, first.snapshot, { a: [4, 5, 6, 7, 8, 9] });
    expect(made.actions.map(({ kind }) => kind)).toEqual(['remove']);
    expect(await rowsLeft(storage)).toEqual({ b: 10 });
  });

  it('of many files share one file of vectors when they are large', async () => {
    const { storage, snapshot } = await tableWith(100_000);
    const scattered = Array.from({ length: 40_000 }, (_, i) => i * 2);
    const made = await deleteRows(storage, snapshot, { a: scattered, b: scattered });
    const vectors = [...made.snapshot.files.values()].map(({ deletionVector }) => deletionVector);
    expect(vectors.map((vector) => [vector?.storageType, vector?.cardinality])).toEqual([
      ['u', 40_000],
      ['u', 40_000],
    ]);
    expect(new Set(vectors.map((vector) => vector?.pathOrInlineDv)).size).toBe(1);
    expect(await vectorFiles(storage)).toHaveLength(1);
    expect(await rowsLeft(storage)).toEqual({ a: 60_000, b: 60_000 });
  });

  it('are put on top of other rows that others deleted in the same file', async () => {
    const { storage, snapshot } = await tableWith();
    await deleteRows(storage, snapshot, { a: [1, 2], b: [0] });
    const made = await deleteRows(storage, snapshot, { a: [3], b: [9] });
    expect(made.version).toBe(3);
    expect(await deletedIn(storage, 'a')).toEqual([1, 2, 3]);
    expect(await deletedIn(storage, 'b')).toEqual([0, 9]);
  });

  it('take the file with them when two writers deleted all of it between them', async () => {
    const { storage, snapshot } = await tableWith();
    await deleteRows(storage, snapshot, { a: [0, 1, 2, 3, 4] });
    await deleteRows(storage, snapshot, { a: [5, 6, 7, 8, 9] });
    expect(await rowsLeft(storage)).toEqual({ b: 10 });
  });

  it.each([
    ['the same row was deleted', (s: Storage, t: Snapshot) => deleteRows(s, t, { a: [3] })],
    ['the file was removed', (s: Storage, t: Snapshot) => removeFile(s, t, 'a', true)],
    ['the file was compacted', (s: Storage, t: Snapshot) => removeFile(s, t, 'a', false)],
  ])('lose, and leave no vectors behind, when %s', async (_, meanwhile) => {
    const { storage, snapshot } = await tableWith(100_000);
    await meanwhile(storage, snapshot);
    const before = await vectorFiles(storage);
    const scattered = Array.from({ length: 40_000 }, (_, i) => i * 2 + 1);
    await expect(deleteRows(storage, snapshot, { a: scattered })).rejects.toMatchObject({
      code: 'delta.commit-conflict',
    });
    expect(await vectorFiles(storage)).toEqual(before);
  });

  it('step over appends without writing their vectors again', async () => {
    const { storage, snapshot } = await tableWith(100_000);
    await testCommit(storage, { readSnapshot: snapshot, actions: [testAdd('c')] });
    const scattered = Array.from({ length: 40_000 }, (_, i) => i * 2 + 1);
    expect((await deleteRows(storage, snapshot, { a: scattered })).version).toBe(3);
    expect(await vectorFiles(storage)).toHaveLength(1);
  });

  it('are refused where vectors are not on, and where the row count is unknown', async () => {
    const { storage, snapshot } = await tableWith(10, {});
    await expect(deleteRows(storage, snapshot, { a: [1] })).rejects.toMatchObject({
      code: 'delta.broken-promise',
    });
    const other = await tableWith();
    const { snapshot: table } = await testCommit(other.storage, {
      readSnapshot: other.snapshot,
      actions: [testAdd('bare')],
    });
    await expect(deleteRows(other.storage, table, { bare: [1] })).rejects.toMatchObject({
      code: 'delta.unknown-row-count',
    });
  });
});

describe('on storage that fails, rows deleted by position', () => {
  it.each(faults)('are deleted exactly once, whichever call has a %s fault', async (fault) => {
    const scattered = Array.from({ length: 40_000 }, (_, i) => i * 2 + 1);
    let failures = 0;
    for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
      const { storage: memory, snapshot } = await tableWith(100_000);
      // Another writer deleted other rows first, so that ours is put on top.
      await deleteRows(memory, snapshot, { a: [0], b: [5] });
      const storage = new FaultyStorage(memory, new Map([[failing, fault]]));
      const outcome = await deleteRows(storage, snapshot, { a: scattered, b: [7] }).catch((error) => error);
      if (outcome instanceof Error) {
        // Writing vectors is not tried again: the operation is.
        expect(outcome).toMatchObject({ code: 'storage.unreachable' });
        failures += 1;
        expect(await deletedIn(memory, 'b')).toEqual([5]);
        await deleteRows(memory, snapshot, { a: scattered, b: [7] });
      }
      expect(await deletedIn(memory, 'a')).toEqual([0, ...scattered]);
      expect(await deletedIn(memory, 'b')).toEqual([5, 7]);
      expect((await readTestTable(memory)).version).toBe(3);
      calls = Math.max(calls, storage.calls);
    }
    expect(failures).toBeLessThanOrEqual(4);
  });
});

describe('writers that delete rows of one file at once', () => {
  it.each(Array.from({ length: 30 }, (_, seed) => [seed]))(
    'lose none and double none (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const { storage, snapshot } = await tableWith(40);
      const stale = [snapshot];
      const gone = { a: new Set<number>(), b: new Set<number>() };
      for (let n = 0; n < 14; n += 1) {
        // Each writer knows the table as it was some commits ago.
        const known = stale[Math.floor(random.fraction() * stale.length)] as Snapshot;
        const name = random.fraction() < 0.7 ? 'a' : 'b';
        const row = Math.floor(random.fraction() * 40);
        const file = [...known.files.values()].find(({ path }) => path === name);
        if (!file || (await deletedRows(storage, file)).has(row)) continue;
        const made = await deleteRows(storage, known, { [name]: [row] }).catch((error) => error);
        const wasGone = gone[name].has(row);
        if (made instanceof Error) expect(wasGone).toBe(true);
        else {
          expect(wasGone).toBe(false);
          gone[name].add(row);
          stale.push(made.snapshot);
        }
      }
      expect(gone.a.size + gone.b.size).toBeGreaterThan(3);
      for (const name of ['a', 'b'] as const) {
        expect(await deletedIn(storage, name)).toEqual([...gone[name]].sort((x, y) => x - y));
      }
    },
  );
});

const vectorsOn = { 'delta.enableDeletionVectors': 'true' };

/** A table with the files `a` and `b`, of `rows` rows each. */
async function tableWith(
  rows = 10,
  properties: Record<string, string> = vectorsOn,
): Promise<{ storage: MemoryStorage; snapshot: Snapshot }> {
  const storage = new MemoryStorage();
  const base = { kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 } as const;
  const created = await testCommit(storage, {
    readSnapshot: undefined,
    actions: [addFeature('t', base, 'deletionVectors'), testMetadata(properties)],
  });
  const stats = `{"numRecords":${rows},"minValues":{"id":1.00000000000000000001}}`;
  const actions = ['a', 'b'].map((path) => ({ ...testAdd(path), stats }));
  const { snapshot } = await testCommit(storage, { readSnapshot: created.snapshot, actions });
  return { storage, snapshot };
}

function deleteRows(storage: Storage, snapshot: Snapshot, rows: Readonly<Record<string, readonly number[]>>) {
  const rowChanges: RowChange[] = [...snapshot.files.values()].flatMap((file) => {
    const deleted = rows[file.path];
    return deleted ? [{ file, deleted: RowSet.of(deleted) }] : [];
  });
  return testCommit(storage, {
    readSnapshot: snapshot,
    actions: [],
    rowChanges,
    read: { mayHold: () => true, files: new Set(rowChanges.map(({ file }) => fileKey(file))) },
    rows: memoryRows,
  });
}

function removeFile(storage: Storage, snapshot: Snapshot, path: string, dataChange: boolean) {
  const files = [...snapshot.files.values()].filter((file) => file.path === path);
  const actions: Action[] = files.map((file) => removeOf(file, 1, dataChange));
  const read = { mayHold: () => false, files: new Set([path]) };
  return testCommit(storage, { readSnapshot: snapshot, actions, read });
}

async function deletedRows(storage: Storage, file: AddFile): Promise<RowSet> {
  return [...(await readDeletionVectors([file], storage)).values()][0] ?? RowSet.empty;
}

async function deletedIn(storage: Storage, path: string): Promise<number[]> {
  const files = [...(await readTestTable(storage)).files.values()].filter((file) => file.path === path);
  expect(files).toHaveLength(1);
  return [...(await deletedRows(storage, files[0] as AddFile))];
}

async function rowsLeft(storage: Storage): Promise<Record<string, number>> {
  const left: Record<string, number> = {};
  for (const file of (await readTestTable(storage)).files.values()) {
    const rows = Number(/"numRecords":(\d+)/.exec(file.stats ?? '')?.[1]);
    left[file.path] = rows - (await deletedRows(storage, file)).size;
  }
  return left;
}

async function vectorFiles(storage: Storage): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list('deletion_vector_')) paths.push(path);
  return paths;
}
