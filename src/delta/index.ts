/** The Delta protocol: actions, log, snapshot, checkpoints, conflicts, commits. No SQL engine, no rows. */
export {
  type Action,
  type AddFile,
  type ChangeFile,
  type CommitInfo,
  type DeletionVector,
  type DomainMetadata,
  deletionVectorId,
  fileKey,
  type Metadata,
  type PartitionValues,
  type Protocol,
  type RemoveFile,
  removeOf,
  type TextMap,
  type Transaction,
} from './actions.ts';
export {
  assignColumnIds,
  type MappedTable,
  maxColumnIdProperty,
  withoutColumnIds,
} from './column-mapping.ts';
export {
  type CommitOutcome,
  type CommitPlan,
  type CommitResult,
  commitActions,
  tryCommit,
} from './commit/commit.ts';
export type { Operation } from './commit/commit-info.ts';
export type { IsolationLevel, ReadSet } from './commit/conflicts.ts';
export type { RowChange } from './commit/row-changes.ts';
export {
  rowIdColumnProperty,
  rowTrackingDomain,
  rowVersionColumnProperty,
} from './commit/row-tracking.ts';
export { rowCountOf } from './commit/stats-text.ts';
export { beginLook, type CommitLook } from './commit/winners.ts';
export { deltaErrors } from './errors.ts';
export {
  assertReadable,
  assertWritable,
  columnMappingMode,
  type Feature,
  type FeatureName,
  type FeatureUse,
  featureNamed,
  features,
  isEnabled,
  isSupported,
  physicalName,
  readerFeaturesOf,
  writerFeaturesOf,
} from './features.ts';
export { decodeFilePath, encodeFilePath, isAbsoluteFilePath } from './file-paths.ts';
export {
  type CheckpointOptions,
  type CheckpointOutcome,
  type CheckpointWritten,
  writeCheckpoint,
} from './log/checkpoint-write.ts';
export { type CleanLogOptions, cleanLog, type LogCleanup } from './log/clean-log.ts';
export {
  type CommitRead,
  readCommit,
  readCommits,
  type TimeBounds,
  versionAt,
} from './log/commit-times.ts';
export { compactLog } from './log/compact-log.ts';
export { bytesOf, type FileMap, type LiveFiles, type Tombstones } from './log/file-set.ts';
export { type HistoryEntry, history } from './log/history.ts';
export { type CheckpointFiles, type LogListing, latestVersion, listLog } from './log/log-files.ts';
export type { CheckpointPiece, CheckpointRow, ParquetRows } from './log/parquet-rows.ts';
export { type ReadSnapshotOptions, readSnapshot, updateSnapshot } from './log/read-snapshot.ts';
export type { Snapshot } from './log/snapshot.ts';
export { verifyChecksum, writeChecksum } from './log/version-checksum.ts';
export { type PartitionValue, parsePartitionValue } from './partition-values.ts';
export {
  addFeature,
  dropFeature,
  type FeatureDropped,
  isProtocolProperty,
  protocolFor,
  protocolUpgradeFor,
} from './protocol.ts';
export {
  type ArrayType,
  type DataType,
  type DecimalType,
  field,
  type MapType,
  type PrimitiveName,
  type PrimitiveType,
  parseDataType,
  parseSchema,
  primitive,
  printDataType,
  printSchema,
  type StructField,
  type StructType,
  type UnknownType,
  walkFields,
  walkTypes,
} from './schema.ts';
export type { JudgedTable } from './skipping/column-range.ts';
export { matchesWholly, mayMatch } from './skipping/may-match.ts';
export { comparePoints, type Domain, domainOf, type Point, pointOf } from './skipping/points.ts';
export {
  type ColumnOperand,
  type ComparisonOperator,
  type Predicate,
  predicatePaths,
  type Transform,
  type TruncationUnit,
  unknownPredicate,
} from './skipping/predicate.ts';
export {
  type ColumnStats,
  columnKey,
  type FileStats,
  parseStats,
  type StatValue,
  statsOf,
} from './stats.ts';
export {
  checkpointInterval,
  isPropertyOn,
  logRetentionMs,
  parseIntervalMs,
  tombstoneRetentionMs,
} from './table-properties.ts';
export {
  type DeletedRows,
  readDeletionVectors,
  vectorPath,
  type WrittenVectors,
  writeDeletionVectors,
} from './vectors/deletion-vectors.ts';
export { type RowRange, RowSet } from './vectors/row-set.ts';
