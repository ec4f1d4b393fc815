/** Running one node: compile, decide, perform. */
import { join } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import type { Compilation, ManifestNode, RelationName, RenderExtras } from '../compiler/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import { ownTable } from './branch-tables.ts';
import { type ComputedRows, codeQuery, isCodeModel } from './code-models/code-query.ts';
import { checkContract, declaredQuery, hasContract } from './contract.ts';
import { targetErrors } from './errors.ts';
import { somethingAt } from './external-files.ts';
import { placeExternal } from './external-place.ts';
import { keyDependents } from './foreign-key-dependents.ts';
import { deltaLocationOf, outputOf } from './locations.ts';
import { growsInFiles, isDelta } from './node-config.ts';
import type { NodeTimer, Outcome } from './node-result.ts';
import { type PerformInput, perform } from './perform.ts';
import type { ExternalOutput, PlanStep } from './plan.ts';
import { isWhole } from './plan-external-incremental.ts';
import { preHookSteps } from './plan-frame.ts';
import { isRebuilt, strategyOf } from './plan-incremental.ts';
import type { PlanInput } from './plan-input.ts';
import { planNode, plannedMaterializations } from './plan-node.ts';
import { printName } from './relation-sql.ts';
import { planBatchesOf, runBatches } from './run-batches.ts';
import { isSeedByMacros } from './seed-by-macros.ts';
import { readSeedFacts, readSeedTable } from './seed-facts.ts';
import type { LakehouseSession } from './session.ts';
import type { SpareThreads } from './spare-threads.ts';
import { standingFiles } from './standing-files.ts';
import { isBucketPlace } from './storage-access.ts';
import type { BatchResults } from './target.ts';

/** One node's surroundings while it runs. */
export interface NodeRun extends PerformInput {
  readonly timer: NodeTimer;
  /** Threads that batches may run on. */
  readonly spare: SpareThreads;
  /** Of a microbatch model that is to go on where an earlier run failed. */
  readonly previousBatches: BatchResults | undefined;
  readonly batchesUntil: Date | undefined;
}

/** Compiles and materializes a model, seed or snapshot. @throws whatever goes wrong */
export async function materialize(run: NodeRun): Promise<Outcome> {
  // A microbatch model is compiled for each of its batches.
  const isBatched = isPlanned(run) && isMicrobatch(run.node);
  if (isDelta(run.node)) {
    await ownTable(run.work, run.session.connection, targetOf(run.node));
    await run.session.showNewest(targetOf(run.node));
  }
  if (growsInFiles(run.node)) showAsFiles(run);
  const code = await run.timer.time('compile', async () => (isBatched ? '' : await compile(run)));
  try {
    return await run.timer.time('execute', async () => {
      if (!isPlanned(run)) return await materializeByMacro(run);
      if (isBatched) return await runBatches(run, await batchFactsOf(run));
      if (isCodeModel(run.node)) return await materializeCode(run);
      const steps = await planFor(run, code);
      const done = await perform(steps, run);
      return { status: 'success', ...done };
    });
  } catch (error) {
    // Another run was first. Whoever tries again computes the rows from what that one left.
    const location = run.work.factsOf(targetOf(run.node))?.location;
    if (isBoathouseError(error, 'delta.commit-conflict') && location) run.work.delta.forget(location);
    throw error;
  }
}

/** A program runs between the hooks before it and the plan, which takes its rows as those of a query. */
async function materializeCode(run: NodeRun): Promise<Outcome> {
  const { node } = run;
  const hooks = preHookSteps(node);
  let rows: ComputedRows | undefined;
  try {
    const first = hooks.length === 0 ? undefined : await perform(hooks, run);
    rows = await codeQuery(run);
    const steps = await planFor(
      { ...run, node: { ...node, config: { ...node.config, 'pre-hook': [] } } },
      rows.sql,
    );
    const done = await perform(steps, run);
    const executedSql = [first?.executedSql, done.executedSql]
      .filter((text) => text !== undefined)
      .join('\n');
    return { status: 'success', ...done, executedSql };
  } finally {
    await run.session.rollback().catch(() => undefined);
    await rows?.release().catch(() => undefined);
  }
}

/** The steps that materializing the node would take now. */
export async function planOf(run: NodeRun): Promise<readonly PlanStep[]> {
  if (isCodeModel(run.node)) {
    const name = `the function of ${run.node.original_file_path}`;
    return [{ kind: 'macro', name, arguments: [], main: true }];
  }
  if (isPlanned(run) && isMicrobatch(run.node)) return await planBatchesOf(run, await batchFactsOf(run));
  const code = await compile(run);
  if (!isPlanned(run)) {
    const { name } = requireMaterialization(run);
    return [{ kind: 'macro', name: `materialization ${name}`, arguments: [], main: true }];
  }
  return await planFor(run, code);
}

/** The relation a node makes. */
export function targetOf(node: ManifestNode): RelationName {
  return { database: node.database, schema: node.schema, identifier: node.alias };
}

async function compile(run: NodeRun): Promise<string> {
  if (run.node.resource_type === 'seed') return '';
  return (await run.compilation.compileNode(run.node.unique_id, run.engine)).code;
}

/** Whether one of our own plans applies: a user's `{% materialization %}` of that name comes first. */
function isPlanned(run: NodeRun): boolean {
  const { materialized } = run.node.config;
  if (!plannedMaterializations.has(materialized)) return false;
  const macro = run.compilation.findMaterialization(materialized);
  return macro === undefined || macro.builtIn;
}

function requireMaterialization(run: NodeRun): NonNullable<ReturnType<Compilation['findMaterialization']>> {
  const { materialized } = run.node.config;
  const macro = run.compilation.findMaterialization(materialized);
  if (macro) return macro;
  throw targetErrors['unsupported-materialization'](
    { node: run.node.unique_id, materialization: materialized },
    { location: { file: run.node.original_file_path } },
  );
}

/** What a seed's own materialization gets from `load_agate_table()`. */
async function seedFiles({ compilation, node }: NodeRun): Promise<Pick<RenderExtras, 'files'>> {
  if (node.resource_type !== 'seed') return {};
  const seedPath = seedFile(compilation, node);
  const table = await readSeedTable(node, seedPath);
  return { files: { seedPath, readSeed: () => table, write: () => undefined } };
}

async function materializeByMacro(run: NodeRun): Promise<Outcome> {
  const macro = requireMaterialization(run);
  try {
    const relations = await run.compilation.runMaterialization(macro, run.node, run.engine, {
      ...(await seedFiles(run)),
    });
    // dbt commits what a materialization left open.
    await run.session.commit();
    for (const relation of relations) {
      const name = relation.toRelationName();
      const found = await run.session.relation(name);
      run.work.note(
        name,
        {
          shown: found?.kind ?? 'table',
          catalogKind: found?.kind === 'view' ? 'view' : 'table',
          location: null,
          format: null,
          deltaVersion: null,
          pins: [],
          sql: null,
          uniqueId: run.node.unique_id,
        },
        true,
      );
    }
    return { status: 'success', message: 'OK' };
  } catch (error) {
    await run.session.rollback().catch(() => undefined);
    throw error;
  }
}

/** What every plan is decided on. */
export async function factsOf(run: NodeRun, code: string): Promise<PlanInput> {
  const { compilation, node, session } = run;
  const target = targetOf(node);
  return {
    node,
    code,
    target,
    existing: await session.existing(target),
    existingColumns: [],
    newColumns: [],
    fullRefresh: node.config.full_refresh ?? compilation.invocation.fullRefresh,
    overridden: (macro) => compilation.findMacro(macro) !== undefined && !compilation.isBuiltIn(macro),
    defined: (macro) => compilation.findMacro(macro) !== undefined,
  };
}

async function planFor(run: NodeRun, code: string): Promise<readonly PlanStep[]> {
  const { compilation, node, session, engine } = run;
  const base = await factsOf(run, code);
  const { target, existing } = base;
  if (node.resource_type === 'seed') {
    const file = seedFile(compilation, node);
    const facts = await readSeedFacts(node, file);
    const quote = await quoteOf(session, facts);
    const seed = isSeedByMacros(node, base.overridden)
      ? { ...facts, quote, table: await readSeedTable(node, file) }
      : { ...facts, quote };
    return planNode({ ...base, seed, existingColumns: existing ? await session.columnsOf(target) : [] });
  }
  if (hasContract(node)) {
    checkContract(node, await session.describe(code), await session.describe(declaredQuery(node)));
  }
  if (isDelta(node)) {
    // A snapshot's plan compares the query with the states that are there, whatever keeps them.
    return planNode({ ...base, ...(await deltaFactsOf(run, base)) });
  }
  if (growsInFiles(node)) return planNode({ ...base, ...(await fileFactsOf(run, base)) });
  if (node.config.materialized === 'external') {
    const output = await outputOf(compilation, node, engine);
    await beginAppend(run, target, output);
    return planNode({ ...base, output });
  }
  if (node.config.materialized === 'snapshot' && existing) {
    const existingColumns = await session.columnsOf(target);
    return planNode({ ...base, existingColumns, newColumns: await session.describe(code) });
  }
  requireSameFormat(run, base);
  if (node.config.materialized === 'incremental' && !isRebuilt(base)) {
    const asksColumns = node.config.on_schema_change !== 'ignore' || strategyOf(base) === 'merge';
    return planNode({
      ...base,
      existingColumns: await session.columnsOf(target),
      newColumns: asksColumns ? await session.describe(code) : [],
    });
  }
  if (existing?.kind !== 'table') return planNode(base);
  const selected = compilation.invocation.selectedResources ?? [];
  return planNode({
    ...base,
    dependents: await keyDependents(session, compilation.manifest, target, selected),
  });
}

/** What an incremental model of files is told it is, so that `is_incremental()` is true. */
function showAsFiles({ node, work }: NodeRun): void {
  const facts = work.factsOf(targetOf(node));
  if (facts?.catalogKind !== 'external') return;
  work.note(targetOf(node), { ...facts, shown: 'external' }, work.isTouched(targetOf(node)));
}

/** What a plan needs to know of the files that are there, and of the rows that come to them. */
export async function fileFactsOf(
  run: NodeRun,
  base: PlanInput,
): Promise<Pick<PlanInput, 'output' | 'standing' | 'existingColumns' | 'newColumns'>> {
  const { compilation, node, session, engine, work } = run;
  const output = await outputOf(compilation, node, engine);
  const facts = base.existing === undefined ? undefined : work.factsOf(base.target);
  const standing =
    base.existing?.kind === 'view' ? await standingFiles(facts, output, work.access) : undefined;
  if (isWhole({ ...base, standing })) return { output, existingColumns: [], newColumns: [] };
  return {
    output,
    standing,
    existingColumns: await session.columnsOf(base.target),
    newColumns: base.code === '' ? [] : await session.describe(base.code),
  };
}

/** What is appended to on a branch begins with the files that the branch's catalog pins. */
async function beginAppend(run: NodeRun, target: RelationName, output: ExternalOutput): Promise<void> {
  const facts = run.work.factsOf(target);
  if (run.work.branch === undefined || !output.append || facts?.catalogKind !== 'external') return;
  const isElsewhere = output.isRemote && !isBucketPlace(output.location);
  if (isElsewhere || facts.location === output.location) return;
  if (await somethingAt(output.location, run.work.access)) return;
  await placeExternal(facts, run.random, run.work.access, output.location);
}

/** Rows that a Delta table has collected aren't left behind unsaid. @throws targets.left-delta */
function requireSameFormat({ node, work }: NodeRun, base: PlanInput): void {
  const facts = work.factsOf(base.target);
  if (node.config.materialized !== 'incremental' || base.fullRefresh || base.existing === undefined) return;
  if (facts?.catalogKind !== 'delta') return;
  throw targetErrors['left-delta'](
    { node: node.unique_id, location: facts.location ?? '' },
    { location: { file: node.original_file_path } },
  );
}

/** Of a model that is compiled for each of its batches. */
async function batchFactsOf(run: NodeRun): Promise<PlanInput> {
  const base = await factsOf(run, '');
  if (growsInFiles(run.node)) return { ...base, ...(await fileFactsOf(run, base)) };
  if (!isDelta(run.node)) requireSameFormat(run, base);
  return isDelta(run.node) ? { ...base, ...(await deltaFactsOf(run, base)) } : base;
}

/** What a plan needs to know of the Delta table, and of the rows that are to be written to it. */
async function deltaFactsOf(
  run: NodeRun,
  base: PlanInput,
): Promise<Pick<PlanInput, 'delta' | 'existingColumns' | 'newColumns'>> {
  const { compilation, node, session, engine } = run;
  const location = await deltaLocationOf(compilation, node, engine);
  const facts = run.work.factsOf(base.target);
  const isThere = base.existing !== undefined && facts?.catalogKind === 'delta';
  const absent = { delta: { location, exists: false }, existingColumns: [], newColumns: [] };
  if (!isThere) {
    // Rows that DuckDB kept until now were computed once, and may not be computed again.
    const { materialized } = node.config;
    const isKept = materialized === 'snapshot' || (materialized === 'incremental' && !base.fullRefresh);
    if (!isKept || base.existing?.kind !== 'table') return absent;
    return { delta: { location, exists: true, moves: true }, ...(await storedColumns(session, base)) };
  }
  const isSame = facts.location === null || run.work.delta.resolve(facts.location) === location;
  const handle = isSame ? await run.work.delta.handleIfThere(location) : undefined;
  if (handle === undefined) {
    const { materialized } = node.config;
    if (base.fullRefresh || (materialized !== 'incremental' && materialized !== 'snapshot')) return absent;
    // The model's rows were asked for as additions to a table that isn't where it was.
    const before = facts.location ?? location;
    throw targetErrors['table-moved'](
      { node: node.unique_id, before, location },
      { location: { file: node.original_file_path } },
    );
  }
  const partitionBy = handle.snapshot.metadata.partitionColumns;
  return {
    delta: { location, exists: true, partitionBy },
    ...(await storedColumns(session, base)),
  };
}

async function storedColumns(
  session: LakehouseSession,
  { target, code }: PlanInput,
): Promise<Pick<PlanInput, 'existingColumns' | 'newColumns'>> {
  return {
    existingColumns: await session.describeStored(`select * from ${printName(target)}`),
    newColumns: code === '' ? [] : await session.describeStored(code),
  };
}

function isMicrobatch(node: ManifestNode): boolean {
  return node.config.materialized === 'incremental' && node.config.incremental_strategy === 'microbatch';
}

/** What a seed's values are quoted with: as dbt, which leaves it to DuckDB to find that out. */
async function quoteOf(
  { connection }: LakehouseSession,
  { file, delimiter }: { readonly file: string; readonly delimiter: string },
): Promise<string> {
  const sql = `select "Quote" from sniff_csv(${quoteLiteral(file)}, delim := ${quoteLiteral(delimiter)}, header := true)`;
  try {
    return (await connection.value(sql)) === "'" ? "'" : '"';
  } catch (error) {
    if (isBoathouseError(error)) return '"';
    throw error;
  }
}

/** A seed's absolute path: packages keep theirs below their own root. */
export function seedFile(compilation: Compilation, node: ManifestNode): string {
  const root =
    node.root_path ?? compilation.project.packages.find(({ name }) => name === node.package_name)?.root;
  return join(root ?? compilation.project.root, node.original_file_path);
}
