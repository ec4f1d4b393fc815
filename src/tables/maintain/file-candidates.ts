/** Which files of a table are worth writing again, and with which others. Pure but for `readWhere`. */
import {
  type AddFile,
  mayMatch,
  type Predicate,
  rowCountOf,
  type Snapshot,
  type TextMap,
} from '../../delta/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { typesOf } from '../dml/checked-expressions.ts';
import { emptyRelation } from '../dml/target-scan.ts';
import { parsePredicate } from '../read/predicate.ts';
import { packBins, packRuns } from './bin-packing.ts';

/**
 * A file that may be written again, as far as deciding that needs it: a table may have a million of them, and
 * the log's own words about each are read again when its turn comes.
 */
export interface Candidate {
  /** Its `fileKey`. */
  readonly key: string;
  /** Files with the same number stand in the same partition. */
  readonly partition: number;
  readonly sizeBytes: number;
  /** What its live rows take up of it, by their number. */
  readonly liveBytes: number;
  readonly deletedRatio: number;
  readonly modifiedMs: number;
  /** What was said about the rows' order when it was written. */
  readonly tags: AddFile['tags'];
  readonly clusteringProvider: string | undefined;
}

/** Files that become one file, or one ordered run of files: by their keys. */
export type FileGroup = readonly Candidate[];

/** What files are put together by. */
export interface CompactionWishes {
  readonly targetSizeBytes: number;
  /** Smaller files are put together. */
  readonly minFileSizeBytes: number;
  /** Files with a larger share of deleted rows are written again whatever their size. */
  readonly maxDeletedRatio: number;
}

/** Candidates, and how many files were looked at for them. */
export interface Candidates {
  readonly files: readonly Candidate[];
  readonly considered: number;
}

/**
 * The files that may hold a row of `predicate` and `isWanted`, partitions numbered as they come. One pass over the
 * files.
 *
 * @param within the only partitions that count, by `partitionKey`.
 */
export function candidatesOf(
  snapshot: Snapshot,
  predicate: Predicate | undefined,
  isWanted: (file: Candidate) => boolean,
  within?: ReadonlySet<string>,
): Candidates {
  const partitions = new Map<string, number>();
  const candidates: Candidate[] = [];
  let considered = 0;
  const isPartitioned = snapshot.metadata.partitionColumns.length > 0;
  for (const [key, file] of snapshot.files) {
    if (predicate !== undefined && !mayMatch(predicate, file, snapshot)) continue;
    const values = isPartitioned ? partitionKey(file) : '[]';
    if (within?.has(values) === false) continue;
    considered += 1;
    let partition = partitions.get(values);
    if (partition === undefined) {
      partition = partitions.size;
      partitions.set(values, partition);
    }
    const deletedRatio = deletedRatioOf(file);
    const candidate: Candidate = {
      key,
      partition,
      sizeBytes: file.sizeBytes,
      liveBytes: file.sizeBytes * (1 - deletedRatio),
      deletedRatio,
      modifiedMs: file.modifiedMs,
      tags: file.tags,
      clusteringProvider: file.clusteringProvider,
    };
    if (isWanted(candidate)) candidates.push(candidate);
  }
  return { files: candidates, considered };
}

/** A file's partition as text: equal for files that stand together. Pure. */
export function partitionKey(file: Pick<AddFile, 'partitionValues'>): string {
  return JSON.stringify([...file.partitionValues].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The share of the file's rows that are deleted; all of them when the log doesn't say how many it has. */
function deletedRatioOf(file: AddFile): number {
  if (file.deletionVector === undefined) return 0;
  const rows = Number(rowCountOf(file.stats) ?? 0);
  const deleted = Number(file.deletionVector.cardinality);
  if (deleted === 0) return 0;
  return rows > 0 ? Math.min(1, deleted / rows) : 1;
}

/** Whether compaction has to do with `file`: it is small, or too many of its rows are deleted. Pure. */
export function isCompactable(file: Candidate, wishes: CompactionWishes): boolean {
  return file.sizeBytes < wishes.minFileSizeBytes || file.deletedRatio > wishes.maxDeletedRatio;
}

/**
 * Files put together within their partitions, neighbours in time first. Groups of a single file are only those
 * with too many deleted rows.
 */
export function compactionGroups(
  chosen: readonly Candidate[],
  wishes: CompactionWishes,
): readonly FileGroup[] {
  return byPartition(chosen).flatMap((files) =>
    packBins(
      [...files].sort((a, b) => a.modifiedMs - b.modifiedMs),
      (file) => file.liveBytes,
      wishes.targetSizeBytes,
    ).filter((group) => isWorthwhile(group, wishes)),
  );
}

/** Whether it helps to write the files of `group` again as one. Pure. */
export function isWorthwhile(group: FileGroup, { maxDeletedRatio }: CompactionWishes): boolean {
  return group.length > 1 || group.some((file) => file.deletedRatio > maxDeletedRatio);
}

/** `candidates` by partition, in the order in which partitions first come. */
export function byPartition(candidates: readonly Candidate[]): readonly FileGroup[] {
  const groups = new Map<number, Candidate[]>();
  for (const file of candidates) {
    const group = groups.get(file.partition);
    if (group === undefined) groups.set(file.partition, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

/** Groups that one statement writes. Those of one partition become files that are closed by the size they come to. */
export interface RewriteUnit {
  readonly groups: readonly FileGroup[];
  readonly sizeBytes: number;
  /** For a clustered table: what the new files are tagged with. */
  readonly tags?: TextMap;
  readonly clusteringProvider?: string;
}

/** The engine writes so many partitions at once without closing files in between. */
const partitionsMax = 64;

/**
 * `groups` put together into statements: small ones of different partitions share one, and so do those of one
 * partition, up to `togetherMaxBytes`. What small files come to when they are written as one is known only
 * then: written group by group, they would be small again.
 *
 * @param togetherMaxBytes 0 keeps the files of each group apart from those of others.
 */
export function unitsOf(
  groups: readonly FileGroup[],
  isPartitioned: boolean,
  targetSizeBytes: number,
  togetherMaxBytes: number = 0,
): readonly RewriteUnit[] {
  const sizeOf = (group: FileGroup): number => group.reduce((sum, file) => sum + file.sizeBytes, 0);
  const byOwner = new Map<number, FileGroup[]>();
  for (const group of groups) {
    const partition = group[0]?.partition ?? -1;
    const known = byOwner.get(partition);
    if (known === undefined) byOwner.set(partition, [group]);
    else known.push(group);
  }
  const shared: RewriteUnit[] = [];
  const alone: RewriteUnit[] = [];
  for (const own of byOwner.values()) {
    const runs = packRuns(own, sizeOf, togetherMaxBytes);
    for (const run of runs) {
      const unit = { groups: run, sizeBytes: run.reduce((sum, group) => sum + sizeOf(group), 0) };
      const isShared = isPartitioned && runs.length === 1 && unit.sizeBytes <= targetSizeBytes;
      (isShared ? shared : alone).push(unit);
    }
  }
  const sizeOfUnit = (unit: RewriteUnit): number => unit.sizeBytes;
  return [
    ...packRuns(shared, sizeOfUnit, targetSizeBytes * 4, partitionsMax).map((run) => ({
      groups: run.flatMap((unit) => unit.groups),
      sizeBytes: run.reduce((sum, unit) => sum + unit.sizeBytes, 0),
    })),
    ...alone,
  ];
}

/** What `where` says about the table's rows; undefined when it isn't given. @throws duckdb.*, tables.not-an-expression */
export async function readWhere(
  session: Session,
  { schema }: Snapshot,
  where: string | undefined,
  statement: string,
): Promise<Predicate | undefined> {
  if (where === undefined) return undefined;
  const condition = { what: `the condition of ${statement}`, sql: where, as: 'condition' } as const;
  await typesOf(session, [condition], `(${emptyRelation(schema)}) AS ${quoteIdentifier('target')}`);
  return parsePredicate(session, where, schema, { alias: 'target' });
}
