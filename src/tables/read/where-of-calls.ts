/**
 * What a query's own conditions say about the rows of the tables it reads, so that files can be left out
 * before the engine sees them.
 *
 * Taken are conditions that a row must meet to have any effect on the SELECT it is read in: those of WHERE, and
 * of inner joins. Where a missing row could make another row appear (on the optional side of an outer join)
 * nothing is taken.
 */
import type { Session } from '../../duckdb/index.ts';
import { member, nodes, parseStatements, type SqlNode, walkNodes } from './sql-tree.ts';

/** A condition on a table's rows, and the table's name in it. */
export interface CallCondition {
  readonly conditions: readonly SqlNode[];
  /** Undefined when no other table stands in the same FROM, so that every name is the table's. */
  readonly alias: string | undefined;
  /** Whether no other table stands in the same FROM. */
  readonly isAlone: boolean;
}

/**
 * The conditions on what each of `placeholders`, functions in FROM, gives. What isn't among the keys isn't
 * conditioned, or stands where that can't be told.
 *
 * @param sql with the placeholders in it; when it isn't all SELECTs, nothing comes out.
 */
export async function conditionsOfCalls(
  session: Session,
  sql: string,
  placeholders: ReadonlySet<string>,
): Promise<ReadonlyMap<string, CallCondition>> {
  const found = new Map<string, CallCondition>();
  for (const statement of (await parseStatements(session, sql)) ?? []) {
    for (const node of walkNodes(statement)) {
      const from = node['type'] === 'SELECT_NODE' ? member(node, 'from_table') : undefined;
      if (from === undefined) continue;
      const where = member(node, 'where_clause');
      const isAlone = from['type'] !== 'JOIN';
      for (const { name, alias, conditions } of required(from, where === undefined ? [] : [where])) {
        if (!placeholders.has(name) || conditions.length === 0) continue;
        // Without a name of its own only bare names can be told to be this table's.
        found.set(name, { conditions, alias: isAlone && alias === '' ? undefined : alias, isAlone });
      }
    }
  }
  return found;
}

interface RequiredTable {
  readonly name: string;
  readonly alias: string;
  readonly conditions: readonly SqlNode[];
}

/** The functions in `from` all of whose rows must meet conditions. */
function* required(from: SqlNode, conditions: readonly SqlNode[]): Generator<RequiredTable> {
  if (from['type'] === 'TABLE_FUNCTION') {
    const name = String(member(from, 'function')?.['function_name']);
    // A sample is taken before the condition, and new names for columns hide the table's own.
    const isPlain = (from['sample'] ?? null) === null && aliasesOf(from).length === 0;
    if (isPlain) yield { name, alias: String(from['alias']), conditions };
    return;
  }
  if (from['type'] !== 'JOIN' || (from['sample'] ?? null) !== null) return;
  const [left, right] = [member(from, 'left'), member(from, 'right')];
  const type = String(from['join_type']);
  const kind = String(from['ref_type']);
  if (left === undefined || right === undefined) return;
  if (kind === 'CROSS' || (kind === 'REGULAR' && type === 'INNER')) {
    const on = member(from, 'condition');
    const all = on === undefined ? conditions : [...conditions, on];
    yield* required(left, all);
    yield* required(right, all);
  } else if (kind === 'REGULAR' && (type === 'LEFT' || type === 'SEMI' || type === 'ANTI')) {
    yield* required(left, conditions);
  } else if (kind === 'REGULAR' && type === 'RIGHT') {
    yield* required(right, conditions);
  }
}

function aliasesOf(table: SqlNode): readonly unknown[] {
  const names = table['column_name_alias'];
  return Array.isArray(names) ? names : nodes(names);
}
