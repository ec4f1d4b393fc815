/** Plans of microbatch models: one query for each stretch of time, all in one transaction. Pure. */
import { quoteIdentifier } from '../duckdb/index.ts';
import { type Batch, inBatch } from './batches.ts';
import { onSchemaChange, planColumnChanges } from './column-changes.ts';
import { badConfig, text, textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, indexSteps, subquery } from './plan-frame.ts';
import { isRebuilt } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/** A batch and the model's SQL compiled for it: its parents with an `event_time` are cut to that stretch. */
export interface CompiledBatch extends Batch {
  readonly code: string;
}

/**
 * Replaces the rows of the batches' time by the model's, batch by batch, or builds the table of them.
 *
 * @throws targets.bad-config
 */
export function planMicrobatch(input: PlanInput, batches: readonly CompiledBatch[]): readonly PlanStep[] {
  const { node, target } = input;
  const field = text(node, 'event_time');
  if (field === undefined) throw badConfig(node, 'event_time', 'must be set for the strategy microbatch');
  if (textList(node, 'unique_key').length > 0) {
    throw badConfig(
      node,
      'unique_key',
      'has no meaning for the strategy microbatch, which replaces stretches of time',
    );
  }
  const name = printName(target);
  const rows = (batch: CompiledBatch): string =>
    `${subquery(batch.code)} as batch_rows where ${inBatch(field, batch)}`;
  const [first, ...rest] = batches;
  if (first === undefined)
    return frame(node, [{ kind: 'made', relation: target, as: 'table', select: null }]);
  const steps: PlanStep[] = [];
  if (isRebuilt(input)) {
    steps.push(...dropOther(input, 'table'));
    steps.push({
      kind: 'sql',
      sql: `create or replace table ${name} as\nselect * from ${rows(first)}`,
      main: true,
    });
    for (const batch of rest) {
      steps.push({
        kind: 'sql',
        sql: `insert into ${name} by name\nselect * from ${rows(batch)}`,
        main: true,
      });
    }
    steps.push(...indexSteps(node, target));
  } else {
    const answer = onSchemaChange(node.config.on_schema_change);
    const changes = planColumnChanges(target, input.existingColumns, input.newColumns, answer);
    const list = changes.columns.map((column) => quoteIdentifier(column.name)).join(', ');
    const predicates = textList(node, 'incremental_predicates').map((predicate) => ` and (${predicate})`);
    const whole = { start: first.start, end: (rest.at(-1) ?? first).end };
    for (const sql of changes.statements) steps.push({ kind: 'sql', sql });
    steps.push({
      kind: 'sql',
      sql: `delete from ${name} where ${inBatch(field, whole)}${predicates.join('')}`,
    });
    for (const batch of batches) {
      steps.push({
        kind: 'sql',
        sql: `insert into ${name} (${list})\nselect ${list} from ${rows(batch)}`,
        main: true,
      });
    }
  }
  steps.push(...documentSteps(node, target, 'table', undefined));
  steps.push({ kind: 'made', relation: target, as: 'table', select: null });
  return frame(node, steps);
}
