/**
 * The lakehouse target: DuckDB computes in a private database, files and Delta tables hold the data,
 * the catalog makes a run's work visible at its end.
 */
import { type Clock, type Random, systemClock, systemRandom } from '../base/index.ts';
import { fileIn, type PublishedPlace, publishedPlace, publisher } from '../catalog/index.ts';
import type {
  Compilation,
  Engine,
  ManifestNode,
  Plain,
  Warehouse,
  WarehouseSession,
} from '../compiler/index.ts';
import { toValue } from '../jinja/index.ts';
import { collectChanges } from './changes.ts';
import { cloneNode } from './clone-node.ts';
import { targetErrors } from './errors.ts';
import { somethingAt } from './external-files.ts';
import { failureOf, NodeTimer, type Outcome } from './node-result.ts';
import { type Opened, openWork } from './open-work.ts';
import type { PlanStep } from './plan.ts';
import { publish } from './publish.ts';
import { printName } from './relation-sql.ts';
import { runHooks } from './run-hooks.ts';
import { materialize, type NodeRun, planOf } from './run-node.ts';
import { runTest, storeAs } from './run-test.ts';
import { runUnitTest } from './run-unit-test.ts';
import type { LakehouseSession } from './session.ts';
import { SpareThreads } from './spare-threads.ts';
import { accessOf, type StorageAccess } from './storage-access.ts';
import type { TurnInput } from './take-turn.ts';
import type { HookMoment, NodeResult, PublishResult, Target, TargetOptions } from './target.ts';
import { registerUpstream } from './upstream.ts';
import type { WorkingDatabase } from './working-database.ts';

/** The target of a profile of type `duckdb`. */
export class LakehouseTarget implements Target {
  readonly warehouse: Warehouse;
  readonly #compilation: Compilation;
  readonly #place: PublishedPlace | undefined;
  readonly #access: StorageAccess;
  readonly #options: TargetOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #spare: SpareThreads;
  #opening: Promise<Opened> | undefined;
  readonly #closing = new AbortController();
  #engineVersion = '';

  /** @param path of the published file, absolute or in a bucket; undefined for a target in memory. */
  constructor(compilation: Compilation, path: string | undefined, options: TargetOptions) {
    this.#compilation = compilation;
    this.#access = accessOf(compilation.project.profile);
    this.#place = path === undefined ? undefined : publishedPlace(path, this.#access.optionsFor(path));
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#spare = new SpareThreads(compilation.invocation.threads);
    this.warehouse = this.#makeWarehouse();
  }

  async prepare(uniqueIds: readonly string[]): Promise<void> {
    const { work } = await this.#open(uniqueIds);
    const session = await work.session();
    try {
      await this.#createSchemas(session, uniqueIds);
      const engine = { session, warehouse: this.warehouse };
      await registerUpstream(uniqueIds, { compilation: this.#compilation, engine, session, work });
    } finally {
      await session.release();
    }
  }

  async runNode(uniqueId: string, signal?: AbortSignal): Promise<NodeResult> {
    const timer = new NodeTimer(() => this.#clock.nowMs());
    const node = this.#compilation.manifest.nodes[uniqueId];
    if (uniqueId in this.#compilation.manifest.unit_tests)
      return await this.#runUnitTest(uniqueId, timer, signal);
    if (!node) {
      const kind = uniqueId.split('.')[0] ?? 'resource';
      if (kind === 'exposure' || kind === 'saved_query' || kind === 'semantic_model' || kind === 'metric') {
        return timer.result(uniqueId, undefined, { status: 'no-op', message: 'NO-OP', failures: 0 });
      }
      const error = targetErrors['unsupported-resource']({ node: uniqueId, kind });
      return timer.result(uniqueId, undefined, { status: 'error', message: error.message, error });
    }
    let session: LakehouseSession | undefined;
    const onAbort = (): void => session?.interrupt();
    this.#spare.enter();
    try {
      const { work } = await this.#open([uniqueId]);
      const { deferred } = this.#compilation.invocation;
      work.requireParents(node.depends_on.nodes.filter((id) => deferred?.has(id) !== true));
      session = await work.session();
      signal?.addEventListener('abort', onAbort, { once: true });
      const outcome = await this.#dispatch(this.#nodeRun(node, session, work, timer, signal));
      return timer.result(uniqueId, node, outcome);
    } catch (error) {
      return timer.result(uniqueId, node, failureOf(error, uniqueId));
    } finally {
      this.#spare.leave();
      signal?.removeEventListener('abort', onAbort);
      await session?.release();
    }
  }

  async runHooks(moment: HookMoment, extra: Plain = {}): Promise<readonly NodeResult[]> {
    const { work } = await this.#open([]);
    return await runHooks(moment, extra, {
      compilation: this.#compilation,
      warehouse: this.warehouse,
      work,
      nowMs: () => this.#clock.nowMs(),
    });
  }

  async plan(uniqueId: string): Promise<readonly PlanStep[]> {
    const node = this.#compilation.manifest.nodes[uniqueId];
    if (!node)
      throw targetErrors['unsupported-resource']({ node: uniqueId, kind: uniqueId.split('.')[0] ?? '' });
    const { work } = await this.#open([]);
    const session = await work.session();
    try {
      const timer = new NodeTimer(() => this.#clock.nowMs());
      return await planOf(this.#nodeRun(node, session, work, timer, undefined));
    } finally {
      await session.release();
    }
  }

  async session(): Promise<WarehouseSession> {
    const { work } = await this.#open([]);
    return await work.session();
  }

  async publish(): Promise<PublishResult> {
    if (this.#options.writes === false) throw targetErrors['read-only']({ asked: 'publish' });
    const nothing = { published: false, generation: null, path: null, changed: 0 };
    const place = this.#place;
    if (place === undefined) return nothing;
    if (!this.#opening) throw targetErrors['not-prepared']({ asked: 'publish' });
    const opened = await this.#opening;
    const { work, tables, copiedFrom, copied, before, published } = opened;
    if (!tables) throw targetErrors['not-prepared']({ asked: 'publish' });
    const session = await work.session();
    const runId = this.#compilation.invocation.id;
    const context = { root: this.#compilation.project.root, runId };
    const { changes, needsCopy, now } = await collectChanges(
      session.connection,
      work,
      { relations: before, published, hadFile: copiedFrom !== undefined },
      context,
    ).finally(() => session.release());
    const facts = {
      ...this.#turn(),
      log: place.log,
      place,
      copied,
      changes,
      needsCopy,
      database: work.database,
      runId,
      tables,
      copiedFrom,
      isNode: (uniqueId: string) => this.#compilation.manifest.nodes[uniqueId] !== undefined,
      locations: work.locations,
      graceMs: this.#options.graceMs ?? 86_400_000,
      keepLast: this.#options.keepLast ?? (this.#options.graceMs === undefined ? 10 : 1),
      by: publisher(this.#compilation.invocation.command, this.#compilation.project.profile.targetName),
    };
    const { result, generation } = await work.lend((engine) =>
      publish({ ...facts, engine, tablesFile: work.changedFile }),
    );
    // What is done from now on is told apart from what is published: a run may publish several times.
    tables.begin(generation);
    work.settled();
    this.#opening = Promise.resolve({
      ...opened,
      before: now,
      published: generation?.relations ?? published,
      copiedFrom: fileIn(generation, place.name)?.fingerprint ?? copiedFrom,
      copied: undefined,
    });
    return result;
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    // Whoever waits for another run is told to stop.
    this.#closing.abort();
    const opened = await opening?.catch(() => undefined);
    try {
      await opened?.work.close();
    } finally {
      await opened?.tables?.release();
    }
  }

  async #dispatch(run: NodeRun): Promise<Outcome> {
    const { node } = run;
    const { command, counterparts } = this.#compilation.invocation;
    if (command === 'clone') return await cloneNode(run, counterparts?.get(node.unique_id));
    if (node.resource_type === 'test') return await this.#runTest(run);
    if (node.resource_type === 'analysis' || node.config.materialized === 'ephemeral') {
      await run.timer.time('compile', () => this.#compilation.compileNode(node.unique_id, run.engine));
      return { status: 'success', message: 'OK' };
    }
    if (node.resource_type === 'operation' || node.resource_type === 'sql_operation') {
      throw targetErrors['unsupported-resource']({ node: node.unique_id, kind: node.resource_type });
    }
    return await materialize(run);
  }

  async #runUnitTest(
    uniqueId: string,
    timer: NodeTimer,
    signal: AbortSignal | undefined,
  ): Promise<NodeResult> {
    let session: LakehouseSession | undefined;
    const onAbort = (): void => session?.interrupt();
    try {
      const { work } = await this.#open([uniqueId]);
      session = await work.session();
      signal?.addEventListener('abort', onAbort, { once: true });
      const { compiledCode, ...outcome } = await runUnitTest({
        uniqueId,
        compilation: this.#compilation,
        engine: { session, warehouse: this.warehouse },
        session,
        timer,
      });
      return { ...timer.result(uniqueId, undefined, outcome), compiled: true, compiledCode };
    } catch (error) {
      return timer.result(uniqueId, undefined, failureOf(error, uniqueId));
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await session?.release();
    }
  }

  async #runTest(run: NodeRun): Promise<Outcome> {
    const { node, engine, session } = run;
    const { code } = await run.timer.time('compile', () =>
      this.#compilation.compileNode(node.unique_id, engine),
    );
    const as = storeAs(node, this.#options.storeFailures === true);
    const relation = { database: node.database, schema: node.schema, identifier: node.alias };
    if (as) await session.createSchema(node.database, node.schema);
    // Under --store-failures dbt says of every test where its rows would go.
    if (this.#options.storeFailures === true) node.relation_name ??= printName(relation);
    const isOurs = this.#compilation.isBuiltIn('get_test_sql');
    const testSql = async (main: string): Promise<string> => {
      const { fail_calc: calculation, warn_if: warnIf, error_if: errorIf } = node.config;
      const args = [
        main,
        toValue(calculation ?? 'count(*)'),
        toValue(warnIf ?? '!= 0'),
        toValue(errorIf ?? '!= 0'),
        null,
      ];
      return String(await this.#compilation.callMacro('get_test_sql', args, new Map(), { node, engine }));
    };
    return await run.timer.time('execute', () =>
      runTest({
        node,
        code,
        session,
        failures: as && { relation, as },
        testSql: isOurs ? undefined : testSql,
      }),
    );
  }

  #nodeRun(
    node: ManifestNode,
    session: LakehouseSession,
    work: WorkingDatabase,
    timer: NodeTimer,
    signal: AbortSignal | undefined,
  ): NodeRun {
    const engine: Engine = { session, warehouse: this.warehouse };
    const runId = this.#compilation.invocation.id;
    return {
      compilation: this.#compilation,
      node,
      engine,
      session,
      work,
      random: this.#random,
      runId,
      signal,
      timer,
      spare: this.#spare,
      previousBatches: this.#options.previousBatches?.get(node.unique_id),
      batchesUntil: this.#options.batchesUntil,
    };
  }

  /** Opens the working database once, whoever asks first. */
  #open(uniqueIds: readonly string[]): Promise<Opened> {
    this.#opening ??= this.#openWork(uniqueIds);
    return this.#opening;
  }

  async #openWork(uniqueIds: readonly string[]): Promise<Opened> {
    const opened = await openWork({
      compilation: this.#compilation,
      uniqueIds,
      place: this.#place,
      access: this.#access,
      writes: this.#options.writes !== false,
      storeFailures: this.#options.storeFailures === true,
      ...this.#turn(),
    });
    this.#engineVersion = opened.engineVersion;
    opened.work.commitMetadata = { runId: this.#compilation.invocation.id };
    return opened;
  }

  async #createSchemas(session: LakehouseSession, uniqueIds: readonly string[]): Promise<void> {
    const wanted = new Map<string, [string, string]>();
    for (const id of uniqueIds) {
      const node = this.#compilation.manifest.nodes[id];
      if (!node || node.resource_type === 'test' || node.config.materialized === 'ephemeral') continue;
      if (node.resource_type === 'analysis' || node.resource_type === 'operation') continue;
      wanted.set(`${node.database}\u0000${node.schema}`.toLowerCase(), [node.database, node.schema]);
    }
    for (const [database, schema] of wanted.values()) await session.createSchema(database, schema);
  }

  #makeWarehouse(): Warehouse {
    const target = this;
    return {
      type: 'duckdb',
      get engineVersion(): string {
        return target.#engineVersion;
      },
      connect: () => this.session(),
      locationExists: (location) => somethingAt(location, this.#access),
      // A view over the files is the registration: the catalog finds it when the run publishes.
      registerExternal: async () => undefined,
    };
  }

  /** How this target waits for others. */
  #turn(): Omit<TurnInput, 'log'> {
    return {
      purpose: `boathouse ${this.#compilation.invocation.command} in ${this.#compilation.project.root}`,
      lockTimeoutMs: this.#options.lockTimeoutMs ?? 600_000,
      clock: this.#clock,
      random: this.#random,
      onNotice: (notice) => this.#options.onNotice?.(notice),
      signal: this.#closing.signal,
    };
  }
}
