/**
 * Commits: optimistic, one numbered object created only if it is absent.
 *
 *     create N.json if absent --created--> checkpoint when due --> done
 *           |  taken by others
 *           v
 *     read what they did --conflict--> delta.commit-conflict
 *           |  nothing that matters
 *           v
 *     put our actions on top of it, wait a little, and again with the next number
 *
 * Data files are written before and named by the actions; nobody sees them until the commit stands. What
 * depends on the number or on what is below (row ids, commit times, deletion vectors of files that others
 * changed too) is made anew for each attempt; data files never are.
 */
import {
  assert,
  type Clock,
  delayMs,
  isBoathouseError,
  type Json,
  type Random,
  type RetryPolicy,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { printAction } from '../action-json.ts';
import type { Action, CommitInfo, Metadata } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { isEnabled } from '../features.ts';
import { type CheckpointOutcome, checkpointIfDue } from '../log/checkpoint-write.ts';
import { readActions } from '../log/commit-file.ts';
import { inCommitTimestampMs } from '../log/commit-times.ts';
import { commitPath } from '../log/log-files.ts';
import type { ParquetRows } from '../log/parquet-rows.ts';
import { applyActions, finishState, type Snapshot, startState, type TableState } from '../log/snapshot.ts';
import { isProtocolProperty } from '../protocol.ts';
import { makeCommitInfo, type Operation } from './commit-info.ts';
import { assertHonoured, headAfter, type RuledPlan } from './commit-rules.ts';
import { filesToCompare, findConflicts, isolationOf, type ReadSet } from './conflicts.ts';
import { commitTimestamp, withEnablement } from './in-commit-timestamps.ts';
import { type RowChange, RowChanges } from './row-changes.ts';
import { rowTrackingDomain, withRowIdColumns, withRowIds } from './row-tracking.ts';
import { type CommitLook, commitTimeMs, listWinners, patiently, readWinners, seenBy } from './winners.ts';

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
  /**
   * Says that the rows which come and go with whole files are just what the change feed shall tell, as
   * when a partition is replaced. Where a feed is kept and files are rewritten, change files are needed else.
   */
  readonly feedFromFiles?: boolean;
  /** Whether rows that are copied or updated keep their row ids. True unless given. */
  readonly keepsRowIds?: boolean;
  /** Writes checkpoints. */
  readonly rows: ParquetRows;
  readonly clock?: Clock;
  readonly random?: Random;
  /** A look at the commit that the plan rests on, begun while files were still being written. */
  readonly look?: CommitLook;
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
  /** The actions as committed, with row ids and deletion vectors; commit info left out. */
  readonly actions: readonly Action[];
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
 * Costs a look at the commit before and one conditional create; for each attempt that is lost, one
 * request for every commit made meanwhile, and one more.
 *
 * @throws delta.commit-conflict when another commit changed what this one rests on, or after too many attempts.
 * @throws delta.unsupported-feature, delta.append-only, delta.broken-promise, delta.unknown-row-count before anything is committed.
 * @throws storage.unreachable when storage can't say whether the commit arrived.
 */
export async function commitActions(storage: Storage, plan: CommitPlan): Promise<CommitResult> {
  assert(!plan.isBlindAppend || plan.read === 'none', 'a blind append reads nothing');
  const random = plan.random ?? systemRandom;
  const ruled: RuledPlan = {
    snapshot: plan.readSnapshot,
    actions: cleaned(plan.actions, plan.readSnapshot?.metadata, random),
    rowChanges: plan.rowChanges ?? [],
    read: plan.read,
    feedFromFiles: plan.feedFromFiles ?? false,
  };
  assertHonoured(storage.uri, ruled);
  const attempts = new Attempts(storage, plan, ruled);
  const made = await attempts.run();
  const checkpoint = await checkpointIfDue(
    storage,
    made.snapshot,
    plan.rows,
    plan.clock ?? systemClock,
    random,
  );
  return { ...made, checkpoint };
}

/** What became of an attempt to create a version. Losing is an outcome here, not an exception. */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly version: number }
  | {
      readonly kind: 'taken';
      readonly version: number;
      /** What the other writer committed. */
      readonly actions: readonly Action[];
    };

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
  const actions = await readActions(storage, path, clock);
  const isOurs = actions.some((a) => a.kind === 'commit-info' && a.body['txnId'] === commitId);
  return isOurs ? { kind: 'committed', version } : { kind: 'taken', version, actions };
}

/** The attempts at one commit: where the table stands, and what of ours depends on it. */
class Attempts {
  readonly #storage: Storage;
  readonly #plan: CommitPlan;
  readonly #planned: RuledPlan;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #commitId: string;
  readonly #rows: RowChanges;
  readonly #state: TableState;
  #next: number;
  /** When the version before ours was committed, where that bounds our time. */
  #previousMs: number | undefined;
  /** Whether a commit of ours may stand, unknown to us. */
  #isInDoubt = false;

  constructor(storage: Storage, plan: CommitPlan, planned: RuledPlan) {
    this.#storage = storage;
    this.#plan = plan;
    this.#planned = planned;
    this.#clock = plan.clock ?? systemClock;
    this.#random = plan.random ?? systemRandom;
    this.#commitId = this.#random.uuid();
    this.#rows = new RowChanges(storage, planned.rowChanges);
    this.#state = startState(planned.snapshot);
    this.#next = (planned.snapshot?.version ?? -1) + 1;
  }

  async run(): Promise<Omit<CommitResult, 'checkpoint'>> {
    try {
      await this.#start();
      for (let attempt = 1; ; attempt += 1) {
        const made = await this.#attempt();
        if (made) return { ...made, attempts: attempt };
        const policy = this.#plan.retry ?? lossPolicy;
        if (attempt >= policy.attemptsMax) {
          throw this.#conflict([`${attempt} versions in a row were lost to other writers`]);
        }
        // What is lost first was lost before it was tried for: others have committed since the plan was made.
        if (attempt > 1)
          await this.#clock.sleep(2 * delayMs(policy, attempt - 1, this.#random) - policy.delayMsMin);
        for (const winner of await readWinners(this.#storage, this.#next, this.#clock))
          await this.#pass(winner);
      }
    } catch (error) {
      if (!this.#isInDoubt || saysNotCreated(error)) await this.#rows.discard();
      throw error;
    }
  }

  /** A number is only the next one while the commit before it is there: else the log was cleaned up since. */
  async #start(): Promise<void> {
    const { snapshot } = this.#planned;
    if (!snapshot) return;
    const beforeMs =
      (await seenBy(this.#plan.look, snapshot.version, this.#clock)) ??
      (await commitTimeMs(this.#storage, snapshot.version, this.#clock, this.#random));
    this.#previousMs = snapshot.inCommitTimestampMs;
    if (beforeMs !== undefined) return;
    const winners = await listWinners(this.#storage, this.#next, this.#clock, this.#random);
    for (const winner of winners) await this.#pass(winner);
  }

  async #attempt(): Promise<{ version: number; snapshot: Snapshot; actions: readonly Action[] } | undefined> {
    const version = this.#next;
    const nowMs = Math.floor(this.#clock.nowMs());
    const { actions, info, timestampMs } = await this.#complete(version, nowMs);
    const text = [info, ...actions].map((action) => `${printAction(action)}\n`).join('');
    const bytes = new TextEncoder().encode(text);
    this.#isInDoubt = true;
    let trouble: unknown;
    const outcome = await patiently(this.#clock, this.#random, async () => {
      try {
        return await tryCommit(this.#storage, version, bytes, this.#commitId, this.#clock);
      } catch (error) {
        // Of a second request that was refused it is certain that it created nothing; of the first it isn't.
        if (trouble !== undefined && saysNotCreated(error)) throw trouble;
        trouble ??= error;
        throw error;
      }
    });
    if (outcome.kind === 'committed') {
      applyActions(this.#state, actions);
      const own = info.body['inCommitTimestamp'] === undefined ? {} : { inCommitTimestampMs: timestampMs };
      const about = { table: this.#storage.uri, version, timestampMs, ...own };
      const snapshot = finishState(this.#state, about);
      assert(snapshot, 'a committed table has protocol and metadata');
      return { version, snapshot, actions };
    }
    this.#isInDoubt = false;
    await this.#pass(outcome.actions);
    return undefined;
  }

  /** The actions as they must stand in `version`, and the line about them. */
  async #complete(
    version: number,
    nowMs: number,
  ): Promise<{ actions: readonly Action[]; info: CommitInfo; timestampMs: number }> {
    const { snapshot } = this.#planned;
    const plain = [...this.#planned.actions, ...(await this.#rows.actions(nowMs, this.#random))];
    const after = headAfter(snapshot, plain);
    const keepsTimes = isEnabled(after, 'inCommitTimestamp');
    const timestampMs = keepsTimes ? commitTimestamp(nowMs, await this.#timeBefore()) : nowMs;
    const timed = withEnablement(plain, snapshot, after, version, timestampMs);
    const domain = this.#state.domains.get(rowTrackingDomain);
    const before = { files: this.#state.files, domain, metadata: snapshot?.metadata };
    const actions = withRowIds(this.#storage.uri, timed, after, before, version);
    const info = makeCommitInfo({
      operation: this.#plan.operation,
      timestampMs,
      inCommitTimestampMs: keepsTimes ? timestampMs : undefined,
      readVersion: snapshot?.version,
      isolationLevel: isolationOf(this.#planned, after.metadata),
      isBlindAppend: this.#plan.isBlindAppend,
      commitId: this.#commitId,
      tags: isEnabled(after, 'rowTracking')
        ? { 'delta.rowTracking.preserved': String(this.#plan.keepsRowIds ?? true) }
        : {},
      extra: this.#plan.commitMetadata ?? {},
    });
    return { actions, info, timestampMs };
  }

  /** The time that ours must be above: that of the commit before, or of its file when times begin with ours. */
  async #timeBefore(): Promise<number | undefined> {
    if (this.#previousMs !== undefined || this.#next === 0) return this.#previousMs;
    return commitTimeMs(this.#storage, this.#next - 1, this.#clock, this.#random);
  }

  /** Steps over a commit that got in first. @throws delta.commit-conflict when it is in the way. */
  async #pass(winner: readonly Action[]): Promise<void> {
    const files = filesToCompare(this.#planned, winner);
    const changes = await this.#rows.compare(files, winner);
    const conflicts = findConflicts(this.#planned, winner, changes);
    if (conflicts.length > 0) throw this.#conflict(conflicts);
    await this.#rows.rebase(winner);
    applyActions(this.#state, winner);
    const info = winner.find((action) => action.kind === 'commit-info');
    const own = inCommitTimestampMs(info?.body['inCommitTimestamp']);
    if (own !== undefined) this.#previousMs = own;
    this.#next += 1;
  }

  #conflict(conflicts: readonly string[]): Error {
    return deltaErrors['commit-conflict']({ table: this.#storage.uri, version: this.#next, conflicts });
  }
}

/** `actions` with metadata as it is kept: what only asks for a protocol is left out, what row ids need is put in. */
function cleaned(
  actions: readonly Action[],
  before: Metadata | undefined,
  random: Random,
): readonly Action[] {
  return actions.map((action) => {
    if (action.kind !== 'metadata') return action;
    const kept = [...action.configuration].filter(([key]) => !isProtocolProperty(key));
    return withRowIdColumns({ ...action, configuration: new Map(kept) }, before, random);
  });
}

/** Whether `error` leaves no doubt that nothing was created. */
function saysNotCreated(error: unknown): boolean {
  return isBoathouseError(error, 'storage.no-space') || isBoathouseError(error, 'storage.no-permission');
}

/**
 * Losing to harmless commits is normal under load. The wait stays short however often it happens: whoever
 * lost most would otherwise wait longest, and starve.
 */
const lossPolicy: RetryPolicy = { attemptsMax: 500, delayMsMin: 16, delayMsMax: 32 };
