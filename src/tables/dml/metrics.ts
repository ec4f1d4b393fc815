/** Numbers of an operation, for its result and for the commit. */
import { type Clock, systemClock } from '../../base/index.ts';
import type { DeleteMetrics, MergeMetrics } from './dml-results.ts';
import type { ClauseGroups } from './merge-clauses.ts';
import type { OutcomeNumbers } from './stage-outcome.ts';

/** The parts of an operation that are timed. */
export type Lap = 'source' | 'scan' | 'rewrite';

/** Time since the operation began, and the part of it that each lap took, over all attempts. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #laps = new Map<Lap, number>();
  #lapMs: number;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    this.#lapMs = this.#startMs;
  }

  /** Ends a lap: what passed since the last one counts for `name`. */
  lap(name: Lap): void {
    const nowMs = this.#clock.nowMs();
    this.#laps.set(name, this.lapMs(name) + nowMs - this.#lapMs);
    this.#lapMs = nowMs;
  }

  /** Milliseconds that went into `name`. */
  lapMs(name: Lap): number {
    return this.#laps.get(name) ?? 0;
  }

  /** Milliseconds since the beginning. */
  get totalMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }
}

/** Of an operation that wrote nothing. */
export const noFiles: OutcomeNumbers = {
  filesAdded: 0,
  bytesAdded: 0,
  filesRemoved: 0,
  bytesRemoved: 0,
  changeFiles: 0,
  rowsInserted: 0,
  rowsCopied: 0,
  rowsWritten: 0,
  vectorsAdded: 0,
  vectorsUpdated: 0,
  vectorsRemoved: 0,
};

/** The metrics that DELETE and UPDATE share. */
export function fileMetrics(
  numbers: OutcomeNumbers,
  watch: Stopwatch,
): Omit<DeleteMetrics, 'numDeletedRows'> {
  return {
    numAddedFiles: numbers.filesAdded,
    numAddedBytes: numbers.bytesAdded,
    numRemovedFiles: numbers.filesRemoved,
    numRemovedBytes: numbers.bytesRemoved,
    numAddedChangeFiles: numbers.changeFiles,
    numDeletionVectorsAdded: numbers.vectorsAdded,
    numDeletionVectorsUpdated: numbers.vectorsUpdated,
    numDeletionVectorsRemoved: numbers.vectorsRemoved,
    numCopiedRows: numbers.rowsCopied,
    executionTimeMs: watch.totalMs,
    scanTimeMs: watch.lapMs('scan'),
    rewriteTimeMs: watch.lapMs('rewrite'),
  };
}

/** What a MERGE counted: rows by clause, and what was written. */
export interface MergeCounts {
  readonly updated: ReadonlyMap<number, number>;
  readonly deleted: ReadonlyMap<number, number>;
  readonly groups: ClauseGroups;
  readonly numbers: OutcomeNumbers;
}

/** The metrics of a MERGE; of one that wrote nothing when `counts` is undefined. */
export function mergeMetrics(
  counts: MergeCounts | undefined,
  sourceRows: number,
  watch: Stopwatch,
): MergeMetrics {
  const numbers = counts?.numbers ?? noFiles;
  const total = (
    rows: ReadonlyMap<number, number> | undefined,
    clauses: readonly { readonly index: number }[] | undefined,
  ): number => (clauses ?? []).reduce((sum, { index }) => sum + (rows?.get(index) ?? 0), 0);
  const [matched, alone] = [counts?.groups.matched, counts?.groups.notMatchedBySource];
  const [updated, updatedAlone] = [total(counts?.updated, matched), total(counts?.updated, alone)];
  const [deleted, deletedAlone] = [total(counts?.deleted, matched), total(counts?.deleted, alone)];
  return {
    numSourceRows: sourceRows,
    numTargetRowsInserted: numbers.rowsInserted,
    numTargetRowsUpdated: updated + updatedAlone,
    numTargetRowsMatchedUpdated: updated,
    numTargetRowsNotMatchedBySourceUpdated: updatedAlone,
    numTargetRowsDeleted: deleted + deletedAlone,
    numTargetRowsMatchedDeleted: deleted,
    numTargetRowsNotMatchedBySourceDeleted: deletedAlone,
    numTargetRowsCopied: numbers.rowsCopied,
    numOutputRows: numbers.rowsWritten,
    numTargetFilesAdded: numbers.filesAdded,
    numTargetFilesRemoved: numbers.filesRemoved,
    numTargetBytesAdded: numbers.bytesAdded,
    numTargetBytesRemoved: numbers.bytesRemoved,
    numTargetChangeFilesAdded: numbers.changeFiles,
    numTargetDeletionVectorsAdded: numbers.vectorsAdded,
    numTargetDeletionVectorsUpdated: numbers.vectorsUpdated,
    numTargetDeletionVectorsRemoved: numbers.vectorsRemoved,
    executionTimeMs: watch.totalMs,
    materializeSourceTimeMs: watch.lapMs('source'),
    scanTimeMs: watch.lapMs('scan'),
    rewriteTimeMs: watch.lapMs('rewrite'),
  };
}

/** `metrics` as a commit has them: what isn't known is left out. */
export function operationMetrics(metrics: object): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
  );
}
