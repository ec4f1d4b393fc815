/** CREATE TABLE … SHALLOW CLONE and CONVERT TO DELTA, as statements. */
import { cloneTable } from '../alter/clone-table.ts';
import { convertToDelta } from '../alter/convert-to-delta.ts';
import { TableHandle } from '../table-handle.ts';
import { storageOf } from './execute-definition.ts';
import { countsRow } from './result-rows.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/** The statements that make a table of files that are there. */
export type CopyStatement = Extract<DeltaStatement, { kind: 'clone' | 'convert' }>;

/** Runs a statement that makes a table of files that are there. @throws tables.*, delta.*, duckdb.* */
export async function executeCopy(
  statement: CopyStatement,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.kind === 'convert') return executeConvert(statement, context);
  const source = await TableHandle.open(
    await context.locate(statement.source, 'SHALLOW CLONE'),
    storageOf(context),
  );
  const { orReplace: replace, ifNotExists, properties } = statement;
  const target = await context.placeNew(statement.table, statement.location, 'SHALLOW CLONE');
  const cloned = await cloneTable(source, target, {
    ...context.options,
    ...statement.at,
    replace,
    ifNotExists,
    properties,
    ...storageOf(context),
  });
  return {
    statement: 'clone',
    uri: cloned.handle.uri,
    version: cloned.version,
    changed: cloned.kind !== 'existed',
    ...countsRow({
      source_table_size: cloned.sourceTableSize,
      source_num_of_files: cloned.sourceNumOfFiles,
      // A shallow clone copies nothing.
      num_removed_files: 0,
      num_copied_files: 0,
      removed_files_size: 0,
      copied_files_size: 0,
    }),
  };
}

async function executeConvert(
  { uri, partitionSchema }: Extract<CopyStatement, { kind: 'convert' }>,
  context: StatementContext,
): Promise<StatementResult> {
  const place = await context.placeNew({ kind: 'path', uri }, undefined, 'CONVERT TO DELTA');
  const converted = await convertToDelta(place, {
    ...context.options,
    ...(partitionSchema === undefined ? {} : { partitionSchema }),
    ...storageOf(context),
  });
  const { kind, version, handle, files, rows, bytes } = converted;
  return {
    statement: 'convert',
    uri: handle.uri,
    version,
    changed: kind === 'converted',
    ...countsRow({ num_converted_files: files, num_rows: rows, size_in_bytes: bytes }),
  };
}
