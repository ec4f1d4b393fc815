/**
 * Operations on a table that read, stage files and commit, and are planned again when they lost to a commit
 * that changed what they had read.
 */
import {
  type Clock,
  isBoathouseError,
  type Json,
  type Random,
  systemClock,
  systemRandom,
} from '../base/index.ts';
import {
  type Action,
  beginLook,
  type CommitLook,
  type CommitResult,
  commitActions,
  type Operation,
  type ReadSet,
  type RowChange,
  type Snapshot,
} from '../delta/index.ts';
import { tablesErrors } from './errors.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import type { TableHandle } from './table-handle.ts';

/** How far an operation has got. */
export interface Progress {
  /** What is being done, in the user's words: `writing files`. */
  readonly phase: string;
  readonly done: number;
  /** Unknown unless given. */
  readonly total?: number;
  readonly unit: 'files' | 'rows' | 'bytes';
}

/** What every operation on a table takes beside its own options. */
export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Further members of the commit's own record: `userMetadata` and the like. */
  readonly commitMetadata?: Readonly<Record<string, Json>>;
  readonly onProgress?: (progress: Progress) => void;
  /** Lands the operation once: it is skipped when the application has come to this version before. */
  readonly transaction?: { readonly appId: string; readonly version: number };
}

/** A commit that is ready to be made: its files are written, and nobody refers to them yet. */
export interface Draft<T> {
  readonly actions: readonly Action[];
  readonly rowChanges?: readonly RowChange[];
  readonly operation: Operation;
  readonly read: ReadSet;
  /** Adds rows and depends on none. False unless given. */
  readonly isBlindAppend?: boolean;
  /** See `CommitPlan`. */
  readonly feedFromFiles?: boolean;
  /** See `CommitPlan`. */
  readonly keepsRowIds?: boolean;
  readonly commitMetadata?: Readonly<Record<string, Json>>;
  /** What the operation gives back once it is committed. */
  result(committed: CommitResult): T;
  /** Removes the staged files, which nobody refers to. */
  discard(): Promise<void>;
}

/** What a plan comes to. */
export type Planned<T> =
  | { readonly kind: 'commit'; readonly draft: Draft<T> }
  | { readonly kind: 'nothing'; readonly result: T };

/**
 * Plans an operation on the table as it is now, and commits it: atomic, once, and planned again when
 * another commit changed what the plan rests on.
 *
 * Staged files are removed when it is certain that no commit names them. The handle ends at the state that
 * was made, or found.
 *
 * @param plan reads and stages; called again, with the newer state, after each conflict.
 * @param skipped what the operation comes to when `options.transaction` had been committed before.
 * @param startsFrom `known` plans on the state the handle holds, without a look at the table: for what
 * only appends. The table as it is `now`, unless given: rows committed before the call are seen.
 * @throws delta.commit-conflict after losing too often; tables.pinned-table; whatever `plan` throws.
 */
export async function transact<T>(
  handle: TableHandle,
  options: OperationOptions,
  plan: (snapshot: Snapshot, attempt: number) => Promise<Planned<T>>,
  skipped: (snapshot: Snapshot) => T,
  startsFrom: 'known' | 'now' = 'now',
): Promise<T> {
  if (handle.isPinned)
    throw tablesErrors['pinned-table']({ table: handle.uri, version: handle.snapshot.version });
  const { clock = systemClock, random = systemRandom } = options;
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = attempt === 1 && startsFrom === 'known' ? handle.snapshot : await handle.refresh();
    if (wasCommitted(snapshot, options.transaction)) return skipped(snapshot);
    options.signal?.throwIfAborted();
    // What only appends commits as soon as its files are written, so the look before that is on its way meanwhile.
    const isAhead = attempt === 1 && startsFrom === 'known' && !handle.storage.isLocal;
    const look = isAhead ? beginLook(handle.storage, snapshot.version, clock, random) : undefined;
    const planned = await plan(snapshot, attempt);
    if (planned.kind === 'nothing') return planned.result;
    let committed: CommitResult;
    try {
      committed = await commitDraft(handle, snapshot, planned.draft, options, clock, random, look);
    } catch (error) {
      if (saysNothingCommitted(error)) await planned.draft.discard();
      if (attempt >= plansMax || !isBoathouseError(error, 'delta.commit-conflict')) throw error;
      await clock.sleep(replanDelayMs * random.fraction());
      continue;
    }
    // From here on the commit stands: nothing that goes wrong may take its files away or make it twice.
    handle.adopt(committed.snapshot);
    const result = planned.draft.result(committed);
    await followUp(handle, committed, options);
    return result;
  }
}

/** What a plan rests on that read every row. Rows that others append meanwhile may come after it. Pure. */
export function everyRow({ files }: Pick<Snapshot, 'files'>): ReadSet {
  return { mayHold: () => true, files: new Set(files.keys()), everyRow: true };
}

/** What the table's properties want done after a write. The write stands, whatever becomes of it. */
async function followUp(
  handle: TableHandle,
  committed: CommitResult,
  options: OperationOptions,
): Promise<void> {
  const { configuration } = committed.snapshot.metadata;
  if (!configuration.has('delta.autoOptimize.autoCompact') && !configuration.has('delta.autoOptimize'))
    return;
  // Loaded when it is needed: it is built on this file.
  const { afterCommit } = await import('./maintain/auto-compact.ts');
  await afterCommit(handle, committed, options);
}

/** How often an operation is planned before it gives up: each time another commit changed what it read. */
const plansMax = 20;

/** Writers that lost together shouldn't meet again. */
const replanDelayMs = 20;

async function commitDraft<T>(
  handle: TableHandle,
  snapshot: Snapshot,
  draft: Draft<T>,
  options: OperationOptions,
  clock: Clock,
  random: Random,
  look: CommitLook | undefined,
): Promise<CommitResult> {
  const { transaction } = options;
  const moved: readonly Action[] =
    transaction === undefined ? [] : [{ kind: 'transaction', ...transaction, lastUpdatedMs: clock.nowMs() }];
  return commitActions(handle.storage, {
    readSnapshot: snapshot,
    actions: [...moved, ...draft.actions],
    ...(draft.rowChanges === undefined ? {} : { rowChanges: draft.rowChanges }),
    operation: draft.operation,
    isBlindAppend: draft.isBlindAppend ?? false,
    read: draft.read,
    feedFromFiles: draft.feedFromFiles ?? false,
    keepsRowIds: draft.keepsRowIds ?? true,
    ...(look === undefined ? {} : { look }),
    rows: duckdbParquetRows,
    clock,
    random,
    commitMetadata: { ...draft.commitMetadata, ...options.commitMetadata },
  });
}

/** Whether the application has come to this version, or further, in the table as `snapshot` has it. Pure. */
export function wasCommitted(
  snapshot: Pick<Snapshot, 'transactions'>,
  transaction: OperationOptions['transaction'],
): boolean {
  if (transaction === undefined) return false;
  const known = snapshot.transactions.get(transaction.appId);
  return known !== undefined && known.version >= transaction.version;
}

/**
 * Whether `error` leaves no doubt that there is no commit. Where storage can't vouch for that, or the
 * mistake is ours, the files stay: a commit without its files would be a broken table.
 */
export function saysNothingCommitted(error: unknown): boolean {
  if (!isBoathouseError(error)) return false;
  return (
    /^(?:delta|tables|duckdb)\./.test(error.code) || /^storage\.(?:no-space|no-permission)$/.test(error.code)
  );
}
