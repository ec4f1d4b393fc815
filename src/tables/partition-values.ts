/**
 * Partition values: text in the log, typed in rows.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 */
import { unreachable } from '../base/index.ts';
import { type DataType, deltaErrors, type PrimitiveName, printDataType } from '../delta/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import { duckdbTypeOf } from './delta-types.ts';

/** The SQL constant for a partition value as the log spells it; the empty string is null too. Pure. */
export function partitionLiteral(value: string | null | undefined, type: DataType): string {
  const duckdbType = duckdbTypeOf(type);
  if (value === null || value === undefined || value === '') return `CAST(NULL AS ${duckdbType})`;
  if (type.kind === 'decimal') return `CAST(${quoteLiteral(value)} AS ${duckdbType})`;
  if (type.kind !== 'primitive') {
    throw deltaErrors['bad-partition-value']({ value, type: printDataType(type) });
  }
  switch (type.name) {
    case 'string':
      return quoteLiteral(value);
    case 'binary':
      return `CAST(${quoteLiteral(blobText(value))} AS BLOB)`;
    case 'timestamp':
      // Without a zone it means UTC, whatever zone the session is in.
      return `CAST(${quoteLiteral(hasZone(value) ? value : `${value}+00`)} AS TIMESTAMP WITH TIME ZONE)`;
    case 'float':
    case 'double':
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
    case 'boolean':
    case 'date':
    case 'timestamp_ntz':
    case 'variant':
    case 'void':
      return `CAST(${quoteLiteral(value)} AS ${duckdbType})`;
    default:
      return unreachable(type);
  }
}

/**
 * The SQL that spells `expression`, a column of Delta's `type`, as the log wants it: a VARCHAR, null for
 * null and for the empty string. Pure.
 */
export function partitionTextSql(expression: string, type: DataType): string {
  if (type.kind !== 'primitive') return `CAST(${expression} AS VARCHAR)`;
  switch (type.name) {
    case 'string':
      return `NULLIF(${expression}, '')`;
    case 'timestamp':
      return `strftime(timezone('UTC', ${expression}), '%Y-%m-%d %H:%M:%S.%f')`;
    case 'timestamp_ntz':
      return `strftime(${expression}, '%Y-%m-%d %H:%M:%S.%f')`;
    case 'float':
    case 'double':
      return `CASE WHEN isnan(${expression}) THEN 'NaN' WHEN isinf(${expression}) THEN CASE WHEN ${expression} > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE CAST(${expression} AS VARCHAR) END`;
    case 'binary':
      return `NULLIF(decode(${expression}), '')`;
    default:
      return `CAST(${expression} AS VARCHAR)`;
  }
}

/** Why a column of `type` can't be a partition column; undefined when it can. Pure. */
export function partitionProblem(type: DataType): string | undefined {
  const name: PrimitiveName | undefined = type.kind === 'primitive' ? type.name : undefined;
  if (type.kind === 'decimal' || (name !== undefined && name !== 'variant' && name !== 'void'))
    return undefined;
  return `a ${printDataType(type)} has no text form for the log`;
}

function hasZone(text: string): boolean {
  return /(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(text.slice(10));
}

/** The characters of the log's text are the bytes; DuckDB's literal wants those beyond ASCII escaped. */
function blobText(value: string): string {
  return Array.from(new TextEncoder().encode(value), (byte) =>
    byte >= 32 && byte < 127 && byte !== 92 && byte !== 39 && byte !== 34
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
