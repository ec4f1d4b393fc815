/**
 * A node's session: the compiler's port over one DuckDB connection of the run's private engine.
 *
 * Statements that change the catalog outside a transaction take turns within the process, because
 * DuckDB lets two of them that meet fail; everything else runs side by side.
 */
import { isBoathouseError } from '../base/index.ts';
import type {
  AdapterResponse,
  ExistingRelation,
  RelationKind,
  RelationName,
  WarehouseColumn,
  WarehouseSession,
  WarehouseTable,
} from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';
import { deltaTypeOf, duckdbTypeOf } from '../tables/index.ts';
import {
  type DeltaStatementInput,
  type RoutedStatement,
  routeStatements,
  runDeltaStatement,
} from './delta-statements.ts';
import { printName, sqlKind } from './relation-sql.ts';
import { changesTables, isBlank } from './statement-kinds.ts';
import { noRows, toWarehouseTable } from './warehouse-values.ts';
import type { RelationFacts, WorkingDatabase } from './working-database.ts';

/** The compiler's session over DuckDB. */
export class LakehouseSession implements WarehouseSession {
  readonly #work: WorkingDatabase;
  readonly #session: Session;
  #inTransaction = false;
  /** What was known, before this transaction, of Delta relations that its statements moved on. */
  readonly #before = new Map<RelationName, RelationFacts>();

  constructor(work: WorkingDatabase, session: Session) {
    this.#work = work;
    this.#session = session;
  }

  /** The connection below, for what only this layer does: streams into Delta, COPY results. */
  get connection(): Session {
    return this.#session;
  }

  /** `sql` as DuckDB is to see it: Delta tables as the files this run reads. */
  resolve(sql: string): Promise<string> {
    return this.#work.delta.rewrite(sql);
  }

  async execute(
    sql: string,
    options: { readonly fetch: boolean; readonly limit?: number; readonly planned?: boolean },
  ): Promise<{ readonly response: AdapterResponse; readonly table: WarehouseTable }> {
    const routed = await routeStatements(sql, this.#deltaInput());
    if (routed !== undefined) return await this.#executeRouted(routed, options);
    const ready = await this.#work.delta.rewrite(sql);
    if (isBlank(ready)) return { response: { message: 'OK' }, table: noRows };
    if (changesTables(ready)) await this.#work.claimTables();
    // What a plan does is noted when it is through; anybody else's statement may do anything.
    if (options.planned !== true && mayChangeRelations(ready)) this.#work.dropIndex();
    return await this.#work.delta.explaining(sql, () =>
      this.#serialized(ready, async () => {
        if (options.fetch) {
          const result = await this.#session.query(ready);
          const response = { message: 'OK', rowsAffected: result.rows.length };
          return { response, table: toWarehouseTable(result, options.limit) };
        }
        const { rowsChanged } = await this.#session.run(ready);
        return { response: { message: 'OK', rowsAffected: rowsChanged }, table: noRows };
      }),
    );
  }

  /** Statements one after the other, some of them on Delta tables; the last one's answer counts. */
  async #executeRouted(
    routed: readonly RoutedStatement[],
    options: { readonly fetch: boolean; readonly limit?: number; readonly planned?: boolean },
  ): Promise<{ readonly response: AdapterResponse; readonly table: WarehouseTable }> {
    let answer: { response: AdapterResponse; table: WarehouseTable } = {
      response: { message: 'OK' },
      table: noRows,
    };
    for (const part of routed) {
      if (part.kind === 'engine') answer = await this.execute(part.sql, options);
      else {
        const { rowsAffected, ...result } = await runDeltaStatement(part.statement, {
          ...this.#deltaInput(),
          written: part.sql,
        });
        answer = {
          response: { message: 'OK', ...(rowsAffected === undefined ? {} : { rowsAffected }) },
          table: options.fetch ? toWarehouseTable(result, options.limit) : noRows,
        };
      }
    }
    return answer;
  }

  #deltaInput(): DeltaStatementInput {
    return {
      work: this.#work,
      session: this.#session,
      find: (name) => this.#find(name),
      commitMetadata: this.#work.commitMetadata,
      moving: (relation, facts) => {
        if (this.#inTransaction && !this.#before.has(relation)) this.#before.set(relation, facts);
      },
      signal: undefined,
    };
  }

  async begin(): Promise<void> {
    if (this.#inTransaction) return;
    await this.#session.run('begin transaction');
    this.#inTransaction = true;
  }

  async commit(): Promise<void> {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    this.#before.clear();
    await this.#session.run('commit');
  }

  async rollback(): Promise<void> {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    // The engine's views are over the versions before again. What came first counts, so it is put back last.
    for (const [relation, facts] of [...this.#before].reverse()) this.#work.note(relation, facts, false);
    this.#before.clear();
    await this.#session.run('rollback');
  }

  async describe(sql: string): Promise<readonly WarehouseColumn[]> {
    const columns = await this.#session.describe(await this.#work.delta.rewrite(sql));
    return columns.map(({ name, type }) => ({ name, type }));
  }

  /**
   * The columns of `sql` with the types that a Delta table keeps them in, so that `HUGEINT` isn't taken for another
   * type than the `DECIMAL(38,0)` that was made of it.
   *
   * @throws tables.unsupported-type
   */
  async describeStored(sql: string): Promise<readonly WarehouseColumn[]> {
    const columns = await this.#session.describe(await this.#work.delta.rewrite(sql));
    return columns.map(({ name, sqlType }) => ({
      name,
      type: duckdbTypeOf(deltaTypeOf(sqlType, name), name),
    }));
  }

  async columnsOf(relation: RelationName): Promise<readonly WarehouseColumn[]> {
    // A temporary table is asked for by its bare name, or by that of what it stands in for.
    const temporary = { database: 'temp', schema: 'main', identifier: relation.identifier };
    const parts = (await this.#find(relation)) ?? (await this.#find(temporary));
    if (!parts) return [];
    return await this.describe(`select * from ${printName(parts)}`);
  }

  /**
   * Puts the view of a Delta relation over the table's newest version, if it stands over another: what a run wrote
   * that failed afterwards was never published, and is in the table all the same.
   */
  async showNewest(name: RelationName): Promise<void> {
    const found = await this.#find(name);
    const facts = found && this.#work.factsOf(found);
    if (found === undefined || facts?.catalogKind !== 'delta' || facts.location === null) return;
    const pinned = await this.#work.delta.open(facts.location).catch((error: unknown) => {
      // Whether a table that is gone matters is for the plan to say.
      if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
      throw error;
    });
    if (pinned === undefined || pinned.version === facts.deltaVersion) return;
    this.#work.makesAnew(found);
    await this.#change(`create or replace view ${printName(found)} as ${pinned.sql}`);
    this.#work.note(found, { ...facts, deltaVersion: pinned.version, sql: pinned.sql }, false);
  }

  async relation(name: RelationName): Promise<ExistingRelation | undefined> {
    const found = await this.#find(name);
    return found && { ...found, kind: this.#work.shownKind(found) };
  }

  /** The relation as DuckDB has it: a Delta table is a view here, whatever templates are told. */
  existing(name: RelationName): Promise<ExistingRelation | undefined> {
    return this.#find(name);
  }

  async relations(database: string, schema: string): Promise<readonly ExistingRelation[]> {
    const found = await this.#list(
      `lower(database_name) = lower(${quoteLiteral(database)}) and lower(schema_name) = lower(${quoteLiteral(schema)})`,
    );
    return found.map((relation) => ({ ...relation, kind: this.#work.shownKind(relation) }));
  }

  async schemas(database: string): Promise<readonly string[]> {
    const { rows } = await this.#session.query(
      `select schema_name from duckdb_schemas() where lower(database_name) = lower(${quoteLiteral(database)}) order by all`,
    );
    return rows.map(([name]) => String(name));
  }

  async createSchema(database: string, schema: string): Promise<void> {
    await this.#change(`create schema if not exists ${quotePath([database, schema])}`);
  }

  async dropSchema(database: string, schema: string): Promise<void> {
    this.#work.dropIndex();
    await this.#work.claimTables();
    await this.#change(`drop schema if exists ${quotePath([database, schema])} cascade`);
  }

  async dropRelation(relation: ExistingRelation): Promise<void> {
    // What a template calls a table may be a view over a Delta table, and the other way round.
    const found = await this.#find(relation);
    if (!found) return;
    this.#work.dropIndex();
    if (found.kind === 'table') await this.#work.claimTables();
    await this.#change(`drop ${sqlKind(found.kind)} if exists ${printName(found)} cascade`);
    this.#work.forgetRelation(found);
  }

  async renameRelation(from: ExistingRelation, to: RelationName): Promise<void> {
    const found = await this.#find(from);
    const kind = sqlKind(found?.kind ?? from.kind);
    if (kind === 'table') await this.#work.claimTables();
    await this.#change(`alter ${kind} ${printName(from)} rename to ${quoteIdentifier(to.identifier)}`);
    this.#work.renamed(from, to);
  }

  async truncateRelation(relation: RelationName): Promise<void> {
    await this.execute(`truncate ${printName(relation)}`, { fetch: false, planned: true });
  }

  interrupt(): void {
    this.#session.interrupt();
  }

  async release(): Promise<void> {
    await this.rollback().catch(() => undefined);
    this.#session.release();
  }

  async #change(sql: string): Promise<void> {
    await this.#serialized(sql, () => this.#session.run(sql));
  }

  async #serialized<T>(sql: string, work: () => Promise<T>): Promise<T> {
    if (this.#inTransaction || !changesCatalog(sql)) return await work();
    return await this.#work.catalogTurn.run(work);
  }

  async #find(name: RelationName): Promise<ExistingRelation | undefined> {
    const schema = name.schema === '' ? 'main' : name.schema;
    const database = name.database === '' ? this.#work.database : name.database;
    const known = this.#work.indexed({ database, schema, identifier: name.identifier });
    if (known !== undefined) return known ?? undefined;
    const [found] = await this.#list(
      `lower(database_name) = lower(${quoteLiteral(database)}) and lower(schema_name) = lower(${quoteLiteral(schema)}) and lower(name) = lower(${quoteLiteral(name.identifier)})`,
    );
    return found;
  }

  /** Relations as DuckDB has them, from its own catalog functions: nothing attached is asked over a network. */
  async #list(condition: string): Promise<readonly ExistingRelation[]> {
    const { rows } = await this.#session.query(
      `select database_name, schema_name, name, kind from (
  select database_name, schema_name, table_name as name, 'table' as kind from duckdb_tables() where not internal
  union all
  select database_name, schema_name, view_name, 'view' from duckdb_views() where not internal
) where ${condition} order by all`,
    );
    return rows.map(([database, schema, identifier, kind]) => ({
      database: String(database),
      schema: String(schema),
      identifier: String(identifier),
      kind: kind as RelationKind,
    }));
  }
}

function changesCatalog(sql: string): boolean {
  return /^\s*(?:create\s+(?:or\s+replace\s+)?(?:view|schema|macro|function)|drop|alter|comment)\b/i.test(
    sql,
  );
}

function mayChangeRelations(sql: string): boolean {
  return /\b(?:create|drop|alter|attach|detach|import|call|execute)\b/i.test(sql);
}
