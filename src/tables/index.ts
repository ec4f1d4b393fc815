/** What one does to a table: create, append, overwrite, read, land files. */
export type { AlterChange, AlterResult, ColumnPosition } from './alter/alter-change.ts';
export { alterTable } from './alter/alter-table.ts';
export { type CloneOptions, type CloneResult, cloneTable } from './alter/clone-table.ts';
export { clusteringColumns, clusteringDomain } from './alter/clustering.ts';
export { type ConvertOptions, type ConvertResult, convertToDelta } from './alter/convert-to-delta.ts';
export { type CreateResult, createOrReplaceTable, createTable } from './alter/create-table.ts';
export { describeDetail, type TableDetail } from './alter/describe-detail.ts';
export {
  type BranchMerge,
  isMergeFollowed,
  mergeBranchTable,
  onlyMergedSince,
} from './alter/merge-branch.ts';
export { type RestoreResult, type RestoreTarget, restoreTable } from './alter/restore-table.ts';
export { parseColumnText, parseSchemaText, type SchemaText } from './alter/schema-text.ts';
export type { ColumnPath, ColumnSpec, IdentitySpec, TableSpec } from './alter/table-spec.ts';
export { parseTypeText } from './alter/type-text.ts';
export { DeltaTable, type MergeInput, type OpenTableOptions } from './delta-table.ts';
export { deltaTypeOf, duckdbTypeOf } from './delta-types.ts';
export { type DeleteSpec, deleteRows } from './dml/delete-rows.ts';
export type { DeleteResult, MergeResult, UpdateResult } from './dml/dml-results.ts';
export { dmlErrors } from './dml/errors.ts';
export { MergeBuilder, type When } from './dml/merge-builder.ts';
export { mergeRows } from './dml/merge-rows.ts';
export type { Assignments, MergeClause, MergeSpec } from './dml/merge-spec.ts';
export { type UpdateSpec, updateRows } from './dml/update-rows.ts';
export { tablesErrors } from './errors.ts';
export { feedErrors } from './feed/errors.ts';
export {
  type ChangeRange,
  changeTypeColumn,
  commitTimestampColumn,
  commitVersionColumn,
  readChanges,
} from './feed/read-changes.ts';
export { afterCommit } from './maintain/auto-compact.ts';
export { maintainErrors } from './maintain/errors.ts';
export {
  type CompactedLog,
  checkpointTable,
  cleanTableLog,
  compactTableLog,
} from './maintain/log-upkeep.ts';
export { type MaintenanceDone, maintain, planMaintenance } from './maintain/maintain.ts';
export {
  type MaintenancePlan,
  type MaintenanceStep,
  type MaintenanceThresholds,
  maintenanceThresholds,
} from './maintain/maintenance-plan.ts';
export { optimize } from './maintain/optimize.ts';
export type { FileSizes, OptimizeMetrics, OptimizeResult, OptimizeSpec } from './maintain/optimize-spec.ts';
export { type PurgeSpec, purge } from './maintain/purge.ts';
export { vacuum } from './maintain/vacuum.ts';
export type { VacuumedFile, VacuumMode, VacuumResult, VacuumSpec } from './maintain/vacuum-spec.ts';
export { duckdbParquetRows } from './parquet-rows.ts';
export type { ChangeEnd, DeltaCall } from './read/delta-calls.ts';
export { type OpenedTable, openDeltaCall, openedOf } from './read/open-call.ts';
export { pointInTimeMs } from './read/point-in-time.ts';
export { type PredicateScope, parsePredicate } from './read/predicate.ts';
export { type OpenedCall, rewriteDeltaScans } from './read/rewrite-scans.ts';
export { type DeltaRelation, openDeltaRelation } from './read/scan.ts';
export {
  fileColumn,
  rowColumn,
  rowIdColumn,
  rowVersionColumn,
  type Scan,
  type ScanRequest,
  scanFiles,
} from './read/scan-files.ts';
export { RelationRows } from './relation-rows.ts';
export { type RemoteRelation, RemoteRelations } from './remote/remote-relations.ts';
export { configureEngine, type EngineLimits } from './scratch.ts';
export { statementErrors } from './sql/errors.ts';
export { executeStatement } from './sql/execute-statement.ts';
export { changesSomething, parseStatement, statementTarget } from './sql/parse-statement.ts';
export { placedInQuery, placedInStatement } from './sql/place-error.ts';
export { splitStatements } from './sql/split-statements.ts';
export type { DeltaStatement, TableRef, TimeTravel } from './sql/statement.ts';
export type { StatementContext, StatementResult } from './sql/statement-context.ts';
export { rewriteTimeTravel } from './sql/time-travel.ts';
export { type OpenHandleOptions, TableHandle } from './table-handle.ts';
export {
  type DeltaFile,
  type ReadOptions,
  type RelationOptions,
  type TableRelation,
  TableSnapshot,
} from './table-snapshot.ts';
export {
  type Draft,
  type OperationOptions,
  type Planned,
  type Progress,
  saysNothingCommitted,
  transact,
} from './transact.ts';
export { type CompletedRow, completeRows, defaultSql, type RowItem } from './write/complete-rows.ts';
export { writeErrors } from './write/errors.ts';
export { type LandOptions, type LandResult, landFiles } from './write/land.ts';
export { type SparkScope, sparkExpression } from './write/spark-expression.ts';
export { type StageChangesRequest, type StagedChanges, stageChanges } from './write/stage-changes.ts';
export { type Staged, type StageRequest, stageTable } from './write/stage-table.ts';
export type { TableShape } from './write/table-shape.ts';
export { append, overwrite, type RowsInput, writeDelta } from './write/write-delta.ts';
export type { SchemaMode, WriteMode, WriteOptions, WriteResult } from './write/write-options.ts';
export { writeQueryToDelta, writeQueryToHandle } from './write/write-query.ts';
