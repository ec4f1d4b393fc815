/** What is asked of a table that we wrote: every reader sees the same in it, and Spark can go on writing it. */
import { expect } from 'vitest';
import { openDeltaRelation } from '../../src/tables/index.ts';
import type { Court, Reader } from './court.ts';

/** The judges beside Spark, which reads everything. */
export type PeerName = 'delta-rs' | 'delta-rs Arrow' | 'DuckDB';

/** What is known of a table before it is judged. */
export interface Verdict {
  /** What is in it, in DuckDB's words. Only compared between readers when absent. */
  readonly wanted?: string;
  /** Peers that refuse such tables. */
  readonly refused?: readonly PeerName[];
  /** Peers that read such tables wrong, and how. */
  readonly wrong?: Partial<Record<PeerName, string>>;
  /** What Spark does then, before we and it read the table again. */
  readonly onward?: readonly string[];
  /** What is selected on our side and on Spark's, where it isn't every column. */
  readonly select?: readonly [string, string];
}

/** A mapped partition column that was renamed is null to DuckDB's delta extension. */
export const nullPartitions: Partial<Record<PeerName, string>> = {
  DuckDB: 'looks for the value under the name of now',
};

/** `$t` in statements for Spark stands for the table. */
export function onTable(table: string, statements: readonly string[]): string[] {
  return statements.map((sql) => sql.replaceAll('$t', `delta.\`${table}\``));
}

/** Reads the table with everyone, has Spark describe it and go on, and reads again. */
export async function judge(court: Court, table: string, verdict: Verdict): Promise<void> {
  const { wanted, refused = [], wrong = {}, onward, select: [mine, theirs] = ['*', '*'] } = verdict;
  const byUs = async (): Promise<string> => `SELECT ${mine} FROM (${(await openDeltaRelation(table)).sql})`;
  const bySpark = (): Promise<string> => court.sparkQuery(`SELECT ${theirs} FROM delta.\`${table}\``);

  const ours = await byUs();
  if (wanted !== undefined) await court.expectSame(ours, wanted, { reader: 'Boathouse' });
  const spark = await bySpark();
  await court.expectSame(ours, spark, { reader: 'Spark' });

  const peers: [PeerName, Reader][] = [
    ['delta-rs', court.byDeltaRs],
    ['delta-rs Arrow', court.byDeltaRsArrow],
    ['DuckDB', court.byDuckdb],
  ];
  for (const [name, reader] of peers) {
    if (refused.includes(name) || wrong[name] !== undefined) continue;
    await court.expectSame(await reader(table), spark, { types: false, reader: name });
  }

  const [latest] = await court.spark.run(...onTable(table, ['DESCRIBE HISTORY $t LIMIT 1']));
  expect(latest).toMatchObject({ version: expect.any(Number), operation: expect.any(String) });
  const [detail] = await court.spark.run(...onTable(table, ['DESCRIBE DETAIL $t']));
  expect(detail).toMatchObject({ format: 'delta', numFiles: expect.any(Number) });
  if (onward === undefined) return;
  await court.spark.run(...onTable(table, onward));
  await court.expectSame(await byUs(), await bySpark(), { reader: 'Spark, after it went on' });
}
