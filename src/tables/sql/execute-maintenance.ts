/** OPTIMIZE, REORG, VACUUM and RESTORE, as statements: rows with Spark's columns. */
import { type SqlType, type SqlValue, StructValue, scalarType } from '../../duckdb/index.ts';
import { restoreTable } from '../alter/restore-table.ts';
import { optimize } from '../maintain/optimize.ts';
import type { FileSizes, OptimizeMetrics, OptimizeResult } from '../maintain/optimize-spec.ts';
import { purge } from '../maintain/purge.ts';
import { vacuum } from '../maintain/vacuum.ts';
import { TableHandle } from '../table-handle.ts';
import { storageOf } from './execute-definition.ts';
import { columnOf, countsRow } from './result-rows.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/** The statements that look after a table's files. */
export type MaintenanceStatement = Extract<
  DeltaStatement,
  { kind: 'optimize' | 'purge' | 'vacuum' | 'restore' }
>;

/** Runs a statement that looks after a table's files. @throws tables.*, delta.*, storage.* */
export async function executeMaintenance(
  statement: MaintenanceStatement,
  context: StatementContext,
): Promise<StatementResult> {
  const doing = statement.kind === 'purge' ? 'REORG' : statement.kind.toUpperCase();
  const uri = await context.locate(statement.table, doing);
  const handle = await TableHandle.open(uri, storageOf(context));
  const { session, options } = context;
  switch (statement.kind) {
    case 'optimize': {
      const { where, zOrderBy, full, targetSizeBytes } = statement;
      const result = await optimize(
        handle,
        session,
        {
          full,
          ...(where === undefined ? {} : { where: await context.resolve(where) }),
          ...(zOrderBy.length === 0 ? {} : { zOrderBy }),
          ...(targetSizeBytes === undefined ? {} : { targetSizeBytes }),
        },
        options,
      );
      return { statement: 'optimize', uri: handle.uri, ...optimized(handle.uri, result) };
    }
    case 'purge': {
      const { where } = statement;
      const spec = where === undefined ? {} : { where: await context.resolve(where) };
      const result = await purge(handle, session, spec, options);
      return { statement: 'purge', uri: handle.uri, ...optimized(handle.uri, result) };
    }
    case 'vacuum':
      return executeVacuum(statement, handle, context);
    case 'restore':
      return executeRestore(statement, handle, context);
  }
}

async function executeVacuum(
  { mode, retentionHours, dryRun }: Extract<MaintenanceStatement, { kind: 'vacuum' }>,
  handle: TableHandle,
  { options }: StatementContext,
): Promise<StatementResult> {
  const { version, changed, files } = await vacuum(
    handle,
    {
      dryRun,
      ...(mode === undefined ? {} : { mode }),
      ...(retentionHours === undefined ? {} : { retentionHours }),
    },
    options,
  );
  const rows = dryRun ? files.map(({ path }) => [`${handle.uri}/${path}`]) : [[handle.uri]];
  return {
    statement: 'vacuum',
    uri: handle.uri,
    version,
    changed,
    columns: [columnOf('path', scalarType('VARCHAR'))],
    rows,
  };
}

async function executeRestore(
  { to }: Extract<MaintenanceStatement, { kind: 'restore' }>,
  handle: TableHandle,
  { options }: StatementContext,
): Promise<StatementResult> {
  const restored = await restoreTable(handle, to, options);
  return {
    statement: 'restore',
    uri: handle.uri,
    version: restored.version,
    changed: restored.kind === 'restored',
    ...countsRow({
      table_size_after_restore: restored.tableSizeAfterRestore,
      num_of_files_after_restore: restored.numOfFilesAfterRestore,
      num_removed_files: restored.numRemovedFiles,
      num_restored_files: restored.numRestoredFiles,
      removed_files_size: restored.removedFilesSize,
      restored_files_size: restored.restoredFilesSize,
    }),
  };
}

const whole = scalarType('BIGINT');

const sizesType: SqlType = {
  kind: 'struct',
  members: [
    { name: 'min', type: whole },
    { name: 'max', type: whole },
    { name: 'avg', type: scalarType('DOUBLE') },
    { name: 'totalFiles', type: whole },
    { name: 'totalSize', type: whole },
  ],
};

const metricNames = [
  'numFilesAdded',
  'numFilesRemoved',
  'filesAdded',
  'filesRemoved',
  'partitionsOptimized',
  'numBatches',
  'totalConsideredFiles',
  'totalFilesSkipped',
  'numDeletionVectorsRemoved',
] as const satisfies readonly (keyof OptimizeMetrics)[];

const metricsType: SqlType = {
  kind: 'struct',
  members: metricNames.map((name) => ({
    name,
    type: name === 'filesAdded' || name === 'filesRemoved' ? sizesType : whole,
  })),
};

function optimized(
  uri: string,
  { version, changed, metrics }: OptimizeResult,
): Pick<StatementResult, 'version' | 'changed' | 'columns' | 'rows'> {
  const values = metricNames.map((name): SqlValue => {
    const metric = metrics[name];
    return typeof metric === 'number' ? BigInt(metric) : sizesValue(metric);
  });
  return {
    version,
    changed,
    columns: [columnOf('path', scalarType('VARCHAR')), columnOf('metrics', metricsType)],
    rows: [[uri, new StructValue([...metricNames], values)]],
  };
}

function sizesValue({ min, max, avg, totalFiles, totalSize }: FileSizes): SqlValue {
  return new StructValue(
    ['min', 'max', 'avg', 'totalFiles', 'totalSize'],
    [BigInt(min), BigInt(max), avg, BigInt(totalFiles), BigInt(totalSize)],
  );
}
