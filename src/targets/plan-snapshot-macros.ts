/**
 * Plans of snapshots that a user's macros have a say in: a strategy of the user's own, or macros in
 * place of those that our plan stands for. The steps are then rendered, and call the macros in the
 * order that dbt does. Pure.
 */
import { targetErrors } from './errors.ts';
import { text } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, indexSteps } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';

/** The macro of the user's that decides about the snapshot; undefined when none does. */
export function snapshotMacro(input: PlanInput): string | undefined {
  const strategy = strategyMacro(input);
  const isOurs = ['snapshot_timestamp_strategy', 'snapshot_check_strategy'].includes(strategy);
  if (!isOurs && input.defined(strategyMacro(input, true))) return strategy;
  return [strategy, ...macros].find((macro) => input.overridden(macro));
}

/** Begins the snapshot's table, or compares with it, by macros. @throws targets.unsupported-config */
export function planSnapshotByMacros(input: PlanInput, macro: string): readonly PlanStep[] {
  const { node, target } = input;
  if (
    node.config['snapshot_meta_column_names'] !== undefined &&
    hasNames(node.config['snapshot_meta_column_names'])
  ) {
    const why = `the macro ${macro} of this project decides about the columns`;
    throw targetErrors['unsupported-config'](
      { node: node.unique_id, key: 'snapshot_meta_column_names', why },
      { location: { file: node.original_file_path } },
    );
  }
  const names = { sql: input.code.replace(/(?:\s|;)+$/, '') };
  const render = (template: string, main = false): PlanStep => ({ kind: 'render', template, names, main });
  const steps = input.existing
    ? [render(strategyCall(input) + compareTemplate, true), render(afterTemplate)]
    : [render(strategyCall(input) + beginTemplate, true), ...indexSteps(node, target)];
  return frame(node, [
    ...steps,
    ...documentSteps(node, target, 'table'),
    { kind: 'made', relation: target, as: 'table', select: null },
  ]);
}

/** Macros that a project may put in place of ours. */
const macros: readonly string[] = [
  'strategy_dispatch',
  'snapshot_hash_arguments',
  'snapshot_get_time',
  'build_snapshot_table',
  'snapshot_staging_table',
  'build_snapshot_staging_table',
  'snapshot_merge_sql',
  'create_columns',
  'post_snapshot',
];

/** `strategy` as the macro of that name gives it, which dbt looks for by `strategy_dispatch`. */
function strategyCall(input: PlanInput): string {
  const own = input.overridden('strategy_dispatch');
  const call = own ? "strategy_dispatch(config.get('strategy'))" : strategyMacro(input, true);
  const exists = input.existing === undefined ? 'false' : 'true';
  return `{%- set strategy = ${call}(model, 'snapshotted_data', 'source_data', model['config'], ${exists}) -%}\n`;
}

const beginTemplate = '{{- create_table_as(false, this, build_snapshot_table(strategy, sql)) }}';

/** Columns of the staging table that the snapshot's own table doesn't have. */
const isOwn =
  "(column.name | lower != 'dbt_change_type' and not (column.name | lower).startswith('dbt_unique_key'))";

const compareTemplate = `{%- set staging = build_snapshot_staging_table(strategy, sql, this) -%}
{%- set added = [] -%}
{%- for column in adapter.get_missing_columns(staging, this) if ${isOwn} -%}{%- do added.append(column) -%}{%- endfor -%}
{%- if added -%}{%- do create_columns(this, added) -%}{%- endif -%}
{%- set names = [] -%}
{%- for column in adapter.get_columns_in_relation(staging) if ${isOwn} -%}{%- do names.append(adapter.quote(column.name)) -%}{%- endfor -%}
{{- snapshot_merge_sql(target=this, source=staging, insert_cols=names) }}`;

const afterTemplate =
  '{%- do post_snapshot(make_temp_relation(this).include(database=false, schema=false)) -%}';

function strategyMacro({ node }: PlanInput, isQualified = false): string {
  const parts = (text(node, 'strategy') ?? '').split('.');
  const name = `snapshot_${parts.pop() ?? ''}_strategy`;
  return isQualified ? [...parts, name].join('.') : name;
}

function hasNames(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).some((name) => name !== null);
}
