/** DEFAULT among the values of INSERT: the engine knows nothing of the table's defaults. Pure. */
import type { StructField } from '../../delta/index.ts';
import { defaultSql } from '../write/complete-rows.ts';
import { statementErrors } from './errors.ts';
import { type Token, tokenize } from './tokens.ts';

/** Values, and the columns they are for. */
export interface InsertValues {
  readonly query: string;
  readonly columns: readonly string[];
}

/**
 * `VALUES (…), (…)` in which no value is DEFAULT any more: a column that is DEFAULT in all rows is left to the
 * table, and elsewhere the column's default stands. Undefined when `query` has no such values.
 *
 * @throws tables.bad-statement for a column that is computed in some rows and given in others.
 */
export function valuesWithoutDefault(
  query: string,
  columns: readonly string[],
  fields: readonly StructField[],
): InsertValues | undefined {
  const rows = rowsOf(query);
  if (rows === undefined || !rows.some((row) => row.some(isDefault))) return undefined;
  if (rows.some((row) => row.length !== columns.length)) return undefined;
  const kept = columns.map((_, i) => i).filter((i) => !rows.every((row) => isDefault(row[i])));
  const names = kept.map((i) => columns[i] as string);
  const sql = rows.map((row) =>
    kept.map((i) => (isDefault(row[i]) ? defaultOf(columns[i] as string, fields) : (row[i] as string))),
  );
  if (kept.length === 0) {
    // A row needs a column: one whose default is a value like any other.
    const plain = fields.find((field) => !isComputed(field));
    if (plain === undefined) throw mixed(columns[0] ?? '');
    names.push(plain.name);
    for (const row of sql) row.push(defaultSql(plain));
  }
  return { query: `VALUES ${sql.map((row) => `(${row.join(', ')})`).join(', ')}`, columns: names };
}

/** The values as written, row by row; undefined when `query` is anything else than VALUES. */
function rowsOf(query: string): string[][] | undefined {
  const tokens = tokenize(query);
  if (tokens[0]?.kind !== 'word' || tokens[0].text.toLowerCase() !== 'values') return undefined;
  const rows: string[][] = [];
  let at = 1;
  while (at < tokens.length) {
    if (tokens[at]?.text !== '(') return undefined;
    const row: string[] = [];
    let depth = 1;
    let first = at + 1;
    for (at += 1; at < tokens.length && depth > 0; at += 1) {
      const { kind, text } = tokens[at] as Token;
      const sign = kind === 'symbol' ? text : '';
      if (/^[([{]$/.test(sign)) depth += 1;
      if (/^[)\]}]$/.test(sign)) depth -= 1;
      if (depth === 0 || (depth === 1 && sign === ',')) {
        row.push(query.slice(tokens[first]?.start ?? 0, tokens[at - 1]?.end ?? 0));
        first = at + 1;
      }
    }
    if (depth > 0) return undefined;
    rows.push(row);
    if (at < tokens.length) {
      if (tokens[at]?.text !== ',') return undefined;
      at += 1;
    }
  }
  return rows;
}

function defaultOf(name: string, fields: readonly StructField[]): string {
  const field = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (field === undefined) return 'NULL';
  if (isComputed(field)) throw mixed(field.name);
  return defaultSql(field);
}

function mixed(column: string): Error {
  return statementErrors['bad-statement']({
    statement: 'INSERT',
    problem: `'${column}' is computed by the table, so it is DEFAULT in all rows or in none`,
    expected: 'INSERT INTO table (column, …) VALUES (…), …',
  });
}

function isComputed({ metadata }: StructField): boolean {
  return (
    metadata['delta.generationExpression'] !== undefined || metadata['delta.identity.start'] !== undefined
  );
}

function isDefault(sql: string | undefined): boolean {
  return sql?.toLowerCase() === 'default';
}
