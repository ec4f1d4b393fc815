/** The one way in to DuckDB: databases, sessions, streams, values, types, errors. Loads no native code by itself. */
export { type ArrowInput, type ArrowRows, appendArrow, readArrow } from './arrow-in.ts';
export { arrowIpcStream, arrowSchema, queryToArrow } from './arrow-out.ts';
export { Database } from './database.ts';
export { duckdbErrors } from './errors.ts';
export { type FormatOptions, formatDate, formatSqlValue } from './format.ts';
export type {
  AttachSpec,
  DatabaseOptions,
  ExtensionSpec,
  OptionValue,
  SecretSpec,
} from './options.ts';
export { quoteIdentifier, quoteLiteral, quotePath } from './quote.ts';
export type { EngineRetries } from './retries.ts';
export { createSecretSql, optionSql } from './secrets.ts';
export type { Parameters, QueryOptions, ResultTable, RunResult, Session } from './session.ts';
export {
  type Column,
  printSqlType,
  type ScalarTypeName,
  type SqlType,
  scalarType,
  type TypeMember,
} from './sql-type.ts';
export type { HookedSession, StatementHook } from './statement-hook.ts';
export type { Batch, RowStream } from './stream.ts';
export { withUntypedNulls } from './untyped-nulls.ts';
export {
  BitString,
  Decimal,
  Interval,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlValue,
  StructValue,
  Timestamp,
  type TimestampUnit,
  UnionValue,
} from './values.ts';
