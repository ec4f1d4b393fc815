/** The statements of Delta's SQL, parsed: what DuckDB's own parser doesn't know, or knows for other tables. */
import type { AlterChange } from '../alter/alter-change.ts';
import type { TableSpec } from '../alter/table-spec.ts';
import type { MergeClause } from '../dml/merge-spec.ts';

/** A table by its place (`delta.'path'`) or by the parts of its name in the catalog. */
export type TableRef =
  | { readonly kind: 'path'; readonly uri: string }
  | { readonly kind: 'name'; readonly parts: readonly string[] };

/** A version of the past. */
export interface TimeTravel {
  readonly version?: number;
  /** As written, in Spark's and ISO's spelling. */
  readonly timestamp?: string;
}

/** One statement. Expressions, conditions and queries are SQL as written. */
export type DeltaStatement =
  | {
      readonly kind: 'merge';
      readonly table: TableRef;
      readonly targetAlias: string | undefined;
      /** A query, or the name of a relation. */
      readonly source:
        | { readonly kind: 'query'; readonly sql: string }
        | { readonly kind: 'table'; readonly table: TableRef };
      readonly sourceAlias: string | undefined;
      readonly on: string;
      readonly clauses: readonly MergeClause[];
      readonly schemaEvolution: boolean;
    }
  | {
      readonly kind: 'update';
      readonly table: TableRef;
      readonly alias: string | undefined;
      readonly set: Readonly<Record<string, string>>;
      readonly where: string | undefined;
    }
  | {
      readonly kind: 'delete';
      readonly table: TableRef;
      readonly alias: string | undefined;
      readonly where: string | undefined;
      /** `TRUNCATE`, which can't have a condition. */
      readonly truncate: boolean;
    }
  | {
      readonly kind: 'insert';
      readonly table: TableRef;
      /** The columns the query's are for, in order; by position in the table unless given. */
      readonly columns: readonly string[] | undefined;
      readonly byName: boolean;
      readonly mode: 'append' | 'overwrite';
      readonly replaceWhere: string | undefined;
      readonly query: string;
      /** `PARTITION (…)`: values that all rows get, and columns that come last in the query. */
      readonly partition?: ReadonlyMap<string, string | undefined>;
      /** Columns that only the query has are added to the table. */
      readonly schemaEvolution?: boolean;
    }
  | {
      readonly kind: 'optimize';
      readonly table: TableRef;
      readonly where: string | undefined;
      readonly zOrderBy: readonly string[];
      readonly full: boolean;
      /** SQL has no word for it. */
      readonly targetSizeBytes?: number;
    }
  | { readonly kind: 'purge'; readonly table: TableRef; readonly where: string | undefined }
  | {
      readonly kind: 'vacuum';
      readonly table: TableRef;
      readonly mode: 'full' | 'lite' | undefined;
      readonly retentionHours: number | undefined;
      readonly dryRun: boolean;
    }
  | { readonly kind: 'restore'; readonly table: TableRef; readonly to: TimeTravel }
  | { readonly kind: 'history'; readonly table: TableRef; readonly limit: number | undefined }
  | { readonly kind: 'detail'; readonly table: TableRef }
  | {
      readonly kind: 'alter';
      readonly table: TableRef;
      readonly changes: readonly AlterChange[];
      /** `REPLACE COLUMNS (…)`: what the columns are to be, in this order. */
      readonly columns?: string;
    }
  | {
      readonly kind: 'create';
      readonly table: TableRef;
      readonly location: string | undefined;
      readonly spec: Omit<TableSpec, 'schema' | 'storageOptions'>;
      /**
       * What stands between the parentheses; undefined when the query gives the columns, or the table that is at
       * `location` already.
       */
      readonly columns: string | undefined;
      readonly query: string | undefined;
    }
  | {
      readonly kind: 'clone';
      readonly source: TableRef;
      readonly at: TimeTravel;
      readonly table: TableRef;
      readonly location: string | undefined;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly properties: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'convert';
      readonly uri: string;
      /** `day DATE, region STRING`; undefined for a folder without partitions. */
      readonly partitionSchema: string | undefined;
    };
