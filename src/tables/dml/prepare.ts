/** What every DELETE, UPDATE and MERGE begins with. */
import { isBoathouseError } from '../../base/index.ts';
import {
  type AddFile,
  assertWritable,
  deltaErrors,
  isEnabled,
  mayMatch,
  type Predicate,
  type ReadSet,
  type Snapshot,
} from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { explainReadError } from '../read/damaged-file.ts';
import { withScratchSession } from '../scratch.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, type Planned, transact } from '../transact.ts';
import { ScratchTables } from './scratch-tables.ts';

/** A plan of one attempt. */
export type PlanRows<T> = (tables: ScratchTables, snapshot: Snapshot) => Promise<Planned<T>>;

/**
 * Runs an operation on the table's newest state, in `session` or one of the library's own; temporary tables of an
 * attempt end with it.
 *
 * @param prepare what is made once, whatever the number of attempts; its tables live as long as the operation.
 */
export async function changeRows<T>(
  handle: TableHandle,
  given: Session | undefined,
  options: OperationOptions,
  prepare: (kept: ScratchTables) => Promise<PlanRows<T>>,
  skipped: (snapshot: Snapshot) => T,
): Promise<T> {
  if (given === undefined) {
    return withScratchSession((session) => changeRows(handle, session, options, prepare, skipped));
  }
  await using kept = new ScratchTables(given, options);
  let plan: PlanRows<T> | undefined;
  return await transact(
    handle,
    options,
    async (snapshot) => {
      assertWritable(handle.uri, snapshot.protocol, snapshot);
      plan ??= await prepare(kept);
      await using tables = new ScratchTables(given, options);
      return await plan(tables, snapshot);
    },
    skipped,
  );
}

/** @throws delta.append-only */
export function assertRemovable(handle: TableHandle, snapshot: Snapshot): void {
  if (isEnabled(snapshot, 'appendOnly')) throw deltaErrors['append-only']({ table: handle.uri });
}

/** @throws delta.commit-conflict when the table has moved on from the version that expressions read. */
export function assertRead(
  { table, version }: Snapshot,
  { readVersion }: { readonly readVersion?: number },
): void {
  if (readVersion === undefined || readVersion === version) return;
  const conflicts = ['the table was changed after it was read'];
  throw deltaErrors['commit-conflict']({ table, version, conflicts });
}

/** The files that may hold a row for which `predicate` is true. Pure. */
export function candidateFiles(snapshot: Snapshot, predicate: Predicate | undefined): AddFile[] {
  const files: AddFile[] = [];
  for (const file of snapshot.files.values()) {
    if (predicate === undefined || mayMatch(predicate, file, snapshot)) files.push(file);
  }
  return files;
}

/** What a plan rests on that looked for rows of `predicate` and found them in `files`. */
export function readSet(
  snapshot: Snapshot,
  predicate: Predicate | undefined,
  files: ReadonlySet<string>,
): ReadSet {
  return { mayHold: (file) => predicate === undefined || mayMatch(predicate, file, snapshot), files };
}

/**
 * `work`, which looks for rows in `files`: whoever watches is told, and a data file that is damaged is named in
 * the error.
 */
export async function lookingForRows<T>(
  handle: TableHandle,
  files: readonly AddFile[],
  { onProgress }: OperationOptions,
  work: () => Promise<T>,
): Promise<T> {
  const looking = { phase: 'looking for rows', total: files.length, unit: 'files' } as const;
  if (files.length > 0) onProgress?.({ ...looking, done: 0 });
  const found = await namingDamage(handle, files, work);
  if (files.length > 0) onProgress?.({ ...looking, done: files.length });
  return found;
}

/** `work`, with a data file that is damaged named in the error. */
export async function namingDamage<T>(
  handle: TableHandle,
  files: readonly AddFile[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBoathouseError(error) || error.code === 'duckdb.conversion') throw error;
    throw await explainReadError(error, files, handle.storage);
  }
}
