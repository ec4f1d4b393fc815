/**
 * Doing what a plan says, step by step, on a session of the node's own.
 *
 * A failure rolls the transaction back and removes what was staged, so the relation is as it was
 * before. What the run knows of its relations changes only once the plan is through.
 */
import type { Random } from '../base/index.ts';
import {
  Column,
  type Compilation,
  type Engine,
  type ManifestNode,
  Relation,
  type RelationName,
} from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath } from '../duckdb/index.ts';
import { Dict, toValue, type Value } from '../jinja/index.ts';
import {
  alterTable,
  type TableHandle,
  type WriteOptions,
  writeQueryToDelta,
  writeQueryToHandle,
} from '../tables/index.ts';
import { copyIntoPlace } from './bucket-files.ts';
import { changesNeeded } from './delta-changes.ts';
import {
  discardStaged,
  externalSelect,
  type FilesToKeep,
  type StagedExternal,
  stageExternal,
} from './external-files.ts';
import { swapExternal } from './external-swap.ts';
import type { ExternalOutput, KeptFiles, MacroArgument, PlanStep } from './plan.ts';
import { printName } from './relation-sql.ts';
import { seedTemplate } from './seed-by-macros.ts';
import type { LakehouseSession } from './session.ts';
import { insideOf } from './standing-files.ts';
import { isBucketPlace } from './storage-access.ts';
import type { RelationFacts, WorkingDatabase } from './working-database.ts';

/** What performing needs beside the steps. */
export interface PerformInput {
  readonly compilation: Compilation;
  readonly node: ManifestNode;
  readonly engine: Engine;
  readonly session: LakehouseSession;
  readonly work: WorkingDatabase;
  readonly random: Random;
  /** Names that templates of the node see besides: its batch. */
  readonly names?: ReadonlyMap<string, Value>;
  readonly runId: string;
  readonly signal: AbortSignal | undefined;
}

/** What came of it. */
export interface Performed {
  /** dbt's message. */
  readonly message: string;
  readonly code: string | undefined;
  readonly rowsAffected: number | undefined;
  /** Every statement that ran, for `target/run`. */
  readonly executedSql: string;
}

/** Performs `steps`, in order, all or nothing. @throws whatever a step meets. */
export async function perform(steps: readonly PlanStep[], input: PerformInput): Promise<Performed> {
  const performer = new Performer(input);
  try {
    for (const step of steps) {
      if (input.signal?.aborted) input.signal.throwIfAborted();
      await performer.step(step);
    }
  } catch (error) {
    await input.session.rollback().catch(() => undefined);
    await performer.discard();
    throw error;
  }
  performer.settle();
  return performer.outcome();
}

class Performer {
  readonly #input: PerformInput;
  readonly #executed: string[] = [];
  readonly #learned: [RelationName, RelationFacts][] = [];
  /** What was known of the node's relation at first. */
  readonly #first: RelationFacts | undefined;
  /** What was known of Delta relations before this plan pinned them: of the node's, which is the only one it pins. */
  readonly #before = new Map<RelationName, RelationFacts | undefined>();
  #staged: StagedExternal | undefined;
  #output: ExternalOutput | undefined;
  #stagedColumns: Awaited<ReturnType<LakehouseSession['describe']>> = [];
  #isSwapped = false;
  #rows: number | undefined;
  #message = 'OK';
  #code: string | undefined;

  constructor(input: PerformInput) {
    this.#input = input;
    const { database, schema, alias } = input.node;
    this.#first = input.work.factsOf({ database, schema, identifier: alias });
  }

  async step(step: PlanStep): Promise<void> {
    const { session } = this.#input;
    switch (step.kind) {
      case 'begin':
        return await session.begin();
      case 'commit':
        return await session.commit();
      case 'hook':
        return await this.#hook(step.sql);
      case 'describe-column':
        return await this.#describeColumn(step);
      case 'sql':
        return await this.#run(step.sql, step.main === true);
      case 'render':
        return await this.#render(step);
      case 'macro':
        return await this.#macro(step);
      case 'load-seed':
        return await this.#loadSeed(step);
      case 'seed-by-macros':
        return await this.#seedByMacros(step);
      case 'stage-external':
        return await this.#stage(step);
      case 'read-external':
        return await this.#readExternal(step);
      case 'view-external':
        return await this.#viewExternal(step);
      case 'swap-external':
        return await this.#swap(step.output);
      case 'write-delta':
        return await this.#writeDelta(step);
      case 'define-delta':
        return await this.#defineDelta(step);
      case 'pin-delta':
        return await this.#pinDelta(step.relation, step.location);
      case 'made':
        this.#learn(step.relation, {
          shown: step.as,
          catalogKind: step.as === 'table' ? 'table' : step.as === 'function' ? 'macro' : 'view',
          sql: step.select === null ? null : await this.#input.work.delta.rewrite(step.select),
        });
        return;
    }
  }

  /** Removes what no relation points at, after a failure. */
  async discard(): Promise<void> {
    const { work } = this.#input;
    if (this.#staged && this.#output && !this.#isSwapped) {
      await discardStaged(this.#staged, this.#output, work.access);
    }
    if (this.#before.size === 0) return;
    work.dropIndex();
    for (const [relation, facts] of this.#before) {
      if (facts === undefined) work.forgetRelation(relation);
      else work.note(relation, facts, false);
    }
  }

  /** The plan is through: what it made is known from now on. */
  settle(): void {
    const { work } = this.#input;
    for (const [relation, facts] of this.#learned) {
      const now = work.factsOf(relation);
      // A statement may have moved the table on since it was pinned.
      const isNewer = this.#before.has(relation) && (now?.deltaVersion ?? 0) > (facts.deltaVersion ?? 0);
      work.note(relation, isNewer && now !== undefined ? now : facts, true);
    }
  }

  outcome(): Performed {
    return {
      message: this.#message,
      code: this.#code,
      rowsAffected: this.#rows,
      executedSql: `${this.#executed.join(';\n\n')}\n`,
    };
  }

  async #hook(sql: string): Promise<void> {
    const { compilation, node, engine, names, work } = this.#input;
    // A template may ask for relations that this very transaction has made.
    if (/\{[{%]/.test(sql.replace(/\{\{-?\s*this\s*-?\}\}/g, ''))) work.dropIndex();
    const rendered = await compilation.renderIn(node, sql, engine, names === undefined ? {} : { names });
    if (rendered.trim() !== '') await this.#run(rendered, false, false);
  }

  async #run(sql: string, isMain: boolean, planned = true): Promise<void> {
    this.#executed.push(sql.trim());
    const { response } = await this.#input.session.execute(sql, { fetch: false, planned });
    // A plan may have several: a microbatch model has one for each batch.
    if (isMain) this.#rows = (this.#rows ?? 0) + (response.rowsAffected ?? 0);
  }

  async #describeColumn(step: PlanStep & { kind: 'describe-column' }): Promise<void> {
    const columns = await this.#input.session.describe(`select * from ${printName(step.relation)}`);
    const found = columns.find(({ name }) => name.toLowerCase() === step.column.toLowerCase());
    if (!found) return;
    const path = `${printName(step.relation)}.${quoteIdentifier(found.name)}`;
    await this.#run(`comment on column ${path} is ${quoteLiteral(step.text)}`, false);
  }

  async #render(step: PlanStep & { kind: 'render' }): Promise<void> {
    const { compilation, node, engine, work } = this.#input;
    // The macros may run statements of their own, and ask for what those have made.
    work.dropIndex();
    const names = new Map<string, Value>(Object.entries(step.names));
    const sql = await compilation.renderIn(node, step.template, engine, { names });
    if (sql.trim() !== '') await this.#run(sql, step.main === true, false);
  }

  async #macro(step: PlanStep & { kind: 'macro' }): Promise<void> {
    const { compilation, node, engine, names } = this.#input;
    const sql = await compilation.callMacro(
      step.name,
      step.arguments.map((argument) => this.#argument(argument)),
      new Map(),
      { node, engine, ...(names === undefined ? {} : { extras: { names } }) },
    );
    const text = typeof sql === 'string' ? sql : String(sql ?? '');
    await this.#run(text, step.main === true, false);
  }

  #argument(argument: MacroArgument): Value {
    switch (argument.kind) {
      case 'relation':
        return relationValue(argument.relation, argument.type);
      case 'columns':
        return argument.columns.map((column) => Column.ofWarehouse(column));
      case 'text':
        return argument.text;
      case 'plain':
        return toValue(argument.value);
      case 'dict': {
        const dict = new Dict();
        for (const [key, value] of argument.entries) dict.set(key, this.#argument(value));
        return dict;
      }
    }
  }

  async #loadSeed(step: PlanStep & { kind: 'load-seed' }): Promise<void> {
    const list = step.columns.map((column) => quotePath([column])).join(', ');
    const quote = quoteLiteral(step.quote);
    // Whoever reads a file in parts can't tell a short row from one that goes on behind a quoted line's end.
    const padding = step.isRagged ? ', null_padding true, parallel false' : '';
    const sql = `copy ${printName(step.relation)} (${list}) from ${quoteLiteral(step.file)} (format csv, header true, delimiter ${quoteLiteral(step.delimiter)}, quote ${quote}, escape ${quote}, ignore_errors false${padding})`;
    await this.#run(sql, true);
    this.#seeded(step.rows, step.isRefresh);
  }

  async #seedByMacros(step: PlanStep & { kind: 'seed-by-macros' }): Promise<void> {
    const { table, first, isRefresh } = step;
    const { compilation, node, engine, work } = this.#input;
    work.dropIndex();
    const names = new Map<string, Value>([
      ['agate_table', table],
      ['old_relation', relationValue(step.relation, 'table')],
    ]);
    await compilation.renderIn(node, seedTemplate(first, isRefresh, table), engine, { names });
    this.#seeded(table.rows.length, isRefresh);
  }

  /** As dbt has it: a table that is made because there was none isn't said to be. */
  #seeded(rows: number, isRefresh: boolean): void {
    this.#rows = rows;
    this.#code = isRefresh ? 'CREATE' : 'INSERT';
    this.#message = `${this.#code} ${rows}`;
  }

  async #stage(step: PlanStep & { kind: 'stage-external' }): Promise<void> {
    const { query, output } = step;
    const { session, work, random } = this.#input;
    const keep = step.keep === undefined ? undefined : await this.#filesToKeep(step.keep);
    const ready = await work.delta.rewrite(query);
    this.#executed.push(`copy (\n${ready}\n) to ${quoteLiteral(output.location)} (${output.copyOptions})`);
    this.#staged = await work.delta.explaining(query, () =>
      stageExternal(session.connection, ready, output, work.pinName(random), work.access, keep),
    );
    this.#output = output;
    if (step.counted !== false) this.#rows = this.#staged.rows;
    work.staged(output.location, this.#staged.folder);
    if (this.#staged.rows === 0 || output.partitionBy.length > 0)
      this.#stagedColumns = await session.describe(ready);
  }

  /** Which files stay is known once the new ones are there. */
  async #filesToKeep(keep: KeptFiles): Promise<FilesToKeep> {
    const { standing } = keep;
    const folder = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    switch (keep.kind) {
      case 'all':
        return { standing, stays: () => true };
      case 'other-partitions':
        return {
          standing,
          stays: (file, inside) => !inside.map(folder).includes(folder(insideOf(standing, file))),
        };
      case 'untouched': {
        const { rows } = await this.#input.session.connection.query(`select dbt_file from ${keep.touched}`);
        // A file in a bucket is read under another name, which ends as its own does.
        const touched = rows.map(([file]) => String(file));
        const tail = standing.base.slice(Math.max(standing.base.lastIndexOf('/'), 0));
        return {
          standing,
          stays: (file) => !touched.some((one) => one.endsWith(`${tail}/${insideOf(standing, file)}`)),
        };
      }
    }
  }

  async #readExternal({
    view,
    output,
    standing,
    columns,
  }: PlanStep & { kind: 'read-external' }): Promise<void> {
    const facts = { files: standing.files, rows: 1 };
    const sql = externalSelect(output, facts, columns, { fileAs: 'dbt_file' });
    await this.#run(`create or replace temporary view ${view} as ${sql}`, false);
  }

  async #viewExternal({ relation, output, columns }: PlanStep & { kind: 'view-external' }): Promise<void> {
    const staged = this.#staged;
    if (!staged) return;
    const sql = externalSelect(output, staged, columns ?? this.#stagedColumns);
    this.#input.work.makesAnew(relation);
    await this.#run(`create or replace view ${printName(relation)} as ${sql}`, false);
    this.#learn(relation, {
      shown: 'view',
      catalogKind: 'external',
      location: output.location,
      format: output.format,
      pins: staged.folder === undefined ? [] : staged.files,
      sql,
    });
  }

  async #swap(output: ExternalOutput): Promise<void> {
    if (!this.#staged) return;
    const { random, work } = this.#input;
    if (isBucketPlace(output.location)) await copyIntoPlace(this.#staged, output, work.access);
    else await swapExternal(this.#staged, output, random.uuid());
    this.#isSwapped = true;
  }

  async #writeDelta(step: PlanStep & { kind: 'write-delta' }): Promise<void> {
    const { session, work, runId, node, signal } = this.#input;
    const query = await work.delta.rewrite(step.query);
    this.#executed.push(`-- ${step.mode} ${step.location}\n${query}`);
    const options = {
      mode: step.mode,
      ...(step.schemaMode === undefined ? {} : { schemaMode: step.schemaMode }),
      ...(step.partitionBy.length === 0 ? {} : { partitionBy: step.partitionBy }),
      configuration: step.configuration,
      ...(step.replaceWhere === undefined
        ? {}
        : { replaceWhere: await work.delta.rewrite(step.replaceWhere) }),
      ...(step.dynamicPartitions === true ? { partitionOverwrite: 'dynamic' as const } : {}),
      ...this.#readVersion(step),
      commitMetadata: { runId, node: node.unique_id },
      storageOptions: work.access.optionsFor(step.location),
      signal,
    };
    const { connection } = session;
    const handle = await this.#handleFor(step.location, options);
    const result = await work.delta.explaining(step.query, () =>
      handle === undefined
        ? writeQueryToDelta(connection, query, step.location, options)
        : writeQueryToHandle(connection, query, handle, options, { asksColumns: true, skipsNothing: true }),
    );
    if (step.counted !== false) this.#rows = (this.#rows ?? 0) + result.rows;
    work.delta.forget(step.location, handle === undefined ? 'others' : 'handle');
  }

  /** The run's handle, unless there is no table yet, or its state isn't the one that the rows were computed from. */
  async #handleFor(
    location: string,
    { mode, readVersion }: Pick<WriteOptions, 'mode' | 'readVersion'>,
  ): Promise<TableHandle | undefined> {
    if (mode !== 'append' && mode !== 'overwrite') return undefined;
    const handle = await this.#input.work.delta.handleIfThere(location);
    const isOther = readVersion !== undefined && handle?.snapshot.version !== readVersion;
    return isOther ? undefined : handle;
  }

  /**
   * The version of the table that its new rows were computed from, where they were: they lose to another run's,
   * which they don't know of. The batches of a microbatch model follow each other and don't read what they write.
   */
  #readVersion({ query, relation }: PlanStep & { kind: 'write-delta' }): { readonly readVersion?: number } {
    const version = this.#input.work.factsOf(relation)?.deltaVersion ?? undefined;
    if (version === undefined || this.#input.node.config['incremental_strategy'] === 'microbatch') return {};
    const plain = (text: string): string => text.toLowerCase().replace(/["\s]/g, '');
    return plain(query).includes(plain(`${relation.schema}.${relation.identifier}`))
      ? { readVersion: version }
      : {};
  }

  async #defineDelta(step: PlanStep & { kind: 'define-delta' }): Promise<void> {
    const { work, runId, node, signal } = this.#input;
    const handle = await work.delta.handle(step.location);
    const changes = changesNeeded(handle.snapshot, step.changes);
    if (changes.length === 0) return;
    await alterTable(handle, changes, { commitMetadata: { runId, node: node.unique_id }, signal });
    work.delta.forget(step.location, 'handle');
    await this.#pinDelta(step.relation, step.location);
  }

  async #pinDelta(relation: RelationName, location: string): Promise<void> {
    const { work } = this.#input;
    const pinned = await work.delta.open(location);
    work.makesAnew(relation);
    await this.#run(`create or replace view ${printName(relation)} as ${pinned.sql}`, false);
    // A statement before may have moved the table on already; what counts is what was known before the plan.
    if (!this.#before.has(relation)) this.#before.set(relation, this.#first);
    const facts = this.#learn(relation, {
      shown: 'table',
      catalogKind: 'delta',
      location,
      format: 'delta',
      deltaVersion: pinned.version,
      sql: pinned.sql,
    });
    // Statements that follow in this very plan, of hooks too, are for the table.
    work.note(relation, facts, false);
  }

  #learn(
    relation: RelationName,
    facts: Partial<RelationFacts> & Pick<RelationFacts, 'shown' | 'catalogKind'>,
  ): RelationFacts {
    const known: RelationFacts = {
      location: null,
      format: null,
      deltaVersion: null,
      pins: [],
      sql: null,
      uniqueId: this.#input.node.unique_id,
      ...facts,
    };
    this.#learned.push([relation, known]);
    return known;
  }
}

function relationValue(relation: RelationName, type: string): Relation {
  // A temporary table has only a name.
  return Relation.of({
    database: relation.database === '' ? null : relation.database,
    schema: relation.schema === '' ? null : relation.schema,
    identifier: relation.identifier,
    type,
    includePolicy: { database: relation.database !== '', schema: relation.schema !== '' },
  });
}
