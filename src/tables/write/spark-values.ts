/** What a piece of a Spark SQL expression comes to: SQL of the engine's, and its type where that is known. */
import type { DataType } from '../../delta/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';

/** A piece of SQL, and what is known of its type. */
export interface SparkValue {
  readonly sql: string;
  readonly type?: DataType | undefined;
}

/** The value as `to`. Pure. @param how `CAST` or `TRY_CAST`. */
export function castValue({ sql, type: from }: SparkValue, to: DataType, how: string): SparkValue {
  const target = duckdbTypeOf(to);
  const name = to.kind === 'primitive' ? to.name : '';
  const isInstant = from?.kind === 'primitive' && from.name === 'timestamp';
  let value = sql;
  // The engine rounds where Spark cuts off.
  if (/^(?:byte|short|integer|long)$/.test(name) && isFraction(from)) value = `trunc(${sql})`;
  else if (isInstant && /^(?:date|timestamp_ntz|string)$/.test(name)) value = `timezone('UTC', ${sql})`;
  else if (isInstant && /^(?:long|double)$/.test(name))
    value = name === 'long' ? `floor(epoch(${sql}))` : `epoch(${sql})`;
  else if (name === 'timestamp' && from?.kind === 'primitive' && /^(?:date|timestamp_ntz)$/.test(from.name)) {
    value = `timezone('UTC', CAST(${sql} AS TIMESTAMP))`;
  }
  return { sql: `${how}(${value} AS ${target})`, type: to };
}

/** Whether values of the type may have digits after the point. Pure. */
export function isFraction(type: DataType | undefined): boolean {
  return type?.kind === 'decimal' || (type?.kind === 'primitive' && /^(?:float|double)$/.test(type.name));
}

/** The type of a sum and the like. Pure. */
export function wider(left: SparkValue, right: SparkValue): DataType | undefined {
  return isFraction(right.type) ? right.type : (left.type ?? right.type);
}
