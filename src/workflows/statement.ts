/** Statements on Delta tables: run where the catalog's relations are known, and shown in the catalog afterwards. */
import { fileURLToPath } from 'node:url';
import {
  changesSomething,
  type DeltaStatement,
  executeStatement,
  type Progress,
  type StatementResult,
  type TableRef,
} from '../tables/index.ts';
import { workflowErrors } from './errors.ts';
import { type Cell, cellOf, type Grid } from './grid.ts';
import { publishTables, type ShownTable } from './publish-tables.ts';
import { openReader, type Reader, type ReaderOptions } from './reader.ts';

/** Where a statement runs, and who is told. */
export interface StatementOptions extends ReaderOptions {
  /** Told how far long work has got. Must not throw. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a statement did. */
export interface StatementOutcome extends Grid {
  readonly statement: DeltaStatement['kind'];
  /** The table, as a URI. */
  readonly table: string;
  /** Its version afterwards. */
  readonly version: number;
  /** Whether the statement made that version. */
  readonly changed: boolean;
  /** The catalog's new generation, when it shows the table. */
  readonly generation: number | undefined;
}

/**
 * Runs `statement`: one commit, whatever else happens. A catalog that names the table shows the new version
 * afterwards. Needs neither a project nor a catalog for tables that are named by their places.
 *
 * @throws tables.*, delta.*, duckdb.*, storage.*, catalog.*, workflows.needs-place; workflows.committed-unseen when only
 * the showing failed
 */
export async function runStatement(
  statement: DeltaStatement,
  options: StatementOptions,
): Promise<StatementOutcome> {
  const reader = await openReader({ ...options, needsCatalog: false });
  try {
    return await runStatementIn(reader, statement, options);
  } finally {
    await reader.close();
  }
}

/** As `runStatement`, with a reader that is open. */
export async function runStatementIn(
  reader: Reader,
  statement: DeltaStatement,
  options: StatementOptions & { readonly written?: string | undefined },
): Promise<StatementOutcome> {
  const { tables } = reader;
  if (changesSomething(statement) && 'table' in statement) {
    const { ownOnBranch } = await import('./branch-statement.ts');
    await ownOnBranch(tables, statement.table, {
      lockTimeoutMs: (options.lockTimeoutSeconds ?? 600) * 1000,
      signal: options.signal,
    });
  }
  // Rows that only the version in the catalog has would be gone for its readers.
  if (statement.kind === 'vacuum' && !statement.dryRun) {
    await showInCatalog(reader, await tables.locate(statement.table, 'VACUUM'), undefined, options);
  }
  const result = await executeStatement(statement, {
    session: reader.session,
    locate: (table, doing) => tables.locate(table, doing),
    placeNew: (table, location, doing) => tables.placeNew(table, location, doing),
    resolve: (sql) => reader.resolve(sql),
    written: options.written,
    storageOptions: await storageOptionsOf(statement, reader),
    options: operationOptions(options),
  });
  if (!changesSomething(statement)) return { ...outcomeOf(result), generation: undefined };
  try {
    const generation = await showInCatalog(reader, result.uri, madeBy(statement), options);
    return { ...outcomeOf(result), generation };
  } catch (cause) {
    if (!result.changed || !(cause instanceof Error)) throw cause;
    const { uri: table, version } = result;
    throw workflowErrors['committed-unseen']({ table, version, problem: cause.message }, { cause });
  }
}

/** What operations on tables take of a verb's options. */
export function operationOptions({ signal, onProgress }: StatementOptions): {
  readonly signal: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
} {
  return { signal, ...(onProgress === undefined ? {} : { onProgress }) };
}

/**
 * Has the catalog show the newest version of the table at `uri`, where it names the table, or is to.
 *
 * @param made the name under which a statement has made it.
 * @returns the new generation's number; undefined when nothing had to be published.
 */
export async function showInCatalog(
  { tables }: Reader,
  uri: string,
  made: TableRef | undefined,
  options: StatementOptions,
): Promise<number | undefined> {
  const { place } = tables;
  if (place === undefined) return undefined;
  const shown: ShownTable[] = (await tables.showing(uri)).map(({ database, schema, name, ...rest }) => ({
    database,
    schema,
    name,
    // As the catalog spells it: a run compares it with where the model is to be.
    location: rest.location ?? uri,
    known: { database, schema, name, ...rest },
  }));
  if (made?.kind === 'name' && (await tables.find(made.parts)) === undefined) {
    const [name = '', schema = place.schemas[0] ?? 'main'] = [...made.parts].reverse();
    const location = /^file:\/\//i.test(uri) ? fileURLToPath(uri) : uri;
    shown.push({ database: place.database, schema, name, location, known: undefined });
  }
  if (shown.length === 0) return undefined;
  return publishTables(place, shown, {
    lockTimeoutMs: (options.lockTimeoutSeconds ?? 600) * 1000,
    signal: options.signal,
    access: tables.access,
  });
}

/** With what the storage of the statement's tables is opened: those of one statement are of one store. */
async function storageOptionsOf(
  statement: DeltaStatement,
  { tables }: Reader,
): Promise<Readonly<Record<string, string>>> {
  if ('location' in statement && statement.location !== undefined) {
    return tables.access.optionsFor(statement.location);
  }
  if (!('table' in statement)) return {};
  const { table } = statement;
  const place = table.kind === 'path' ? table.uri : (await tables.find(table.parts))?.location;
  return place === undefined || place === null ? {} : tables.access.optionsFor(place);
}

/** The name of a table that the statement makes. */
function madeBy(statement: DeltaStatement): TableRef | undefined {
  return statement.kind === 'create' || statement.kind === 'clone' ? statement.table : undefined;
}

function outcomeOf({
  statement,
  uri,
  version,
  changed,
  columns,
  rows,
}: StatementResult): Omit<StatementOutcome, 'generation'> {
  return {
    statement,
    table: uri,
    version,
    changed,
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows.map((row): readonly Cell[] => columns.map((column, i) => cellOf(row[i] ?? null, column))),
    truncated: false,
  };
}
