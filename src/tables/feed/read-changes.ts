/**
 * The change data feed: the rows that came and went, version by version.
 *
 * Source: Delta protocol, "Change Data Files"; Delta Spark for the columns and for what is refused.
 */
import {
  type AddFile,
  assertReadable,
  fileKey,
  type Metadata,
  mayMatch,
  type Predicate,
  primitive,
  type RemoveFile,
  readCommits,
  readSnapshot,
  type Snapshot,
  type StructType,
  versionAt,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { explainReadError } from '../read/damaged-file.ts';
import { pointInTimeMs } from '../read/point-in-time.ts';
import { relationColumns } from '../read/relation.ts';
import type { DeltaRelation } from '../read/scan.ts';
import { type ExtraColumn, ScanPlan } from '../read/scan-plan.ts';
import type { TableHandle } from '../table-handle.ts';
import { type ChangedFile, changedFiles } from './changed-files.ts';
import { feedErrors } from './errors.ts';

/** `insert`, `delete`, `update_preimage` or `update_postimage`; a VARCHAR. */
export const changeTypeColumn = '_change_type';
/** The version that changed the row; a BIGINT. */
export const commitVersionColumn = '_commit_version';
/** When that version was committed; a TIMESTAMP WITH TIME ZONE. */
export const commitTimestampColumn = '_commit_timestamp';

/** Which versions' changes; all of them from the first on unless given. Both ends count. */
export interface ChangeRange {
  readonly fromVersion?: number;
  readonly toVersion?: number;
  /** From the first version committed at or after this: a Date, milliseconds since 1970, or ISO text. */
  readonly fromTimestamp?: Date | number | string;
  /** To the last version committed at or before this. */
  readonly toTimestamp?: Date | number | string;
}

/**
 * The changes of a table as SQL: its columns as they are at the last version of the range, and how, in which
 * version and when each row changed.
 *
 * Costs a read a commit, and one for each deletion vector; no data file is opened.
 *
 * @throws tables.no-change-feed when the feed was off at any version of the range.
 * @throws tables.bad-change-range, delta.no-such-version, delta.corrupt-log, delta.unsupported-feature
 */
export async function readChanges(handle: TableHandle, range: ChangeRange = {}): Promise<DeltaRelation> {
  return (await changesOf(handle, range)).relation();
}

/** Changes that are found, and not yet put into SQL. */
export interface FoundChanges {
  /** The end of the range. */
  readonly version: number;
  /** The table's columns there. */
  readonly schema: StructType;
  /** As SQL; files that can't hold a row for which `predicate` is true are left out. */
  relation(predicate?: Predicate): DeltaRelation;
  /** `error`, which reading them ended with, or `tables.damaged-file` when that is the reason. */
  readonly explain: (error: unknown) => Promise<unknown>;
}

/** `readChanges` for a caller that has conditions on the table's columns. */
export async function changesOf(handle: TableHandle, range: ChangeRange): Promise<FoundChanges> {
  const { storage } = handle;
  const newest = await handle.refresh();
  const [from, to] = await resolveRange(storage, range, newest.version);
  const at = (version: number): Promise<Snapshot> =>
    version === newest.version
      ? Promise.resolve(newest)
      : readSnapshot(storage, { rows: duckdbParquetRows, version });
  const end = await at(to);
  assertReadable(storage.uri, end.protocol, end);
  const start = from === to ? end : await at(from);
  requireFeed(storage, start.metadata, from);
  const changes: ChangedFile[] = [];
  const before = new Map<number, Promise<Snapshot>>();
  const partitionsOf = async (removed: RemoveFile, version: number): Promise<AddFile['partitionValues']> => {
    if (end.metadata.partitionColumns.length === 0) return new Map();
    const known = before.get(version) ?? at(version - 1);
    before.set(version, known);
    const file = (await known).files.get(fileKey(removed));
    if (file === undefined)
      throw feedErrors['unreadable-change']({ table: storage.uri, version, file: removed.path });
    return file.partitionValues;
  };
  for await (const commit of readCommits(storage, { first: from, last: to })) {
    const metadata = commit.actions.find((action) => action.kind === 'metadata');
    if (metadata !== undefined) requireFeed(storage, metadata, commit.version);
    for (const change of await changedFiles(storage, commit, partitionsOf)) changes.push(change);
  }
  const columns = [
    ...relationColumns(end),
    { name: changeTypeColumn, type: 'VARCHAR' },
    { name: commitVersionColumn, type: 'BIGINT' },
    { name: commitTimestampColumn, type: 'TIMESTAMP WITH TIME ZONE' },
  ];
  const relation = (predicate?: Predicate): DeltaRelation => {
    const some =
      predicate === undefined ? changes : changes.filter(({ file }) => mayMatch(predicate, file, end));
    return { sql: changesSql(end, storage, some), version: to, uri: storage.uri, columns };
  };
  const explain = (error: unknown): Promise<unknown> =>
    explainReadError(
      error,
      changes.map(({ file }) => file),
      storage,
    );
  return { version: to, schema: end.schema, relation, explain };
}

function changesSql(end: Snapshot, storage: Storage, changes: readonly ChangedFile[]): string {
  const known = new Map(changes.map((change) => [change.file, change]));
  const of = (file: AddFile): ChangedFile => known.get(file) as ChangedFile;
  const when: ExtraColumn[] = [
    {
      kind: 'constant',
      name: commitVersionColumn,
      type: primitive('long'),
      textOf: (file) => String(of(file).version),
      groups: true,
    },
    {
      kind: 'constant',
      name: commitTimestampColumn,
      type: primitive('timestamp'),
      textOf: (file) => new Date(of(file).timestampMs).toISOString(),
    },
  ];
  const told: ExtraColumn = { kind: 'in-file', name: changeTypeColumn, sqlType: 'VARCHAR' };
  const derived: ExtraColumn = {
    kind: 'constant',
    name: changeTypeColumn,
    type: primitive('string'),
    textOf: (file) => of(file).change,
  };
  const scan = (isTold: boolean): string | undefined => {
    const files = changes.filter(({ change }) => (change === 'told') === isTold).map(({ file }) => file);
    if (files.length === 0 && isTold) return undefined;
    const columns = [isTold ? told : derived, ...when];
    return new ScanPlan(end, storage, {}, { pick: (file) => of(file).pick, columns }).scan(files).sql;
  };
  return [scan(false), scan(true)].filter((sql) => sql !== undefined).join(' UNION ALL ');
}

async function resolveRange(
  storage: Storage,
  range: ChangeRange,
  newest: number,
): Promise<readonly [from: number, to: number]> {
  const bad = (problem: string): Error => feedErrors['bad-change-range']({ table: storage.uri, problem });
  if (range.fromVersion !== undefined && range.fromTimestamp !== undefined)
    throw bad('it begins with a version and with a time');
  if (range.toVersion !== undefined && range.toTimestamp !== undefined)
    throw bad('it ends with a version and with a time');
  const timeOf = (given: Date | number | string): number => {
    const timeMs = pointInTimeMs(given);
    if (timeMs === undefined) throw bad(`'${String(given)}' is not a time`);
    return timeMs;
  };
  const from =
    range.fromTimestamp === undefined
      ? (range.fromVersion ?? 0)
      : // The version that stands just before the time is the last one that is left out.
        await versionFrom(storage, timeOf(range.fromTimestamp), newest);
  const to =
    range.toTimestamp === undefined
      ? (range.toVersion ?? newest)
      : Math.min(newest, await versionAt(storage, timeOf(range.toTimestamp), { orLast: true }));
  if (!Number.isSafeInteger(from) || from < 0) throw bad(`${from} is not a version`);
  if (!Number.isSafeInteger(to) || to < 0) throw bad(`${to} is not a version`);
  if (from > to) throw bad(`it begins with version ${from}, after its end at version ${to}`);
  return [from, to];
}

async function versionFrom(storage: Storage, timeMs: number, newest: number): Promise<number> {
  const first = await versionAt(storage, timeMs, { orFirst: true, orLast: true });
  // `first` stands at the time. It was committed then or before, unless the log begins later.
  const earlier = await versionAt(storage, timeMs - 1, { orFirst: true, orLast: true });
  if (first !== earlier) return first;
  const isBefore = await committedBefore(storage, first, timeMs);
  if (isBefore && first === newest)
    throw feedErrors['bad-change-range']({
      table: storage.uri,
      problem: `nothing was committed at or after ${new Date(timeMs).toISOString()}`,
    });
  return isBefore ? first + 1 : first;
}

async function committedBefore(storage: Storage, version: number, timeMs: number): Promise<boolean> {
  for await (const commit of readCommits(storage, { first: version, last: version }))
    return commit.timestampMs < timeMs;
  return false;
}

function requireFeed(storage: Storage, metadata: Metadata, version: number): void {
  if (metadata.configuration.get('delta.enableChangeDataFeed')?.toLowerCase() !== 'true')
    throw feedErrors['no-change-feed']({ table: storage.uri, version });
}
