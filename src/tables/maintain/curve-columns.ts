/** The columns that files are ordered by: found in the schema, and their values' distribution looked at. */
import { type DataType, printDataType, type StructType } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { findColumn, printPath } from '../alter/column-path.ts';
import type { ColumnPath } from '../alter/table-spec.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { curveColumnsMax, type RangedColumn } from './curves.ts';
import { maintainErrors } from './errors.ts';

/** A column that files are ordered by. */
export interface OrderColumn {
  /** The names that lead to it, as the schema spells them. */
  readonly path: readonly string[];
  readonly type: DataType;
}

/** About so many rows are looked at, out of however many. */
const sampledRows = 50_000;

/** Longer texts are cut: where a range begins needn't be exact. */
const cutCharsMax = 64;

/** The columns called `names`. @throws tables.bad-optimize, tables.no-such-column */
export function orderColumns(
  table: string,
  schema: StructType,
  names: readonly ColumnPath[],
  partitionColumns: readonly string[],
): readonly OrderColumn[] {
  const bad = (problem: string): Error => maintainErrors['bad-optimize']({ table, problem });
  if (names.length > curveColumnsMax) throw bad(`${names.length} columns are more than ${curveColumnsMax}`);
  const seen = new Set<string>();
  return names.map((name) => {
    const { names: path, type, part } = findColumn(table, schema, name);
    const shown = printPath(path);
    if (part.length > 0) throw bad(`${shown} is part of a list or map`);
    if (partitionColumns.includes(path[0] as string))
      throw bad(`${shown} is a partition column, so its rows are apart already`);
    if (!hasOrder(type)) throw bad(`${shown} is ${printDataType(type)}, which has no order`);
    if (seen.has(shown)) throw bad(`${shown} is named twice`);
    seen.add(shown);
    return { path, type };
  });
}

/**
 * Where the values of `columns` are cut into ranges of equal numbers of rows, from a sample of `query`.
 *
 * Costs one pass over these columns alone.
 *
 * @param rows how many `query` has, as far as that is known.
 * @param bits of a range's number: there are two to the power of so many.
 */
export async function readCuts(
  session: Session,
  query: string,
  columns: readonly OrderColumn[],
  rows: number,
  bits: number,
  signal?: AbortSignal,
): Promise<readonly RangedColumn[]> {
  const ranges = 2 ** bits;
  const shares = Array.from({ length: ranges - 1 }, (_, index) => (index + 1) / ranges).join(', ');
  const named = columns.map((column, index) => ({ column, name: `c${index}` }));
  const values = named.map(({ column, name }) => `${sampledSql(column)} AS ${name}`);
  const cuts = named.map(({ name }) => `CAST(quantile_disc(${name}, [${shares}]) AS VARCHAR[]) AS ${name}`);
  const sample = rows > sampledRows * 2 ? ` USING SAMPLE ${(sampledRows / rows) * 100}% (bernoulli, 1)` : '';
  const { rows: found } = await session.query(
    `SELECT ${cuts.join(', ')} FROM (SELECT ${values.join(', ')} FROM (${query}\n) AS given${sample})`,
    undefined,
    { signal },
  );
  return columns.map((column, index) => {
    const list = found[0]?.[index];
    const texts = Array.isArray(list) ? (list as readonly unknown[]) : [];
    return {
      sql: columnSql(column),
      type: rangedType(column),
      cuts: texts.flatMap((text) => (typeof text === 'string' ? [quoteLiteral(text)] : [])),
    };
  });
}

/** The SQL that reads `column`. Pure. */
export function columnSql({ path, type }: OrderColumn): string {
  const [top, ...members] = path;
  const value = members.reduce(
    (sql, member) => `struct_extract(${sql}, ${quoteLiteral(member)})`,
    quoteIdentifier(top as string),
  );
  return isBoolean(type) ? `CAST(${value} AS TINYINT)` : value;
}

function sampledSql(column: OrderColumn): string {
  const sql = columnSql(column);
  // A literal can't hold a zero character.
  return isText(column.type) ? `replace(left(${sql}, ${cutCharsMax}), chr(0), '')` : sql;
}

function rangedType({ type }: OrderColumn): string {
  return isBoolean(type) ? 'TINYINT' : duckdbTypeOf(type);
}

function isBoolean(type: DataType): boolean {
  return type.kind === 'primitive' && type.name === 'boolean';
}

function isText(type: DataType): boolean {
  return type.kind === 'primitive' && type.name === 'string';
}

function hasOrder(type: DataType): boolean {
  if (type.kind === 'decimal') return true;
  return type.kind === 'primitive' && !/^(?:variant|void)$/.test(type.name);
}
