/**
 * Statistics and partition values as typed columns of a checkpoint, for readers that skip files without
 * parsing text.
 *
 * Source: Delta protocol, "Checkpoints" (`stats_parsed`, `partitionValues_parsed`), "Per-file Statistics". Pure.
 */
import type { Json } from '../../base/index.ts';
import type { AddFile } from '../actions.ts';
import { isSupported, physicalName } from '../features.ts';
import { parsePartitionValue } from '../partition-values.ts';
import { type DataType, field, primitive, type StructField, type StructType } from '../schema.ts';
import { columnKey, parseStats, type StatValue } from '../stats.ts';
import type { Snapshot } from './snapshot.ts';

type Table = Pick<Snapshot, 'schema' | 'metadata' | 'protocol'>;

/** The type of `stats_parsed`: bounds and null counts of the columns that statistics are kept of. */
export function statsStruct(table: Table): StructType {
  const columns = trimmed(dataFields(table), indexedColumns(table));
  const bounds = typed(columns, table, (type) => (isBounded(type) ? type : undefined));
  const nulls = typed(columns, table, () => primitive('long'));
  return {
    kind: 'struct',
    fields: [
      field('numRecords', primitive('long')),
      ...(isSupported(table.protocol, 'deletionVectors') ? [field('tightBounds', primitive('boolean'))] : []),
      ...(bounds.length > 0
        ? [
            field('minValues', { kind: 'struct', fields: bounds }),
            field('maxValues', { kind: 'struct', fields: bounds }),
          ]
        : []),
      ...(nulls.length > 0 ? [field('nullCount', { kind: 'struct', fields: nulls })] : []),
    ],
  };
}

/** A file's statistics for a column of `type`, which `statsStruct` gave; undefined when it has none that make sense. */
export function statsRow(file: AddFile, table: Table, type: StructType): Json | undefined {
  const stats = file.stats === undefined ? undefined : parseStats(file.stats, table);
  if (!stats) return undefined;
  const columns = dataFields(table);
  const of = (side: 'min' | 'max' | 'nullCount', fields: readonly StructField[] | undefined): Json =>
    fields === undefined
      ? null
      : valuesOf(columns, fields, table, '', (key, leaf) => {
          const value = stats.columns.get(key)?.[side];
          return value === undefined
            ? null
            : side === 'nullCount'
              ? (value as number)
              : boundJson(value, leaf);
        });
  const members = (name: string): readonly StructField[] | undefined => {
    const member = type.fields.find((f) => f.name === name)?.type;
    return member?.kind === 'struct' ? member.fields : undefined;
  };
  return {
    numRecords: stats.rowCount ?? null,
    tightBounds: stats.tightBounds,
    minValues: of('min', members('minValues')),
    maxValues: of('max', members('maxValues')),
    nullCount: of('nullCount', members('nullCount')),
  };
}

/** The type of `partitionValues_parsed`; undefined for a table without partitions. */
export function partitionStruct(table: Table): StructType | undefined {
  const fields = partitionFields(table).map((f) => field(physicalName(f, table.metadata), f.type));
  return fields.length === 0 ? undefined : { kind: 'struct', fields };
}

/** A file's partition values, typed; one that makes no sense is null, as the text beside it is what counts. */
export function partitionRow(file: AddFile, table: Table): Json {
  return Object.fromEntries(
    partitionFields(table).map((f) => {
      const name = physicalName(f, table.metadata);
      return [name, partitionJson(file.partitionValues.get(name) ?? null, f.type)];
    }),
  );
}

function partitionFields(table: Table): StructField[] {
  const byName = new Map(table.schema.fields.map((f) => [f.name, f]));
  return table.metadata.partitionColumns.flatMap((name) => byName.get(name) ?? []);
}

function dataFields(table: Table): readonly StructField[] {
  const partitions = new Set(table.metadata.partitionColumns);
  return table.schema.fields.filter((f) => !partitions.has(f.name));
}

/** Which leaves, by their number in the schema or by name, have statistics. */
function indexedColumns({
  metadata,
}: Table): { readonly max: number } | { readonly names: readonly string[] } {
  const named = metadata.configuration.get('delta.dataSkippingStatsColumns');
  if (named !== undefined) {
    return { names: named.split(',').map((name) => name.trim().replaceAll('`', '').toLowerCase()) };
  }
  const count = Number(metadata.configuration.get('delta.dataSkippingNumIndexedCols') ?? 32);
  return { max: Number.isSafeInteger(count) && count >= 0 ? count : Number.POSITIVE_INFINITY };
}

/** `fields` without the leaves that aren't indexed. */
function trimmed(
  fields: readonly StructField[],
  indexed: ReturnType<typeof indexedColumns>,
): readonly StructField[] {
  let left = 'max' in indexed ? indexed.max : Number.POSITIVE_INFINITY;
  const walk = (members: readonly StructField[], prefix: string): StructField[] =>
    members.flatMap((member): StructField[] => {
      const name = `${prefix}${member.name}`.toLowerCase();
      if (member.type.kind === 'struct') {
        const inner = walk(member.type.fields, `${name}.`);
        return inner.length === 0 ? [] : [{ ...member, type: { kind: 'struct', fields: inner } }];
      }
      const isNamed =
        !('names' in indexed) || indexed.names.some((n) => name === n || name.startsWith(`${n}.`));
      if (!isNamed || left <= 0) return [];
      left -= 1;
      return [member];
    });
  return walk(fields, '');
}

/** `fields` under their physical names, leaves of the type that `typeOf` gives, left out where it gives none. */
function typed(
  fields: readonly StructField[],
  table: Table,
  typeOf: (type: DataType) => DataType | undefined,
): StructField[] {
  return fields.flatMap((f): StructField[] => {
    const name = physicalName(f, table.metadata);
    if (f.type.kind !== 'struct') {
      const type = typeOf(f.type);
      return type ? [field(name, type)] : [];
    }
    const inner = typed(f.type.fields, table, typeOf);
    return inner.length === 0 ? [] : [field(name, { kind: 'struct', fields: inner })];
  });
}

function valuesOf(
  fields: readonly StructField[],
  wanted: readonly StructField[],
  table: Table,
  prefix: string,
  leafOf: (key: string, type: DataType) => Json,
): Json {
  const byName = new Map(wanted.map((f) => [f.name, f]));
  const members: [string, Json][] = [];
  for (const f of fields) {
    const name = physicalName(f, table.metadata);
    const want = byName.get(name);
    if (!want) continue;
    const key = prefix + columnKey([f.name]);
    members.push([
      name,
      f.type.kind === 'struct' && want.type.kind === 'struct'
        ? valuesOf(f.type.fields, want.type.fields, table, `${key}.`, leafOf)
        : leafOf(key, f.type),
    ]);
  }
  return Object.fromEntries(members);
}

/** Types that have a least and a greatest value which readers go by. */
function isBounded(type: DataType): boolean {
  if (type.kind === 'decimal') return true;
  return type.kind === 'primitive' && !unbounded.has(type.name);
}

const unbounded: ReadonlySet<string> = new Set(['boolean', 'binary', 'variant', 'void']);

function boundJson(value: StatValue, type: DataType): Json {
  if (type.kind === 'primitive' && (type.name === 'timestamp' || type.name === 'timestamp_ntz')) {
    return typeof value === 'bigint' ? timestampText(value, type.name) : null;
  }
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function partitionJson(text: string | null, type: DataType): Json {
  try {
    const value = parsePartitionValue(text, type);
    if (value instanceof Uint8Array) {
      return Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
    }
    if (type.kind === 'primitive' && (type.name === 'timestamp' || type.name === 'timestamp_ntz')) {
      return typeof value === 'bigint' ? timestampText(value, type.name) : null;
    }
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  } catch {
    return null;
  }
}

function timestampText(micros: bigint, type: 'timestamp' | 'timestamp_ntz'): string | null {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const date = new Date(Number((micros - rest) / 1000n));
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0) return null;
  const text = date.toISOString().slice(0, -1) + String(rest).padStart(3, '0');
  return type === 'timestamp' ? `${text}Z` : text;
}
