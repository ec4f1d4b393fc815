/**
 * MERGE from dbt-duckdb's `merge_*` settings. Pure.
 *
 * The rows to merge are called DBT_INTERNAL_SOURCE and the table DBT_INTERNAL_DEST, because users'
 * conditions and expressions name them so.
 */
import type { ManifestNode, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { badConfig, isMapping, mapping, text, textList } from './node-config.ts';

/** What is merged into what. */
export interface MergeInput {
  readonly node: ManifestNode;
  /** The table, printed. */
  readonly target: string;
  /** A relation or a bracketed query, printed. */
  readonly source: string;
  readonly columns: readonly WarehouseColumn[];
  readonly predicates: readonly string[];
}

/** The MERGE statement that the node's settings ask for. @throws targets.bad-config */
export function mergeSql(input: MergeInput): string {
  const { node } = input;
  const clauses = mapping(node, 'merge_clauses');
  const matched = clauseList(node, clauses, 'when_matched') ?? [defaultMatched(node)];
  const notMatched = clauseList(node, clauses, 'when_not_matched') ?? [defaultNotMatched(node)];
  const returning = textList(node, 'merge_returning_columns');
  return [
    `merge into ${input.target} as DBT_INTERNAL_DEST`,
    `using ${input.source} as DBT_INTERNAL_SOURCE`,
    joinClause(input),
    ...matched.map((clause) => `when matched${condition(clause)} then ${matchedAction(input, clause)}`),
    ...notMatched.map(
      (clause) => `when not matched${by(clause)}${condition(clause)} then ${notMatchedAction(input, clause)}`,
    ),
    ...(returning.length > 0 ? [`returning ${returning.join(', ')}`] : []),
  ].join('\n');
}

type Clause = Readonly<Record<string, unknown>>;

function joinClause({ node, predicates }: MergeInput): string {
  const using = textList(node, 'merge_on_using_columns');
  if (using.length > 0) {
    if (predicates.length > 0) {
      const equal = using.map((column) => `DBT_INTERNAL_SOURCE.${column} = DBT_INTERNAL_DEST.${column}`);
      return `on ${bracketed([...equal, ...predicates])}`;
    }
    return `using (${using.join(', ')})`;
  }
  const keys = textList(node, 'unique_key');
  const equal = keys.map((key) => `DBT_INTERNAL_SOURCE.${key} = DBT_INTERNAL_DEST.${key}`);
  return `on ${bracketed([...(equal.length > 0 ? equal : ['false']), ...predicates])}`;
}

function clauseList(node: ManifestNode, clauses: Clause, key: string): readonly Clause[] | undefined {
  const list = clauses[key];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isMapping)) {
    throw badConfig(node, `merge_clauses.${key}`, 'must be a list of mappings, with at least one');
  }
  return list;
}

function defaultMatched(node: ManifestNode): Clause {
  const include = textList(node, 'merge_update_columns');
  const exclude = textList(node, 'merge_exclude_columns');
  const expressions = mapping(node, 'merge_update_set_expressions');
  const explicit = include.length + exclude.length + Object.keys(expressions).length > 0;
  return {
    action: 'update',
    mode: explicit ? 'explicit' : 'by_name',
    condition: text(node, 'merge_update_condition'),
    update: { include, exclude, set_expressions: expressions },
  };
}

function defaultNotMatched(node: ManifestNode): Clause {
  return { action: 'insert', mode: 'by_name', condition: text(node, 'merge_insert_condition') };
}

function condition(clause: Clause): string {
  const value = clause['condition'];
  if (Array.isArray(value)) return value.length > 0 ? ` and ${bracketed(value.map(String))}` : '';
  return typeof value === 'string' && value.trim() !== '' ? ` and (${value})` : '';
}

function by(clause: Clause): string {
  const side = clause['by'];
  return typeof side === 'string' && side !== '' ? ` by ${side}` : '';
}

function matchedAction(input: MergeInput, clause: Clause): string {
  switch (clause['action']) {
    case 'update':
      return updateAction(input, clause);
    case 'delete':
      return 'delete';
    case 'do_nothing':
      return 'do nothing';
    case 'error':
      return errorAction(clause);
    default:
      throw badConfig(input.node, 'merge_clauses', `has an unknown action '${String(clause['action'])}'`);
  }
}

function notMatchedAction(input: MergeInput, clause: Clause): string {
  if (clause['action'] === 'update' && isMapping(clause['set_expressions'])) {
    const set = Object.entries(clause['set_expressions']);
    return `update set ${set.map(([name, expression]) => `${name} = ${String(expression)}`).join(', ')}`;
  }
  if (clause['action'] !== 'insert') return matchedAction(input, clause);
  const insert = isMapping(clause['insert']) ? clause['insert'] : {};
  switch (clause['mode'] ?? 'by_name') {
    case 'by_name':
      return 'insert by name';
    case 'by_position':
      return 'insert by position';
    case 'star':
      return 'insert *';
    case 'explicit': {
      const columns = names(insert['columns']);
      const values = names(insert['values']);
      const list = columns.length > 0 ? columns : input.columns.map((column) => quoteIdentifier(column.name));
      const sources = values.length > 0 ? values : list.map((column) => `DBT_INTERNAL_SOURCE.${column}`);
      return `insert (${list.join(', ')}) values (${sources.join(', ')})`;
    }
    default:
      throw badConfig(input.node, 'merge_clauses', `has an unknown mode '${String(clause['mode'])}'`);
  }
}

function updateAction(input: MergeInput, clause: Clause): string {
  switch (clause['mode'] ?? 'by_name') {
    case 'by_name':
      return 'update by name';
    case 'by_position':
      return 'update by position';
    case 'star':
      return 'update set *';
    case 'explicit':
      return `update set ${assignments(input, isMapping(clause['update']) ? clause['update'] : {}).join(', ')}`;
    default:
      throw badConfig(input.node, 'merge_clauses', `has an unknown mode '${String(clause['mode'])}'`);
  }
}

function assignments(input: MergeInput, update: Clause): string[] {
  const include = names(update['include']);
  const exclude = new Set(names(update['exclude']).map((name) => bare(name)));
  const expressions = isMapping(update['set_expressions']) ? Object.entries(update['set_expressions']) : [];
  const computed = new Set(expressions.map(([name]) => bare(name)));
  if (include.length > 0 && exclude.size > 0) {
    throw badConfig(input.node, 'merge_update_columns', 'and merge_exclude_columns exclude each other');
  }
  const all = input.columns.map((column) => quoteIdentifier(column.name));
  const plain = (include.length > 0 ? include : all).filter(
    (name) => !exclude.has(bare(name)) && !computed.has(bare(name)),
  );
  return [
    ...expressions.map(([name, expression]) => `${name} = ${String(expression)}`),
    ...plain.map((name) => `${name} = DBT_INTERNAL_SOURCE.${name}`),
  ];
}

function errorAction(clause: Clause): string {
  const message = clause['error_message'];
  return typeof message === 'string' && message !== '' ? `error '${message.replaceAll("'", "''")}'` : 'error';
}

function names(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function bare(name: string): string {
  return name.replace(/["']/g, '').toLowerCase();
}

function bracketed(conditions: readonly string[]): string {
  return conditions.map((one) => `(${one})`).join(' and ');
}
