/**
 * Plans of snapshots: a table that keeps every state a row has had, with the time it was valid. Pure.
 *
 * Each run compares the query's rows with the states that are current. Rows that are new or changed
 * open a state; the state before is closed at the same moment. What happens to rows that are gone is
 * `hard_deletes`: nothing, their state is closed, or it is followed by one that says they are deleted.
 */
import type { ManifestNode, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { badConfig, mapping, text, textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { afterMove, finishSteps, pinSteps, writeStep } from './plan-delta.ts';
import { documentSteps, frame, indexSteps, subquery } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';
import { planSnapshotByMacros, snapshotMacro } from './plan-snapshot-macros.ts';
import { printName } from './relation-sql.ts';

/** Compares the query with the states that are current, or begins the table. @throws targets.bad-config */
export function planSnapshot(input: PlanInput): readonly PlanStep[] {
  const { node, target } = input;
  const isThere = input.delta === undefined ? input.existing !== undefined : input.delta.exists;
  if (input.delta === undefined && input.existing && input.existing.kind !== 'table') {
    throw badConfig(node, 'materialized', `can't be: ${printName(target)} is a ${input.existing.kind}`);
  }
  const macro = snapshotMacro(input);
  if (macro !== undefined) return planSnapshotByMacros(input, macro);
  const rules = snapshotRules(input);
  if (input.delta !== undefined) {
    const steps = isThere
      ? afterMove(input, (moved) => mergeSteps(moved, rules))
      : [writeStep(input, { mode: 'overwrite' }, beginQuery(input, rules)), ...pinSteps(input)];
    return frame(node, [...steps, ...finishSteps(input)]);
  }
  const steps = isThere ? compareSteps(input, rules) : beginSteps(input, rules);
  return frame(node, [
    ...steps,
    ...checkTimes(input, rules, isThere),
    ...documentSteps(node, target, 'table'),
    { kind: 'made', relation: target, as: 'table', select: null },
  ]);
}

/** Times of the user's that aren't timestamps are compared with those of the snapshot: dbt warns of it, as its macro does. */
function checkTimes(input: PlanInput, rules: SnapshotRules, isThere: boolean): readonly PlanStep[] {
  if (rules.updatedAt === now || rules.names.dbt_updated_at !== 'dbt_updated_at') return [];
  const given = `select ${rules.updatedAt} as dbt_updated_at from ${subquery(input.code)} as query`;
  // Rows that are gone get the time of the run, which decides on the type of all.
  const query = isThere && rules.hardDeletes !== 'ignore' ? `${given} union all select ${now}` : given;
  return [{ kind: 'render', template: '{%- do check_time_data_types(query) -%}', names: { query } }];
}

interface SnapshotRules {
  readonly keys: readonly string[];
  /** When the state of a row began, as an expression over the query's columns. */
  readonly updatedAt: string;
  readonly strategy: 'timestamp' | 'check';
  readonly hardDeletes: 'ignore' | 'invalidate' | 'new_record';
  /** The end of a state that has none: NULL unless the user wants a far date. */
  readonly openEnd: string;
  readonly names: Readonly<Record<MetaColumn, string>>;
}

type MetaColumn = 'dbt_valid_from' | 'dbt_valid_to' | 'dbt_scd_id' | 'dbt_updated_at' | 'dbt_is_deleted';

const metaColumns: readonly MetaColumn[] = [
  'dbt_scd_id',
  'dbt_updated_at',
  'dbt_valid_from',
  'dbt_valid_to',
  'dbt_is_deleted',
];

/** The moment of the run: DuckDB gives the same one throughout a transaction. */
const now = 'now()::timestamp';

function snapshotRules({ node }: PlanInput): SnapshotRules {
  const strategy = text(node, 'strategy');
  if (strategy !== 'timestamp' && strategy !== 'check') {
    throw targetErrors['unsupported-strategy'](
      { node: node.unique_id, strategy: strategy ?? 'none', on: 'a snapshot' },
      {
        location: { file: node.original_file_path },
        hint: `Use timestamp or check, or define the macro snapshot_${strategy ?? 'name'}_strategy.`,
      },
    );
  }
  const keys = textList(node, 'unique_key');
  if (keys.length === 0) throw badConfig(node, 'unique_key', 'must be set for a snapshot');
  const updatedAt = text(node, 'updated_at');
  if (strategy === 'timestamp' && updatedAt === undefined) {
    throw badConfig(node, 'updated_at', 'must be set for the strategy timestamp');
  }
  const given = mapping(node, 'snapshot_meta_column_names');
  const names = Object.fromEntries(
    metaColumns.map((name) => [name, typeof given[name] === 'string' ? given[name] : name]),
  ) as Record<MetaColumn, string>;
  return {
    keys,
    updatedAt: updatedAt ?? now,
    strategy,
    hardDeletes: hardDeletes(node),
    openEnd: text(node, 'dbt_valid_to_current') ?? 'null',
    names,
  };
}

function hardDeletes(node: ManifestNode): SnapshotRules['hardDeletes'] {
  if (node.config['hard_deletes'] != null && node.config['invalidate_hard_deletes'] != null)
    throw badConfig(node, 'hard_deletes', "and invalidate_hard_deletes can't both be set");
  const value =
    node.config['hard_deletes'] ??
    (node.config['invalidate_hard_deletes'] === true ? 'invalidate' : 'ignore');
  if (value === 'ignore' || value === 'invalidate' || value === 'new_record') return value;
  throw badConfig(node, 'hard_deletes', `is '${String(value)}'; ignore, invalidate and new_record are known`);
}

function beginSteps(input: PlanInput, rules: SnapshotRules): readonly PlanStep[] {
  const sql = `create table ${printName(input.target)} as\n${beginQuery(input, rules)}`;
  return [{ kind: 'sql', sql, main: true }, ...indexSteps(input.node, input.target)];
}

function beginQuery(input: PlanInput, rules: SnapshotRules): string {
  return `select *,
  ${stateColumns(rules, rules.updatedAt).join(',\n  ')}
from ${subquery(input.code)} as query_rows`;
}

/** The columns of a state that begins with a row of the query. */
function stateColumns(rules: SnapshotRules, updatedAt: string): string[] {
  const { names } = rules;
  return [
    `${stateId([...rules.keys, updatedAt])} as ${names.dbt_scd_id}`,
    `${updatedAt} as ${names.dbt_updated_at}`,
    `${updatedAt} as ${names.dbt_valid_from}`,
    // The second branch never counts; it gives an open end of NULL the type of the beginning.
    `case when true then ${rules.openEnd} else ${updatedAt} end as ${names.dbt_valid_to}`,
    ...(rules.hardDeletes === 'new_record' ? [`'False' as ${names.dbt_is_deleted}`] : []),
  ];
}

/** The identity of a state, by dbt's recipe, so that tables begun by dbt go on. */
function stateId(parts: readonly string[]): string {
  return `md5(${parts.map((part) => `coalesce(cast(${part} as varchar), '')`).join(" || '|' || ")})`;
}

/** On a Delta table all that happens to states is one commit: states that end meet theirs, those that begin meet none. */
function mergeSteps(input: PlanInput, rules: SnapshotRules): readonly PlanStep[] {
  const { target, newColumns } = input;
  const name = printName(target);
  const added = addedColumns(input);
  const { names } = rules;
  const changed = rowChanged(input, rules, added);
  const columns = [
    ...newColumns.map((column) => quoteIdentifier(column.name)),
    ...[names.dbt_scd_id, names.dbt_updated_at, names.dbt_valid_from, names.dbt_valid_to],
    ...(rules.hardDeletes === 'new_record' ? [names.dbt_is_deleted] : []),
  ];
  const sql = `merge into ${name} as target
using (
  ${sourceCtes(input, rules)}
  select 'open' as dbt_change, null as state_id, null as closed_at, opened.* from (
${openedSql(rules, newColumns, added, changed)}
  ) as opened
  union all by name
  select 'close' as dbt_change, closed.* from (
${closedSql(rules, changed)}
  ) as closed
) as source
on target.${names.dbt_scd_id} = source.state_id and ${isCurrent(rules, 'target.')}
when matched then update set ${names.dbt_valid_to} = source.closed_at
when not matched and source.dbt_change = 'open' then insert (${columns.join(', ')}) values (${columns.map((column) => `source.${column}`).join(', ')})`;
  return [
    ...added.map((column) => ({ kind: 'sql', sql: addColumnSql(name, column) }) as const),
    { kind: 'sql', sql, main: true },
  ];
}

function addedColumns({ existingColumns, newColumns }: PlanInput): readonly WarehouseColumn[] {
  const known = new Set(existingColumns.map((column) => column.name.toLowerCase()));
  return newColumns.filter((column) => !known.has(column.name.toLowerCase()));
}

function addColumnSql(name: string, column: WarehouseColumn): string {
  return `alter table ${name} add column ${quoteIdentifier(column.name)} ${column.type}`;
}

function compareSteps(input: PlanInput, rules: SnapshotRules): readonly PlanStep[] {
  const { target, newColumns } = input;
  const name = printName(target);
  const opened = quoteIdentifier(`${target.identifier}__dbt_opened`);
  const closed = quoteIdentifier(`${target.identifier}__dbt_closed`);
  const added = addedColumns(input);
  const { names } = rules;
  const sources = sourceCtes(input, rules);
  const changed = rowChanged(input, rules, added);
  const statements = [
    `create or replace temporary table ${opened} as\n${sources}\n${openedSql(rules, newColumns, added, changed)}`,
    `create or replace temporary table ${closed} as\n${sources}\n${closedSql(rules, changed)}`,
    ...added.map((column) => addColumnSql(name, column)),
    `update ${name} as target set ${names.dbt_valid_to} = closed.closed_at
from ${closed} as closed
where target.${names.dbt_scd_id} = closed.state_id and ${isCurrent(rules, 'target.')}`,
    `insert into ${name} by name select * from ${opened}`,
    `drop table ${opened}`,
    `drop table ${closed}`,
  ];
  return statements.map((sql) =>
    sql.startsWith('insert') ? { kind: 'sql', sql, main: true } : { kind: 'sql', sql },
  );
}

function sourceCtes(input: PlanInput, rules: SnapshotRules): string {
  const keys = rules.keys.map((key, index) => `${key} as snapshot_key_${index}`).join(', ');
  return `with query_rows as (
  select *, ${keys}, ${rules.updatedAt} as snapshot_updated_at from ${subquery(input.code)} as query
), states as (
  select *, ${keys} from ${printName(input.target)} where ${isCurrent(rules, '')}
)`;
}

function openedSql(
  rules: SnapshotRules,
  columns: readonly WarehouseColumn[],
  added: readonly WarehouseColumn[],
  changed: string,
): string {
  const { names } = rules;
  const list = (from: string, skip: ReadonlySet<WarehouseColumn> = new Set()): string[] =>
    columns.map((column) => {
      const quoted = quoteIdentifier(column.name);
      return skip.has(column) ? `cast(null as ${column.type}) as ${quoted}` : `${from}.${quoted}`;
    });
  // The identity is made of the query's own columns, which the bare names of the keys would not find here.
  const keys = rules.keys.map((_, index) => `query_rows.snapshot_key_${index}`);
  const state = stateColumns({ ...rules, keys }, 'query_rows.snapshot_updated_at');
  const fresh = `select ${[...list('query_rows'), ...state].join(', ')}
from query_rows left join states on ${sameKey(rules)}
where states.snapshot_key_0 is null or ${changed}`;
  if (rules.hardDeletes !== 'new_record') return fresh;
  const gone = [
    ...list('states', new Set(added)),
    `${stateId([`states.${names.dbt_scd_id}`, now])}`,
    now,
    now,
    `states.${names.dbt_valid_to}`,
    "'True'",
  ];
  return `${fresh}
union all
select ${gone.join(', ')}
from states left join query_rows on ${sameKey(rules)}
where query_rows.snapshot_key_0 is null and states.${names.dbt_is_deleted} <> 'True'`;
}

function closedSql(rules: SnapshotRules, changed: string): string {
  const { names } = rules;
  const updates = `select states.${names.dbt_scd_id} as state_id, query_rows.snapshot_updated_at as closed_at
from query_rows join states on ${sameKey(rules)}
where ${changed}`;
  if (rules.hardDeletes === 'ignore') return updates;
  const deleted = rules.hardDeletes === 'new_record' ? ` and states.${names.dbt_is_deleted} <> 'True'` : '';
  return `${updates}
union all
select states.${names.dbt_scd_id}, ${now}
from states left join query_rows on ${sameKey(rules)}
where query_rows.snapshot_key_0 is null${deleted}`;
}

/** Whether a row of the query is another than its current state. */
function rowChanged(input: PlanInput, rules: SnapshotRules, added: readonly WarehouseColumn[]): string {
  const { names } = rules;
  // A row that comes back after it was deleted is a new state, whatever its columns say.
  const returned = rules.hardDeletes === 'new_record' ? ` or states.${names.dbt_is_deleted} = 'True'` : '';
  if (rules.strategy === 'timestamp') {
    return `(states.${names.dbt_valid_from} < query_rows.snapshot_updated_at${returned})`;
  }
  const checked = checkedColumns(input);
  const isNew = new Set(added.map((column) => column.name.toLowerCase()));
  if (checked.some((column) => isNew.has(bare(column)))) return '(true)';
  const different = checked.map((column) => `states.${column} is distinct from query_rows.${column}`);
  return `(${different.join(' or ')}${returned})`;
}

function checkedColumns({ node, newColumns }: PlanInput): readonly string[] {
  const all = newColumns.map((column) => quoteIdentifier(column.name));
  if (node.config['check_cols'] === 'all') return all;
  const listed = textList(node, 'check_cols');
  if (listed.length > 0) return listed;
  throw badConfig(node, 'check_cols', "must be 'all' or a list of columns");
}

function isCurrent(rules: SnapshotRules, prefix: string): string {
  const end = `${prefix}${rules.names.dbt_valid_to}`;
  return rules.openEnd === 'null' ? `${end} is null` : `(${end} = ${rules.openEnd} or ${end} is null)`;
}

function sameKey(rules: SnapshotRules): string {
  return rules.keys
    .map((_, index) => `states.snapshot_key_${index} = query_rows.snapshot_key_${index}`)
    .join(' and ');
}

function bare(name: string): string {
  return name.replaceAll('"', '').toLowerCase();
}
