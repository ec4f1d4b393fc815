/**
 * Commits: optimistic, one numbered object created only if it is absent.
 *
 *     list what came after the snapshot --conflict--> delta.commit-conflict
 *           |  nothing, or only what commutes
 *           v
 *     create N.json if absent --created--> checkpoint when due --> done
 *           |  taken by another
 *           v
 *     wait a little, and again with the next number
 *
 * Data files are written before and named by the actions; nobody sees them until the commit stands.
 */
import {
  assert,
  type Clock,
  delayMs,
  isBoathouseError,
  type Json,
  type Random,
  type RetryPolicy,
  retry,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { printAction } from '../action-json.ts';
import type { Action } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { type CheckpointOutcome, checkpointIfDue } from '../log/checkpoint-write.ts';
import { isStorageTrouble, readActions, troublePolicy } from '../log/commit-file.ts';
import { commitPath, listLog } from '../log/log-files.ts';
import type { ParquetRows } from '../log/parquet-rows.ts';
import { latestVersion } from '../log/read-snapshot.ts';
import { applyActions, finishState, type Snapshot, startState } from '../log/snapshot.ts';
import { makeCommitInfo, type Operation } from './commit-info.ts';
import { assertHonoured } from './commit-rules.ts';
import { findConflicts, type ReadSet } from './conflicts.ts';
import type { RowChange } from './row-changes.ts';

/** A commit as planned. */
export interface CommitPlan {
  /** The state the plan rests on; undefined to create the table, which needs protocol and metadata actions. */
  readonly readSnapshot: Snapshot | undefined;
  /** Without commit info, which is made here. */
  readonly actions: readonly Action[];
  /** Rows deleted in files that stay; at most one for each file, none of which `actions` removes. */
  readonly rowChanges?: readonly RowChange[];
  readonly operation: Operation;
  /** Adds rows and depends on none: then `read` is `none`. */
  readonly isBlindAppend: boolean;
  /** What the plan rests on: decides which concurrent commits are in the way. An overwrite reads the whole table. */
  readonly read: ReadSet;
  /** Writes checkpoints. */
  readonly rows: ParquetRows;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How often a number may be lost to harmless commits, and how long to wait then. */
  readonly retry?: RetryPolicy;
  /** Further members of the commit info. */
  readonly commitMetadata?: Readonly<Record<string, Json>>;
}

/** A commit as made. */
export interface CommitResult {
  readonly version: number;
  /** The table right after the commit, without reading it again. */
  readonly snapshot: Snapshot;
  /** Times a number was tried for. */
  readonly attempts: number;
  readonly checkpoint: CheckpointOutcome;
}

/**
 * Makes the plan the table's next version.
 *
 * Atomic, and lands once: a reply lost by storage is settled by looking for our own commit id.
 * Commits that got in first and don't touch what was read are stepped over. A checkpoint that fails
 * doesn't fail the commit; the result says so.
 *
 * Costs a listing, one request for each commit made meanwhile, and one conditional create an attempt.
 *
 * @throws delta.commit-conflict when another commit changed what this one rests on, or after too many attempts.
 * @throws delta.unsupported-feature, delta.append-only before anything is written.
 * @throws storage.unreachable when storage can't say whether the commit arrived.
 */
export async function commitActions(storage: Storage, plan: CommitPlan): Promise<CommitResult> {
  const { readSnapshot: snapshot, actions } = plan;
  const { clock = systemClock, random = systemRandom, retry: policy = lossPolicy } = plan;
  assert(!plan.isBlindAppend || plan.read === 'none', 'a blind append reads nothing');
  assertHonoured(storage.uri, snapshot, actions, plan.read);

  const commitId = random.uuid();
  const state = startState(snapshot);
  let next = (snapshot?.version ?? -1) + 1;
  for (let attempt = 1; ; attempt += 1) {
    const winners = await readSince(storage, next, clock, random);
    for (const winner of winners) {
      const conflicts = findConflicts({ snapshot, actions, read: plan.read }, winner);
      if (conflicts.length > 0)
        throw deltaErrors['commit-conflict']({ table: storage.uri, version: next, conflicts });
      applyActions(state, winner);
      next += 1;
    }

    const timestampMs = clock.nowMs();
    const info = makeCommitInfo({
      operation: plan.operation,
      timestampMs,
      readVersion: snapshot?.version,
      isBlindAppend: plan.isBlindAppend,
      commitId,
      extra: plan.commitMetadata ?? {},
    });
    const bytes = new TextEncoder().encode(
      [info, ...actions].map((action) => `${printAction(action)}\n`).join(''),
    );
    const outcome = await patiently(clock, random, () => tryCommit(storage, next, bytes, commitId, clock));
    if (outcome.kind === 'committed') {
      applyActions(state, actions);
      const made = finishState(state, { table: storage.uri, version: next, timestampMs });
      assert(made, 'a committed table has protocol and metadata');
      const checkpoint = await checkpointIfDue(storage, made, plan.rows, clock, random);
      return { version: next, snapshot: made, attempts: attempt, checkpoint };
    }
    if (attempt >= policy.attemptsMax) {
      const conflicts = [`${attempt} versions in a row were lost to other writers`];
      throw deltaErrors['commit-conflict']({ table: storage.uri, version: next, conflicts });
    }
    await clock.sleep(delayMs(policy, attempt, random));
  }
}

/** What became of an attempt to create a version. Losing is an outcome here, not an exception. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  | { readonly kind: 'taken'; readonly version: number };

/**
 * Writes `bytes` as the commit of `version`, unless another writer has made that version.
 *
 * Safe to call again after a failure with the same `commitId`: if the earlier write arrived and only
 * its reply was lost, this says `committed`. Costs one conditional create, and one read when the
 * version exists already.
 *
 * @param commitId stands in the commit's own info, as `txnId`.
 */
export async function tryCommit(
  storage: Storage,
  version: number,
  bytes: Uint8Array,
  commitId: string,
  clock: Clock = systemClock,
): Promise<CommitOutcome> {
  assert(Number.isSafeInteger(version) && version >= 0, 'a version is a whole number from 0');
  const path = commitPath(version);
  const outcome = await storage.putIfAbsent(path, bytes);
  if (outcome.kind === 'created') return { kind: 'committed', version };
  const present = await readActions(storage, path, clock);
  const isOurs = present.some((a) => a.kind === 'commit-info' && a.body['txnId'] === commitId);
  return { kind: isOurs ? 'committed' : 'taken', version };
}

/**
 * The commits from `first` on, in order.
 *
 * Listed rather than probed for one by one: were the log cleaned up since the plan's snapshot, the
 * number after it would be free again, and a commit there would be lost behind a checkpoint.
 *
 * @throws delta.commit-conflict when some of them are gone.
 */
async function readSince(storage: Storage, first: number, clock: Clock, random: Random): Promise<Action[][]> {
  const log = await patiently(clock, random, () => listLog(storage, first));
  const latest = latestVersion(log);
  const since: Action[][] = [];
  for (let version = first; version <= latest; version += 1) {
    try {
      since.push(await readActions(storage, commitPath(version), clock));
    } catch (error) {
      if (!isBoathouseError(error, 'storage.not-found')) throw error;
      throw deltaErrors['commit-conflict'](
        { table: storage.uri, version, conflicts: ['its commit was cleaned up before it could be compared'] },
        { cause: error },
      );
    }
  }
  return since;
}

/** Tries `work` again while storage is in passing trouble. Conflicts are no trouble: they are final here. */
function patiently<T>(clock: Clock, random: Random, work: () => Promise<T>): Promise<T> {
  return retry(troublePolicy, clock, random, isStorageTrouble, work);
}

/** Losing to harmless commits is normal under load; half a minute of it isn't. */
const lossPolicy: RetryPolicy = { attemptsMax: 60, delayMsMin: 2, delayMsMax: 1000 };
