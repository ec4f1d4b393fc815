/**
 * Inferred types meet a table's own.
 *
 * JavaScript, CSV and JSON know few types, so what was only inferred gives way to the table's: a whole
 * number read as BIGINT goes into an integer column. A value that doesn't fit fails the cast, loudly.
 * An instant and a wall-clock time meet in UTC.
 */
import type { DataType, Snapshot } from '../../delta/index.ts';
import { type Column, quoteIdentifier } from '../../duckdb/index.ts';
import { deltaTypeOf, duckdbTypeOf, sameType } from '../delta-types.ts';
import { fillsItself } from './write-schema.ts';

/** What is known about rows beside their columns. */
export interface InferredRows {
  /** Columns that never had a value, so whose type is anyone's guess. */
  readonly unknown?: ReadonlySet<string>;
  /** Whether a column that no row names means null in every row, or what the table fills it with, as in JavaScript objects. */
  readonly fillsMissing?: boolean;
}

/** `query` with its inferred columns cast to the types of `snapshot`'s where that only names them better. Pure. */
export function adaptInferred(
  query: string,
  columns: readonly Column[],
  snapshot: Snapshot,
  about: InferredRows = {},
): string {
  const types = new Map(snapshot.schema.fields.map((field) => [field.name.toLowerCase(), field.type]));
  let changed = false;
  const list = columns.map((column) => {
    const name = quoteIdentifier(column.name);
    const wanted = types.get(column.name.toLowerCase());
    types.delete(column.name.toLowerCase());
    if (wanted === undefined) return name;
    if (about.unknown?.has(column.name)) {
      changed = true;
      return `CAST(NULL AS ${duckdbTypeOf(wanted)}) AS ${name}`;
    }
    const inferred = deltaTypeOf(column.sqlType, column.name);
    if (sameType(inferred, wanted) || !givesWay(inferred, wanted)) return name;
    changed = true;
    const isInstant = inferred.kind === 'primitive' && inferred.name === 'timestamp';
    const isTime = wanted.kind === 'primitive' && /^(?:timestamp|timestamp_ntz|date)$/.test(wanted.name);
    const isWallClock = inferred.kind === 'primitive' && inferred.name === 'timestamp_ntz';
    const crosses = isTime && (isInstant || (isWallClock && wanted.name === 'timestamp'));
    if (crosses) return `CAST(timezone('UTC', ${name}) AS ${duckdbTypeOf(wanted)}) AS ${name}`;
    return `CAST(${name} AS ${duckdbTypeOf(wanted)}) AS ${name}`;
  });
  if (about.fillsMissing === true) {
    for (const field of snapshot.schema.fields) {
      const { name, type } = field;
      if (!types.has(name.toLowerCase()) || fillsItself(field)) continue;
      changed = true;
      list.push(`CAST(NULL AS ${duckdbTypeOf(type)}) AS ${quoteIdentifier(name)}`);
    }
  }
  return changed ? `SELECT ${list.join(', ')} FROM (${query}\n)` : query;
}

function givesWay(inferred: DataType, wanted: DataType): boolean {
  if (inferred.kind === 'array' && wanted.kind === 'array') {
    return (
      sameType(inferred.elementType, wanted.elementType) || givesWay(inferred.elementType, wanted.elementType)
    );
  }
  if (inferred.kind === 'struct' && wanted.kind === 'struct') {
    const members = new Map(wanted.fields.map((f) => [f.name, f.type]));
    return (
      inferred.fields.length === wanted.fields.length &&
      inferred.fields.every((f) => {
        const type = members.get(f.name);
        return type !== undefined && (sameType(f.type, type) || givesWay(f.type, type));
      })
    );
  }
  if (inferred.kind !== 'primitive') return false;
  if (wanted.kind === 'decimal') return /^(?:long|double|string)$/.test(inferred.name);
  if (wanted.kind !== 'primitive') return false;
  return (gives[inferred.name] ?? []).includes(wanted.name);
}

const gives: Readonly<Record<string, readonly string[]>> = {
  long: ['byte', 'short', 'integer', 'float', 'double'],
  double: ['float'],
  string: ['date', 'timestamp'],
  timestamp: ['timestamp_ntz', 'date'],
  timestamp_ntz: ['timestamp', 'date'],
};
