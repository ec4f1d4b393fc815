/**
 * Expressions that become part of a table are tried out first: a default, a generated column or a constraint that
 * can't be evaluated would stop every later write.
 */
import {
  type DataType,
  printDataType,
  type StructField,
  type StructType,
  walkFields,
} from '../../delta/index.ts';
import { printSqlType, quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { withScratchSession } from '../scratch.ts';
import { sparkExpression } from '../write/spark-expression.ts';
import { fieldNamed } from './column-path.ts';
import { alterErrors } from './errors.ts';

/** An expression as it will stand in the table. */
export type TableExpression =
  | { readonly kind: 'default'; readonly field: StructField; readonly expression: string }
  | { readonly kind: 'generated'; readonly field: StructField; readonly expression: string }
  | { readonly kind: 'constraint'; readonly name: string; readonly expression: string };

/** The expressions of `schema` and the given constraints. Pure. */
export function expressionsOf(
  schema: StructType,
  constraints: ReadonlyMap<string, string>,
): readonly TableExpression[] {
  const found: TableExpression[] = [];
  for (const { field } of walkFields(schema)) {
    const [own, generated] = [
      field.metadata['CURRENT_DEFAULT'],
      field.metadata['delta.generationExpression'],
    ];
    if (typeof own === 'string') found.push({ kind: 'default', field, expression: own });
    if (typeof generated === 'string') found.push({ kind: 'generated', field, expression: generated });
  }
  for (const [name, expression] of constraints) found.push({ kind: 'constraint', name, expression });
  return found;
}

/**
 * Refuses expressions that don't fit a table with `schema`: unknown columns or functions, types that don't fit,
 * constraints that aren't conditions, generated columns that rest on others. Costs nothing when there are none.
 *
 * @throws tables.bad-expression, tables.bad-column-spec
 */
export async function assertExpressions(
  table: string,
  schema: StructType,
  expressions: readonly TableExpression[],
): Promise<void> {
  if (expressions.length === 0) return;
  await withScratchSession(async (session) => {
    for (const expression of expressions) await tryOut(session, table, schema, expression);
  });
}

async function tryOut(
  session: Session,
  table: string,
  schema: StructType,
  about: TableExpression,
): Promise<void> {
  const { expression } = about;
  const subject = about.kind === 'constraint' ? about.name : about.field.name;
  const bad = (problem: string, cause?: unknown): Error =>
    alterErrors['bad-column-spec'](
      { table, column: subject, problem: `the ${about.kind} expression ${expression} ${problem}` },
      cause === undefined ? {} : { cause },
    );
  const used = columnsUsed(expression, schema);
  if (about.kind === 'default' && used.length > 0) throw bad(`names the column ${used[0] ?? ''}`);
  if (about.kind === 'generated') {
    if (/\b(?:rand|randn|random|uuid|current_timestamp|current_date|now)\b/i.test(expression)) {
      throw bad('gives another value each time');
    }
    const computed = used.find(
      (name) => fieldNamed(schema.fields, name)?.metadata['delta.generationExpression'],
    );
    if (computed !== undefined) throw bad(`rests on ${computed}, which is generated itself`);
  }
  const sql = sparkExpression(expression, { column: columnIn(schema) });
  const wanted = about.kind === 'constraint' ? 'BOOLEAN' : duckdbTypeOf(about.field.type, about.field.name);
  try {
    const [column] = await session.describe(`SELECT (${sql}) AS value FROM ${emptyRow(schema)}`);
    if (column === undefined) return;
    const type = printSqlType(column.sqlType);
    if (about.kind === 'constraint' && type !== 'BOOLEAN') throw bad(`is ${type}, not a condition`);
    if (about.kind === 'default') await session.query(`SELECT CAST((${sql}) AS ${wanted})`);
    else await session.describe(`SELECT CAST((${sql}) AS ${wanted}) FROM ${emptyRow(schema)}`);
  } catch (cause) {
    if (cause instanceof Error && /^duckdb\./.test(String((cause as { code?: unknown }).code))) {
      const type = about.kind === 'constraint' ? '' : ` as ${printDataType(about.field.type)}`;
      throw bad(`can't be evaluated${type}: ${cause.message.split('\n')[0] ?? ''}`, cause);
    }
    throw cause;
  }
}

/** The top-level columns that `expression` names, as the schema spells them. @throws tables.bad-expression */
export function columnsUsed(expression: string, schema: StructType): readonly string[] {
  const used = new Set<string>();
  const column = columnIn(schema);
  sparkExpression(expression, {
    column: (name) => {
      const found = fieldNamed(schema.fields, name);
      if (found !== undefined) used.add(found.name);
      return column(name);
    },
  });
  return [...used];
}

/** The columns of `schema` by their own names, for `sparkExpression`. */
export function columnIn(
  schema: StructType,
): (name: string) => { readonly sql: string; readonly type: DataType } | undefined {
  return (name) => {
    const found = fieldNamed(schema.fields, name);
    return found && { sql: quoteIdentifier(found.name), type: found.type };
  };
}

/** A FROM item with the schema's columns, and nothing in it. */
function emptyRow(schema: StructType): string {
  const items = schema.fields.map(
    (field) => `CAST(NULL AS ${duckdbTypeOf(field.type, field.name)}) AS ${quoteIdentifier(field.name)}`,
  );
  return `(SELECT ${items.join(', ')}) AS empty`;
}
