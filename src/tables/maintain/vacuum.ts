/**
 * VACUUM: deleting files that no kept version of a table needs.
 *
 * Nothing is deleted that this didn't list itself, that stands outside the table's folder, that is hidden, or that
 * is younger than the retention: writers stage their files before they commit them.
 */
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  assertReadable,
  assertWritable,
  type Operation,
  readCommits,
  type Snapshot,
  tombstoneRetentionMs,
} from '../../delta/index.ts';
import { cautiousNowMs } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { maintainErrors } from './errors.ts';
import { heldByLakes } from './lake-holds.ts';
import { writeLastVacuum } from './last-vacuum.ts';
import { keptVersions, pathsOf } from './needed-files.ts';
import { oldestKeptParameter, runParameter } from './running-vacuums.ts';
import { relativeTo, removeEmpty } from './table-folder.ts';
import { fullInventory, type Inventory, liteInventory } from './vacuum-inventory.ts';
import type { VacuumedFile, VacuumResult, VacuumSpec } from './vacuum-spec.ts';

const hourMs = 3_600_000;

/** Files deleted between two looks at what was committed meanwhile. */
const chunkFiles = 500;

/**
 * Deletes the files that no version needs which was current at any time since the retention began, and that were
 * there before it did. Two commits tell of it, one before and one after, when there is anything to delete.
 *
 * Safe beside readers of those versions, beside writers that take no longer than the retention, and beside restores,
 * which give way to it. Versions that
 * are older can't be read any more, but for those that a generation or a branch of a lake above the table shows.
 *
 * Ages are told by the clock that stamps the files: with one of its own that is ahead, a host would delete what
 * writers on others have just written.
 *
 * Costs, in full, three requests to learn the time, a listing of the folder, a pass over the live files, and a read for each commit since the
 * retention began.
 *
 * @throws tables.retention-too-short, tables.no-lite-vacuum, tables.bad-option, tables.pinned-table,
 * delta.unsupported-feature, delta.corrupt-log, storage.*
 */
export async function vacuum(
  handle: TableHandle,
  spec: VacuumSpec = {},
  options: OperationOptions = {},
): Promise<VacuumResult> {
  const { dryRun = false, mode = 'full' } = spec;
  const { storage } = handle;
  const clock = options.clock ?? systemClock;
  if (handle.isPinned)
    throw tablesErrors['pinned-table']({ table: handle.uri, version: handle.snapshot.version });
  const snapshot = await handle.refresh();
  // A feature we don't know may keep files we don't know of: to look at them is enough to need it.
  assertReadable(handle.uri, snapshot.protocol, snapshot);
  assertWritable(handle.uri, snapshot.protocol, snapshot);
  const retentionMs = retentionOf(handle.uri, snapshot, spec);
  const keptSinceMs =
    (dryRun ? clock.nowMs() : await cautiousNowMs(storage, '_delta_log/_vacuum_time', clock)) - retentionMs;
  const { oldest, lastBefore } = await keptVersions(storage, keptSinceMs);
  const request = { keptSinceMs, oldestKept: oldest, clock: options.clock };
  const refresh = (): Promise<Snapshot> => handle.refresh();
  const found =
    mode === 'lite'
      ? await liteInventory(storage, { ...request, lastBefore }, refresh)
      : await fullInventory(storage, snapshot, request, refresh);
  const held =
    found.files.length === 0
      ? noFiles
      : await heldByLakes(storage, await relativeTo(storage), handle.storageOptions);
  const inventory = { ...found, files: found.files.filter(({ path }) => !held.has(path)) };
  const heldFiles = found.files.length - inventory.files.length;
  const result = (files: readonly VacuumedFile[], foldersRemoved: number): VacuumResult => ({
    version: handle.snapshot.version,
    changed: !dryRun && (files.length > 0 || foldersRemoved > 0),
    dryRun,
    mode,
    retentionMs,
    oldestKeptVersion: oldest,
    files,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    foldersRemoved,
    foldersVisited: inventory.foldersVisited,
    heldFiles,
  });
  if (dryRun) return result(inventory.files, 0);
  options.signal?.throwIfAborted();
  const { files } = inventory;
  const done =
    files.length > 0
      ? await deleteLogged(handle, inventory, spec, oldest, options)
      : { files, folders: await removeEmpty(storage, inventory.oldFolders) };
  // What is held now is to be found again by the next one that looks at commits only.
  if (lastBefore !== undefined && heldFiles === 0) await writeLastVacuum(storage, lastBefore);
  return result(done.files, done.folders);
}

const noFiles: ReadonlySet<string> = new Set();

/** @throws tables.retention-too-short, tables.bad-option */
function retentionOf(table: string, { metadata }: Snapshot, spec: VacuumSpec): number {
  const { retentionHours, enforceRetention = true } = spec;
  const own = tombstoneRetentionMs(metadata);
  if (retentionHours === undefined) return own;
  if (!(retentionHours >= 0 && Number.isFinite(retentionHours))) {
    throw tablesErrors['bad-option']({
      option: 'retentionHours',
      value: String(retentionHours),
      expected: 'a number of hours, 0 or more',
    });
  }
  const wanted = retentionHours * hourMs;
  if (enforceRetention && wanted < own) {
    throw maintainErrors['retention-too-short']({ table, hours: retentionHours, tableHours: own / hourMs });
  }
  return wanted;
}

/** What was deleted. */
interface Deleted {
  readonly files: readonly VacuumedFile[];
  readonly folders: number;
}

/** Deletes between two commits that tell of it. */
async function deleteLogged(
  handle: TableHandle,
  inventory: Inventory,
  spec: VacuumSpec,
  oldestKept: number,
  options: OperationOptions,
): Promise<Deleted> {
  const { files } = inventory;
  const { retentionHours, enforceRetention = true } = spec;
  const run = (options.random ?? systemRandom).uuid();
  await logVacuum(handle, options, {
    name: 'VACUUM START',
    parameters: {
      [runParameter]: run,
      [oldestKeptParameter]: oldestKept,
      retentionCheckEnabled: enforceRetention,
      defaultRetentionMillis: tombstoneRetentionMs(handle.snapshot.metadata),
      ...(retentionHours === undefined ? {} : { specifiedRetentionMillis: retentionHours * hourMs }),
    },
    metrics: {
      numFilesToDelete: files.length,
      sizeOfDataToDelete: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    },
  });
  // What began is told to have ended, also when it was stopped.
  const { signal: _, ...unstoppable } = options;
  const end = (status: 'COMPLETED' | 'FAILED', metrics: Operation['metrics'] = {}): Promise<void> =>
    logVacuum(handle, unstoppable, {
      name: 'VACUUM END',
      parameters: { [runParameter]: run, status },
      metrics,
    });
  try {
    const deleted = await deleteFiles(handle, inventory, options);
    const folders = await removeEmpty(handle.storage, inventory.oldFolders);
    await end('COMPLETED', {
      numDeletedFiles: deleted.length,
      numVacuumedDirectories: inventory.foldersVisited,
    });
    return { files: deleted, folders };
  } catch (error) {
    await end('FAILED').catch(() => undefined);
    throw error;
  }
}

/** Deletes chunk by chunk; what a commit made meanwhile names stays. */
async function deleteFiles(
  handle: TableHandle,
  { files, version }: Inventory,
  options: OperationOptions,
): Promise<readonly VacuumedFile[]> {
  const { storage } = handle;
  const relative = await relativeTo(storage);
  const spared = new Set<string>();
  let looked = version;
  const deleted: VacuumedFile[] = [];
  for (let next = 0; next < files.length; next += chunkFiles) {
    options.signal?.throwIfAborted();
    const now = (await handle.refresh()).version;
    if (now > looked) {
      for await (const { actions } of readCommits(storage, { first: looked + 1, last: now }, options.clock)) {
        for (const path of actions.flatMap(pathsOf)) {
          const inside = relative(path);
          if (inside !== undefined) spared.add(inside);
        }
      }
      looked = now;
    }
    const chunk = files.slice(next, next + chunkFiles).filter((file) => !spared.has(file.path));
    await storage.removeAll(chunk.map(({ path }) => path));
    deleted.push(...chunk);
    options.onProgress?.({
      phase: 'deleting files',
      done: Math.min(files.length, next + chunkFiles),
      total: files.length,
      unit: 'files',
    });
  }
  return deleted;
}

/** A commit that changes nothing and says what is going on. */
async function logVacuum(
  handle: TableHandle,
  options: OperationOptions,
  operation: Operation,
): Promise<void> {
  const { transaction: _, ...plain } = options;
  await transact<void>(
    handle,
    plain,
    async () => ({
      kind: 'commit',
      draft: {
        actions: [],
        operation,
        read: 'none',
        isBlindAppend: true,
        result: () => undefined,
        discard: async () => undefined,
      },
    }),
    () => undefined,
  );
}
