/** OPTIMIZE, REORG, VACUUM, RESTORE, DESCRIBE HISTORY and DETAIL, CONVERT. Pure. */
import { columnKey } from '../../delta/index.ts';
import { Cursor } from './cursor.ts';
import type { DeltaStatement } from './statement.ts';

/** `OPTIMIZE table [FULL] [WHERE …] [ZORDER BY (…)]`. @throws tables.bad-statement */
export function parseOptimize(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'OPTIMIZE', 'OPTIMIZE table [FULL] [WHERE condition] [ZORDER BY (column, …)]');
  at.expect('optimize');
  const table = at.table(true);
  const full = at.take('full');
  const where = at.take('where') ? at.sqlUntil('a condition', ['zorder']) : undefined;
  const zOrderBy = at.take('zorder', 'by') ? columnsOf(at) : [];
  at.end();
  return { kind: 'optimize', table, where, zOrderBy, full };
}

/** `REORG TABLE table [WHERE …] APPLY (PURGE)`. @throws tables.bad-statement */
export function parseReorg(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'REORG', 'REORG TABLE table [WHERE condition] APPLY (PURGE)');
  at.expect('reorg');
  at.take('table');
  const table = at.table(true);
  const where = at.take('where') ? at.sqlUntil('a condition', ['apply']) : undefined;
  at.expect('apply', '(', 'purge', ')');
  at.end();
  return { kind: 'purge', table, where };
}

/** `VACUUM table [FULL | LITE] [RETAIN n HOURS] [DRY RUN]`. @throws tables.bad-statement */
export function parseVacuum(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'VACUUM', 'VACUUM table [FULL | LITE] [RETAIN hours HOURS] [DRY RUN]');
  at.expect('vacuum');
  const table = at.table(true);
  let mode: 'full' | 'lite' | undefined;
  let retentionHours: number | undefined;
  let dryRun = false;
  while (!at.isDone) {
    if (at.take('full')) mode = 'full';
    else if (at.take('lite')) mode = 'lite';
    else if (at.take('dry', 'run')) dryRun = true;
    else if (at.take('retain')) {
      const token = at.next('a number of hours');
      retentionHours = Number(token.text);
      if (token.kind !== 'number') throw at.bad(`${token.text} is no number of hours`);
      if (!at.take('hours')) at.expect('hour');
    } else throw at.wrong('FULL, LITE, RETAIN or DRY RUN');
  }
  return { kind: 'vacuum', table, mode, retentionHours, dryRun };
}

/** `RESTORE [TABLE] table [TO] VERSION AS OF n | TIMESTAMP AS OF '…'`. @throws tables.bad-statement */
export function parseRestore(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'RESTORE', "RESTORE TABLE table TO VERSION AS OF n | TIMESTAMP AS OF '…'");
  at.expect('restore');
  at.take('table');
  const table = at.table(true);
  at.take('to');
  const to = at.timeTravel();
  if (to === undefined) throw at.wrong('VERSION AS OF or TIMESTAMP AS OF');
  at.end();
  return { kind: 'restore', table, to };
}

/** `DESCRIBE HISTORY table [LIMIT n]` or `DESCRIBE DETAIL table`. @throws tables.bad-statement */
export function parseDescribe(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'DESCRIBE', 'DESCRIBE HISTORY table [LIMIT n] | DESCRIBE DETAIL table');
  if (!at.take('desc')) at.expect('describe');
  if (at.take('detail')) {
    const table = at.table(true);
    at.end();
    return { kind: 'detail', table };
  }
  at.expect('history');
  const table = at.table(true);
  const limit = at.take('limit') ? at.wholeNumber('a number of versions') : undefined;
  at.end();
  return { kind: 'history', table, limit };
}

/** `CONVERT TO DELTA parquet.'path' [PARTITIONED BY (…)]`. @throws tables.bad-statement */
export function parseConvert(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'CONVERT', "CONVERT TO DELTA parquet.'path' [PARTITIONED BY (column TYPE, …)]");
  at.expect('convert', 'to', 'delta');
  at.expect('parquet', '.');
  const uri = at.next('a path').text;
  at.take('no', 'statistics');
  const partitionSchema = at.take('partitioned', 'by') ? at.parenthesised('columns') : undefined;
  at.end();
  return { kind: 'convert', uri, partitionSchema };
}

function columnsOf(at: Cursor): string[] {
  if (at.sees('(')) return at.list(() => columnKey(at.columnPath()));
  const columns = [columnKey(at.columnPath())];
  while (at.take(',')) columns.push(columnKey(at.columnPath()));
  return columns;
}
