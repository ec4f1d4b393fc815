/**
 * Rows taken to have a table's columns until their own COPY says otherwise.
 *
 * To ask for a query's columns is to plan it, and its COPY plans it again: for a small append that is a quarter of
 * all the work. Most appends bring just the table's columns, so that is assumed, and the COPY is made to fail where
 * it isn't so. Then the columns are asked for, and not assumed again for a table of that schema.
 */
import { isBoathouseError } from '../../base/index.ts';
import type { Snapshot, StructType } from '../../delta/index.ts';
import { type Column, quoteIdentifier, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { generationExpression } from './row-checks.ts';
import type { WriteOptions } from './write-options.ts';
import { fillsItself } from './write-schema.ts';

/** Rows to be written. */
export interface Source {
  readonly query: string;
  readonly columns: readonly Column[];
}

/**
 * `query` as one that yields the table's columns or fails; undefined where it had better be looked at first. Nothing
 * is planned for it. A query without rows need not fail.
 */
export async function assumedSource(
  session: Session,
  query: string,
  { schema }: Pick<Snapshot, 'schema'>,
  { mode, schemaMode }: Pick<WriteOptions, 'mode' | 'schemaMode'>,
): Promise<Source | undefined> {
  if (mode !== 'append' || schemaMode !== undefined || unfit.has(schema) || !isPlain(schema))
    return undefined;
  const types = schema.fields.map((f) => ({
    name: quoteIdentifier(f.name),
    type: duckdbTypeOf(f.type, f.name),
  }));
  let columns = described.get(schema);
  if (columns === undefined) {
    const items = types.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`);
    columns = await session.describe(`SELECT ${items.join(', ')}`);
    described.set(schema, columns);
  }
  const expected = `STRUCT(${types.map(({ name, type }) => `${name} ${type}`).join(', ')})`;
  // The engine knows both types when it plans, and no row is looked at. The text is a statement of its own for
  // `query`: what isn't one can't become one by what stands around it.
  const check = `typeof(${alias}) = typeof(CAST(NULL AS ${expected})) OR CAST(error('other columns') AS BOOLEAN)`;
  const checked = `SELECT * FROM query(${quoteLiteral(query)}) AS ${alias} WHERE ${check}`;
  return { query: checked, columns };
}

/** Whether a COPY that failed with `error` may have failed since the rows have other columns than assumed. */
export function mayHaveOtherColumns(error: unknown): boolean {
  return (
    isBoathouseError(error) &&
    error.code.startsWith('duckdb.') &&
    !isBoathouseError(error, 'duckdb.interrupted')
  );
}

/** Columns of rows for a table of the schema are to be asked for from now on. */
export function assumeNoMore({ schema }: Pick<Snapshot, 'schema'>): void {
  unfit.add(schema);
}

/** Whether rows have just the columns that were assumed. Pure. */
export function areAssumed(columns: readonly Column[], assumed: readonly Column[]): boolean {
  return (
    columns.length === assumed.length &&
    columns.every(({ name, type }, i) => name === assumed[i]?.name && type === assumed[i]?.type)
  );
}

/** Schemas stay the same objects from commit to commit. */
const described = new WeakMap<StructType, readonly Column[]>();
const unfit = new WeakSet<StructType>();

const alias = '__boathouse_rows';

function isPlain({ fields }: StructType): boolean {
  return fields.every(
    // The engine tells columns of one name apart by such endings, and they are to be refused.
    (field) => !fillsItself(field) && generationExpression(field) === undefined && !/_\d+$/.test(field.name),
  );
}
