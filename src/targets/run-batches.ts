/**
 * Running a microbatch model: each batch is compiled for its stretch of time when its turn comes, and
 * is a transaction of its own. One that fails leaves the others standing, as in dbt; only without the
 * first of a new table there is nothing to add to.
 */
import { type BoathouseError, isBoathouseError } from '../base/index.ts';
import { type ManifestNode, moduleValues, PyDateTime, type WarehouseColumn } from '../compiler/index.ts';
import { Dict, HostObject, toValue, type Value } from '../jinja/index.ts';
import { type Batch, batchId, inBatch, planBatches } from './batches.ts';
import { targetErrors } from './errors.ts';
import type { Outcome } from './node-result.ts';
import { type Performed, perform } from './perform.ts';
import type { PlanStep } from './plan.ts';
import { isRebuilt } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { type BatchPlace, planMicrobatch } from './plan-microbatch.ts';
import { printName } from './relation-sql.ts';
import type { NodeRun } from './run-node.ts';

/** Runs all batches that are due. @throws targets.batches-failed, targets.bad-config */
export async function runBatches(run: NodeRun, facts: PlanInput): Promise<Outcome> {
  const places = placesOf(run, facts);
  const done: Performed[] = [];
  const failed: { readonly id: string; readonly error: BoathouseError }[] = [];
  for (const place of places) {
    try {
      done.push(await inBatchOf(run, place, async () => perform(await planOne(run, facts, place), run)));
    } catch (error) {
      run.signal?.throwIfAborted();
      if (!isBoathouseError(error)) throw error;
      failed.push({ id: batchId(run.node, place.batch), error });
      if (place.isFirst && place.isRebuilt) break;
    }
  }
  const [first] = failed;
  if (first && places.length === 1) throw first.error;
  if (first) {
    throw targetErrors['batches-failed'](
      {
        node: run.node.unique_id,
        failed: failed.map(({ id }) => id),
        total: places.length,
        problem: first.error.message,
      },
      { cause: first.error },
    );
  }
  const rows = done.map(({ rowsAffected }) => rowsAffected ?? 0).reduce((a, b) => a + b, 0);
  const executedSql = done.map((one) => one.executedSql).join('\n');
  return { status: 'success', message: 'OK', rowsAffected: rows, executedSql };
}

/** The steps of all batches, one after the other. */
export async function planBatchesOf(run: NodeRun, facts: PlanInput): Promise<readonly PlanStep[]> {
  const steps: PlanStep[] = [];
  for (const place of placesOf(run, facts)) {
    steps.push(...(await inBatchOf(run, place, () => planOne(run, facts, place))));
  }
  return steps;
}

function placesOf(run: NodeRun, facts: PlanInput): readonly BatchPlace[] {
  const { args, startedAt } = run.compilation.invocation;
  const given = (key: string): string | undefined => (typeof args[key] === 'string' ? args[key] : undefined);
  const rebuilt = isRebuilt(facts);
  const batches = planBatches(run.node, {
    now: startedAt,
    isIncremental: !rebuilt,
    eventTimeStart: given('event_time_start'),
    eventTimeEnd: given('event_time_end'),
  });
  return batches.map((batch, index) => ({
    batch,
    isFirst: index === 0,
    isLast: index === batches.length - 1,
    isRebuilt: rebuilt,
  }));
}

async function planOne(run: NodeRun, facts: PlanInput, place: BatchPlace): Promise<readonly PlanStep[]> {
  const { compilation, node, engine, session } = run;
  const { code } = await compilation.compileNode(node.unique_id, engine, {
    eventTimeFilter: (field) => inBatch(field, place.batch),
    names: new Map([['model', modelOf(node, place.batch)]]),
  });
  const begins = place.isFirst && place.isRebuilt;
  const asksColumns =
    !begins && (facts.delta !== undefined || (!place.isRebuilt && node.config.on_schema_change !== 'ignore'));
  const columnsOf = async (sql: string): Promise<readonly WarehouseColumn[]> =>
    facts.delta === undefined ? await session.describe(sql) : await session.describeStored(sql);
  return planMicrobatch(
    {
      ...facts,
      code,
      existingColumns: begins ? [] : await columnsOf(`select * from ${printName(facts.target)}`),
      newColumns: asksColumns ? await columnsOf(code) : [],
    },
    place,
  );
}

/** dbt tells macros of the batch through two keys of the configuration, for as long as it runs. */
async function inBatchOf<T>({ node }: NodeRun, { batch }: BatchPlace, work: () => Promise<T>): Promise<T> {
  const config = node.config as Record<string, unknown>;
  config[startKey] = batch.start.toISOString();
  config[endKey] = batch.end.toISOString();
  try {
    return await work();
  } finally {
    delete config[startKey];
    delete config[endKey];
  }
}

const startKey = '__dbt_internal_microbatch_event_time_start';
const endKey = '__dbt_internal_microbatch_event_time_end';

/** `model`, with the batch in it: `model.batch.id`, `.event_time_start`, `.event_time_end`. */
function modelOf(node: ManifestNode, batch: Batch): Value {
  const facts = new Dict();
  facts.set('id', batchId(node, batch));
  facts.set('event_time_start', timeOf(batch.start));
  facts.set('event_time_end', timeOf(batch.end));
  const model = toValue({ ...node });
  if (model instanceof Dict) model.set('batch', facts);
  return model;
}

/** A point in time as Python has it, in UTC. */
function timeOf(time: Date): PyDateTime {
  return PyDateTime.ofInstant(BigInt(time.getTime()) * 1000n, utc());
}

function utc(): Parameters<typeof PyDateTime.ofInstant>[1] {
  const found = ['datetime', 'timezone', 'utc'].reduce<Value | undefined>(
    (value, name) => (value instanceof HostObject ? value.getAttr(name) : undefined),
    moduleValues(),
  );
  return found as Parameters<typeof PyDateTime.ofInstant>[1];
}
