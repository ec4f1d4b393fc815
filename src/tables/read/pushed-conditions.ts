/**
 * Conditions on what a subquery gives, as conditions on the rows it reads. Pure.
 *
 * Only where a row that the condition refuses has no part in any row that it lets through: not below groups, limits
 * and windows. What can't be told isn't taken.
 */
import type { Json } from '../../base/index.ts';
import { isBareClock } from './moving-value.ts';
import { isNode, member, nodes, referenceNames, type SqlNode, walkNodes } from './sql-tree.ts';

/**
 * Those of `conditions` that are about the table called `alias` alone, by the names of its columns.
 *
 * @param isAlone whether no other table stands beside it, so that bare names are its own.
 */
export function conditionsOn(alias: string, isAlone: boolean, conditions: readonly SqlNode[]): SqlNode[] {
  const own = (names: readonly string[]): readonly string[] | undefined => {
    const [first = '', ...rest] = names;
    if (rest.length > 0 && first.toLowerCase() === alias.toLowerCase()) return rest;
    return isAlone ? names : undefined;
  };
  return conditions.flatMap(conjuncts).flatMap((one) => listed(renamed(one, own)));
}

/** `conditions` on what `query` gives, as conditions on what it reads; those that can't be told are left out. */
export function conditionsInside(query: SqlNode, conditions: readonly SqlNode[]): SqlNode[] {
  if (conditions.length === 0 || !passesRows(query)) return [];
  const items = nodes(query['select_list']);
  const isAlone = member(query, 'from_table')?.['type'] !== 'JOIN';
  const stars = items.filter((item) => item['class'] === 'STAR');
  if (stars.length > 1 || stars.some((star) => !isAlone || !isPlainStar(star))) return [];
  const outputs = new Map<string, SqlNode | undefined>();
  for (const item of items) {
    if (item['class'] === 'STAR') continue;
    const name = outputName(item).toLowerCase();
    // Of two of one name it can't be told which is meant.
    outputs.set(name, outputs.has(name) ? undefined : item);
  }
  const inside = (names: readonly string[]): readonly string[] | undefined => {
    const [first = '', ...rest] = names;
    const name = first.toLowerCase();
    if (!outputs.has(name)) return stars.length === 1 || isBareClock(names) ? names : undefined;
    const item = stars.length === 1 ? undefined : outputs.get(name);
    const inner = item && referenceNames(item);
    return inner && [...inner, ...rest];
  };
  return conditions.flatMap((one) => listed(renamed(one, inside)));
}

/** Whether `query` gives its rows one by one, some of them perhaps not. */
function passesRows(query: SqlNode): boolean {
  const isEmpty = (name: string): boolean => {
    const list = query[name];
    return list === undefined || list === null || (Array.isArray(list) && list.length === 0);
  };
  return (
    query['type'] === 'SELECT_NODE' &&
    ['group_expressions', 'group_sets', 'having', 'qualify', 'sample'].every(isEmpty) &&
    query['aggregate_handling'] === 'STANDARD_HANDLING' &&
    nodes(query['modifiers']).every(keepsRows) &&
    ![...walkNodes(query['select_list'] ?? null)].some((part) => part['class'] === 'WINDOW')
  );
}

function keepsRows(modifier: SqlNode): boolean {
  return modifier['type'] === 'ORDER_MODIFIER';
}

function isPlainStar(star: SqlNode): boolean {
  const lists = ['exclude_list', 'replace_list', 'qualified_exclude_list', 'rename_list'];
  const isWhole = lists.every((name) => nodes(star[name]).length === 0 && !hasItems(star[name]));
  return isWhole && star['columns'] === false && (star['expr'] ?? null) === null;
}

function hasItems(list: Json | undefined): boolean {
  return Array.isArray(list) && list.length > 0;
}

function outputName(item: SqlNode): string {
  const alias = String(item['alias'] ?? '');
  return alias === '' ? (referenceNames(item)?.at(-1) ?? '') : alias;
}

function listed(node: SqlNode | undefined): SqlNode[] {
  return node === undefined ? [] : [node];
}

function conjuncts(condition: SqlNode): SqlNode[] {
  return condition['type'] === 'CONJUNCTION_AND'
    ? nodes(condition['children']).flatMap(conjuncts)
    : [condition];
}

/** `condition` with every column called as `rename` says; undefined when it has no name for one, or a query inside. */
function renamed(
  condition: SqlNode,
  rename: (names: readonly string[]) => readonly string[] | undefined,
): SqlNode | undefined {
  const names = referenceNames(condition);
  if (names !== undefined) {
    const found = rename(names);
    return found && { ...condition, column_names: found };
  }
  if (/^(?:SUBQUERY|STAR|LAMBDA|WINDOW|POSITIONAL_REFERENCE)$/.test(String(condition['class'])))
    return undefined;
  const copy: Record<string, Json> = {};
  for (const [key, value] of Object.entries(condition)) {
    const made = renamedValue(value, rename);
    if (made === undefined) return undefined;
    copy[key] = made;
  }
  return copy;
}

function renamedValue(
  value: Json,
  rename: (names: readonly string[]) => readonly string[] | undefined,
): Json | undefined {
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => renamedValue(item, rename));
    return items.some((item) => item === undefined) ? undefined : (items as Json[]);
  }
  return isNode(value) ? renamed(value, rename) : value;
}
