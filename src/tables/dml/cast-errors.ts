/** Which value didn't fit which column: the engine names neither. */
import { isBoathouseError } from '../../base/index.ts';
import { printDataType } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import type { CastValue } from './assignments.ts';
import { dmlErrors } from './errors.ts';
import { clauseColumn } from './resolve-rows.ts';

/** The casts of one clause, and the relation whose rows they were made for. */
export interface ClauseCasts {
  readonly clause: number;
  readonly casts: readonly CastValue[];
  /** Has `clauseColumn`. */
  readonly from: string;
}

/**
 * `work`; when it fails because a value doesn't fit its column, the values are looked through for the first that
 * doesn't. Costs nothing as long as nothing fails.
 *
 * @throws tables.assignment-value
 */
export async function explainingCasts<T>(
  table: string,
  session: Session,
  clauses: readonly ClauseCasts[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBoathouseError(error, 'duckdb.conversion') && !isBoathouseError(error, 'duckdb.out-of-range'))
      throw error;
    if (session.inTransaction) throw error;
    throw (await firstMisfit(table, session, clauses)) ?? error;
  }
}

async function firstMisfit(
  table: string,
  session: Session,
  clauses: readonly ClauseCasts[],
): Promise<Error | undefined> {
  for (const { clause, casts, from } of clauses) {
    for (const { column, sql, from: type, to } of casts) {
      const isMisfit = `(${sql}\n) IS NOT NULL AND TRY_CAST((${sql}\n) AS ${duckdbTypeOf(to, column)}) IS NULL`;
      try {
        const { rows } = await session.query(
          `SELECT CAST((${sql}\n) AS VARCHAR) FROM ${from} WHERE ${clauseColumn} = ${clause} AND ${isMisfit} LIMIT 1`,
        );
        const value = rows[0]?.[0];
        if (value === undefined) continue;
        const about = { table, column, from: type, to: printDataType(to), value: `'${String(value)}'` };
        return dmlErrors['assignment-value'](about);
      } catch {
        // The value itself can't be computed: then the first error tells more than we could.
      }
    }
  }
  return undefined;
}
