/**
 * A data file's statistics: how many rows, and each column's least and greatest value and nulls.
 *
 * Statistics bound what is in a file; they need not be met. Strings are cut off and timestamps cut to
 * milliseconds, so a greatest value here is already widened to be a true bound.
 *
 * Source: Delta protocol, "Per-file Statistics".
 */
import { type Json, parseJson } from '../base/index.ts';
import type { AddFile } from './actions.ts';
import { physicalName } from './features.ts';
import type { Snapshot } from './log/snapshot.ts';
import { parseTimestampMicros } from './partition-values.ts';
import type { DataType, StructType } from './schema.ts';

/**
 * A bound. Numbers are number or bigint as they fit; decimals are their digits; dates are text;
 * timestamps are microseconds since 1970.
 */
export type StatValue = boolean | number | bigint | string;

/** What the statistics say about one column; anything may be unknown. */
export interface ColumnStats {
  readonly min: StatValue | undefined;
  readonly max: StatValue | undefined;
  readonly nullCount: number | undefined;
}

/** What the statistics say about one file. */
export interface FileStats {
  readonly rowCount: number | undefined;
  /** Whether the bounds are met by rows that aren't deleted. */
  readonly tightBounds: boolean;
  /** By the column's path in the schema as `columnKey` joins it; only columns something is known of. */
  readonly columns: ReadonlyMap<string, ColumnStats>;
}

/** A file's statistics, typed by the table's schema; undefined when it has none, or none that make sense. */
export function statsOf(snapshot: Snapshot, file: AddFile): FileStats | undefined {
  return file.stats === undefined ? undefined : parseStats(file.stats, snapshot);
}

/** Statistics in the log's JSON, typed by the table's schema; undefined when they make no sense. Pure. */
export function parseStats(
  statsText: string,
  table: Pick<Snapshot, 'schema' | 'metadata'>,
): FileStats | undefined {
  const opened = openStats(statsText, true);
  if (opened === undefined) return undefined;
  const columns = new Map<string, ColumnStats>();
  collect(table.schema, opened.members, '', table, columns);
  return { rowCount: opened.rowCount, tightBounds: opened.tightBounds, columns };
}

/** Statistics whose columns are looked up one by one: quicker than all of them when few are wanted. */
export interface OpenStats {
  readonly rowCount: number | undefined;
  readonly tightBounds: boolean;
  /** `minValues`, `maxValues` and `nullCount`. */
  readonly members: StatsMembers;
}

/** The three objects of statistics, or what one member of a struct has in them. */
export type StatsMembers = readonly [Json | undefined, Json | undefined, Json | undefined];

/**
 * The statistics in `statsText`; undefined when they make no sense. Pure.
 *
 * @param keepsDigits whether decimals are among the columns that will be asked for: a double would cost them
 * digits, and keeping these costs time.
 */
export function openStats(statsText: string, keepsDigits: boolean): OpenStats | undefined {
  let body: Json;
  try {
    body = parseJson(keepsDigits ? quoteFractions(statsText) : statsText);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const rows = body['numRecords'];
  return {
    rowCount: typeof rows === 'number' || typeof rows === 'bigint' ? Number(rows) : undefined,
    tightBounds: body['tightBounds'] !== false,
    members: [body['minValues'], body['maxValues'], body['nullCount']],
  };
}

/**
 * What `opened` says about a column of `type`; undefined when it says nothing. Pure.
 *
 * @param path physical names.
 */
export function columnStatsIn(
  opened: OpenStats,
  path: readonly string[],
  type: DataType,
): ColumnStats | undefined {
  const [low, high, nullCount] = path.reduce<StatsMembers>(membersOf, opened.members);
  const stats: ColumnStats = {
    min: parseBound(low, type, 'min'),
    max: parseBound(high, type, 'max'),
    nullCount: typeof nullCount === 'number' || typeof nullCount === 'bigint' ? Number(nullCount) : undefined,
  };
  const isKnown = stats.min !== undefined || stats.max !== undefined || stats.nullCount !== undefined;
  return isKnown ? stats : undefined;
}

function membersOf([min, max, nulls]: StatsMembers, name: string): StatsMembers {
  return [memberOf(min, name), memberOf(max, name), memberOf(nulls, name)];
}

/** A column's path as one text: names joined by dots, those that hold a dot or a backtick in backticks. Pure. */
export function columnKey(path: readonly string[]): string {
  return path.map((name) => (/[.`]/.test(name) ? `\`${name.replaceAll('`', '``')}\`` : name)).join('.');
}

function collect(
  type: StructType,
  members: StatsMembers,
  prefix: string,
  table: Pick<Snapshot, 'schema' | 'metadata'>,
  into: Map<string, ColumnStats>,
): void {
  for (const field of type.fields) {
    const name = physicalName(field, table.metadata);
    const path = prefix + columnKey([field.name]);
    if (field.type.kind === 'struct') {
      collect(field.type, membersOf(members, name), `${path}.`, table, into);
      continue;
    }
    const stats = columnStatsIn({ rowCount: undefined, tightBounds: true, members }, [name], field.type);
    if (stats !== undefined) into.set(path, stats);
  }
}

function parseBound(json: Json | undefined, type: DataType, side: 'min' | 'max'): StatValue | undefined {
  if (json === undefined || json === null) return undefined;
  if (type.kind === 'decimal') return decimalText(json);
  if (type.kind !== 'primitive') return undefined;
  switch (type.name) {
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return typeof json === 'number' || typeof json === 'bigint' ? json : undefined;
    case 'float':
    case 'double': {
      const value = Number(unmark(json));
      // NaN bounds nothing, and some writers leave it out of the greatest value.
      return Number.isNaN(value) ? undefined : value;
    }
    case 'timestamp':
    case 'timestamp_ntz': {
      const micros = typeof json === 'string' ? parseTimestampMicros(json) : undefined;
      if (micros === undefined) return undefined;
      // Without a zone an instant is of the writer's, which isn't known: a day either way covers them all.
      const slack = type.name === 'timestamp' && !hasZone(json as string) ? microsPerDay : 0n;
      // Cut to milliseconds, a greatest value is up to 999 µs too low.
      return side === 'min' ? micros - slack : micros + slack + (micros % 1000n === 0n ? 999n : 0n);
    }
    case 'date':
      return typeof json === 'string' ? json : undefined;
    case 'string':
      return typeof json === 'string' ? json : undefined;
    case 'binary':
    case 'variant':
    case 'void':
      return undefined;
  }
}

function hasZone(text: string): boolean {
  return /(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(text.slice(10));
}

const microsPerDay = 86_400_000_000n;

function decimalText(json: Json): string | undefined {
  const digits = unmark(json);
  return /^-?\d+(\.\d+)?$/.test(digits) ? digits : undefined;
}

/** A fraction as the log spelled it: a double would lose digits of a decimal, and with them rows. */
function quoteFractions(text: string): string {
  return text.replace(stringOrFraction, (token, string: string | undefined) =>
    string === undefined ? `"${mark}${token}"` : token,
  );
}

function unmark(json: Json): string {
  const text = String(json);
  return text.startsWith(mark) ? text.slice(mark.length) : text;
}

const mark = '\u{f8ff}fraction:';
const stringOrFraction = /("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/g;

function memberOf(json: Json | undefined, name: string): Json | undefined {
  return json !== undefined && isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
