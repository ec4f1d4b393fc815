/**
 * What compiled SQL runs on, as the compiler and its templates see it.
 *
 * The port behind dbt's `adapter`, `run_query` and `statement`. A target implements it; the compiler
 * never reaches a database any other way. A node gets a session of its own, as a dbt thread does, so
 * that its temporary tables and transactions are its own.
 */

/** A relation by name. Names are as the database has them; quoting is the printer's business. */
export interface RelationName {
  readonly database: string;
  readonly schema: string;
  readonly identifier: string;
}

/** What a relation is. `external` is a view over files of ours. */
export type RelationKind = 'table' | 'view' | 'external' | 'cte' | 'materialized_view' | 'function';

/** A relation that exists. */
export interface ExistingRelation extends RelationName {
  readonly kind: RelationKind;
}

/** A column as `describe` gives it: `type` is DuckDB's full spelling, such as `DECIMAL(12,2)`. */
export interface WarehouseColumn {
  readonly name: string;
  readonly type: string;
}

/** A result held in memory. Values are plain: null, boolean, number, bigint, string, Date-like wrappers of the target. */
export interface WarehouseTable {
  readonly columns: readonly WarehouseColumn[];
  readonly rows: readonly (readonly WarehouseValue[])[];
}

/**
 * One value of a result, in the few shapes a template can use.
 *
 * `decimal`, `date`, `timestamp` and `time` come as tagged text so that nothing is lost; `timestamp`
 * is ISO 8601, with its offset where the type has one. Everything nested is a list or a plain object.
 */
export type WarehouseValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | { readonly kind: 'decimal' | 'float' | 'date' | 'timestamp' | 'time'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly WarehouseValue[] }
  | { readonly kind: 'struct'; readonly entries: readonly (readonly [string, WarehouseValue])[] };

/** dbt's adapter response: what `run_results.json` shows for a statement. */
export interface AdapterResponse {
  /** dbt-duckdb says `OK`. */
  readonly message: string;
  readonly code?: string;
  readonly rowsAffected?: number;
}

/** One node's (or operation's) private connection. */
export interface WarehouseSession {
  /**
   * Runs `sql`, which may hold several statements; the last one's rows are returned when `fetch`.
   *
   * `delta_scan('…')` and the like are resolved by the target before DuckDB sees them.
   *
   * @param limit rows kept at most; all when left out.
   */
  execute(
    sql: string,
    options: { readonly fetch: boolean; readonly limit?: number },
  ): Promise<{
    readonly response: AdapterResponse;
    readonly table: WarehouseTable;
  }>;
  /** Starts a transaction unless one is open. */
  begin(): Promise<void>;
  /** Commits the open transaction; nothing happens without one. */
  commit(): Promise<void>;
  /** Rolls the open transaction back; nothing happens without one. */
  rollback(): Promise<void>;
  /** The columns that `sql` would return. Runs nothing. */
  describe(sql: string): Promise<readonly WarehouseColumn[]>;
  /** The columns of an existing relation, in order; empty when it doesn't exist. */
  columnsOf(relation: RelationName): Promise<readonly WarehouseColumn[]>;
  /** The relation of that name, if it exists. Names compare without letter case. */
  relation(name: RelationName): Promise<ExistingRelation | undefined>;
  /** Every relation of a schema; empty when the schema doesn't exist. */
  relations(database: string, schema: string): Promise<readonly ExistingRelation[]>;
  /** The schemas of a database. */
  schemas(database: string): Promise<readonly string[]>;
  createSchema(database: string, schema: string): Promise<void>;
  dropSchema(database: string, schema: string): Promise<void>;
  dropRelation(relation: ExistingRelation): Promise<void>;
  renameRelation(from: ExistingRelation, to: RelationName): Promise<void>;
  truncateRelation(relation: RelationName): Promise<void>;
  /** Stops what runs on this session. */
  interrupt(): void;
  /** Gives the connection back; rolls back what is open. */
  release(): Promise<void>;
}

/** A target's engine. */
export interface Warehouse {
  /** dbt's adapter type: what macros dispatch on. */
  readonly type: 'duckdb' | 'trino';
  /** DuckDB's version, such as `1.5.5`, for `adapter.duckdb_version` and behaviour that depends on it. */
  readonly engineVersion: string;
  /** @param name shown in query comments and logs; dbt's connection name, such as `model.shop.orders`. */
  connect(name: string): Promise<WarehouseSession>;
  /** Whether anything stands at an external location (dbt-duckdb's `location_exists`). */
  locationExists(location: string): Promise<boolean>;
  /** Remembers where an external relation's rows are, so that later reads resolve (dbt-duckdb's `store_relation`). */
  registerExternal(relation: RelationName, location: string, format: string): Promise<void>;
}
