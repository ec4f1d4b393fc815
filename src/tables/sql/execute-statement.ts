/** Running one of Delta's statements. */
import { unreachable } from '../../base/index.ts';
import { executeCopy } from './execute-copies.ts';
import { executeDefinition } from './execute-definition.ts';
import { executeHistory } from './execute-history.ts';
import { executeMaintenance } from './execute-maintenance.ts';
import { executeRows } from './execute-rows.ts';
import { placedInStatement } from './place-error.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/**
 * Runs `statement`: one commit of the table it names, or none when there is nothing to change. A large OPTIMIZE is
 * several commits, each of which leaves the table's rows as they are.
 *
 * The result has the columns that Spark gives. Atomic; readers see all of it or nothing.
 *
 * @throws tables.*, delta.*, duckdb.*, storage.*
 */
export async function executeStatement(
  statement: DeltaStatement,
  context: StatementContext,
): Promise<StatementResult> {
  try {
    return await execute(statement, context);
  } catch (error) {
    throw placedInStatement(error, partsOf(statement), context.written);
  }
}

/** The statement's conditions, values and queries. */
function partsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    expressions.has(key) ? textsIn(member) : partsOf(member),
  );
}

const expressions: ReadonlySet<string> = new Set(
  'on where condition set values query sql columns replaceWhere partition'.split(' '),
);

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Map) return [...value.values()].flatMap(textsIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function execute(statement: DeltaStatement, context: StatementContext): Promise<StatementResult> {
  switch (statement.kind) {
    case 'merge':
    case 'update':
    case 'delete':
    case 'insert':
      return executeRows(statement, context);
    case 'create':
    case 'alter':
      return executeDefinition(statement, context);
    case 'history':
    case 'detail':
      return executeHistory(statement, context);
    case 'clone':
    case 'convert':
      return executeCopy(statement, context);
    case 'optimize':
    case 'purge':
    case 'vacuum':
    case 'restore':
      return executeMaintenance(statement, context);
    default:
      return unreachable(statement);
  }
}
