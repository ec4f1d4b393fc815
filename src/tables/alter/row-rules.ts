/** Whether the rows that are there keep to rules that are new. */
import {
  type DataType,
  printSchema,
  type Snapshot,
  type StructField,
  type StructType,
} from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { explainReadError } from '../read/damaged-file.ts';
import { relationOf } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { planChecks } from '../write/row-checks.ts';
import { sparkExpression } from '../write/spark-expression.ts';
import type { AlterState, RowRule } from './alter-state.ts';
import { printPath } from './column-path.ts';
import { alterErrors } from './errors.ts';
import { columnIn } from './expression-checks.ts';

/**
 * Reads the table and refuses what its rows break, showing the first such row. Costs nothing without rules.
 *
 * @throws tables.rows-break-constraint, tables.rows-lack-value, tables.bad-expression
 */
export async function assertRows(state: AlterState, storage: Storage): Promise<void> {
  const { rules, table, schema, snapshot } = state;
  if (rules.length === 0 || snapshot.files.size === 0) return;
  // Columns may have been renamed by the same changes: the rows are read under their new names.
  const metadata = { ...state.metadata, schemaString: printSchema(schema) };
  const seen: Snapshot = { ...snapshot, schema, metadata };
  const { sql } = await relationOf(seen, storage);
  await withScratchSession(async (session) => {
    for (const rule of rules) {
      const broken = brokenSql(rule, seen, table);
      const query = `SELECT CAST(to_json(rows) AS VARCHAR) FROM (${sql}) AS rows WHERE ${broken} LIMIT 1`;
      let row: unknown;
      try {
        row = await session.value(query);
      } catch (error) {
        throw await explainReadError(error, seen.files.values(), storage);
      }
      if (typeof row === 'string') throw failure(rule, table, row);
    }
  });
}

function brokenSql(rule: RowRule, snapshot: Snapshot, table: string): string {
  const { schema, metadata } = snapshot;
  if (rule.kind === 'constraint') {
    return `(${sparkExpression(rule.expression, { column: columnIn(schema) })}) IS NOT TRUE`;
  }
  const [top] = rule.names;
  const field = schema.fields.find(({ name }) => name === top);
  if (field === undefined) return 'false';
  const fields = [narrowed(field, rule.names.slice(1))];
  const shape = {
    ...snapshot,
    schema: { kind: 'struct', fields } satisfies StructType,
    metadata: { ...metadata, configuration: new Map<string, string>() },
  };
  const checks = planChecks(table, shape, ({ name }) => quoteIdentifier(name));
  return checks.map(({ broken }) => `(${broken})`).join(' OR ') || 'false';
}

function failure(rule: RowRule, table: string, row: string): Error {
  const shown = row.length <= rowTextMax ? row : `${row.slice(0, rowTextMax)}…`;
  if (rule.kind === 'not-null') {
    return alterErrors['rows-lack-value']({ table, column: printPath(rule.names), row: shown });
  }
  const { name, expression } = rule;
  return alterErrors['rows-break-constraint']({ table, constraint: name, expression, row: shown });
}

const rowTextMax = 1000;

/** `field` with nothing in it required but what `names` lead to. */
function narrowed(field: StructField, names: readonly string[]): StructField {
  return {
    name: field.name,
    type: narrowedType(field.type, names),
    nullable: names.length > 0,
    metadata: {},
  };
}

function narrowedType(type: DataType, names: readonly string[]): DataType {
  const [name, ...rest] = names;
  const isLast = rest.length === 0;
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.filter((field) => name === undefined || field.name === name);
      if (name !== undefined) return { ...type, fields: fields.map((field) => narrowed(field, rest)) };
      return { ...type, fields: fields.map((field) => ({ ...narrowed(field, []), nullable: true })) };
    }
    case 'array':
      return {
        ...type,
        elementType: narrowedType(type.elementType, name === undefined ? [] : rest),
        containsNull: name === undefined || !isLast,
      };
    case 'map':
      return {
        ...type,
        keyType: narrowedType(type.keyType, name === 'key' ? rest : []),
        valueType: narrowedType(type.valueType, name === 'value' ? rest : []),
        valueContainsNull: name !== 'value' || !isLast,
      };
    default:
      return type;
  }
}
