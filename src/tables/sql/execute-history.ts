/** DESCRIBE HISTORY and DESCRIBE DETAIL, as statements: rows with Spark's columns. */
import { printJson } from '../../base/index.ts';
import { history } from '../../delta/index.ts';
import { MapValue, type SqlType, type SqlValue, scalarType, Timestamp } from '../../duckdb/index.ts';
import { describeDetail } from '../alter/describe-detail.ts';
import { TableHandle } from '../table-handle.ts';
import { storageOf } from './execute-definition.ts';
import { columnOf } from './result-rows.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/** The statements that tell about a table. */
export type HistoryStatement = Extract<DeltaStatement, { kind: 'history' | 'detail' }>;

const text = scalarType('VARCHAR');
const whole = scalarType('BIGINT');
const instant = scalarType('TIMESTAMP WITH TIME ZONE');
const texts: SqlType = { kind: 'list', element: text };
const textMap: SqlType = { kind: 'map', key: text, value: text };

/** Runs a statement that tells about a table. @throws delta.not-a-table, delta.corrupt-log */
export async function executeHistory(
  statement: HistoryStatement,
  context: StatementContext,
): Promise<StatementResult> {
  const uri = await context.locate(statement.table, `DESCRIBE ${statement.kind.toUpperCase()}`);
  const handle = await TableHandle.open(uri, storageOf(context));
  const about = {
    statement: statement.kind,
    uri: handle.uri,
    version: handle.snapshot.version,
    changed: false,
  };
  return {
    ...about,
    ...(statement.kind === 'history' ? await historyRows(handle, statement.limit) : await detailRow(handle)),
  };
}

async function historyRows(handle: TableHandle, limit: number | undefined): Promise<Rows> {
  const entries = await history(handle.storage, limit === undefined ? {} : { limit });
  return {
    columns: [
      columnOf('version', whole),
      columnOf('timestamp', instant),
      columnOf('operation', text),
      columnOf('operationParameters', textMap),
      columnOf('readVersion', whole),
      columnOf('isolationLevel', text),
      columnOf('isBlindAppend', scalarType('BOOLEAN')),
      columnOf('operationMetrics', textMap),
      columnOf('userMetadata', text),
      columnOf('engineInfo', text),
    ],
    rows: entries.map((entry) => [
      BigInt(entry.version),
      timeOf(entry.timestampMs),
      entry.operation ?? null,
      mapOf(entry.operationParameters),
      wholeOf(entry.commitInfo['readVersion']),
      textOf(entry.commitInfo['isolationLevel']),
      entry.isBlindAppend ?? null,
      mapOf(entry.operationMetrics),
      textOf(entry.commitInfo['userMetadata']),
      entry.engineInfo ?? null,
    ]),
  };
}

async function detailRow(handle: TableHandle): Promise<Rows> {
  const detail = await describeDetail(handle);
  return {
    columns: [
      columnOf('format', text),
      columnOf('id', text),
      columnOf('name', text),
      columnOf('description', text),
      columnOf('location', text),
      columnOf('createdAt', instant),
      columnOf('lastModified', instant),
      columnOf('partitionColumns', texts),
      columnOf('clusteringColumns', texts),
      columnOf('numFiles', whole),
      columnOf('sizeInBytes', whole),
      columnOf('properties', textMap),
      columnOf('minReaderVersion', scalarType('INTEGER')),
      columnOf('minWriterVersion', scalarType('INTEGER')),
      columnOf('tableFeatures', texts),
    ],
    rows: [
      [
        detail.format,
        detail.id,
        detail.name,
        detail.description,
        detail.location,
        detail.createdAt === null ? null : timeOf(detail.createdAt.getTime()),
        timeOf(detail.lastModified.getTime()),
        [...detail.partitionColumns],
        [...detail.clusteringColumns],
        BigInt(detail.numFiles),
        BigInt(detail.sizeInBytes),
        mapOf(detail.properties),
        detail.minReaderVersion,
        detail.minWriterVersion,
        [...detail.tableFeatures],
      ],
    ],
  };
}

type Rows = Pick<StatementResult, 'columns' | 'rows'>;

function timeOf(timeMs: number): SqlValue {
  return new Timestamp(BigInt(Math.floor(timeMs)) * 1000n, 'us', true);
}

/** What isn't text is its JSON, as the log has it. */
function mapOf(values: Readonly<Record<string, unknown>>): SqlValue {
  return new MapValue(Object.entries(values).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : printJson(value as Parameters<typeof printJson>[0]);
}

function wholeOf(value: unknown): bigint | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;
}
