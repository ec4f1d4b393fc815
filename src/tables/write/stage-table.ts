/**
 * A query's rows as data files of a table, before any commit names them.
 *
 * The query runs once and its rows pass straight into files: nothing is materialised before. The files are
 * whole and durable when this returns, and nobody sees them.
 */
import { isBoathouseError, systemRandom } from '../../base/index.ts';
import type { AddFile, Metadata, TextMap } from '../../delta/index.ts';
import type { Column, Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { rowIdColumn, rowVersionColumn } from '../read/scan-files.ts';
import { type CopiedFile, copyFiles, removeFiles } from './copy-files.ts';
import { writeErrors } from './errors.ts';
import { identityMarks } from './identity.ts';
import { physicalLeaves } from './physical-columns.ts';
import { explainBroken, type RowCheck } from './row-checks.ts';
import { planStage, type StagePlan } from './stage-plan.ts';
import { statsJson } from './stats.ts';
import { planStats } from './stats-plan.ts';
import type { TableShape } from './table-shape.ts';

/** Which rows become files, and how. */
export interface StageRequest {
  /**
   * Yields columns of the table by their logical names; those it lacks are null in the files. May also
   * yield the two row-tracking columns of a scan, which are then materialised.
   */
  readonly query: string;
  /** The table as it will be once the files are in it. */
  readonly shape: TableShape;
  /** In the name of every file. Random unless given. */
  readonly writeId?: string;
  /** A file is closed when it has grown to about this; else the table's `delta.targetFileSize`, else 100 MiB. */
  readonly targetFileSizeBytes?: number;
  /** Rows in a row group, and so in the smallest file; the engine's usual number unless given. */
  readonly rowGroupRows?: number;
  /** SQL over the logical columns: rows stand in this order in the files, row group by row group. */
  readonly orderBy?: string;
  /** False when rows are only rearranged. True unless given. */
  readonly dataChange?: boolean;
  /** Whether the table's rules are held to the rows. `enforce` unless given; rearranged rows were checked before. */
  readonly checks?: 'enforce' | 'skip';
  /** A further rule for every row, with the error for the first one that breaks it. */
  readonly mustMatch?: { readonly predicate: string; fail(row: string): Error };
  /** The codec; else the table's `delta.parquet.compression.codec`, else snappy. */
  readonly compression?: string;
  readonly tags?: TextMap;
  readonly clusteringProvider?: string;
  readonly signal?: AbortSignal | undefined;
  /** The columns of `query`, where the caller has asked for them already. */
  readonly columns?: readonly Column[];
}

/** Files that wait for a commit. */
export interface Staged {
  readonly adds: readonly AddFile[];
  readonly rows: number;
  readonly bytes: number;
  /** The highest, or for a falling one the lowest, value of each identity column in the files. */
  readonly identityMarks: ReadonlyMap<string, bigint>;
  /** The same files described for a table that has changed since in ways they fit. */
  describeAs(shape: TableShape): Staged;
  /** Removes the files, as far as that is possible. Only for files that no commit names. */
  discard(): Promise<void>;
}

/** Files are closed near this size. */
const targetFileSizeBytesDefault = 100 * 1024 * 1024;

/**
 * Writes the rows of `request.query`, run once in `session`, below the table's folder. When it fails, what was
 * written is removed.
 *
 * @throws tables.missing-value, tables.constraint-violated, tables.generated-value-differs, with the row.
 * @throws tables.unrepresentable-value, tables.bad-expression, tables.unsupported-type, duckdb.*, storage.*
 */
export async function stageTable(session: Session, storage: Storage, request: StageRequest): Promise<Staged> {
  const columns = request.columns ?? (await session.describe(request.query));
  const plan = planTable(storage.uri, columns, request);
  const files = await copyPlanned(session, storage, plan, {
    folder: '',
    prefix: 'part',
    writeId: request.writeId ?? systemRandom.uuid(),
    targetFileSizeBytes: request.targetFileSizeBytes ?? targetFileSizeOf(request.shape.metadata),
    signal: request.signal,
  });
  try {
    assertRepresentable(storage.uri, files, request);
    return describeStaged(storage, files, plan, request);
  } catch (error) {
    await removeFiles(storage, files);
    throw error;
  }
}

/** The plan behind `stageTable`. Two plans of equal `text` write the same files. Pure. */
export function planTable(table: string, columns: readonly Column[], request: StageRequest): StagePlan {
  const plan = planStage(request.query, columns, request.shape, {
    orderBy: request.orderBy,
    compression: request.compression,
    enforce: request.checks !== 'skip',
    further: request.mustMatch === undefined ? [] : [request.mustMatch],
    tracking: trackingColumns(columns, request.shape.metadata),
    extra: [],
    table,
  });
  const { rowGroupRows } = request;
  if (rowGroupRows === undefined) return plan;
  return { ...plan, copyOptions: [...plan.copyOptions, `ROW_GROUP_SIZE ${rowGroupRows}`] };
}

/** Runs a plan's COPY; a row that breaks a rule is reported as that. */
export async function copyPlanned(
  session: Session,
  storage: Storage,
  plan: StagePlan,
  about: Pick<
    Parameters<typeof copyFiles>[2],
    'folder' | 'prefix' | 'writeId' | 'targetFileSizeBytes' | 'signal'
  >,
): Promise<CopiedFile[]> {
  try {
    return await copyFiles(session, storage, {
      ...about,
      select: plan.select,
      partitionBy: plan.partition.map((key) => key.copied),
      copyOptions: plan.copyOptions,
    });
  } catch (error) {
    throw explained(error, plan.checks);
  }
}

/** The values of a file's partition columns, as the log has them. Pure. */
export function partitionValuesOf({ written }: CopiedFile, plan: StagePlan): AddFile['partitionValues'] {
  return new Map(plan.partition.map((key) => [key.physical, written.partition.get(key.copied) ?? null]));
}

/** The size at which the table wants its files closed. Pure. */
export function targetFileSizeOf(metadata: Metadata): number {
  const match = /^(\d+)\s*([kmg]?)b?$/i.exec(metadata.configuration.get('delta.targetFileSize') ?? '');
  if (!match) return targetFileSizeBytesDefault;
  return Number(match[1]) * 1024 ** ' kmg'.indexOf(match[2]?.toLowerCase() || ' ');
}

/** `files` as the log describes them in a table of the shape. Pure. */
function describeStaged(
  storage: Storage,
  files: readonly CopiedFile[],
  plan: StagePlan,
  request: StageRequest,
): Staged {
  const stats = planStats(request.shape);
  const adds = files.map(
    (file): AddFile => ({
      kind: 'add',
      path: file.info.path,
      partitionValues: partitionValuesOf(file, plan),
      sizeBytes: file.info.sizeBytes,
      modifiedMs: Math.floor(file.info.modifiedMs),
      dataChange: request.dataChange ?? true,
      stats: statsJson(file.written, stats),
      ...(request.tags === undefined ? {} : { tags: request.tags }),
      ...(request.clusteringProvider === undefined ? {} : { clusteringProvider: request.clusteringProvider }),
    }),
  );
  return {
    adds,
    rows: files.reduce((sum, { written }) => sum + written.rows, 0),
    bytes: adds.reduce((sum, file) => sum + file.sizeBytes, 0),
    identityMarks: identityMarks(files, request.shape),
    describeAs: (shape) => describeStaged(storage, files, plan, { ...request, shape }),
    discard: () => removeFiles(storage, files),
  };
}

/** The columns of a scan that carry row ids and versions, with the names that files have for them. */
function trackingColumns(columns: readonly Column[], metadata: Metadata): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (column: string, property: string): void => {
    const physical = metadata.configuration.get(property);
    if (physical !== undefined && columns.some(({ name }) => name === column)) names.set(column, physical);
  };
  add(rowIdColumn, 'delta.rowTracking.materializedRowIdColumnName');
  add(rowVersionColumn, 'delta.rowTracking.materializedRowCommitVersionColumnName');
  return names;
}

function explained(error: unknown, checks: readonly RowCheck[]): unknown {
  return isBoathouseError(error) ? (explainBroken(error.message, checks) ?? error) : error;
}

/** The engine knows infinite times, which files would hold as some far year. */
function assertRepresentable(table: string, files: readonly CopiedFile[], request: StageRequest): void {
  if (request.checks === 'skip') return;
  const times = new Map<string, string>();
  for (const { path, logical, type } of physicalLeaves(request.shape)) {
    const isTime = type.kind === 'primitive' && /^(?:date|timestamp|timestamp_ntz)$/.test(type.name);
    if (isTime) times.set(JSON.stringify(path), logical);
  }
  if (times.size === 0) return;
  for (const { written } of files) {
    for (const { path, stats } of written.columns) {
      const column = times.get(JSON.stringify(path));
      if (column === undefined) continue;
      const value = [stats.get('min'), stats.get('max')].find((bound) => /^-?infinity$/.test(bound ?? ''));
      if (value === undefined) continue;
      throw writeErrors['unrepresentable-value']({ table, column, value, type: 'a date or time' });
    }
  }
}
