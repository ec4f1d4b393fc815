/** What decides how rows become files of a table: its protocol, metadata and schema, as after the commit. */
import {
  columnMappingMode,
  type Metadata,
  type Protocol,
  physicalName,
  type StructField,
  type StructType,
  writerFeaturesOf,
} from '../../delta/index.ts';
import { tablesErrors } from '../errors.ts';

/** A table as its files have to fit it. A snapshot is one. */
export interface TableShape {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
}

/** The partition columns, in their order. Pure. */
export function partitionFields({ metadata, schema }: TableShape): StructField[] {
  return metadata.partitionColumns.flatMap((name) => {
    const found = schema.fields.find((field) => field.name === name);
    return found === undefined ? [] : [found];
  });
}

/** Whether data files hold the partition columns too. Pure. */
export function materializesPartitions({ protocol, metadata }: TableShape): boolean {
  const isOn = (key: string): boolean => metadata.configuration.get(key)?.toLowerCase() === 'true';
  if (isOn('delta.enableIcebergCompatV1') || isOn('delta.enableIcebergCompatV2')) return true;
  // The feature asks for it wherever it is listed.
  return writerFeaturesOf(protocol).includes('materializePartitionColumns');
}

/** Whether files are to say that their bounds are exact, since a deletion vector may loosen them later. Pure. */
export function saysTightBounds({ protocol }: TableShape): boolean {
  return writerFeaturesOf(protocol).includes('deletionVectors');
}

/** Names that lead to a field, as they stand in data files. Pure. */
export function physicalPath(path: readonly StructField[], { metadata }: TableShape): string[] {
  return path.map((field) => physicalName(field, metadata));
}

/** Whether fields are found in files by other names or by ids. Pure. */
export function isMapped({ metadata }: TableShape): boolean {
  return columnMappingMode(metadata) !== 'none';
}

/** The compression of data files, as DuckDB calls it. Pure. @throws tables.bad-option for a `wanted` that isn't known. */
export function compressionOf({ metadata }: TableShape, wanted?: string): string {
  const known = codecs.get(wanted?.toLowerCase() ?? '');
  if (wanted !== undefined && known === undefined) {
    const expected = [...codecs.keys()].join(', ');
    throw tablesErrors['bad-option']({ option: 'compression', value: wanted, expected });
  }
  const property = metadata.configuration.get('delta.parquet.compression.codec')?.toLowerCase();
  return known ?? codecs.get(property ?? '') ?? 'snappy';
}

const codecs: ReadonlyMap<string, string> = new Map([
  ['snappy', 'snappy'],
  ['zstd', 'zstd'],
  ['gzip', 'gzip'],
  ['lz4', 'lz4_raw'],
  ['lz4_raw', 'lz4_raw'],
  ['brotli', 'brotli'],
  ['none', 'uncompressed'],
  ['uncompressed', 'uncompressed'],
]);
