/** CREATE TABLE and ALTER TABLE, as statements. */

import { openStorage } from '../../storage/index.ts';
import { alterTable } from '../alter/alter-table.ts';
import { createTable } from '../alter/create-table.ts';
import { relationOf } from '../read/scan.ts';
import { TableHandle } from '../table-handle.ts';
import type { WriteMode } from '../write/write-options.ts';
import { writeQueryToDelta } from '../write/write-query.ts';
import { ownReads } from './own-reads.ts';
import { countsRow } from './result-rows.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/** The statements that define tables. */
export type DefinitionStatement = Extract<DeltaStatement, { kind: 'create' | 'alter' }>;

/** Runs a statement that makes or redefines a table. @throws tables.*, delta.* */
export async function executeDefinition(
  statement: DefinitionStatement,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.kind === 'alter') {
    const uri = await context.locate(statement.table, 'ALTER TABLE');
    const handle = await TableHandle.open(uri, storageOf(context));
    const { version, kind } = await alterTable(handle, statement.changes, context.options);
    return {
      statement: 'alter',
      uri: handle.uri,
      version,
      changed: kind === 'changed',
      columns: [],
      rows: [],
    };
  }
  const uri = await context.placeNew(statement.table, statement.location, 'CREATE TABLE');
  if (statement.query !== undefined) return createFromQuery(statement, statement.query, uri, context);
  const { kind, version, handle } = await createTable(
    uri,
    { ...statement.spec, schema: statement.columns ?? '', ...storageOf(context) },
    context.options,
  );
  return {
    statement: 'create',
    uri: handle.uri,
    version,
    changed: kind !== 'existed',
    columns: [],
    rows: [],
  };
}

/** One commit with the rows; clustering columns are declared by a second one. */
async function createFromQuery(
  statement: Extract<DeltaStatement, { kind: 'create' }>,
  query: string,
  uri: string,
  context: StatementContext,
): Promise<StatementResult> {
  const { orReplace, ifNotExists, partitionBy, properties, comment, clusterBy } = statement.spec;
  const mode: WriteMode = orReplace === true ? 'overwrite' : ifNotExists === true ? 'ignore' : 'error';
  const { signal, commitMetadata } = context.options;
  const own = await ownReads(query, openStorage(uri, context.storageOptions).uri, context);
  const read = own === undefined ? undefined : await TableHandle.open(uri, storageOf(context));
  const rows =
    own === undefined || read === undefined
      ? query
      : own((await relationOf(read.snapshot, read.storage)).sql);
  const written = await writeQueryToDelta(context.session, await context.resolve(rows), uri, {
    mode,
    ...(read === undefined ? {} : { readVersion: read.snapshot.version }),
    ...(mode === 'overwrite' ? { schemaMode: 'overwrite' } : {}),
    ...(partitionBy === undefined ? {} : { partitionBy }),
    ...(properties === undefined ? {} : { configuration: properties }),
    ...(comment === undefined ? {} : { description: comment }),
    ...(signal === undefined ? {} : { signal }),
    ...(commitMetadata === undefined ? {} : { commitMetadata }),
    ...storageOf(context),
  });
  let { version } = written;
  if (written.kind !== 'ignored' && clusterBy !== undefined) {
    const handle = await TableHandle.open(uri, storageOf(context));
    ({ version } = await alterTable(handle, [{ kind: 'cluster-by', columns: clusterBy }], context.options));
  }
  const counts = countsRow({ num_affected_rows: written.rows, num_inserted_rows: written.rows });
  return { statement: 'create', uri: written.uri, version, changed: written.kind !== 'ignored', ...counts };
}

/** The storage options of a context, for an option bag. */
export function storageOf({ storageOptions }: StatementContext): {
  readonly storageOptions?: Readonly<Record<string, string>>;
} {
  return storageOptions === undefined ? {} : { storageOptions };
}
