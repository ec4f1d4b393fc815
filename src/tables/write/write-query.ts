/**
 * A query's rows into a Delta table: staged as Parquet by one streaming COPY, then committed.
 *
 * The query runs once and its rows pass straight into files: nothing is materialised before. Until the
 * commit nobody sees the files; when anything fails they are removed. An append that loses to a commit
 * which changed or created the table is planned again on the new state, and keeps its files as long as
 * they are what the new plan would write.
 */
import { isBoathouseError, type Json, systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  assertWritable,
  commitActions,
  type Metadata,
  type Protocol,
  printSchema,
  protocolFor,
  protocolUpgradeFor,
  removeOf,
  type Snapshot,
} from '../../delta/index.ts';
import type { Column, Session } from '../../duckdb/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { beginWrite, modeOf } from './begin-write.ts';
import { describeFiles, discardFiles, type StagedFile, stageFiles } from './stage-files.ts';
import { indexedColumnsMax } from './stats.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';
import { plannedMetadata, planSchema, type SchemaPlan, stagingColumns, stagingSql } from './write-schema.ts';

/** Files are closed near this size. */
const targetFileSizeBytesDefault = 100 * 1024 * 1024;

/** How often an append is planned again: each time another writer changed the schema just before it. */
const plansMax = 5;

/**
 * Writes the rows of `query`, run in `session`, to the table at `tableUri`.
 *
 * Atomic: readers see all of the rows or none, and a failed write leaves the table as it was. Appends
 * commute with other appends, also with those that create the table or add columns to it; an overwrite
 * loses to any commit made since it began.
 *
 * @throws tables.already-exists, tables.schema-mismatch, tables.partition-mismatch, tables.unsupported-type,
 * tables.null-in-required-column, tables.bad-option, delta.commit-conflict, delta.unsupported-feature,
 * delta.append-only, duckdb.*, storage.*
 */
export async function writeQueryToDelta(
  session: Session,
  query: string,
  tableUri: string,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const storage = openStorage(tableUri, options.storageOptions);
  const start = await beginWrite(storage, options);
  if (start.kind === 'ignored') return start.result;
  const columns = await session.describe(query);
  let draft = draftWrite(storage, start.snapshot, columns, options);
  const staged = await stageFiles(
    session,
    storage,
    stagingSql(query, draft.plan),
    draft.plan.partitionColumns,
    {
      signal: options.signal,
      writeId: (options.random ?? systemRandom).uuid(),
      targetFileSizeBytes:
        options.targetFileSizeBytes ?? targetSizeOf(draft.metadata) ?? targetFileSizeBytesDefault,
    },
  );
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await commitDraft(storage, draft, staged, options);
      } catch (error) {
        if (attempt >= plansMax || !isBoathouseError(error, 'delta.commit-conflict')) throw error;
        const next = await draftAgain(storage, draft, columns, options);
        if (next === undefined) throw error;
        if (next.kind === 'ignored') {
          await discardFiles(storage, staged);
          return next.result;
        }
        draft = next.draft;
      }
    }
  } catch (error) {
    if (saysNothingCommitted(error)) await discardFiles(storage, staged);
    throw error;
  }
}

/** A write as planned on a state of the table. */
interface Draft {
  readonly snapshot: Snapshot | undefined;
  readonly plan: SchemaPlan;
  readonly metadata: Metadata;
  readonly protocol: Protocol;
}

/** Everything that can be refused is refused here, before any row is written. */
function draftWrite(
  storage: Storage,
  snapshot: Snapshot | undefined,
  columns: readonly Column[],
  options: WriteOptions,
): Draft {
  const table = storage.uri;
  if (snapshot !== undefined) assertWritable(table, snapshot.protocol, snapshot);
  const plan = planSchema(table, snapshot, columns, options);
  const metadata = plannedMetadata(snapshot, plan, printSchema(plan.schema), {
    id: (options.random ?? systemRandom).uuid(),
    nowMs: (options.clock ?? systemClock).nowMs(),
    options,
  });
  const protocol = snapshot
    ? protocolUpgradeFor(table, snapshot.protocol, metadata, plan.schema)
    : protocolFor(table, metadata, plan.schema);
  return { snapshot, plan, metadata, protocol };
}

type Again =
  | { readonly kind: 'go'; readonly draft: Draft }
  | { readonly kind: 'ignored'; readonly result: WriteResult };

/**
 * The write planned again after a conflict, for the files it has; undefined when that can't be.
 *
 * An overwrite isn't: the rows it would now remove are rows nobody had seen when its query ran.
 */
async function draftAgain(
  storage: Storage,
  draft: Draft,
  columns: readonly Column[],
  options: WriteOptions,
): Promise<Again | undefined> {
  if (modeOf(options) === 'overwrite') return undefined;
  const start = await beginWrite(storage, options);
  if (start.kind === 'ignored') return start;
  if (start.snapshot === undefined) return undefined;
  const next = draftWrite(storage, start.snapshot, columns, options);
  const shape = ({ plan }: Draft): string =>
    JSON.stringify([plan.partitionColumns, stagingColumns(plan).sort()]);
  return shape(next) === shape(draft) ? { kind: 'go', draft: next } : undefined;
}

async function commitDraft(
  storage: Storage,
  { snapshot, plan, metadata, protocol }: Draft,
  staged: readonly StagedFile[],
  options: WriteOptions,
): Promise<WriteResult> {
  const mode = modeOf(options);
  const indexed = Number(metadata.configuration.get('delta.dataSkippingNumIndexedCols') ?? indexedColumnsMax);
  const adds = describeFiles(storage.uri, staged, plan, indexed);
  const nowMs = (options.clock ?? systemClock).nowMs();
  const replaced = mode === 'overwrite' ? [...(snapshot?.files.values() ?? [])] : [];
  const actions: Action[] = [
    ...(snapshot?.protocol === protocol ? [] : [protocol]),
    ...(plan.changes ? [metadata] : []),
    ...replaced.map((file) => removeOf(file, nowMs)),
    ...adds,
  ];
  const result = {
    kind: snapshot === undefined ? 'created' : 'written',
    rows: staged.reduce((sum, { written }) => sum + written.rows, 0),
    filesAdded: adds.length,
    filesRemoved: replaced.length,
    bytesAdded: adds.reduce((sum, file) => sum + file.sizeBytes, 0),
    uri: storage.uri,
  } as const;
  const { version } = await commitActions(storage, {
    readSnapshot: snapshot,
    actions,
    operation: {
      name: options.operation ?? (snapshot === undefined ? 'CREATE TABLE AS SELECT' : 'WRITE'),
      parameters: { mode: modeNames[mode], partitionBy: [...plan.partitionColumns] },
      metrics: {
        numFiles: result.filesAdded,
        numOutputRows: result.rows,
        numOutputBytes: result.bytesAdded,
        numRemovedFiles: result.filesRemoved,
      },
    },
    isBlindAppend: mode === 'append' && snapshot !== undefined && !plan.changes,
    read: mode === 'overwrite' ? 'whole-table' : 'none',
    rows: duckdbParquetRows,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    random: options.random ?? systemRandom,
    commitMetadata: (options.commitMetadata ?? {}) as Readonly<Record<string, Json>>,
  });
  return { version, ...result };
}

const modeNames = {
  append: 'Append',
  overwrite: 'Overwrite',
  error: 'ErrorIfExists',
  ignore: 'Ignore',
} as const;

function targetSizeOf(metadata: Metadata): number | undefined {
  const match = /^(\d+)\s*([kmg]?)b?$/i.exec(metadata.configuration.get('delta.targetFileSize') ?? '');
  if (!match) return undefined;
  return Number(match[1]) * 1024 ** ' kmg'.indexOf(match[2]?.toLowerCase() || ' ');
}

/**
 * Whether `error` leaves no doubt that there is no commit. Where storage can't vouch for that, or the
 * mistake is ours, the files stay: a commit without its files would be a broken table.
 */
function saysNothingCommitted(error: unknown): boolean {
  if (!isBoathouseError(error)) return false;
  return (
    /^(?:delta|tables|duckdb)\./.test(error.code) || /^storage\.(?:no-space|no-permission)$/.test(error.code)
  );
}
