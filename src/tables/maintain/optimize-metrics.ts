/** The numbers of OPTIMIZE and REORG, for their callers and for the log. Pure. */
import type { AddFile } from '../../delta/index.ts';
import { partitionKey } from './file-candidates.ts';
import type { FileSizes, OptimizeMetrics } from './optimize-spec.ts';
import type { RewriteNumbers } from './rewrite-batch.ts';

/** A commit's metrics, by Delta Spark's names. */
export function commitMetrics({ added, removed }: RewriteNumbers): Readonly<Record<string, number>> {
  const sizes = added.map((file) => file.sizeBytes).sort((a, b) => a - b);
  const at = (share: number): number =>
    sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0;
  const vectors = removed.flatMap(({ deletionVector }) => (deletionVector ? [deletionVector] : []));
  return {
    numAddedFiles: added.length,
    numAddedBytes: sum(sizes),
    numRemovedFiles: removed.length,
    numRemovedBytes: sum(removed.map((file) => file.sizeBytes)),
    minFileSize: at(0),
    p25FileSize: at(0.25),
    p50FileSize: at(0.5),
    p75FileSize: at(0.75),
    maxFileSize: at(1),
    numDeletionVectorsRemoved: vectors.length,
    numDeletionVectorRowsRemoved: sum(vectors.map(({ cardinality }) => Number(cardinality))),
    numDeletionVectorBytesRemoved: sum(vectors.map(({ sizeBytes }) => sizeBytes)),
  };
}

/** The metrics of all commits of an operation together. */
export function optimizeMetrics(commits: readonly RewriteNumbers[], considered: number): OptimizeMetrics {
  const added = commits.flatMap((commit) => commit.added);
  const removed = commits.flatMap((commit) => commit.removed);
  return {
    numFilesAdded: added.length,
    numFilesRemoved: removed.length,
    filesAdded: sizesOf(added),
    filesRemoved: sizesOf(removed),
    partitionsOptimized: new Set(removed.map(partitionKey)).size,
    numBatches: commits.length,
    totalConsideredFiles: considered,
    totalFilesSkipped: considered - removed.length,
    numDeletionVectorsRemoved: removed.filter(({ deletionVector }) => deletionVector !== undefined).length,
  };
}

function sizesOf(files: readonly AddFile[]): FileSizes {
  let [min, max, total] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { sizeBytes } of files) {
    min = Math.min(min, sizeBytes);
    max = Math.max(max, sizeBytes);
    total += sizeBytes;
  }
  const count = files.length;
  return {
    min: count === 0 ? 0 : min,
    max,
    avg: count === 0 ? 0 : total / count,
    totalFiles: count,
    totalSize: total,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
