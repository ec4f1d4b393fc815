/**
 * Partition values: text in the log, typed in rows.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 */
import {
  type AddFile,
  type DataType,
  type PrimitiveName,
  parsePartitionValue,
  physicalName,
  printDataType,
  type Snapshot,
} from '../delta/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import { duckdbTypeOf } from './delta-types.ts';

/**
 * The SQL constant for a partition value as the log spells it; the empty string is null too. Pure.
 *
 * @throws delta.bad-partition-value for what isn't of the type, before the engine sees it.
 */
export function partitionLiteral(value: string | null | undefined, type: DataType): string {
  const text = partitionCastable(value, type);
  if (text === null) return `CAST(NULL AS ${duckdbTypeOf(type)})`;
  const literal = textLiteral(text);
  return type.kind === 'primitive' && type.name === 'string'
    ? literal
    : `CAST(${literal} AS ${duckdbTypeOf(type)})`;
}

/**
 * The text that the engine casts to the partition value; null for null and for the empty string. Pure.
 *
 * @throws delta.bad-partition-value
 */
export function partitionCastable(value: string | null | undefined, type: DataType): string | null {
  const parsed = parsePartitionValue(value ?? null, type);
  if (parsed === null) return null;
  if (parsed instanceof Uint8Array) return blobText(parsed);
  const text = value ?? '';
  // Without a zone it means UTC, whatever zone the session is in.
  const isInstant = type.kind === 'primitive' && type.name === 'timestamp';
  return isInstant && !hasZone(text) ? `${text}+00` : text;
}

/** `text` as SQL. A literal can't hold a zero byte, and a text can. Pure. */
export function textLiteral(text: string): string {
  return text.split('\0').map(quoteLiteral).join(' || chr(0) || ');
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

/**
 * Tells files of one partition: a text that is equal for equal values, however their writers spelled them. Pure.
 *
 * @throws delta.bad-partition-value, from what is returned
 */
export function partitionKeys({
  schema,
  metadata,
}: Pick<Snapshot, 'schema' | 'metadata'>): (file: Pick<AddFile, 'partitionValues'>) => string {
  const columns = schema.fields
    .filter(({ name }) => metadata.partitionColumns.includes(name))
    .map((field) => ({ name: physicalName(field, metadata), type: field.type }));
  return ({ partitionValues }) =>
    JSON.stringify(columns.map(({ name, type }) => keyOf(partitionValues.get(name) ?? null, type)));
}

function keyOf(text: string | null, type: DataType): string | null {
  const value = parsePartitionValue(text, type);
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (type.kind === 'decimal') return decimalKey(String(value), type.scale);
  return type.kind === 'primitive' && type.name === 'float'
    ? String(Math.fround(Number(value)))
    : String(value);
}

/** The digits of `text` at `scale`: a number without a point. */
function decimalKey(text: string, scale: number): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const zeros = Math.min(Math.max(scale + Number(exponent) - fraction.length, 0), decimalDigitsMax);
  return String(BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}${'0'.repeat(zeros)}`));
}

/** More digits no decimal has. */
const decimalDigitsMax = 38;

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

/** DuckDB's literal wants bytes beyond ASCII escaped. */
function blobText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 32 && byte < 127 && byte !== 92 && byte !== 39 && byte !== 34
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
