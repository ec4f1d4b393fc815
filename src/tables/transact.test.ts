/** Operations that plan, commit, lose and plan again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Action,
  type AddFile,
  commitActions,
  deltaErrors,
  field,
  primitive,
  printSchema,
  type ReadSet,
  removeOf,
  type Snapshot,
} from '../delta/index.ts';
import { FaultyStorage, faults, MemoryStorage, openStorage, type Storage } from '../storage/index.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import { TableHandle } from './table-handle.ts';
import { type OperationOptions, type Planned, transact } from './transact.ts';

const quick: OperationOptions = {
  clock: { nowMs: () => 1_700_000_000_000, sleep: async () => undefined },
};

describe('an operation', () => {
  it('is planned on the table as it is when it begins, and leaves the handle where it ended', async () => {
    const { storage, handle } = await tableWith();
    await append(storage, handle.snapshot, 'theirs');
    const seen: string[][] = [];
    const version = await run(handle, quick, async (snapshot) => {
      seen.push(pathsOf(snapshot));
      return draft(snapshot, [add('ours')]);
    });
    expect(seen).toEqual([['theirs']]);
    expect(version).toBe(2);
    expect(handle.snapshot.version).toBe(2);
    expect(pathsOf(handle.snapshot)).toEqual(['ours', 'theirs']);
  });

  it('may begin from what the handle knows, and still lands on top of others', async () => {
    const { storage, handle } = await tableWith();
    await append(storage, handle.snapshot, 'theirs');
    const plan = async (snapshot: Snapshot): Promise<Planned<number>> => {
      expect(snapshot.version).toBe(0);
      return draft(snapshot, [add('ours')]);
    };
    expect(await transact(handle, quick, plan, () => -1, 'known')).toBe(2);
    expect(pathsOf(handle.snapshot)).toEqual(['ours', 'theirs']);
  });

  it('is planned again when it lost, and takes away what it had staged', async () => {
    const { storage, handle } = await tableWith();
    const discarded: number[] = [];
    const version = await run(handle, quick, async (snapshot, attempt) => {
      if (attempt <= 2) await append(storage, snapshot, `theirs${attempt}`);
      const removed = [...snapshot.files.values()].map((file) => removeOf(file, 1));
      return draft(snapshot, [...removed, add(`ours${attempt}`)], 'whole-table', () =>
        discarded.push(attempt),
      );
    });
    expect(version).toBe(3);
    expect(discarded).toEqual([1, 2]);
    expect(pathsOf(handle.snapshot)).toEqual(['ours3']);
  });

  it('gives up after losing too often', async () => {
    const { storage, handle } = await tableWith();
    let discarded = 0;
    const losing = run(handle, quick, async (snapshot, attempt) => {
      await append(storage, snapshot, `theirs${attempt}`);
      return draft(snapshot, [add('ours')], 'whole-table', () => {
        discarded += 1;
      });
    });
    await expect(losing).rejects.toMatchObject({ code: 'delta.commit-conflict' });
    expect(discarded).toBeGreaterThan(10);
    expect(handle.snapshot.version).toBe(discarded - 1);
  });

  it('may come to nothing', async () => {
    const { handle } = await tableWith();
    expect(await run(handle, quick, async () => ({ kind: 'nothing', result: 42 }))).toBe(42);
    expect(handle.snapshot.version).toBe(0);
  });

  it.each<[code: string, error: Error]>([
    ['delta.commit-conflict', deltaErrors['commit-conflict']({ table: 't', version: 1, conflicts: [] })],
    ['delta.not-a-table', deltaErrors['not-a-table']({ table: 't' })],
  ])(
    'that is committed is neither undone nor made twice when what follows fails with %s',
    async (_, error) => {
      const { handle } = await tableWith();
      let planned = 0;
      let discarded = 0;
      const failing = run(handle, quick, async (snapshot) => {
        planned += 1;
        const made = draft(snapshot, [add('ours')], 'none', () => {
          discarded += 1;
        });
        if (made.kind !== 'commit') return made;
        const result = (): number => {
          throw error;
        };
        return { kind: 'commit', draft: { ...made.draft, result } };
      });
      await expect(failing).rejects.toBe(error);
      expect([planned, discarded]).toEqual([1, 0]);
      expect(pathsOf(handle.snapshot)).toEqual(['ours']);
    },
  );

  it('stops before it plans when it is told to', async () => {
    const { handle } = await tableWith();
    const aborted = run(handle, { ...quick, signal: AbortSignal.abort() }, async () => expect.unreachable());
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['a mistake of the plan', 'tables', true],
    ['storage that can not say what happened', 'storage', false],
  ])('keeps or takes away what it staged, after %s', async (_, kind, isDiscarded) => {
    const { storage, handle } = await tableWith();
    let discarded = false;
    const failing = kind === 'storage' ? unreachableFor(storage) : storage;
    const other = TableHandle.of(failing, handle.snapshot);
    const actions = kind === 'storage' ? [add('x')] : [add('x'), mystery];
    const outcome = run(other, quick, async (snapshot) =>
      draft(snapshot, actions, 'none', () => {
        discarded = true;
      }),
    );
    await expect(outcome).rejects.toThrow();
    expect(discarded).toBe(isDiscarded);
  });
});

describe('an operation with a transaction', () => {
  const options = { ...quick, transaction: { appId: 'loader', version: 5 } };

  it('lands once', async () => {
    const { handle } = await tableWith();
    const once = () => run(handle, options, async (snapshot) => draft(snapshot, [add('batch')]));
    expect([await once(), await once()]).toEqual([1, -1]);
    expect(handle.snapshot.transactions.get('loader')?.version).toBe(5);
  });

  it('lands once when two loaders land the same batch at the same time', async () => {
    const { storage, handle } = await tableWith();
    const other = TableHandle.of(storage, handle.snapshot);
    const plan = async (snapshot: Snapshot): Promise<Planned<number>> => {
      // The other gets in between plan and commit.
      if (other.snapshot.version === 0) await run(other, options, async (s) => draft(s, [add('theirs')]));
      return draft(snapshot, [add('ours')]);
    };
    expect(await run(handle, options, plan)).toBe(-1);
    expect(pathsOf(await handle.refresh())).toEqual(['theirs']);
  });
});

describe('a handle', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'boathouse-handle-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('opens at a version or a time, and is then only for reading', async () => {
    const { storage, handle } = await tableWith(folder);
    await append(storage, handle.snapshot, 'a');
    const pinned = await TableHandle.open(folder, { version: 0 });
    expect([pinned.isPinned, pinned.snapshot.version, (await pinned.refresh()).version]).toEqual([
      true,
      0,
      0,
    ]);
    await expect(run(pinned, quick, async () => expect.unreachable())).rejects.toMatchObject({
      code: 'tables.pinned-table',
    });
    const latest = await TableHandle.open(folder);
    expect([latest.isPinned, latest.snapshot.version]).toEqual([false, 1]);
    const timed = await TableHandle.open(folder, { timestamp: new Date(latest.snapshot.timestampMs) });
    expect([timed.isPinned, timed.snapshot.version]).toEqual([true, 1]);
    for (const bad of [{ timestamp: 'yesterday' }, { timestamp: 1, version: 1 }]) {
      await expect(TableHandle.open(folder, bad)).rejects.toMatchObject({ code: 'tables.bad-option' });
    }
  });

  it('asks storage for little to append: one look and one create', async () => {
    const { storage: inner, handle } = await tableWith();
    const storage = new FaultyStorage(inner);
    const counted = TableHandle.of(storage, handle.snapshot);
    for (let n = 0; n < 5; n += 1) {
      const before = storage.calls;
      const plan = async (snapshot: Snapshot) => draft(snapshot, [add(`f${n}`)]);
      await transact(counted, quick, plan, () => -1, 'known');
      expect(storage.calls - before).toBe(2);
    }
  });
});

describe('on storage that fails once, an append', () => {
  it.each(faults)(
    'lands exactly once or says that it failed, whichever call has a %s fault',
    async (fault) => {
      for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
        const { storage: inner, handle } = await tableWith();
        const storage = new FaultyStorage(inner, new Map([[failing, fault]]));
        const faulty = TableHandle.of(storage, handle.snapshot);
        const plan = async (snapshot: Snapshot) => draft(snapshot, [add('once')]);
        const outcome = await run(faulty, quick, plan).catch((error: unknown) => error);
        const paths = pathsOf(await handle.refresh());
        if (outcome instanceof Error) expect(paths).toEqual([]);
        else expect(paths).toEqual(['once']);
        expect(handle.snapshot.version).toBe(paths.length);
        calls = Math.max(calls, storage.calls);
      }
    },
  );
});

const run = (
  handle: TableHandle,
  options: OperationOptions,
  plan: (snapshot: Snapshot, attempt: number) => Promise<Planned<number>>,
): Promise<number> => transact(handle, options, plan, () => -1);

function draft(
  _snapshot: Snapshot,
  actions: readonly Action[],
  read: ReadSet = 'none',
  discard: () => void = () => undefined,
): Planned<number> {
  return {
    kind: 'commit',
    draft: {
      actions,
      operation: { name: 'WRITE' },
      read,
      isBlindAppend: read === 'none',
      result: ({ version }) => version,
      discard: async () => discard(),
    },
  };
}

const add = (name: string): AddFile => ({
  kind: 'add',
  path: name,
  partitionValues: new Map(),
  sizeBytes: 1,
  modifiedMs: 1,
  dataChange: true,
});

/** A protocol that nobody can write. */
const mystery: Action = {
  kind: 'protocol',
  minReaderVersion: 1,
  minWriterVersion: 7,
  writerFeatures: ['mystery'],
};

async function tableWith(folder?: string): Promise<{ storage: Storage; handle: TableHandle }> {
  const storage = folder === undefined ? new MemoryStorage() : openStorage(folder);
  const metadata: Action = {
    kind: 'metadata',
    id: '11111111-2222-4333-8444-555555555555',
    format: { provider: 'parquet', options: new Map() },
    schemaString: printSchema({ kind: 'struct', fields: [field('id', primitive('long'))] }),
    partitionColumns: [],
    configuration: new Map([['delta.checkpointInterval', '1000']]),
  };
  const { snapshot } = await commitActions(storage, {
    readSnapshot: undefined,
    actions: [{ kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 }, metadata],
    operation: { name: 'CREATE TABLE' },
    isBlindAppend: false,
    read: 'none',
    rows: duckdbParquetRows,
  });
  return { storage, handle: TableHandle.of(storage, snapshot) };
}

async function append(storage: Storage, snapshot: Snapshot, name: string): Promise<void> {
  await commitActions(storage, {
    readSnapshot: snapshot,
    actions: [add(name)],
    operation: { name: 'WRITE' },
    isBlindAppend: true,
    read: 'none',
    rows: duckdbParquetRows,
  });
}

function pathsOf(snapshot: Snapshot): string[] {
  return Array.from(snapshot.files.values(), (file) => file.path).sort();
}

/** Storage that stops answering before anything is created. */
function unreachableFor(inner: Storage): Storage {
  const plan = new Map(Array.from({ length: 100 }, (_, i) => [i + 3, 'before'] as const));
  return new FaultyStorage(inner, plan);
}
