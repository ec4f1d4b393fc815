/**
 * A Delta table as an object: opened once, read, written, changed and maintained through it.
 *
 * Everything here is done by functions on an open handle; this is the one place where a user of the library finds
 * them by name.
 */
import type * as Arrow from 'apache-arrow';
import { systemClock } from '../base/index.ts';
import {
  type HistoryEntry,
  history,
  type Metadata,
  type Protocol,
  type StructType,
  writeCheckpoint,
} from '../delta/index.ts';
import type { SqlValue } from '../duckdb/index.ts';
import { openStorage } from '../storage/index.ts';
import type { AlterChange, AlterResult } from './alter/alter-change.ts';
import { alterTable } from './alter/alter-table.ts';
import { type CloneOptions, cloneTable } from './alter/clone-table.ts';
import { type ConvertOptions, convertToDelta } from './alter/convert-to-delta.ts';
import { createTable } from './alter/create-table.ts';
import { describeDetail, type TableDetail } from './alter/describe-detail.ts';
import { type RestoreResult, type RestoreTarget, restoreTable } from './alter/restore-table.ts';
import type { TableSpec } from './alter/table-spec.ts';
import { deleteRows } from './dml/delete-rows.ts';
import type { DeleteResult, MergeResult, UpdateResult } from './dml/dml-results.ts';
import { MergeBuilder } from './dml/merge-builder.ts';
import { mergeRows } from './dml/merge-rows.ts';
import type { MergeSpec } from './dml/merge-spec.ts';
import { type UpdateSpec, updateRows } from './dml/update-rows.ts';
import { type ChangeRange, changesOf } from './feed/read-changes.ts';
import { assertGiven } from './given.ts';
import {
  alterChanges,
  changeRange,
  cloneOptions,
  convertOptions,
  deleteSpec,
  historyOptions,
  maintenancePlan,
  mergeInput,
  openOptions,
  operationOptions,
  optimizeSpec,
  pointInTime,
  purgeSpec,
  tableSpec,
  thresholds,
  updateSpec,
  vacuumSpec,
  writeOptions,
} from './given-options.ts';
import { type MaintenanceDone, maintain, planMaintenance } from './maintain/maintain.ts';
import type { MaintenancePlan, MaintenanceThresholds } from './maintain/maintenance-plan.ts';
import { optimize } from './maintain/optimize.ts';
import type { OptimizeResult, OptimizeSpec } from './maintain/optimize-spec.ts';
import { type PurgeSpec, purge } from './maintain/purge.ts';
import { vacuum } from './maintain/vacuum.ts';
import type { VacuumResult, VacuumSpec } from './maintain/vacuum-spec.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import type { RelationColumn } from './read/relation.ts';
import { RelationRows } from './relation-rows.ts';
import { type OpenHandleOptions, TableHandle } from './table-handle.ts';
import {
  type DeltaFile,
  type ReadOptions,
  type RelationOptions,
  type TableRelation,
  TableSnapshot,
} from './table-snapshot.ts';
import type { OperationOptions } from './transact.ts';
import { append, overwrite, type RowsInput, withRowsQuery } from './write/write-delta.ts';
import type { WriteOptions, WriteResult } from './write/write-options.ts';

/** How a table is opened. */
export type OpenTableOptions = OpenHandleOptions;

/** What is merged into a table, and when rows belong together. */
export interface MergeInput
  extends Pick<MergeSpec, 'on' | 'sourceAlias' | 'targetAlias' | 'schemaEvolution'> {
  /** Rows as `append` takes them, or `{ sql }`: a query, in which `delta_scan('…')` reads other tables. */
  readonly source: RowsInput;
}

/**
 * A Delta table.
 *
 * It stands at the newest version it knows: after a write of its own at the version made, after `refresh` at the
 * latest. Opened at a version or time of the past it stays there, and can't be written. Operations may run at
 * the same time, on one object or many, in one process or many: each is one commit, made once, and planned again
 * when another changed what it rests on.
 */
export class DeltaTable {
  readonly #handle: TableHandle;
  #snapshot: TableSnapshot;

  private constructor(handle: TableHandle) {
    this.#handle = handle;
    this.#snapshot = new TableSnapshot(handle.storage, handle.snapshot);
  }

  /**
   * Opens the table at `uri`: a path, or `file://…`.
   *
   * @param options `version` or `timestamp` for a state of the past.
   * @throws delta.not-a-table, delta.no-such-version, delta.corrupt-log, storage.unsupported-scheme, tables.bad-option
   */
  static async open(uri: string, options: OpenTableOptions = {}): Promise<DeltaTable> {
    assertGiven(options, 'options', openOptions);
    return new DeltaTable(await TableHandle.open(uri, options));
  }

  /**
   * Makes a table without rows: `DeltaTable.create('lake/orders', { schema: 'id BIGINT NOT NULL, day DATE',
   * partitionBy: ['day'] })`. An existing one is an error unless `ifNotExists` or `orReplace` is given.
   *
   * @throws as `createTable`
   */
  static async create(uri: string, spec: TableSpec, options: OperationOptions = {}): Promise<DeltaTable> {
    assertGiven(spec, 'create', tableSpec);
    assertGiven(options, 'options', operationOptions);
    return new DeltaTable((await createTable(uri, spec, options)).handle);
  }

  /**
   * Makes a folder of Parquet files a table where it stands; one that is a table already is opened.
   *
   * @throws as `convertToDelta`
   */
  static async convert(uri: string, options: ConvertOptions = {}): Promise<DeltaTable> {
    assertGiven(options, 'options', convertOptions);
    return new DeltaTable((await convertToDelta(uri, options)).handle);
  }

  /** Whether there is a Delta table at `uri`. Costs a listing, which stops at the first commit. */
  static async isDeltaTable(
    uri: string,
    options: Pick<OpenTableOptions, 'storageOptions'> = {},
  ): Promise<boolean> {
    assertGiven(options, 'options', openOptions);
    const storage = openStorage(uri, options.storageOptions);
    for await (const { path } of storage.list('_delta_log/')) {
      if (/^_delta_log\/\d{20}\.(?:json|checkpoint\..*)$/.test(path)) return true;
    }
    return false;
  }

  /** The table's folder as a URI. */
  get uri(): string {
    return this.#handle.uri;
  }

  /** The version it stands at. */
  get version(): number {
    return this.snapshot.version;
  }

  /** Delta's own schema. */
  get schema(): StructType {
    return this.snapshot.schema;
  }

  /** Name, description, partition columns, properties. */
  get metadata(): Metadata {
    return this.snapshot.metadata;
  }

  /** What a program must know to read or write it. */
  get protocol(): Protocol {
    return this.snapshot.protocol;
  }

  /** The table at the version it stands at now: stays that, whatever becomes of the table. */
  get snapshot(): TableSnapshot {
    const { storage, snapshot } = this.#handle;
    if (!this.#snapshot.isOf(snapshot)) this.#snapshot = new TableSnapshot(storage, snapshot);
    return this.#snapshot;
  }

  /** What functions on open tables take. */
  get handle(): TableHandle {
    return this.#handle;
  }

  /** Moves on to the latest version. A table of the past stays. @throws delta.corrupt-log, storage.* */
  async refresh(): Promise<this> {
    await this.#handle.refresh();
    return this;
  }

  /** The same table at a version or time of the past, as another object. @throws delta.no-such-version */
  asOf(target: {
    readonly version?: number;
    readonly timestamp?: Date | number | string;
  }): Promise<DeltaTable> {
    return DeltaTable.open(this.uri, target);
  }

  /** The columns with DuckDB's types. @throws delta.unsupported-feature */
  columns(): Promise<readonly RelationColumn[]> {
    return this.snapshot.columns();
  }

  /** The live files, oldest first. */
  files(): readonly DeltaFile[] {
    return this.snapshot.files();
  }

  /**
   * The table as SQL: `table.relation({ where: "day = DATE '2024-01-01'" })` are the rows of that condition, out of
   * those `files` that can hold one.
   *
   * @throws delta.unsupported-feature, delta.bad-deletion-vector, tables.not-an-expression, tables.bad-option
   */
  relation(options: RelationOptions = {}): Promise<TableRelation> {
    return this.snapshot.relation(options);
  }

  /**
   * The rows as objects; the values are documented at `SqlValue`. Meant for few rows: it holds all of them.
   *
   * @param options `where`, `columns` and `limit`; files that can't hold a row of `where` aren't opened.
   * @throws as `rows`
   */
  toRows(options: ReadOptions = {}): Promise<Record<string, SqlValue>[]> {
    return this.snapshot.toRows(options);
  }

  /**
   * The rows as objects, one at a time, with bounded memory:
   * `for await (const row of table.rows({ where: 'id = 7', columns: ['id', 'price'] }))`.
   *
   * @throws tables.not-an-expression, tables.bad-option, tables.damaged-file, duckdb.*
   */
  rows(options: ReadOptions = {}): AsyncGenerator<Record<string, SqlValue>, void, undefined> {
    return this.snapshot.rows(options);
  }

  /** The rows as an Arrow table, in memory. @throws as `rows` */
  toArrow(options: ReadOptions = {}): Promise<Arrow.Table> {
    return this.snapshot.toArrow(options);
  }

  /**
   * Adds rows. Never in the way of other appends.
   *
   * @throws as `writeDelta`
   */
  async append(rows: RowsInput, options: Omit<WriteOptions, 'mode'> = {}): Promise<WriteResult> {
    assertGiven(options, 'options', writeOptions);
    return append(this.#handle, rows, options);
  }

  /**
   * Replaces the rows: all of them, those for which `replaceWhere` is true, or with `partitionOverwrite: 'dynamic'`
   * the partitions that the new ones are in.
   *
   * @throws as `writeDelta`
   */
  async overwrite(rows: RowsInput, options: Omit<WriteOptions, 'mode'> = {}): Promise<WriteResult> {
    assertGiven(options, 'options', writeOptions);
    return overwrite(this.#handle, rows, options);
  }

  /**
   * Deletes the rows for which `where` is true; every row without it.
   *
   * @param where SQL over the columns; alone, or as `{ where }`, as `update` has it.
   *
   * @throws as `deleteRows`
   */
  async delete(
    where?: string | { readonly where?: string },
    options: OperationOptions = {},
  ): Promise<DeleteResult> {
    if (where !== undefined) assertGiven(where, 'delete', deleteSpec);
    assertGiven(options, 'options', operationOptions);
    const condition = typeof where === 'object' ? where.where : where;
    const spec = condition === undefined ? {} : { where: condition };
    return deleteRows(this.#handle, undefined, spec, options);
  }

  /**
   * Changes rows: `table.update({ set: { price: 'price * 2' }, where: "day = DATE '2024-01-01'" })`.
   *
   * @throws as `updateRows`
   */
  async update(spec: UpdateSpec, options: OperationOptions = {}): Promise<UpdateResult> {
    assertGiven(spec, 'update', updateSpec);
    assertGiven(options, 'options', operationOptions);
    return updateRows(this.#handle, undefined, spec, options);
  }

  /**
   * Begins a MERGE, which `execute` runs:
   *
   *     await table
   *       .merge({ source: rows, on: 'source.id = target.id' })
   *       .whenMatchedUpdateAll()
   *       .whenNotMatchedInsertAll()
   *       .execute();
   *
   * `execute` @throws as `mergeRows`
   */
  merge(input: MergeInput, options: OperationOptions = {}): MergeBuilder {
    assertGiven(input, 'merge', mergeInput);
    assertGiven(options, 'options', operationOptions);
    const { source, ...rest } = input;
    const handle = this.#handle;
    return new MergeBuilder({ ...rest, source: '', clauses: [] }, (spec) =>
      withRowsQuery<MergeResult>(handle, source, (session, query) =>
        mergeRows(handle, session, { ...spec, source: query }, options),
      ),
    );
  }

  /** Changes what the table is; see `AlterChange`. All changes are one commit. @throws as `alterTable` */
  async alter(
    change: AlterChange | readonly AlterChange[],
    options: OperationOptions = {},
  ): Promise<AlterResult> {
    assertGiven(change, 'alter', alterChanges);
    assertGiven(options, 'options', operationOptions);
    return alterTable(this.#handle, 'kind' in change ? [change] : change, options);
  }

  /** Puts the table back to an older version or time, as a new version. @throws as `restoreTable` */
  async restore(target: RestoreTarget, options: OperationOptions = {}): Promise<RestoreResult> {
    assertGiven(target, 'restore', pointInTime);
    assertGiven(options, 'options', operationOptions);
    return restoreTable(this.#handle, target, options);
  }

  /** Makes a shallow clone at `target`: a table of its own over this one's files. @throws as `cloneTable` */
  async clone(target: string, options: CloneOptions = {}): Promise<DeltaTable> {
    assertGiven(options, 'options', cloneOptions);
    return new DeltaTable((await cloneTable(this.#handle, target, options)).handle);
  }

  /** Writes small files together, or orders or clusters all: `table.optimize({ zOrderBy: ['id'] })`. @throws as `optimize` */
  async optimize(spec: OptimizeSpec = {}, options: OperationOptions = {}): Promise<OptimizeResult> {
    assertGiven(spec, 'optimize', optimizeSpec);
    assertGiven(options, 'options', operationOptions);
    return optimize(this.#handle, undefined, spec, options);
  }

  /** Writes files with deletion vectors again, without their deleted rows. @throws as `purge` */
  async purge(spec: PurgeSpec = {}, options: OperationOptions = {}): Promise<OptimizeResult> {
    assertGiven(spec, 'purge', purgeSpec);
    assertGiven(options, 'options', operationOptions);
    return purge(this.#handle, undefined, spec, options);
  }

  /** Deletes files that no version within the retention needs; `dryRun` only lists them. @throws as `vacuum` */
  async vacuum(spec: VacuumSpec = {}, options: OperationOptions = {}): Promise<VacuumResult> {
    assertGiven(spec, 'vacuum', vacuumSpec);
    assertGiven(options, 'options', operationOptions);
    return vacuum(this.#handle, spec, options);
  }

  /** What upkeep the table is worth, and why; nothing is written. @throws as `planMaintenance` */
  async planMaintenance(
    limits: Partial<MaintenanceThresholds> = {},
    options: OperationOptions = {},
  ): Promise<MaintenancePlan> {
    assertGiven(limits, 'planMaintenance', thresholds);
    assertGiven(options, 'options', operationOptions);
    return planMaintenance(this.#handle, undefined, limits, options);
  }

  /** Does what a plan chose: `table.maintain(await table.planMaintenance())`. @throws as `maintain` */
  async maintain(
    plan: Pick<MaintenancePlan, 'steps'>,
    options: OperationOptions = {},
  ): Promise<readonly MaintenanceDone[]> {
    assertGiven(plan, 'maintain', maintenancePlan);
    assertGiven(options, 'options', operationOptions);
    return maintain(this.#handle, undefined, plan, options);
  }

  /** What was committed, newest first, as far back as the log reaches. @param options `limit` commits at most. */
  async history(options: { readonly limit?: number } = {}): Promise<readonly HistoryEntry[]> {
    assertGiven(options, 'history', historyOptions);
    return history(this.#handle.storage, options);
  }

  /** The table in one row, by the names of DESCRIBE DETAIL. */
  detail(): Promise<TableDetail> {
    return describeDetail(this.#handle);
  }

  /**
   * The rows that came and went, from the change data feed: the table's columns, and `_change_type`,
   * `_commit_version`, `_commit_timestamp`.
   *
   * @throws as `readChanges`
   */
  async changes(range: ChangeRange = {}): Promise<RelationRows> {
    assertGiven(range, 'changes', changeRange);
    const changes = await changesOf(this.#handle, range);
    return new RelationRows(changes.relation(), changes.explain);
  }

  /** Writes a checkpoint of the version it stands at, so that opening the table reads less. Commits do so now and then. */
  async checkpoint(): Promise<void> {
    const { storage, snapshot } = this.#handle;
    await writeCheckpoint(storage, snapshot, duckdbParquetRows, systemClock.nowMs());
  }
}
