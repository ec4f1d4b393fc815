/** Plans of relations whose rows are files of the user's: external files and Delta tables. Pure. */
import { assert } from '../base/index.ts';
import { hasContract } from './contract.ts';
import { targetErrors } from './errors.ts';
import { columnNames, isMapping, mapping, text, textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, subquery } from './plan-frame.ts';
import type { PlanInput } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';

/**
 * An external relation: its query is streamed once to files nobody reads, a view is put over them,
 * and at the end of the node's work they take the place of what was there.
 *
 * @throws targets.unsupported-config for Glue and storing plugins.
 */
export function planExternal(input: PlanInput): readonly PlanStep[] {
  const { node, target, output } = input;
  assert(output, 'an external relation has an output');
  for (const key of ['glue_register', 'glue_database', 'plugin'] as const) {
    const value = node.config[key];
    if (value === undefined || value === null || value === false) continue;
    throw targetErrors['unsupported-config'](
      { node: node.unique_id, key, why: 'nothing is registered outside of the catalog' },
      {
        location: { file: node.original_file_path },
        hint: `Remove '${key}': the published catalog has the relation.`,
      },
    );
  }
  return frame(
    node,
    [
      { kind: 'stage-external', query: input.code.replace(/(?:\s|;)+$/, ''), output },
      ...dropOther(input, 'view'),
      { kind: 'view-external', relation: target, output },
      ...documentSteps(node, target, 'view'),
    ],
    [{ kind: 'swap-external', relation: target, output }],
  );
}

/**
 * A Delta table, overwritten whole, or appended to when the model is incremental. One commit of the
 * table; readers of the catalog see it when the run publishes.
 *
 * @throws targets.unsupported-strategy for strategies that would need MERGE on Delta.
 */
export function planDelta(input: PlanInput): readonly PlanStep[] {
  const { node, target, delta } = input;
  assert(delta, 'a Delta table has a location');
  const mode = deltaMode(input, delta.exists);
  const options = mapping(node, 'options');
  const partitionBy = columnNames(node.config['partition_by'] ?? options['partition_by']);
  const select = hasContract(node) ? contractSelect(input) : input.code;
  return frame(node, [
    {
      kind: 'write-delta',
      query: select.replace(/(?:\s|;)+$/, ''),
      location: delta.location,
      mode,
      schemaMode: schemaMode(input, mode),
      partitionBy,
      configuration: tableProperties(input),
    },
    ...dropOther(input, 'view'),
    { kind: 'pin-delta', relation: target, location: delta.location },
    ...documentSteps(node, target, 'view'),
  ]);
}

function deltaMode(input: PlanInput, exists: boolean): 'append' | 'overwrite' {
  const { node } = input;
  if (node.config.materialized !== 'incremental')
    return text(node, 'mode') === 'append' ? 'append' : 'overwrite';
  const strategy = node.config.incremental_strategy ?? 'default';
  const hasKey = textList(node, 'unique_key').length > 0;
  if (strategy !== 'append' && strategy !== 'insert_overwrite' && !(strategy === 'default' && !hasKey)) {
    throw targetErrors['unsupported-strategy'](
      {
        node: node.unique_id,
        strategy: strategy === 'default' ? 'delete+insert' : strategy,
        on: 'a Delta table',
      },
      {
        location: { file: node.original_file_path },
        hint: 'On Delta tables use append (without a unique_key) or insert_overwrite.',
      },
    );
  }
  return !exists || input.fullRefresh || strategy === 'insert_overwrite' ? 'overwrite' : 'append';
}

function schemaMode(input: PlanInput, mode: 'append' | 'overwrite'): 'merge' | 'overwrite' | undefined {
  if (mode === 'overwrite') return 'overwrite';
  const answer = input.node.config.on_schema_change;
  return answer === 'append_new_columns' || answer === 'sync_all_columns' ? 'merge' : undefined;
}

/** Casts to the contract's types: a Delta table has no other place to keep them. */
function contractSelect(input: PlanInput): string {
  const columns = Object.values(input.node.columns).map((column) => `"${column.name.replaceAll('"', '""')}"`);
  return `select ${columns.join(', ')} from ${subquery(input.code)} as model`;
}

function tableProperties(input: PlanInput): Record<string, string> {
  const { node } = input;
  const value =
    node.config['table_properties'] ?? node.config['tblproperties'] ?? node.config['delta_configuration'];
  if (!isMapping(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}
