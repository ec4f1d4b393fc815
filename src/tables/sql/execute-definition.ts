/** CREATE TABLE and ALTER TABLE, as statements. */

import type { StructType } from '../../delta/index.ts';
import { openStorage } from '../../storage/index.ts';
import type { AlterChange } from '../alter/alter-change.ts';
import { alterTable } from '../alter/alter-table.ts';
import { createTable } from '../alter/create-table.ts';
import { parseSchemaText } from '../alter/schema-text.ts';
import type { ColumnSpec } from '../alter/table-spec.ts';
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
    const changes =
      statement.columns === undefined
        ? statement.changes
        : replacedColumns(handle.snapshot.schema, parseSchemaText(statement.columns).columns);
    const { version, kind } = await alterTable(handle, changes, context.options);
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
  if (statement.columns === undefined) {
    const { uri: place, snapshot } = await TableHandle.open(uri, storageOf(context));
    const { version } = snapshot;
    return { statement: 'create', uri: place, version, changed: false, columns: [], rows: [] };
  }
  const { kind, version, handle } = await createTable(
    uri,
    { ...statement.spec, schema: statement.columns, ...storageOf(context) },
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

/** The changes that make a table's columns `columns`, in this order. Pure. */
function replacedColumns(schema: StructType, columns: readonly ColumnSpec[]): AlterChange[] {
  const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
  const dropped = schema.fields.filter(({ name }) => !columns.some((column) => isSame(column.name, name)));
  const order = schema.fields
    .map(({ name }) => name)
    .filter((name) => dropped.every((one) => one.name !== name));
  const changes = columns.flatMap((column, i): AlterChange[] => {
    const before = columns[i - 1]?.name;
    const position = before === undefined ? ('first' as const) : { after: before };
    const at = order.findIndex((name) => isSame(name, column.name));
    if (at >= 0) order.splice(at, 1);
    order.splice(i, 0, column.name);
    if (at < 0) return [{ kind: 'add-column', column, position }];
    return [
      { kind: 'change-type', column: [column.name], type: column.type },
      ...(at === i ? [] : [{ kind: 'move-column' as const, column: [column.name], position }]),
      ...(column.comment === undefined
        ? []
        : [{ kind: 'comment-column' as const, column: [column.name], comment: column.comment }]),
    ];
  });
  return [...dropped.map(({ name }): AlterChange => ({ kind: 'drop-column', column: [name] })), ...changes];
}

/** One commit, with the rows and all that is declared of the table. */
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
    ...(clusterBy === undefined ? {} : { clusterBy }),
    ...(signal === undefined ? {} : { signal }),
    ...(commitMetadata === undefined ? {} : { commitMetadata }),
    ...storageOf(context),
  });
  const { version } = written;
  const counts = countsRow({ num_affected_rows: written.rows, num_inserted_rows: written.rows });
  return { statement: 'create', uri: written.uri, version, changed: written.kind !== 'ignored', ...counts };
}

/** The storage options of a context, for an option bag. */
export function storageOf({ storageOptions }: StatementContext): {
  readonly storageOptions?: Readonly<Record<string, string>>;
} {
  return storageOptions === undefined ? {} : { storageOptions };
}
