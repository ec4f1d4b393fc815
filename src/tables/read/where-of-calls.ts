/**
 * What a query's own conditions say about the rows of the tables it reads, so that files can be left out
 * before the engine sees them.
 *
 * Taken are conditions that a row must meet to have any effect on the SELECT it is read in: those of WHERE, and
 * of inner joins, and those of the queries around a subquery, or around a CTE that is read once. Where a missing row could make another row appear (on the optional side of an outer join)
 * nothing is taken.
 */
import type { Session } from '../../duckdb/index.ts';
import { conditionsInside, conditionsOn } from './pushed-conditions.ts';
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
    const queries = [...walkNodes(statement)].filter((node) => node['type'] === 'SELECT_NODE');
    const pushed = pushedConditions(queries, ctesReadOnce(statement));
    for (const { node, alias, isAlone, conditions } of tablesOf(queries, pushed)) {
      const name = String(member(node, 'function')?.['function_name']);
      if (node['type'] !== 'TABLE_FUNCTION' || !placeholders.has(name)) continue;
      // Without a name of its own only bare names can be told to be this table's.
      found.set(name, { conditions, alias: isAlone && alias === '' ? undefined : alias, isAlone });
    }
  }
  return found;
}

/** What of the conditions on a query's rows holds for what it reads, by query, through as many of them as there are. */
type Pushed = ReadonlyMap<SqlNode, readonly SqlNode[]>;

/** The conditions that the queries around each subquery have for what it gives. */
function pushedConditions(queries: readonly SqlNode[], ctes: ReadonlyMap<string, SqlNode>): Pushed {
  let pushed: Pushed = new Map();
  for (let depth = 0; depth < depthMax; depth += 1) {
    const next = new Map<SqlNode, readonly SqlNode[]>();
    for (const { node, alias, isAlone, conditions } of tablesOf(queries, pushed)) {
      const query = queryOf(node, ctes);
      const own = query === undefined ? [] : conditionsOn(alias, isAlone, conditions);
      if (query !== undefined && own.length > 0) next.set(query, own);
    }
    const count = (map: Pushed): number => [...map.values()].reduce((sum, list) => sum + list.length, 0);
    const isSettled = count(next) === count(pushed);
    pushed = next;
    if (isSettled) break;
  }
  return pushed;
}

/** Subqueries inside subqueries that conditions are followed into. */
const depthMax = 16;

interface PlacedTable extends RequiredTable {
  readonly isAlone: boolean;
}

function* tablesOf(queries: readonly SqlNode[], pushed: Pushed): Generator<PlacedTable> {
  for (const query of queries) {
    const from = member(query, 'from_table');
    if (from === undefined) continue;
    const where = member(query, 'where_clause');
    const inherited = conditionsInside(query, pushed.get(query) ?? []);
    const all = where === undefined ? inherited : [where, ...inherited];
    const isAlone = from['type'] !== 'JOIN';
    for (const table of required(from, all)) {
      if (table.conditions.length > 0) yield { ...table, isAlone };
    }
  }
}

/** The query behind a table in FROM, if there is one that nothing else reads. */
function queryOf(table: SqlNode, ctes: ReadonlyMap<string, SqlNode>): SqlNode | undefined {
  if (table['type'] === 'SUBQUERY') return member(member(table, 'subquery'), 'node');
  if (table['type'] !== 'BASE_TABLE' || table['schema_name'] !== '' || table['catalog_name'] !== '')
    return undefined;
  return ctes.get(String(table['table_name']).toLowerCase());
}

/** The named queries of `statement` that are defined once and read once, without new names for their columns. */
function ctesReadOnce(statement: SqlNode): ReadonlyMap<string, SqlNode> {
  const ctes = new Map<string, SqlNode>();
  const repeated = new Set<string>();
  const readers = new Map<string, number>();
  for (const node of walkNodes(statement)) {
    if (node['type'] === 'BASE_TABLE') {
      const name = String(node['table_name']).toLowerCase();
      readers.set(name, (readers.get(name) ?? 0) + 1);
    }
    for (const entry of nodes(member(node, 'cte_map')?.['map'])) {
      const name = String(entry['key']).toLowerCase();
      const value = member(entry, 'value');
      const query = member(member(value, 'query'), 'node');
      const aliases = value?.['aliases'];
      const isNamedAnew = !Array.isArray(aliases) || aliases.length > 0;
      if (ctes.has(name) || query === undefined || isNamedAnew) repeated.add(name);
      else ctes.set(name, query);
    }
  }
  for (const name of ctes.keys()) if (repeated.has(name) || readers.get(name) !== 1) ctes.delete(name);
  return ctes;
}

interface RequiredTable {
  readonly node: SqlNode;
  readonly alias: string;
  readonly conditions: readonly SqlNode[];
}

/** The tables in `from` all of whose rows must meet conditions. */
function* required(from: SqlNode, conditions: readonly SqlNode[]): Generator<RequiredTable> {
  if (/^(?:TABLE_FUNCTION|SUBQUERY|BASE_TABLE)$/.test(String(from['type']))) {
    // A sample is taken before the condition, and new names for columns hide the table's own.
    const isPlain = (from['sample'] ?? null) === null && aliasesOf(from).length === 0;
    const alias = String(from['alias']);
    const name = alias === '' && from['type'] === 'BASE_TABLE' ? String(from['table_name']) : alias;
    if (isPlain) yield { node: from, alias: name, conditions };
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
