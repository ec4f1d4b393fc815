/** What a model in TypeScript or JavaScript is given, and what it may return. */
import type * as Arrow from 'apache-arrow';

/** A row, by its columns' names. */
export type ModelRow = Readonly<Record<string, unknown>>;

/** Something that can stand behind FROM: another model, a source, or a query. Nothing is read until it is asked. */
export interface ModelRelation<Row = ModelRow> extends AsyncIterable<Row> {
  /** Its text behind FROM: a quoted name, or a query in brackets. */
  readonly sql: string;
  readonly database: string | null;
  readonly schema: string | null;
  readonly identifier: string | null;
  /** All of its rows. For more than fits in memory, go through the relation itself: `for await (const row of …)`. */
  rows(): Promise<Row[]>;
  /** The names and types of its columns, without reading a row. */
  columns(): Promise<readonly { readonly name: string; readonly type: string }[]>;
  /** All of its rows as an Arrow table. */
  arrow(): Promise<Arrow.Table>;
  toString(): string;
}

/** A query whose interpolated relations stand as they are, and whose other values are values: never SQL. */
export interface SqlTag {
  <Row = ModelRow>(text: TemplateStringsArray, ...values: readonly unknown[]): ModelRelation<Row>;
  /** A text that is SQL: what it holds is not escaped. */
  raw(text: string): ModelRelation;
  /** A quoted name. */
  id(...parts: readonly string[]): ModelRelation;
}

/** Values for `?` in order, or for `$name` by name. */
export type ModelParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A connection to the run's DuckDB, for this model alone. */
export interface ModelSession {
  query<Row = ModelRow>(sql: string | ModelRelation<Row>, params?: ModelParameters): Promise<Row[]>;
  /** Runs a statement whose rows nobody wants. */
  run(sql: string, params?: ModelParameters): Promise<{ readonly rowsChanged: number }>;
  /** Rows as they are read; each stream has a connection of its own, which sees no temporary tables of this one. */
  stream<Row = ModelRow>(sql: string | ModelRelation<Row>, params?: ModelParameters): AsyncIterable<Row>;
  arrow(sql: string | ModelRelation, params?: ModelParameters): Promise<Arrow.Table>;
}

/** A model's configuration: dbt's keys, and whatever else there is. */
export interface ModelConfig {
  readonly materialized?: 'table' | 'view' | 'incremental' | 'external' | (string & {});
  readonly format?: 'delta' | 'parquet' | 'csv' | 'json' | (string & {});
  readonly tags?: string | readonly string[];
  readonly unique_key?: string | readonly string[];
  readonly incremental_strategy?: string;
  readonly on_schema_change?: 'ignore' | 'fail' | 'append_new_columns' | 'sync_all_columns';
  readonly schema?: string;
  readonly alias?: string;
  readonly enabled?: boolean;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** Configures the model, where it is called with an object that is written out; `get` asks for what is configured. */
export interface ConfigFunction {
  (config: ModelConfig): void;
  get<Value = unknown>(key: string): Value | undefined;
  get<Value>(key: string, otherwise: Value): Value;
}

/** What a model's function is called with. */
export interface ModelContext {
  /** Another model, seed or snapshot. Its name has to be written out: it is read before the model runs. */
  ref<Row = ModelRow>(name: string, options?: RefOptions): ModelRelation<Row>;
  ref<Row = ModelRow>(packageName: string, name: string, options?: RefOptions): ModelRelation<Row>;
  /** A table of a source. Both names have to be written out. */
  source<Row = ModelRow>(source: string, table: string): ModelRelation<Row>;
  readonly config: ConfigFunction;
  readonly sql: SqlTag;
  /** The relation that the model makes. */
  readonly this: ModelRelation;
  /** Whether new rows are added to what is there. */
  readonly isIncremental: boolean;
  /** The stretch of time of a microbatch model's batch. */
  readonly batch: { readonly id: string; readonly start: Date; readonly end: Date } | undefined;
  /** What templates see as `target`. */
  readonly target: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly session: ModelSession;
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal;
}

/** Which version of a model. */
export interface RefOptions {
  readonly version?: string | number;
  readonly v?: string | number;
}

/** Rows or record batches, all there or one after the other. */
type Rows = Iterable<ModelRow | Arrow.RecordBatch> | AsyncIterable<ModelRow | Arrow.RecordBatch>;

/** What a model returns: rows, Arrow, a relation, or a query as text. */
export type ModelResult =
  | Rows
  | Arrow.Table
  | Arrow.RecordBatch
  | ModelRelation<never>
  | ModelRelation
  | string;

/** A model: the default export of a file in `models/`. */
export type ModelFunction = (context: ModelContext) => ModelResult | Promise<ModelResult>;

/** `model` itself, its context typed: `export default defineModel(async ({ ref, sql }) => …)`. */
export function defineModel<Model extends ModelFunction>(model: Model): Model {
  return model;
}
