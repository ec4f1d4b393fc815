/** Which plan a node gets. Pure. */
import { targetErrors } from './errors.ts';
import { growsInFiles, isDelta } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { planDelta } from './plan-delta.ts';
import { planExternal } from './plan-external.ts';
import { planExternalIncremental } from './plan-external-incremental.ts';
import { planIncremental } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { planTable, planTableFunction, planView } from './plan-relation.ts';
import { planSeed } from './plan-seed.ts';
import { planSnapshot } from './plan-snapshot.ts';

/** The materializations that are planned here; every other one runs as a macro. */
export const plannedMaterializations: ReadonlySet<string> = new Set([
  'view',
  'table',
  'incremental',
  'external',
  'seed',
  'snapshot',
  'table_function',
]);

/** What running the node means. @throws targets.* where its configuration can't be obeyed. */
export function planNode(input: PlanInput): readonly PlanStep[] {
  const { node } = input;
  const { materialized } = node.config;
  switch (materialized) {
    case 'view':
      return planView(input);
    case 'table':
      return isDelta(node) ? planDelta(input) : planTable(input);
    case 'incremental':
      if (growsInFiles(node)) return planExternalIncremental(input);
      return isDelta(node) ? planDelta(input) : planIncremental(input);
    case 'external':
      if (growsInFiles(node)) return planExternalIncremental(input);
      return isDelta(node) ? planDelta(input) : planExternal(input);
    case 'seed':
      return planSeed(input);
    case 'snapshot':
      return planSnapshot(input);
    case 'table_function':
      return planTableFunction(input);
    default:
      throw targetErrors['unsupported-materialization'](
        { node: node.unique_id, materialization: materialized },
        { location: { file: node.original_file_path } },
      );
  }
}
