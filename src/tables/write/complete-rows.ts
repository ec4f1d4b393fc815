/**
 * Whole rows from what is given of them: the table's defaults, generated columns and identity values for the
 * rest. Used by every operation that inserts or changes rows.
 *
 * Source: Delta protocol, "Default Columns", "Generated Columns", "Identity Columns".
 */
import type { DataType, Metadata, StructField } from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { writeErrors } from './errors.ts';
import { advancedMetadata, identityOf, identitySql } from './identity.ts';
import { fieldNamed, generationExpression } from './row-checks.ts';
import { sparkExpression } from './spark-expression.ts';
import type { Staged } from './stage-table.ts';
import type { TableShape } from './table-shape.ts';

/** A column of a whole row. */
export interface RowItem {
  readonly column: string;
  /** Of the column's type. */
  readonly sql: string;
  /** Where the value comes from. */
  readonly from: 'given' | 'default' | 'generated' | 'identity' | 'null';
}

/** A whole row. */
export interface CompletedRow {
  /** Every column in the schema's order. */
  readonly items: readonly RowItem[];
  /** `expression AS "column"`, for a SELECT. Identity values need it to be the SELECT that is staged: they number its rows. */
  readonly select: string;
  /** The columns whose identity values the table gives. */
  readonly identityColumns: readonly string[];
  /** The metadata to commit with the staged files, where identity values were given; undefined when none were. */
  metadataAfter(staged: readonly Pick<Staged, 'identityMarks'>[]): Metadata | undefined;
}

/**
 * Completes rows of which `given` holds SQL by column (letter case doesn't count). What is given for a
 * generated column is taken; `stageTable` holds it against the expression.
 *
 * @param options `keepMissing` leaves columns that have neither value nor default out of `items`.
 * @throws tables.identity-given, tables.identity-exhausted, tables.bad-expression
 */
export function completeRows(
  table: string,
  shape: TableShape,
  given: ReadonlyMap<string, string>,
  options: { readonly keepMissing?: boolean; readonly allowIdentity?: boolean } = {},
): CompletedRow {
  const { fields } = shape.schema;
  const values = new Map<string, RowItem>();
  const typed = (field: StructField, sql: string): string =>
    `CAST(${sql} AS ${duckdbTypeOf(field.type, field.name)})`;
  for (const [name, sql] of given) {
    const field = fieldNamed(fields, name);
    if (field === undefined) continue;
    const identity = identityOf(field);
    if (identity !== undefined && !identity.allowsExplicit && options.allowIdentity !== true) {
      throw writeErrors['identity-given']({ table, column: field.name });
    }
    values.set(field.name, { column: field.name, sql: typed(field, sql), from: 'given' });
  }
  const identityColumns: string[] = [];
  for (const field of fields) {
    if (values.has(field.name) || generationExpression(field) !== undefined) continue;
    const item = missingItem(table, field, typed, identityColumns);
    values.set(field.name, item);
  }
  for (const field of fields) {
    const expression = generationExpression(field);
    if (expression === undefined || values.has(field.name)) continue;
    // A generated column rests on columns that aren't generated themselves, so their values are known.
    const column = (name: string): { sql: string; type: DataType } | undefined => {
      const found = fieldNamed(fields, name);
      const sql = found && values.get(found.name)?.sql;
      return found === undefined || sql === undefined ? undefined : { sql, type: found.type };
    };
    const sql = typed(field, sparkExpression(expression, { column }));
    values.set(field.name, { column: field.name, sql, from: 'generated' });
  }
  const items = fields.flatMap((field) => {
    const item = values.get(field.name);
    return item === undefined || (options.keepMissing === true && item.from === 'null') ? [] : [item];
  });
  return {
    items,
    select: items.map(({ column, sql }) => `${sql} AS ${quoteIdentifier(column)}`).join(', '),
    identityColumns,
    metadataAfter: (staged) =>
      identityColumns.length === 0
        ? undefined
        : advancedMetadata(
            shape,
            identityColumns,
            staged.map((files) => files.identityMarks),
          ),
  };
}

/** The SQL that DEFAULT stands for in `field`; NULL where the table has none. @throws tables.bad-expression */
export function defaultSql(field: StructField): string {
  const text = field.metadata['CURRENT_DEFAULT'];
  return typeof text === 'string' ? sparkExpression(text, {}) : 'NULL';
}

function missingItem(
  table: string,
  field: StructField,
  typed: (field: StructField, sql: string) => string,
  identityColumns: string[],
): RowItem {
  const identity = identityOf(field);
  if (identity !== undefined) {
    identityColumns.push(field.name);
    return { column: field.name, sql: typed(field, identitySql(table, field, identity)), from: 'identity' };
  }
  const from = typeof field.metadata['CURRENT_DEFAULT'] === 'string' ? 'default' : 'null';
  return { column: field.name, sql: typed(field, defaultSql(field)), from };
}
