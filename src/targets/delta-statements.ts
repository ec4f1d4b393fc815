/**
 * Statements on Delta tables, wherever they come from: a strategy, a hook, a macro, a person.
 *
 * To the engine a Delta relation is a view, which nothing can be written to. So a statement that names one is
 * run by the tables themselves, as one commit of its own whatever transaction the engine is in; then the view is
 * made anew over the version it left.
 */
import { branchLocation } from '../catalog/index.ts';
import type { RelationName } from '../compiler/index.ts';
import { quoteLiteral, type ResultTable, type Session } from '../duckdb/index.ts';
import {
  changesSomething,
  type DeltaStatement,
  executeStatement,
  parseStatement,
  rewriteTimeTravel,
  splitStatements,
  statementErrors,
  statementTarget,
  type TableRef,
} from '../tables/index.ts';
import { ownTable, requireOwnPlace } from './branch-tables.ts';
import { targetErrors } from './errors.ts';
import { printName } from './relation-sql.ts';
import type { RelationFacts, WorkingDatabase } from './working-database.ts';

/** What statements on Delta tables need of the run. */
export interface DeltaStatementInput {
  readonly work: WorkingDatabase;
  readonly session: Session;
  /** Finds a relation by a name that may leave out its database or schema. */
  readonly find: (name: RelationName) => Promise<RelationName | undefined>;
  /** Noted in every commit. */
  readonly commitMetadata: Readonly<Record<string, string>>;
  /** The statement's text, for places in errors. */
  readonly written?: string;
  /** Told what was known of a relation that is about to show a newer version, for a transaction that is rolled back. */
  readonly moving?: (relation: RelationName, facts: RelationFacts) => void;
  readonly signal: AbortSignal | undefined;
}

/** One statement of a text: for the engine, or for a Delta table. */
export type RoutedStatement =
  | { readonly kind: 'engine'; readonly sql: string }
  | { readonly kind: 'delta'; readonly sql: string; readonly statement: DeltaStatement };

/**
 * The statements of `sql`, each with who runs it; undefined when all are the engine's, which then gets the text as
 * it is.
 *
 * @throws tables.bad-statement for a statement that only Delta has and that is wrong.
 */
export async function routeStatements(
  sql: string,
  input: DeltaStatementInput,
): Promise<readonly RoutedStatement[] | undefined> {
  if (!mayConcernDelta(sql)) return undefined;
  const routed: RoutedStatement[] = [];
  for (const text of splitStatements(sql)) {
    const statement = await parsed(text, input);
    const isDelta = statement !== undefined && (await concernsDelta(statement, input));
    routed.push(isDelta ? { kind: 'delta', sql: text, statement } : { kind: 'engine', sql: text });
  }
  return routed.some(({ kind }) => kind === 'delta') ? routed : undefined;
}

/** Runs one statement on a Delta table. @throws tables.*, delta.*, targets.* */
export async function runDeltaStatement(
  statement: DeltaStatement,
  input: DeltaStatementInput,
): Promise<ResultTable & { readonly rowsAffected: number | undefined }> {
  const { work, session, commitMetadata, signal } = input;
  if (changesSomething(statement)) await ownTarget(statement, input);
  const result = await executeStatement(statement, {
    session,
    locate: async (table, doing) => (await locationOf(table, input)) ?? (await refuse(table, doing, input)),
    placeNew: async (table, location, doing) => {
      const place = location ?? (table.kind === 'path' ? table.uri : await locationOf(table, input));
      if (place !== undefined) {
        const absolute = work.delta.resolve(place);
        return work.branch === undefined ? absolute : branchLocation(work.branch, absolute);
      }
      throw targetErrors['no-place']({ name: nameText(table), statement: doing });
    },
    resolve: async (sql) =>
      work.delta.rewrite(
        await rewriteTimeTravel(sql, async (parts) => {
          const table: TableRef = { kind: 'name', parts };
          return (await locationOf(table, input)) ?? (await refuse(table, 'VERSION AS OF', input));
        }),
      ),
    ...(input.written === undefined ? {} : { written: input.written }),
    storageOptions: await storageOptionsOf(statement, input),
    open: (uri) => work.delta.handle(uri),
    options: { commitMetadata, signal },
  });
  if (changesSomething(statement)) await showAgain(result.uri, statement, input);
  const [counted] = result.columns;
  const first = result.rows[0]?.[0];
  const rowsAffected =
    counted?.name === 'num_affected_rows' && typeof first === 'bigint' ? Number(first) : undefined;
  return { columns: result.columns, rows: result.rows, rowsAffected };
}

/** With what the storage of the statement's tables is opened: those of one statement are of one store. */
async function storageOptionsOf(
  statement: DeltaStatement,
  input: DeltaStatementInput,
): Promise<Readonly<Record<string, string>>> {
  const { delta, access } = input.work;
  const places = [
    'table' in statement ? await locationOf(statement.table, input) : undefined,
    'location' in statement ? statement.location : undefined,
  ];
  const place = places.find((one) => one !== undefined);
  return place === undefined ? {} : access.optionsFor(delta.resolve(place));
}

/** What a statement writes to is the branch's own. @throws targets.not-on-branch */
async function ownTarget(statement: DeltaStatement, input: DeltaStatementInput): Promise<void> {
  const { work, session } = input;
  if (work.branch === undefined || !('table' in statement)) return;
  const { table } = statement;
  if (table.kind === 'path') {
    // A table that is made has its place mapped.
    const isMade = statement.kind === 'create' || statement.kind === 'clone';
    if (!isMade) requireOwnPlace(work, work.delta.resolve(table.uri));
    return;
  }
  const relation = await found(table, input);
  if (relation === undefined) return;
  const before = work.factsOf(relation);
  await ownTable(work, session, relation);
  if (before !== undefined && work.factsOf(relation) !== before) input.moving?.(relation, before);
}

/** Words that begin the statements we know, so that a text without them isn't looked into. */
function mayConcernDelta(sql: string): boolean {
  return /\b(?:merge|update|delete|insert|truncate|optimize|reorg|vacuum|restore|convert|alter|create|replace|comment|desc|describe)\b/i.test(
    sql,
  );
}

/** What the engine may take in a way of its own is no mistake of ours, unless it is about a Delta table. */
async function parsed(sql: string, input: DeltaStatementInput): Promise<DeltaStatement | undefined> {
  const isOnlyOurs = /^\s*(?:optimize|reorg|restore|convert|desc(?:ribe)?\s+(?:history|detail))\b/i;
  try {
    return parseStatement(sql);
  } catch (error) {
    const table = statementTarget(sql);
    const isDelta = table !== undefined && (await locationOf(table, input)) !== undefined;
    if (isDelta || isOnlyOurs.test(sql)) throw error;
    return undefined;
  }
}

async function concernsDelta(statement: DeltaStatement, input: DeltaStatementInput): Promise<boolean> {
  if (statement.kind === 'convert') return true;
  if (statement.kind === 'create') {
    return (
      statement.location !== undefined ||
      statement.table.kind === 'path' ||
      (statement.spec.orReplace === true && (await locationOf(statement.table, input)) !== undefined)
    );
  }
  if (statement.kind === 'clone') return true;
  return statement.table.kind === 'path' || (await locationOf(statement.table, input)) !== undefined;
}

async function locationOf(table: TableRef, input: DeltaStatementInput): Promise<string | undefined> {
  if (table.kind === 'path') return input.work.delta.resolve(table.uri);
  const relation = await found(table, input);
  const facts = relation && input.work.factsOf(relation);
  return facts?.catalogKind === 'delta' ? (facts.location ?? undefined) : undefined;
}

function found(
  table: TableRef & { kind: 'name' },
  input: DeltaStatementInput,
): Promise<RelationName | undefined> {
  const [identifier = '', schema = '', database = ''] = [...table.parts].reverse();
  return input.find({ database, schema, identifier });
}

async function refuse(table: TableRef, doing: string, input: DeltaStatementInput): Promise<never> {
  const relation = table.kind === 'name' ? await found(table, input) : undefined;
  if (relation === undefined) throw statementErrors['unknown-table']({ name: nameText(table), known: [] });
  const facts = input.work.factsOf(relation);
  const kind = facts === undefined ? 'no Delta table' : `a ${facts.catalogKind}`;
  throw statementErrors['not-delta']({ name: nameText(table), statement: doing, kind });
}

/** The relations over the table at `uri` show what it is now; so does everything this run reads of it later. */
async function showAgain(uri: string, statement: DeltaStatement, input: DeltaStatementInput): Promise<void> {
  const { work, session } = input;
  const by = changesRows(statement) ? 'handle' : 'others';
  work.delta.forget(uri, by);
  const location = 'table' in statement ? await locationOf(statement.table, input) : undefined;
  if (location !== undefined) work.delta.forget(location, by);
  if (!('table' in statement) || statement.table.kind === 'path') return;
  const relation = await found(statement.table, input);
  const facts = relation && work.factsOf(relation);
  if (relation === undefined || facts?.catalogKind !== 'delta' || facts.location === null) return;
  const pinned = await work.delta.open(facts.location);
  await session.run(`create or replace view ${printName(relation)} as ${pinned.sql}`);
  input.moving?.(relation, facts);
  const known: RelationFacts = { ...facts, deltaVersion: pinned.version, sql: pinned.sql };
  work.note(relation, known, true);
}

/** Those that are run on the run's own handle of their table. */
function changesRows({ kind }: DeltaStatement): boolean {
  return kind === 'merge' || kind === 'update' || kind === 'delete' || kind === 'insert';
}

function nameText(table: TableRef): string {
  return table.kind === 'path' ? `delta.${quoteLiteral(table.uri)}` : table.parts.join('.');
}
