/** Seeds that the macros of dbt load, row by row: those with `fast: false`, and where a project has macros of its own. */
import type { AgateTable, ManifestNode } from '../compiler/index.ts';
import type { PlanInput } from './plan-input.ts';

/** The macros that a project may put its own in place of. */
const loading: readonly string[] = [
  'create_csv_table',
  'reset_csv_table',
  'load_csv_rows',
  'get_csv_sql',
  'get_batch_size',
  'get_binding_char',
  'get_seed_column_quoted_csv',
];

/** Whether macros load the seed. Pure. */
export function isSeedByMacros(node: ManifestNode, overridden: PlanInput['overridden']): boolean {
  const { fast } = node.config as { fast?: unknown };
  return fast === false || loading.some((macro) => overridden(macro));
}

/** What makes or empties a seed's table and loads its rows. It sees `agate_table`, and `old_relation` where there is one. */
export function seedTemplate(
  first: 'create_csv_table' | 'reset_csv_table',
  isRefresh: boolean,
  table: AgateTable,
): string {
  const made =
    first === 'create_csv_table'
      ? 'create_csv_table(model, agate_table)'
      : `reset_csv_table(model, ${isRefresh}, old_relation, agate_table)`;
  const sql = table.rows.length === 0 ? "''" : 'load_csv_rows(model, agate_table)';
  // dbt runs nothing of what comes of it, but macros may do so on the way.
  return `{%- do get_csv_sql(${made}, ${sql}) -%}`;
}
