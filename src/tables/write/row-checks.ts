/**
 * A table's rules as one condition in the SELECT that writes its rows: no second pass, and the first row that
 * breaks a rule stops the write and is shown.
 *
 * The condition stands in a column that is written, not in a filter: a filter could be moved below the
 * query's own joins, to rows that never come out of it.
 */
import { type Json, parseJson } from '../../base/index.ts';
import type { DataType, StructField } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { writeErrors } from './errors.ts';
import { sparkExpression } from './spark-expression.ts';
import type { TableShape } from './table-shape.ts';

/** A rule that rows can break. */
export interface RowCheck {
  /** SQL that is true for a row that breaks it. */
  readonly broken: string;
  /** The error for `row`, its values as JSON. */
  fail(row: string): Error;
}

/**
 * The rules of `shape` for rows whose columns `value` gives as SQL.
 *
 * What constraints call missing is a violation: only a row for which they are true passes. Source: Delta
 * protocol, "Column Invariants", "CHECK Constraints", "Generated Columns".
 *
 * @param generated columns that were computed, and needn't be compared with their expression.
 * @throws tables.bad-expression
 */
export function planChecks(
  table: string,
  shape: TableShape,
  value: (field: StructField) => string,
  generated: ReadonlySet<string> = new Set(),
): RowCheck[] {
  const { schema, metadata } = shape;
  const column = (name: string): { sql: string; type: DataType } | undefined => {
    const found = fieldNamed(schema.fields, name);
    return found && { sql: value(found), type: found.type };
  };
  const checks: RowCheck[] = [];
  for (const field of schema.fields) {
    for (const { path, broken } of missingValues(value(field), field)) {
      checks.push({ broken, fail: (row) => writeErrors['missing-value']({ table, column: path, row }) });
    }
  }
  const constraint = (name: string, expression: string): void => {
    checks.push({
      broken: `(${sparkExpression(expression, { column })}) IS NOT TRUE`,
      fail: (row) => writeErrors['constraint-violated']({ table, constraint: name, expression, row }),
    });
  };
  for (const field of schema.fields) {
    const invariant = invariantOf(field);
    if (invariant !== undefined) constraint(field.name, invariant);
  }
  for (const [key, expression] of metadata.configuration) {
    if (key.startsWith('delta.constraints.')) constraint(key.slice('delta.constraints.'.length), expression);
  }
  for (const field of schema.fields) {
    const expression = generationExpression(field);
    if (expression === undefined || generated.has(field.name)) continue;
    checks.push({
      broken: `${value(field)} IS DISTINCT FROM (${sparkExpression(expression, { column })})`,
      fail: (row) => writeErrors['generated-value-differs']({ table, column: field.name, expression, row }),
    });
  }
  return checks;
}

/** `item` guarded by `checks`: fails with a text that `explainBroken` understands. Pure. */
export function guarded(item: string, checks: readonly RowCheck[], row: string): string {
  if (checks.length === 0) return item;
  const which = checks.map(({ broken }, index) => `WHEN ${broken} THEN '${index}'`).join(' ');
  const any = checks.map(({ broken }) => `(${broken})`).join(' OR ');
  return `CASE WHEN ${any} THEN error(${quoteLiteral(mark)} || (CASE ${which} END) || ' ' || ${row}) ELSE ${item} END`;
}

/** The rule behind an error of the engine; undefined when it is about something else. Pure. */
export function explainBroken(message: string, checks: readonly RowCheck[]): Error | undefined {
  const start = message.indexOf(mark);
  if (start < 0) return undefined;
  const match = /^(\d+) ([\s\S]*)$/.exec(message.slice(start + mark.length));
  return checks[Number(match?.[1])]?.fail(shortRow(match?.[2] ?? ''));
}

const mark = 'boathouse: broken rule ';

/** A row is shown to recognise it: values that would fill the screen are cut. */
function shortRow(text: string): string {
  const end = text.lastIndexOf('}');
  const json = end < 0 ? text : text.slice(0, end + 1);
  return json.length <= rowTextMax ? json : `${json.slice(0, rowTextMax)}…`;
}

const rowTextMax = 1000;

/** The expression of a generated column. Pure. */
export function generationExpression(field: StructField): string | undefined {
  const text = field.metadata['delta.generationExpression'];
  return typeof text === 'string' ? text : undefined;
}

/** The field called `name`, whatever its letter case. Pure. */
export function fieldNamed(fields: readonly StructField[], name: string): StructField | undefined {
  return (
    fields.find((f) => f.name === name) ?? fields.find((f) => f.name.toLowerCase() === name.toLowerCase())
  );
}

/** Source: Delta protocol, "Column Invariants": JSON in JSON. */
function invariantOf(field: StructField): string | undefined {
  const text = field.metadata['delta.invariants'];
  if (typeof text !== 'string') return undefined;
  const member = (json: Json | undefined, name: string): Json | undefined =>
    typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Readonly<Record<string, Json>>)[name]
      : undefined;
  const expression = member(member(parseJson(text), 'expression'), 'expression');
  if (typeof expression === 'string') return expression;
  throw writeErrors['bad-expression']({
    expression: text,
    problem: 'it is no invariant as the protocol has it',
  });
}

/** Conditions for values that must be there and aren't. What lies in a missing struct isn't missing. */
function* missingValues(
  expression: string,
  field: StructField,
): Generator<{ readonly path: string; readonly broken: string }> {
  if (!field.nullable) yield { path: field.name, broken: `${expression} IS NULL` };
  yield* missingInside(expression, field.type, field.name, 0);
}

function* missingInside(
  expression: string,
  type: DataType,
  path: string,
  depth: number,
): Generator<{ readonly path: string; readonly broken: string }> {
  const inList = function* (
    list: string,
    item: DataType,
    nullable: boolean,
    part: string,
  ): Generator<{ readonly path: string; readonly broken: string }> {
    const name = `m${depth}`;
    const found = (broken: string): string =>
      `coalesce(len(list_filter(${list}, lambda ${name}: ${broken})), 0) > 0`;
    if (!nullable) yield { path: part, broken: found(`${name} IS NULL`) };
    for (const inner of missingInside(name, item, part, depth + 1)) {
      yield { path: inner.path, broken: found(inner.broken) };
    }
  };
  switch (type.kind) {
    case 'struct':
      for (const member of type.fields) {
        const inner = `${expression}.${quoteIdentifier(member.name)}`;
        const name = `${path}.${member.name}`;
        if (!member.nullable) {
          yield { path: name, broken: `(${expression} IS NOT NULL AND ${inner} IS NULL)` };
        }
        yield* missingInside(inner, member.type, name, depth);
      }
      break;
    case 'array':
      yield* inList(expression, type.elementType, type.containsNull, `${path}.element`);
      break;
    case 'map':
      yield* inList(`map_keys(${expression})`, type.keyType, true, `${path}.key`);
      yield* inList(`map_values(${expression})`, type.valueType, type.valueContainsNull, `${path}.value`);
      break;
    default:
      break;
  }
}
