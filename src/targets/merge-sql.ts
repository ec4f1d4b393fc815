/**
 * MERGE from dbt-duckdb's `merge_*` settings and dbt-databricks' names for conditions and clauses. Pure.
 *
 * The rows to merge are called DBT_INTERNAL_SOURCE and the table DBT_INTERNAL_DEST, because users'
 * conditions and expressions name them so; dbt-databricks lets them choose other names.
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
  /** Whether the table is a Delta table, whose MERGE may add columns. */
  readonly isDelta?: boolean;
  /** Whether the table has columns that the source lacks: they are named no more, and keep what they have. */
  readonly lacksColumns?: boolean;
}

/** The MERGE statement that the node's settings ask for. @throws targets.bad-config */
export function mergeSql(input: MergeInput): string {
  const { node } = input;
  const clauses = mapping(node, 'merge_clauses');
  const matched = clauseList(node, clauses, 'when_matched') ?? defaultMatched(node);
  const notMatched = clauseList(node, clauses, 'when_not_matched') ?? defaultNotMatched(node);
  const returning = textList(node, 'merge_returning_columns');
  const evolves = input.isDelta === true && node.config['merge_with_schema_evolution'] === true;
  return [
    `merge ${evolves ? 'with schema evolution ' : ''}into ${input.target} as ${targetAlias(node)}`,
    `using ${input.source} as ${sourceAlias(node)}`,
    joinClause(input),
    ...matched.map((clause) => `when matched${condition(clause)} then ${matchedAction(input, clause)}`),
    ...notMatched.map(
      (clause) => `when not matched${by(clause)}${condition(clause)} then ${notMatchedAction(input, clause)}`,
    ),
    ...notMatchedBySource(node),
    ...(returning.length > 0 ? [`returning ${returning.join(', ')}`] : []),
  ].join('\n');
}

/** How rows meet: the two names, and what stands between them and the condition. */
export function mergeJoin(input: MergeInput): {
  readonly target: string;
  readonly source: string;
  readonly clause: string;
} {
  return { target: targetAlias(input.node), source: sourceAlias(input.node), clause: joinClause(input) };
}

/** Whether the merge may change rows of the table that no new row meets. */
export function changesUnmatched(node: ManifestNode): boolean {
  const clauses = clauseList(node, mapping(node, 'merge_clauses'), 'when_not_matched') ?? [];
  return (
    notMatchedBySource(node).length > 0 ||
    clauses.some((clause) => String(clause['by'] ?? '').toLowerCase() === 'source')
  );
}

function targetAlias(node: ManifestNode): string {
  return text(node, 'target_alias') ?? 'DBT_INTERNAL_DEST';
}

function sourceAlias(node: ManifestNode): string {
  return text(node, 'source_alias') ?? 'DBT_INTERNAL_SOURCE';
}

type Clause = Readonly<Record<string, unknown>>;

function joinClause({ node, predicates }: MergeInput): string {
  const using = textList(node, 'merge_on_using_columns');
  if (using.length > 0 && predicates.length === 0) return `using (${using.join(', ')})`;
  const keys = using.length > 0 ? using : textList(node, 'unique_key');
  const equal = keys.map((key) => `${sourceAlias(node)}.${key} = ${targetAlias(node)}.${key}`);
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

function defaultMatched(node: ManifestNode): readonly Clause[] {
  if (node.config['skip_matched_step'] === true) return [];
  const include = textList(node, 'merge_update_columns');
  const exclude = textList(node, 'merge_exclude_columns');
  const expressions = mapping(node, 'merge_update_set_expressions');
  const explicit = include.length + exclude.length + Object.keys(expressions).length > 0;
  return [
    {
      action: 'update',
      mode: explicit ? 'explicit' : 'by_name',
      condition: text(node, 'merge_update_condition') ?? text(node, 'matched_condition'),
      update: { include, exclude, set_expressions: expressions },
    },
  ];
}

function defaultNotMatched(node: ManifestNode): readonly Clause[] {
  if (node.config['skip_not_matched_step'] === true) return [];
  const when = text(node, 'merge_insert_condition') ?? text(node, 'not_matched_condition');
  return [{ action: 'insert', mode: 'by_name', condition: when }];
}

/** dbt-databricks' clause for rows of the table that the new rows lack: `delete`, or `update set …`. */
function notMatchedBySource(node: ManifestNode): readonly string[] {
  const action = text(node, 'not_matched_by_source_action')?.trim();
  if (action === undefined || action === '') return [];
  if (!/^(?:delete$|update\s+set\s)/i.test(action)) {
    throw badConfig(node, 'not_matched_by_source_action', "must be 'delete' or 'update set …'");
  }
  const when = condition({ condition: text(node, 'not_matched_by_source_condition') });
  return [`when not matched by source${when} then ${action}`];
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
  switch (modeOf(input, clause)) {
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
      const sources =
        values.length > 0 ? values : list.map((column) => `${sourceAlias(input.node)}.${column}`);
      return `insert (${list.join(', ')}) values (${sources.join(', ')})`;
    }
    default:
      throw badConfig(input.node, 'merge_clauses', `has an unknown mode '${String(clause['mode'])}'`);
  }
}

function modeOf(input: MergeInput, clause: Clause): unknown {
  const mode = clause['mode'] ?? 'by_name';
  return mode === 'by_name' && input.lacksColumns === true ? 'explicit' : mode;
}

function updateAction(input: MergeInput, clause: Clause): string {
  switch (modeOf(input, clause)) {
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
    ...plain.map((name) => `${name} = ${sourceAlias(input.node)}.${name}`),
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
