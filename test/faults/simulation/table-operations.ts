/** What hosts do to tables: the real commits, checkpoints, clean-ups and vacuums over made-up data files. */
import { type BoathouseError, isBoathouseError } from '../../../src/base/index.ts';
import { memoryRows } from '../../../src/delta/contract.ts';
import {
  type Action,
  type AddFile,
  cleanLog,
  compactLog,
  fileKey,
  type ReadSet,
  readSnapshot,
  removeOf,
  type Snapshot,
  writeCheckpoint,
} from '../../../src/delta/index.ts';
import type { Storage } from '../../../src/storage/index.ts';
import { restoreTable } from '../../../src/tables/alter/restore-table.ts';
import { vacuum } from '../../../src/tables/maintain/vacuum.ts';
import { TableHandle } from '../../../src/tables/table-handle.ts';
import { saysNothingCommitted, transact } from '../../../src/tables/transact.ts';
import type { TableLedger } from './table-ledger.ts';
import type { Host } from './world.ts';

/** A table as one process uses it. */
export interface TableAtHost {
  readonly host: Host;
  readonly storage: Storage;
  readonly ledger: TableLedger;
  readonly retentionMs: number;
  /** Unique in the run. */
  readonly nextName: () => string;
  handle: TableHandle | undefined;
}

/** What a plan of `change` comes to. */
interface Change {
  readonly rows: readonly string[];
  readonly removed: readonly AddFile[];
  readonly read: ReadSet;
  readonly rearranges?: boolean;
}

/** Every kind of operation on a table, with how often it is done. */
export const tableOperations: Readonly<
  Record<string, readonly [number, (at: TableAtHost) => Promise<void>]>
> = {
  append: [16, (at) => change(at, 'append', (name) => ({ rows: [name], removed: [], read: 'none' }))],
  'append once': [6, appendOnce],
  overwrite: [
    3,
    (at) =>
      change(at, 'overwrite', (name, { files }) => ({
        rows: [name],
        removed: [...files.values()],
        read: 'whole-table',
      })),
  ],
  delete: [
    6,
    (at) =>
      change(at, 'delete', (_, { files }) => {
        const removed = some(at, files.values(), 1);
        return { rows: [], removed, read: readOf(removed) };
      }),
  ],
  compact: [
    7,
    (at) =>
      change(at, 'compact', (_, { files }) => {
        const removed = some(at, files.values(), 3);
        const rows = removed.flatMap((file) => rowsOf(file));
        return { rows, removed, read: readOf(removed), rearranges: true };
      }),
  ],
  checkpoint: [3, checkpoint],
  'clean the log': [3, cleanUp],
  'compact the log': [2, compactCommits],
  vacuum: [5, clean],
  read: [14, (at) => read(at, 0)],
  'read for long': [5, (at) => read(at, at.retentionMs / 2)],
  'read an old version': [4, readOld],
  restore: [4, putBack],
};

/** What may go wrong for a caller, and is told so. */
export function isTold(error: unknown): error is BoathouseError {
  return (
    isBoathouseError(error) &&
    (error.code === 'delta.commit-conflict' || error.code === 'storage.unreachable')
  );
}

async function change(
  at: TableAtHost,
  kind: string,
  plan: (name: string, snapshot: Snapshot) => Change,
): Promise<void> {
  await attempt(at, at.nextName(), kind, plan, undefined);
}

/** A batch that is landed again until its host is told that it has landed. */
async function appendOnce(at: TableAtHost): Promise<void> {
  const name = at.nextName();
  const rows = (): Change => ({ rows: [name], removed: [], read: 'none' });
  for (let attempts = 1; attempts <= 5; attempts += 1) {
    if (await attempt(at, name, 'append', rows, { appId: name, version: 1 })) return;
  }
}

async function attempt(
  at: TableAtHost,
  name: string,
  kind: string,
  plan: (name: string, snapshot: Snapshot) => Change,
  transaction: { readonly appId: string; readonly version: number } | undefined,
): Promise<boolean> {
  const { host, ledger, storage } = at;
  const clock = host.clock();
  host.world.note(host.name, `begins to ${kind} ${name} in ${ledger.name}`);
  const before = ledger.told.get(name);
  ledger.told.set(name, { kind: 'unknown' });
  try {
    const handle = await handleOf(at);
    const version = await transact<number | undefined>(
      handle,
      {
        clock,
        random: host.random,
        commitMetadata: { chaosOperation: name, chaosKind: kind },
        ...(transaction ? { transaction } : {}),
      },
      async (snapshot, round) => {
        const planned = plan(name, snapshot);
        if (planned.rows.length === 0 && planned.removed.length === 0)
          return { kind: 'nothing', result: undefined };
        const added =
          planned.rows.length === 0 ? [] : [await stage(at, `${name}-${round}-${at.nextName()}`, planned)];
        const actions: Action[] = [
          ...planned.removed.map((file) => ({
            ...removeOf(file, Math.floor(clock.nowMs())),
            dataChange: planned.rearranges !== true,
          })),
          ...added,
        ];
        return {
          kind: 'commit',
          draft: {
            actions,
            operation: { name: 'WRITE' },
            read: planned.read,
            isBlindAppend: planned.read === 'none',
            result: (made) => made.version,
            discard: async () => {
              for (const { path } of added) await storage.remove(path).catch(() => undefined);
            },
          },
        };
      },
      () => undefined,
    );
    ledger.told.set(name, version === undefined ? { kind: 'unknown' } : { kind: 'committed', version });
    return true;
  } catch (error) {
    const isCertain = saysNothingCommitted(error) && before === undefined;
    ledger.told.set(name, { kind: isCertain ? 'failed' : 'unknown' });
    if (!isTold(error)) throw error;
    return false;
  }
}

async function handleOf(at: TableAtHost): Promise<TableHandle> {
  if (at.handle && at.host.world.random.fraction() < 0.7) return at.handle;
  at.handle = TableHandle.of(at.storage, await look(at));
  return at.handle;
}

function look({ storage, host }: TableAtHost, version?: number): Promise<Snapshot> {
  return readSnapshot(storage, {
    rows: memoryRows,
    clock: host.clock(),
    ...(version === undefined ? {} : { version }),
  });
}

async function stage({ storage }: TableAtHost, name: string, { rows, rearranges }: Change): Promise<AddFile> {
  const path = `${name}.parquet`;
  const text = rows.join('\n');
  await storage.put(path, new TextEncoder().encode(text));
  return {
    kind: 'add',
    path,
    partitionValues: new Map(),
    sizeBytes: text.length,
    modifiedMs: 1,
    dataChange: rearranges !== true,
    tags: new Map([['rows', rows.join(' ')]]),
  };
}

function rowsOf(file: AddFile): string[] {
  return (file.tags?.get('rows') ?? '').split(' ');
}

function readOf(files: readonly AddFile[]): ReadSet {
  return { mayHold: () => false, files: new Set(files.map(fileKey)) };
}

function some({ host }: TableAtHost, files: Iterable<AddFile>, most: number): AddFile[] {
  const left = [...files].filter((file) => file.path !== '');
  const chosen: AddFile[] = [];
  while (left.length > 0 && chosen.length < most) {
    chosen.push(...left.splice(host.world.between(0, left.length - 1), 1));
  }
  return chosen;
}

async function checkpoint(at: TableAtHost): Promise<void> {
  const snapshot = await look(at);
  await writeCheckpoint(at.storage, snapshot, memoryRows, at.host.clock().nowMs(), {
    random: at.host.random,
  });
}

async function cleanUp(at: TableAtHost): Promise<void> {
  await cleanLog(at.storage, await look(at), at.host.clock().nowMs(), { rows: memoryRows });
}

async function compactCommits(at: TableAtHost): Promise<void> {
  const { version } = await look(at);
  if (version < 4) return;
  const first = at.host.world.between(Math.max(1, version - 6), version - 2);
  await compactLog(at.storage, first, version - 1).catch((error: unknown) => {
    if (!isBoathouseError(error, 'delta.no-such-version')) throw error;
  });
}

async function clean(at: TableAtHost): Promise<void> {
  const mode = at.host.world.random.fraction() < 0.3 ? 'lite' : 'full';
  await vacuum(
    await handleOf(at),
    { mode, retentionHours: at.retentionMs / 3_600_000, enforceRetention: false },
    { clock: at.host.clock(), random: at.host.random },
  ).catch((error: unknown) => {
    if (!isBoathouseError(error, 'tables.no-lite-vacuum')) throw error;
  });
}

/** Puts the table back to a version that may be older than the retention, beside whatever deletes its files. */
async function putBack(at: TableAtHost): Promise<void> {
  const { host, ledger } = at;
  const name = at.nextName();
  const version = host.world.between(Math.max(0, ledger.latest - 12), ledger.latest);
  host.world.note(host.name, `begins to restore ${ledger.name} to ${version} as ${name}`);
  ledger.told.set(name, { kind: 'unknown' });
  try {
    const restored = await restoreTable(
      await handleOf(at),
      { version },
      {
        clock: host.clock(),
        random: host.random,
        commitMetadata: { chaosOperation: name, chaosKind: 'restore' },
      },
    );
    if (restored.kind === 'unchanged') return;
    ledger.told.set(name, { kind: 'committed', version: restored.version });
    ledger.restored(restored.version, version, host.name);
  } catch (error) {
    if (saysNothingCommitted(error)) ledger.told.set(name, { kind: 'failed' });
    const refusals = ['tables.files-are-gone', 'tables.vacuum-under-way', 'delta.no-such-version'];
    const isRefused = refusals.some((code) => isBoathouseError(error, code));
    if (!isRefused) throw error;
  }
}

/** Reads, and looks for the files a while later: those of a version that was current are kept so long. */
async function read(at: TableAtHost, laterMs: number): Promise<void> {
  const { host, ledger } = at;
  const least = ledger.latest;
  let snapshot: Snapshot;
  if (host.world.random.fraction() < 0.5) {
    const handle = await handleOf(at);
    snapshot = await handle.refresh();
  } else snapshot = await look(at);
  const { version } = snapshot;
  ledger.read(snapshot, least, host.name);
  if (laterMs > 0) await host.clock().sleep(laterMs);
  if (ledger.isKept(version)) ledger.readable(version, host.name);
}

async function readOld(at: TableAtHost): Promise<void> {
  const { ledger, host } = at;
  const version = host.world.between(Math.max(0, ledger.latest - 12), ledger.latest);
  try {
    ledger.read(await look(at, version), version, host.name);
  } catch (error) {
    // Log clean-up takes old versions: never the newest.
    if (!isBoathouseError(error, 'delta.no-such-version') || version === ledger.latest) throw error;
  }
}
