/** What running a statement needs of its surroundings, and what it gives back. */
import type { ResultTable, Session } from '../../duckdb/index.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import type { DeltaStatement, TableRef } from './statement.ts';

/** Where a statement runs. */
export interface StatementContext {
  /** Where queries, conditions and values are evaluated: the catalog's relations are known in it. */
  readonly session: Session;
  /**
   * The place of the Delta table that a statement names.
   *
   * @throws tables.unknown-table, tables.not-delta
   */
  locate(table: TableRef, statement: string): Promise<string>;
  /** The place of a table that a statement makes. @throws what explains why none can be made there */
  placeNew(table: TableRef, location: string | undefined, statement: string): Promise<string>;
  /** A query as the engine takes it: tables by their places and at versions of the past are resolved. */
  resolve(sql: string): Promise<string>;
  /** The statement as the user wrote it: errors show where in it they arose. */
  readonly written?: string | undefined;
  readonly storageOptions?: Readonly<Record<string, string>>;
  /** The table that rows are changed of, where one is open already: it ends at the version made. Opened anew unless given. */
  readonly open?: (uri: string) => Promise<TableHandle>;
  readonly options: OperationOptions;
}

/** What a statement did. */
export interface StatementResult extends ResultTable {
  readonly statement: DeltaStatement['kind'];
  /** The table it is about, as a URI. */
  readonly uri: string;
  /** The table's version afterwards. */
  readonly version: number;
  /** Whether that version was made by the statement. */
  readonly changed: boolean;
}
