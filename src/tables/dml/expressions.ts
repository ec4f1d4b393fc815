/**
 * Users' SQL expressions as the engine's own parser sees them: what they compare, whose columns they name.
 *
 * Nothing is guessed from text. Where an expression holds a subquery or a name that could be anyone's, it
 * counts as reading everything.
 */
import { type Json, parseJson, printJson } from '../../base/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { dmlErrors } from './errors.ts';

/** A piece of the engine's parse tree. */
export type Tree = Readonly<Record<string, Json>>;

/** An expression, and what it is called in errors. */
export interface GivenExpression {
  /** `the condition of WHEN MATCHED` */
  readonly what: string;
  readonly sql: string;
}

/**
 * The parse trees of `given`, in one round trip.
 *
 * @throws tables.not-an-expression for what isn't exactly one expression.
 */
export async function parseExpressions(session: Session, given: readonly GivenExpression[]): Promise<Tree[]> {
  if (given.length === 0) return [];
  const calls = given.map((_, index) => `json_serialize_sql($${index + 1}::VARCHAR)`);
  const { rows } = await session.query(
    `SELECT ${calls.join(', ')}`,
    given.map(({ sql }) => `SELECT ${sql}\n`),
  );
  return given.map((expression, index) => treeOf(expression, String(rows[0]?.[index])));
}

function treeOf({ what, sql }: GivenExpression, serialized: string): Tree {
  const parsed = parseJson(serialized) as Tree;
  const bad = (problem: string): Error => dmlErrors['not-an-expression']({ what, sql, problem });
  if (parsed['error'] === true) throw bad(String(parsed['error_message']));
  const statements = parsed['statements'] as readonly Tree[];
  const node = statements[0]?.['node'] as Tree | undefined;
  const items = node?.['select_list'] as readonly Tree[] | undefined;
  const from = node?.['from_table'] as Tree | undefined;
  const isOne =
    statements.length === 1 && items?.length === 1 && from?.['type'] === 'EMPTY' && !node?.['where_clause'];
  if (!isOne || items[0] === undefined) throw bad('it is more than one expression');
  if (items[0]['class'] === 'STAR') throw bad('* is not a value');
  return items[0];
}

/** The SQL of `trees`, in one round trip at most: plain columns are spelled here. */
export async function printExpressions(session: Session, trees: readonly Tree[]): Promise<string[]> {
  const texts = trees.map(columnText);
  const others = trees.filter((_, index) => texts[index] === undefined);
  if (others.length === 0) return texts as string[];
  // The engine wants every member of a statement to be there: one of its own lends them.
  const shell = parseJson(String(await session.value("SELECT json_serialize_sql('SELECT 1')"))) as Tree;
  const [statement] = shell['statements'] as readonly [{ readonly node: Tree }];
  const { rows } = await session.query(
    `SELECT ${others.map((_, index) => `json_deserialize_sql($${index + 1}::JSON)`).join(', ')}`,
    others.map((tree) =>
      printJson({
        ...shell,
        statements: [{ ...statement, node: { ...statement.node, select_list: [tree] } }],
      }),
    ),
  );
  const printed = (rows[0] ?? []).map((text) => String(text).replace(/^SELECT\s+/, ''));
  return texts.map((text) => text ?? (printed.shift() as string));
}

function columnText(tree: Tree): string | undefined {
  if (tree['class'] !== 'COLUMN_REF') return undefined;
  return (tree['column_names'] as readonly string[]).map(quoteIdentifier).join('.');
}

/** The parts of `tree` that all must hold. Pure. */
export function conjunctsOf(tree: Tree): Tree[] {
  if (tree['type'] !== 'CONJUNCTION_AND') return [tree];
  return (tree['children'] as readonly Tree[]).flatMap(conjunctsOf);
}

/** Whose columns the two names in a MERGE are. */
export interface Scope {
  readonly targetAlias: string;
  readonly sourceAlias: string;
  readonly targetColumns: readonly string[];
  readonly sourceColumns: readonly string[];
}

/** Whose columns an expression reads. `both` also stands for what can't be told. */
export type Side = 'none' | 'target' | 'source' | 'both';

/** Whose columns `tree` reads. Pure. */
export function sideOf(tree: Json, scope: Scope): Side {
  if (Array.isArray(tree)) return tree.map((part: Json) => sideOf(part, scope)).reduce(joined, 'none');
  if (typeof tree !== 'object' || tree === null) return 'none';
  const node = tree as Tree;
  if (node['class'] === 'COLUMN_REF') return sideOfName(node['column_names'] as readonly string[], scope);
  if (node['class'] === 'SUBQUERY' || node['class'] === 'STAR' || node['class'] === 'LAMBDA') return 'both';
  return Object.values(node)
    .map((part) => sideOf(part, scope))
    .reduce(joined, 'none');
}

function joined(a: Side, b: Side): Side {
  if (a === 'none' || a === b) return b;
  return b === 'none' ? a : 'both';
}

function sideOfName(names: readonly string[], scope: Scope): Side {
  const first = names[0]?.toLowerCase();
  if (names.length > 1 && first === scope.targetAlias.toLowerCase()) return 'target';
  if (names.length > 1 && first === scope.sourceAlias.toLowerCase()) return 'source';
  const inTarget = scope.targetColumns.some((name) => name.toLowerCase() === first);
  const inSource = scope.sourceColumns.some((name) => name.toLowerCase() === first);
  if (inTarget === inSource) return 'both';
  return inTarget ? 'target' : 'source';
}

/** The path of the target's column that `tree` is, without the alias; undefined when it is anything else. Pure. */
export function targetPathOf(tree: Tree, scope: Scope): string[] | undefined {
  if (tree['class'] !== 'COLUMN_REF' || sideOf(tree, scope) !== 'target') return undefined;
  const names = [...(tree['column_names'] as readonly string[])];
  if (names.length > 1 && names[0]?.toLowerCase() === scope.targetAlias.toLowerCase()) names.shift();
  return names;
}

/** Names of the functions that `tree` calls, in lower case, operators among them. Pure. */
export function functionsOf(tree: Json, into: Set<string> = new Set()): Set<string> {
  if (Array.isArray(tree)) {
    for (const part of tree) functionsOf(part as Json, into);
  } else if (typeof tree === 'object' && tree !== null) {
    const node = tree as Tree;
    if (typeof node['function_name'] === 'string') into.add(node['function_name'].toLowerCase());
    for (const part of Object.values(node)) functionsOf(part, into);
  }
  return into;
}
