/** A column that a condition names, and what a file's log entry says of its values. */
import type { AddFile } from '../actions.ts';
import { physicalName } from '../features.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { type PartitionValue, parsePartitionValue } from '../partition-values.ts';
import type { DataType, StructField } from '../schema.ts';
import { type ColumnStats, columnStatsIn, type OpenStats, openStats, type StatValue } from '../stats.ts';
import { comparePoints, type Domain, domainOf, type Point, pointOf } from './points.ts';
import type { ColumnOperand } from './predicate.ts';
import { applyTransform, domainAfter, keepsOrder } from './transforms.ts';

/** What a file is judged by: what the columns are, and how they are called in files. */
export type JudgedTable = Pick<Snapshot, 'schema' | 'metadata'>;

/** One file, its statistics parsed at most once. */
export class FileFacts {
  /** As in the log. */
  readonly file: AddFile;
  readonly #keepsDigits: boolean;
  #stats: OpenStats | undefined | 'unread' = 'unread';

  /** @param keepsDigits whether a decimal will be asked for. */
  constructor(file: AddFile, keepsDigits: boolean) {
    this.file = file;
    this.#keepsDigits = keepsDigits;
  }

  /** Undefined when there are none that make sense. */
  get stats(): OpenStats | undefined {
    if (this.#stats === 'unread') {
      const { stats } = this.file;
      this.#stats = stats === undefined ? undefined : openStats(stats, this.#keepsDigits);
    }
    return this.#stats;
  }
}

/** A column that a condition is about, found in the schema. */
export interface ResolvedColumn {
  /** Names in statistics. */
  readonly physicalPath: readonly string[];
  readonly type: DataType;
  /** The type's domain before and after the functions; undefined when it has none. */
  readonly ownDomain: Domain | undefined;
  readonly domain: Domain | undefined;
  readonly via: NonNullable<ColumnOperand['via']>;
  readonly isNested: boolean;
  /** The name in `partitionValues` when it is a partition column. */
  readonly partition: string | undefined;
  /** Whether bounds may have been written in single precision. */
  readonly isSingle: boolean;
}

/** The column of `table` that `operand` names; undefined when there is none. Pure. */
export function resolveColumn(operand: ColumnOperand, table: JudgedTable): ResolvedColumn | undefined {
  const names: string[] = [];
  const physicalPath: string[] = [];
  let fields: readonly StructField[] = table.schema.fields;
  let found: StructField | undefined;
  for (const name of operand.path) {
    found = fields.find((f) => f.name === name) ?? fields.find((f) => sameName(f.name, name));
    if (found === undefined) return undefined;
    names.push(found.name);
    physicalPath.push(physicalName(found, table.metadata));
    fields = found.type.kind === 'struct' ? found.type.fields : [];
  }
  if (found === undefined) return undefined;
  const isPartition =
    names.length === 1 && table.metadata.partitionColumns.some((name) => sameName(name, names[0] ?? ''));
  const ownDomain = domainOf(found.type);
  const via = operand.via ?? [];
  let domain = ownDomain;
  for (const transform of via) domain = domain === undefined ? undefined : domainAfter(transform, domain);
  const isFloat = found.type.kind === 'primitive' && found.type.name === 'float';
  return {
    physicalPath,
    type: found.type,
    ownDomain,
    domain,
    via,
    isNested: names.length > 1,
    partition: isPartition ? physicalName(found, table.metadata) : undefined,
    isSingle: isFloat || (ownDomain === 'real' && found.metadata['delta.typeChanges'] !== undefined),
  };
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What a file's values of one column are known to be like. */
export interface Range {
  readonly low: Point | undefined;
  readonly high: Point | undefined;
  readonly hasNulls: boolean;
  readonly hasValues: boolean;
  readonly hasNaN: boolean;
}

/** What is known of `column` in a file; undefined when nothing is. Pure. */
export function rangeOf(column: ResolvedColumn, facts: FileFacts, trustsStats: boolean): Range | undefined {
  const range =
    column.partition === undefined
      ? trustsStats
        ? rangeOfStats(column, facts.stats)
        : undefined
      : rangeOfConstant(column, facts.file.partitionValues.get(column.partition) ?? null);
  if (range === undefined || column.via.length === 0) return range;
  const { low, high } = range;
  const isOne = low !== undefined && high !== undefined && comparePoints(low, high) === 0;
  if (!isOne && !column.via.every(keepsOrder)) return { ...range, low: undefined, high: undefined };
  return { ...range, low: transformed(column, low), high: transformed(column, high) };
}

function rangeOfConstant(column: ResolvedColumn, text: string | null): Range | undefined {
  let value: PartitionValue;
  try {
    value = parsePartitionValue(text, column.type);
  } catch {
    // Reading the file says what is wrong with it.
    return undefined;
  }
  const isNull = value === null;
  const point = isNull || column.ownDomain === undefined ? undefined : pointOf(value, column.ownDomain);
  const [low, high] = column.isSingle ? singleBounds(point, point) : [point, point];
  return { low, high, hasNulls: isNull, hasValues: !isNull, hasNaN: false };
}

function rangeOfStats(column: ResolvedColumn, stats: OpenStats | undefined): Range | undefined {
  const known = stats && columnStatsIn(stats, column.physicalPath, column.type);
  if (stats === undefined || known === undefined) return undefined;
  let [low, high] = [boundOf(known.min, column.ownDomain), boundOf(known.max, column.ownDomain)];
  // Bounds that cross are somebody's mistake; nothing can be concluded from them.
  if (low !== undefined && high !== undefined && comparePoints(low, high) > 0) low = high = undefined;
  if (column.isSingle) [low, high] = singleBounds(low, high);
  const { hasNulls, hasValues } = nullsOf(column, known, stats.rowCount);
  return { low, high, hasNulls, hasValues, hasNaN: column.ownDomain === 'real' };
}

function nullsOf(
  column: ResolvedColumn,
  { nullCount }: ColumnStats,
  rowCount: number | undefined,
): Pick<Range, 'hasNulls' | 'hasValues'> {
  const makesSense =
    nullCount !== undefined && nullCount >= 0 && (rowCount === undefined || nullCount <= rowCount);
  if (!makesSense) return { hasNulls: true, hasValues: true };
  // Writers differ in whether a member of a struct that is null counts as null.
  const hasNulls = nullCount > 0 || column.isNested;
  return { hasNulls, hasValues: nullCount !== rowCount };
}

function boundOf(value: StatValue | undefined, domain: Domain | undefined): Point | undefined {
  return value === undefined || domain === undefined ? undefined : pointOf(value, domain);
}

/** A bound printed in single precision is read as the double next to it, on either side. */
function singleBounds(
  low: Point | undefined,
  high: Point | undefined,
): [Point | undefined, Point | undefined] {
  return [
    typeof low === 'number' ? Math.min(low, Math.fround(low)) : low,
    typeof high === 'number' ? Math.max(high, Math.fround(high)) : high,
  ];
}

function transformed(column: ResolvedColumn, point: Point | undefined): Point | undefined {
  if (point === undefined || column.ownDomain === undefined) return undefined;
  let domain: Domain | undefined = column.ownDomain;
  let value: Point | undefined = point;
  for (const transform of column.via) {
    if (domain === undefined || value === undefined) return undefined;
    value = applyTransform(transform, value, domain);
    domain = domainAfter(transform, domain);
  }
  return value;
}
