/** Plans of relations whose rows are files of the user's. Pure. */
import { assert } from '../base/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { contractStatements, hasConstraints } from './contract.ts';
import { targetErrors } from './errors.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';

/**
 * An external relation: its query is streamed once to files nobody reads, a view is put over them,
 * and at the end of the node's work they take the place of what was there.
 *
 * @throws targets.unsupported-config for Glue and storing plugins.
 */
export function planExternal(
  input: PlanInput,
  hooks: { readonly pre: boolean; readonly post: boolean } = { pre: true, post: true },
): readonly PlanStep[] {
  const { node, target, output } = input;
  assert(output, 'an external relation has an output');
  for (const key of ['glue_register', 'glue_database', 'plugin'] as const) {
    const value = node.config[key];
    if (value === undefined || value === null || value === false) continue;
    throw targetErrors['unsupported-config'](
      {
        node: node.unique_id,
        key,
        why:
          key === 'plugin'
            ? 'a plugin that stores rows is a Python program'
            : 'nothing is registered outside of the catalog',
      },
      {
        location: { file: node.original_file_path },
        hint:
          key === 'plugin'
            ? "A workbook is written by a post-hook: copy (select * from {{ this }}) to 'out.xlsx' (format xlsx). Another database takes a model whose `database` is its alias under `attach`."
            : `Remove '${key}': the published catalog has the relation.`,
      },
    );
  }
  const checked = checkSteps(input);
  const query =
    checked === undefined ? input.code.replace(/(?:\s|;)+$/, '') : `select * from ${checked.rows}`;
  return frame(
    node,
    [
      ...(checked?.before ?? []),
      { kind: 'stage-external', query, output },
      ...(checked?.after ?? []),
      ...dropOther(input, 'view'),
      { kind: 'view-external', relation: target, output },
      ...documentSteps(node, target, 'view'),
    ],
    [{ kind: 'swap-external', relation: target, output }],
    hooks,
  );
}

/** Constraints are DuckDB's to hold: the rows go through a table that has them. Rows without any are streamed. */
export function checkSteps({
  node,
  target,
  code,
}: PlanInput):
  | { readonly rows: string; readonly before: readonly PlanStep[]; readonly after: readonly PlanStep[] }
  | undefined {
  if (!hasConstraints(node)) return undefined;
  const rows = quoteIdentifier(`${target.identifier}__dbt_checked`);
  const before = contractStatements(node, rows, code, 'temporary table');
  return {
    rows,
    before: before.map((sql) => ({ kind: 'sql', sql }) as const),
    after: [{ kind: 'sql', sql: `drop table ${rows}` }],
  };
}
