/** What can be changed about a table, as data: one tagged change for each thing that SQL's ALTER TABLE can do. */
import type { DataType } from '../../delta/index.ts';
import type { ColumnPath, ColumnSpec } from './table-spec.ts';

/** Where a column stands among those beside it. */
export type ColumnPosition = 'first' | { readonly after: string };

/** One change of a table. List parts are called `element`, map parts `key` and `value`. */
export type AlterChange =
  /** Rows that are there already have null in it. `parent` leads to the struct that gets it; the table itself unless given. */
  | {
      readonly kind: 'add-column';
      readonly column: ColumnSpec;
      readonly parent?: ColumnPath;
      readonly position?: ColumnPosition;
      readonly ifNotExists?: boolean;
    }
  /** Needs column mapping: no file is rewritten. */
  | { readonly kind: 'rename-column'; readonly column: ColumnPath; readonly to: string }
  /** Needs column mapping: the values stay in the files, and nobody sees them. */
  | { readonly kind: 'drop-column'; readonly column: ColumnPath; readonly ifExists?: boolean }
  | { readonly kind: 'move-column'; readonly column: ColumnPath; readonly position: ColumnPosition }
  /** To a wider type, as type widening allows; needs the property `delta.enableTypeWidening`. */
  | { readonly kind: 'change-type'; readonly column: ColumnPath; readonly type: DataType | string }
  /** Refused when a row has no value. */
  | { readonly kind: 'set-not-null'; readonly column: ColumnPath }
  | { readonly kind: 'drop-not-null'; readonly column: ColumnPath }
  /** Without `comment` there is none any more. */
  | { readonly kind: 'comment-column'; readonly column: ColumnPath; readonly comment?: string }
  | { readonly kind: 'comment-table'; readonly comment?: string }
  | { readonly kind: 'rename-table'; readonly name?: string }
  | { readonly kind: 'set-default'; readonly column: ColumnPath; readonly expression: string }
  | { readonly kind: 'drop-default'; readonly column: ColumnPath }
  /** Refused when a row breaks it. */
  | { readonly kind: 'add-constraint'; readonly name: string; readonly expression: string }
  | { readonly kind: 'drop-constraint'; readonly name: string; readonly ifExists?: boolean }
  | { readonly kind: 'set-properties'; readonly properties: Readonly<Record<string, string>> }
  | { readonly kind: 'unset-properties'; readonly keys: readonly string[]; readonly ifExists?: boolean }
  /** As setting `delta.feature.<name>` to `supported`. */
  | { readonly kind: 'add-feature'; readonly feature: string }
  /** Turns the feature off, removes what it left behind, and takes it out of the protocol. */
  | { readonly kind: 'drop-feature'; readonly feature: string; readonly truncateHistory?: boolean }
  | { readonly kind: 'upgrade-protocol'; readonly readerVersion: number; readonly writerVersion: number }
  /** No columns for CLUSTER BY NONE. */
  | { readonly kind: 'cluster-by'; readonly columns: readonly ColumnPath[] };

/** What became of a table that was to be changed. */
export interface AlterResult {
  /** The version that has the changes; the one found when nothing was to be changed. */
  readonly version: number;
  readonly kind: 'changed' | 'unchanged';
}
