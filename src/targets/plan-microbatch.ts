/** Plans of microbatch models: one transaction for each stretch of time. Pure. */
import type { ManifestNode } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { type Batch, inBatch } from './batches.ts';
import { onSchemaChange, planColumnChanges } from './column-changes.ts';
import { badConfig, text, textList } from './node-config.ts';
import type { PlanStep } from './plan.ts';
import {
  afterMove,
  alterSteps,
  finishSteps,
  narrowedSchema,
  pinSteps,
  writeStep,
  writtenColumns,
} from './plan-delta.ts';
import { planExternal } from './plan-external.ts';
import { isWhole, planExternalBatch } from './plan-external-incremental.ts';
import { documentSteps, frame, subquery } from './plan-frame.ts';
import { viaMacro } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { tableSteps } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/** Which of a run's batches one is. */
export interface BatchPlace {
  readonly batch: Batch;
  /** The first one makes the table where it has to be made, and runs the hooks before. */
  readonly isFirst: boolean;
  /** The last one runs the hooks after. */
  readonly isLast: boolean;
  /** Whether the table is made of the batches, rather than changed by them. */
  readonly isRebuilt: boolean;
}

/**
 * Replaces the rows of one batch's time by the model's, or begins the table with them. Others that
 * follow keep what this one did, whatever becomes of them.
 *
 * @param input `code` is compiled for the batch: parents with an `event_time` are cut to its stretch.
 * @throws targets.bad-config
 */
export function planMicrobatch(input: PlanInput, place: BatchPlace): readonly PlanStep[] {
  const { node, target } = input;
  const field = checkedField(node, place);
  if (input.delta !== undefined) return planDeltaBatch(input, place, field);
  if (input.output !== undefined) return planFileBatch(input, place, field);
  const steps = [
    ...(place.isRebuilt && place.isFirst ? beginSteps(input) : replaceSteps(input, place, field)),
    ...(place.isLast ? documentSteps(node, target, 'table') : []),
    { kind: 'made', relation: target, as: 'table', select: null } as const,
  ];
  return frame(node, steps, [], { pre: place.isFirst, post: place.isLast });
}

/** The same on files, where the files that hold rows of the batch's time are written anew. */
function planFileBatch(input: PlanInput, place: BatchPlace, field: string): readonly PlanStep[] {
  const hooks = { pre: place.isFirst, post: place.isLast };
  if (isWhole({ ...input, fullRefresh: place.isRebuilt && place.isFirst })) {
    return planExternal(input, hooks);
  }
  const predicates = textList(input.node, 'incremental_predicates').map((one) => ` and (${one})`);
  const query = `select * from ${rowsOf(input, place.batch, field)}`;
  return planExternalBatch(input, `${inBatch(field, place.batch)}${predicates.join('')}`, query, hooks);
}

/** The same on a Delta table, where a batch is one commit that replaces the rows of its time. */
function planDeltaBatch(input: PlanInput, place: BatchPlace, field: string): readonly PlanStep[] {
  // What had the name before, the first batch has dropped.
  const { existing, ...later } = input;
  const steps = place.isFirst
    ? afterMove(input, (moved) => deltaBatchSteps(moved, place, field))
    : deltaBatchSteps({ ...later, existing: undefined }, place, field);
  return frame(input.node, steps, [], { pre: place.isFirst, post: place.isLast });
}

function deltaBatchSteps(input: PlanInput, place: BatchPlace, field: string): readonly PlanStep[] {
  const { node, target } = input;
  const begins = place.isRebuilt && place.isFirst;
  const stretch = [
    inBatch(field, place.batch),
    ...textList(node, 'incremental_predicates').map((one) => `(${one})`),
  ];
  const answer = place.isRebuilt ? 'ignore' : onSchemaChange(node.config.on_schema_change);
  const changes = planColumnChanges(target, input.existingColumns, input.newColumns, answer);
  const macro = 'get_incremental_microbatch_sql';
  if (!begins && input.overridden(macro)) {
    const written = viaMacro(input, changes, macro);
    const altered = alterSteps(input, changes);
    return [...written.before, ...altered, ...written.after];
  }
  const query = begins
    ? `select * from ${subquery(input.code)} as batch_rows`
    : `select ${writtenColumns(input, changes)} from ${rowsOf(input, place.batch, field)}`;
  return [
    ...(begins ? [] : alterSteps(input, changes)),
    begins
      ? writeStep(input, { mode: 'overwrite' }, query)
      : {
          ...writeStep(input, { mode: 'overwrite', replaceWhere: stretch.join(' and ') }, query),
          schemaMode: narrowedSchema(input, changes),
        },
    ...pinSteps(input),
    ...(place.isLast ? finishSteps(input) : []),
  ];
}

/** The column of the rows' time. @throws targets.bad-config */
function checkedField(node: ManifestNode, place: BatchPlace): string {
  const field = text(node, 'event_time');
  if (field === undefined) throw badConfig(node, 'event_time', 'must be set for the strategy microbatch');
  // dbt looks at it where a batch replaces another: a table can be begun with it.
  if (textList(node, 'unique_key').length === 0 || (place.isFirst && place.isRebuilt)) return field;
  const problem = 'has no meaning for the strategy microbatch, which replaces stretches of time';
  throw badConfig(node, 'unique_key', problem);
}

/** A new table has whatever the model gives for its first batch: what doesn't know of batches is there whole, as in dbt. */
function beginSteps(input: PlanInput): readonly PlanStep[] {
  return tableSteps(input).filter((step) => step.kind !== 'made');
}

function replaceSteps(input: PlanInput, place: BatchPlace, field: string): readonly PlanStep[] {
  const { node, target } = input;
  const answer = place.isRebuilt ? 'ignore' : onSchemaChange(node.config.on_schema_change);
  const changes = planColumnChanges(target, input.existingColumns, input.newColumns, answer);
  const macro = 'get_incremental_microbatch_sql';
  if (input.overridden(macro)) {
    const written = viaMacro(input, changes, macro);
    const altered = changes.statements.map((sql) => ({ kind: 'sql', sql }) as const);
    return [...written.before, ...altered, ...written.after];
  }
  const name = printName(target);
  const list = changes.columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const predicates = textList(node, 'incremental_predicates').map((predicate) => ` and (${predicate})`);
  const statements = [
    ...changes.statements,
    `delete from ${name} where ${inBatch(field, place.batch)}${predicates.join('')}`,
  ];
  const insert = (rows: string): string => `insert into ${name} (${list})\nselect ${list} from ${rows}`;
  if (readsItself(input)) {
    // The model sees its table as it was before the batch.
    const rows = quoteIdentifier(`${target.identifier}__dbt_tmp`);
    const sql = `create or replace temporary table ${rows} as\nselect * from ${rowsOf(input, place.batch, field)}`;
    return [
      { kind: 'sql', sql },
      ...statements.map((text) => ({ kind: 'sql', sql: text }) as const),
      { kind: 'sql', sql: insert(rows), main: true },
      { kind: 'sql', sql: `drop table ${rows}` },
    ];
  }
  return [
    ...statements.map((sql) => ({ kind: 'sql', sql }) as const),
    { kind: 'sql', sql: insert(rowsOf(input, place.batch, field)), main: true },
  ];
}

function readsItself({ code, target }: PlanInput): boolean {
  return code.toLowerCase().includes(target.identifier.toLowerCase());
}

function rowsOf(input: PlanInput, batch: Batch, field: string): string {
  return `${subquery(input.code)} as batch_rows where ${inBatch(field, batch)}`;
}
