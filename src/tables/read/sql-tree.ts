/** SQL as the engine's own parser sees it, through `json_serialize_sql`. */
import { type Json, parseJson } from '../../base/index.ts';
import { quoteLiteral, type Session } from '../../duckdb/index.ts';

/** A node of the tree: an expression, a table, a statement. */
export type SqlNode = Readonly<Record<string, Json>>;

/**
 * The condition that `sql` is; undefined when it isn't one expression. Costs half a millisecond the first
 * time, and nothing when it was asked for lately.
 */
export async function parseCondition(session: Session, sql: string): Promise<SqlNode | undefined> {
  const statements = await parseStatements(session, `SELECT 1 WHERE (${sql}\n)`);
  if (statements?.length !== 1) return undefined;
  const query = member(statements[0], 'node');
  const isPlain = query?.['type'] === 'SELECT_NODE' && (query['modifiers'] as readonly Json[]).length === 0;
  return isPlain ? member(query, 'where_clause') : undefined;
}

/** The SELECT statements that `sql` consists of; undefined when it has others, or can't be parsed. */
export async function parseStatements(
  session: Session,
  sql: string,
): Promise<readonly SqlNode[] | undefined> {
  const known = parsed.get(sql);
  if (known !== undefined) return known;
  let body: Json;
  try {
    body = parseJson(String(await session.value(`SELECT json_serialize_sql(${quoteLiteral(sql)})`)));
  } catch {
    // What the parser of conditions can't take is for the statement itself to report.
    return undefined;
  }
  const statements = isNode(body) && body['error'] === false ? nodes(body['statements']) : undefined;
  if (statements !== undefined && sql.length <= keptCharsMax) {
    const oldest = parsed.keys().next();
    if (parsed.size >= keptMax && oldest.done !== true) parsed.delete(oldest.value);
    parsed.set(sql, statements);
  }
  return statements;
}

/** A process repeats few conditions, and those often. */
const keptMax = 64;
const keptCharsMax = 16_384;
const parsed = new Map<string, readonly SqlNode[]>();

/** The member of `node` called `name`, when it is a node. Pure. */
export function member(node: SqlNode | undefined, name: string): SqlNode | undefined {
  const value = node?.[name];
  return value !== undefined && isNode(value) ? value : undefined;
}

/** The nodes in a list; what isn't a node is left out. Pure. */
export function nodes(list: Json | undefined): readonly SqlNode[] {
  return Array.isArray(list) ? (list as readonly Json[]).filter(isNode) : [];
}

/** Every node at or below `node`, the outermost first. */
export function* walkNodes(node: Json): Generator<SqlNode> {
  if (Array.isArray(node)) {
    for (const item of node as readonly Json[]) yield* walkNodes(item);
  } else if (isNode(node)) {
    yield node;
    for (const value of Object.values(node)) {
      if (typeof value === 'object' && value !== null) yield* walkNodes(value);
    }
  }
}

/** Whether `json` is an object. Pure. */
export function isNode(json: Json): json is SqlNode {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** The names of a reference to a column; undefined when `node` is none. Pure. */
export function referenceNames(node: SqlNode): readonly string[] | undefined {
  return node['class'] === 'COLUMN_REF' ? (node['column_names'] as readonly string[]) : undefined;
}
