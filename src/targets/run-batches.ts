/**
 * Running a microbatch model: each batch is compiled for its stretch of time when its turn comes, and
 * is a transaction of its own. One that fails leaves the others standing, as in dbt; where the first
 * one fails, the others aren't begun.
 *
 * The first and the last batch run alone. Those between them run at once, as far as the run has threads
 * that are idle, unless the model says otherwise or reads its own table.
 */
import { type BoathouseError, BugError, isBoathouseError } from '../base/index.ts';
import {
  type ManifestNode,
  moduleValues,
  PyDateTime,
  type RenderExtras,
  type WarehouseColumn,
} from '../compiler/index.ts';
import { Dict, HostObject, toValue, type Value } from '../jinja/index.ts';
import { type Batch, batchId, cutTo, inBatch, planBatches } from './batches.ts';
import { codeQuery, isCodeModel } from './code-models/code-query.ts';
import { targetErrors } from './errors.ts';
import type { Outcome } from './node-result.ts';
import { perform } from './perform.ts';
import type { PlanStep } from './plan.ts';
import { isWhole } from './plan-external-incremental.ts';
import { isRebuilt } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { type BatchPlace, planMicrobatch } from './plan-microbatch.ts';
import { printName } from './relation-sql.ts';
import { fileFactsOf, type NodeRun } from './run-node.ts';

/** Runs all batches that are due. Trouble of batches is in the outcome. @throws targets.bad-config */
export async function runBatches(run: NodeRun, facts: PlanInput): Promise<Outcome> {
  const places = placesOf(run, facts);
  const work = new BatchWork(run, facts);
  const [first, ...rest] = places;
  if (first === undefined) return work.outcome(places);
  const last = rest.pop();
  await work.do(run, first);
  if (!work.hasFailed) {
    await work.doAll(rest);
    if (last !== undefined) await work.do(run, last);
  }
  return work.outcome(places);
}

/** The steps of all batches, one after the other. */
export async function planBatchesOf(run: NodeRun, facts: PlanInput): Promise<readonly PlanStep[]> {
  const steps: PlanStep[] = [];
  for (const place of placesOf(run, facts))
    steps.push(...(await planOne(batchRun(run, place), facts, place)));
  return steps;
}

/** What has become of a model's batches so far. */
class BatchWork {
  readonly #run: NodeRun;
  readonly #facts: PlanInput;
  readonly #done: BatchPlace[] = [];
  readonly #failed: { readonly id: string; readonly error: BoathouseError }[] = [];
  readonly #executed = new Map<BatchPlace, string>();

  constructor(run: NodeRun, facts: PlanInput) {
    this.#run = run;
    this.#facts = facts;
  }

  get hasFailed(): boolean {
    return this.#failed.length > 0;
  }

  /** Runs one batch on the session of `on`. */
  async do(on: NodeRun, place: BatchPlace): Promise<void> {
    const own = batchRun(on, place);
    try {
      const executedSql = await performOne(own, this.#facts, place);
      this.#executed.set(place, executedSql);
      this.#done.push(place);
    } catch (error) {
      this.#run.signal?.throwIfAborted();
      if (!isBoathouseError(error) || error instanceof BugError) throw error;
      this.#failed.push({ id: batchId(own.node, place.batch), error });
    }
  }

  /** Runs batches, at once where there are threads for it; returns when none of them is running any more. */
  async doAll(places: readonly BatchPlace[]): Promise<void> {
    const open = [...places].reverse();
    const helpers: Promise<void>[] = [];
    const isConcurrent = mayOverlap(this.#run, this.#facts);
    try {
      for (let place = open.pop(); place !== undefined; place = open.pop()) {
        while (isConcurrent && open.length > 0 && this.#run.spare.tryEnter()) {
          const helper = this.#help(open);
          // What goes wrong is for the one who waits at the end; until then nobody may think it unheard.
          helper.catch(() => undefined);
          helpers.push(helper);
        }
        await this.do(this.#run, place);
      }
    } finally {
      open.length = 0;
      await Promise.allSettled(helpers);
    }
    await Promise.all(helpers);
  }

  /** Takes batches on a thread and session of its own, until there is none left. */
  async #help(open: BatchPlace[]): Promise<void> {
    const { work, engine, signal } = this.#run;
    try {
      const session = await work.session();
      const onAbort = (): void => session.interrupt();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        const own = { ...this.#run, session, engine: { ...engine, session } };
        for (let place = open.pop(); place !== undefined; place = open.pop()) await this.do(own, place);
      } finally {
        signal?.removeEventListener('abort', onAbort);
        await session.release();
      }
    } finally {
      this.#run.spare.leave();
    }
  }

  outcome(places: readonly BatchPlace[]): Outcome {
    const { node, previousBatches } = this.#run;
    const isDone = new Set(this.#done);
    const batchResults = {
      successful: places.filter((place) => isDone.has(place)).map(({ batch }) => batch),
      failed: places.filter((place) => !isDone.has(place)).map(({ batch }) => batch),
    };
    const successes = batchResults.successful.length;
    const [first] = this.#failed;
    const executedSql = places.map((place) => this.#executed.get(place) ?? '').join('\n');
    const outcome = {
      executedSql,
      failures: 0,
      batchResults: {
        ...batchResults,
        successful: [...batchResults.successful, ...(previousBatches?.successful ?? [])],
      },
    };
    if (first === undefined) return { ...outcome, status: 'success', message: 'SUCCESS' };
    const error = targetErrors['batches-failed'](
      {
        node: node.unique_id,
        failed: this.#failed.map(({ id }) => id),
        total: places.length,
        problem: first.error.message,
      },
      {
        cause: first.error,
        ...(first.error.location === undefined ? {} : { location: first.error.location }),
      },
    );
    return successes === 0
      ? { ...outcome, status: 'error', message: 'ERROR', error }
      : {
          ...outcome,
          status: 'partial success',
          message: `PARTIAL SUCCESS (${successes}/${places.length})`,
          error,
        };
  }
}

/**
 * Whether batches may run beside each other: each then changes rows of its own. An index is one for all of them, and
 * so is the log of a Delta table.
 */
function mayOverlap({ node, compilation }: NodeRun, facts: PlanInput): boolean {
  if (facts.delta !== undefined || facts.output !== undefined) return false;
  const { indexes, concurrent_batches: wanted, contract } = node.config as Readonly<Record<string, unknown>>;
  if (Array.isArray(indexes) && indexes.length > 0) return false;
  if ((contract as { enforced?: boolean } | undefined)?.enforced === true) return false;
  if (
    compilation.findMacro('get_incremental_microbatch_sql') &&
    !compilation.isBuiltIn('get_incremental_microbatch_sql')
  ) {
    return false;
  }
  if (typeof wanted === 'boolean') return wanted;
  return !/\{[{%][^}]*\bthis\b/.test(node.raw_code);
}

function placesOf(run: NodeRun, facts: PlanInput): readonly BatchPlace[] {
  const { args, startedAt, sample } = run.compilation.invocation;
  const given = (key: string): string | undefined => (typeof args[key] === 'string' ? args[key] : undefined);
  // What is left of an earlier run is added to what that run has built.
  const rebuilt =
    run.previousBatches === undefined && (facts.output === undefined ? isRebuilt(facts) : isWhole(facts));
  const batches =
    run.previousBatches?.failed ??
    planBatches(run.node, {
      now: run.batchesUntil ?? startedAt,
      isIncremental: !rebuilt,
      eventTimeStart: given('event_time_start'),
      eventTimeEnd: given('event_time_end'),
      sample,
    });
  return batches.map((batch, index) => ({
    batch,
    isFirst: index === 0,
    isLast: index === batches.length - 1,
    isRebuilt: rebuilt,
  }));
}

/** @returns what ran. */
async function performOne(run: NodeRun, facts: PlanInput, place: BatchPlace): Promise<string> {
  if (!isCodeModel(run.node)) return (await perform(await planOne(run, facts, place), run)).executedSql;
  const { batch } = place;
  const rows = await codeQuery(run, { id: batchId(run.node, batch), batch, extras: extrasOf(run, place) });
  try {
    return (await perform(await planOne(run, facts, place, rows.sql), run)).executedSql;
  } finally {
    await rows.release();
  }
}

/** What a batch's references read. */
function extrasOf(run: NodeRun, place: BatchPlace): RenderExtras {
  const read = cutTo(place.batch, run.compilation.invocation.sample);
  return {
    node: run.node,
    eventTimeFilter: (field) => inBatch(field, read),
    ...(run.names === undefined ? {} : { names: run.names }),
  };
}

/** @param computed the query of a program's rows. */
async function planOne(
  run: NodeRun,
  facts: PlanInput,
  place: BatchPlace,
  computed?: string,
): Promise<readonly PlanStep[]> {
  const { compilation, node, engine, session } = run;
  const code = computed ?? (await compilation.compileNode(node.unique_id, engine, extrasOf(run, place))).code;
  const begins = place.isFirst && place.isRebuilt;
  if (facts.output !== undefined) {
    // Each batch leaves other files.
    const existing = begins ? facts.existing : await session.existing(facts.target);
    const now = { ...facts, node, code, existing };
    return planMicrobatch(begins ? now : { ...now, ...(await fileFactsOf(run, now)) }, place);
  }
  const asksColumns = !begins && (facts.delta !== undefined || node.config.on_schema_change !== 'ignore');
  const columnsOf = async (sql: string): Promise<readonly WarehouseColumn[]> =>
    facts.delta === undefined ? await session.describe(sql) : await session.describeStored(sql);
  return planMicrobatch(
    {
      ...facts,
      node,
      code,
      existingColumns: begins ? [] : await columnsOf(`select * from ${printName(facts.target)}`),
      newColumns: asksColumns ? await columnsOf(code) : [],
    },
    place,
  );
}

/** The run of one batch: dbt tells macros of it through `model.batch` and two keys of the configuration. */
function batchRun(run: NodeRun, { batch }: BatchPlace): NodeRun {
  const { node } = run;
  const config = {
    ...node.config,
    [startKey]: timeOf(batch.start).str(),
    [endKey]: timeOf(batch.end).str(),
  };
  const own = { ...node, config };
  return { ...run, node: own, names: new Map([['model', modelOf(own, batch)]]) };
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
