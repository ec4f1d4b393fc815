/** A table in one row: DESCRIBE DETAIL. */

import { readerFeaturesOf, writerFeaturesOf } from '../../delta/index.ts';
import type { TableHandle } from '../table-handle.ts';
import { clusteringColumns } from './clustering.ts';
import { printPath } from './column-path.ts';

/** What there is to say about a table, by the names of Delta Spark's DESCRIBE DETAIL. */
export interface TableDetail {
  readonly format: 'delta';
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  /** The table's folder as a URI. */
  readonly location: string;
  readonly createdAt: Date | null;
  /** When the version was committed. */
  readonly lastModified: Date;
  readonly partitionColumns: readonly string[];
  readonly clusteringColumns: readonly string[];
  readonly numFiles: number;
  readonly sizeInBytes: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Those that a version number implies included. */
  readonly tableFeatures: readonly string[];
}

/** The state that `handle` holds, described. Costs no request. */
export async function describeDetail(handle: TableHandle): Promise<TableDetail> {
  const { snapshot } = handle;
  const { metadata, protocol } = snapshot;
  let sizeInBytes = 0;
  for (const file of snapshot.files.values()) sizeInBytes += file.sizeBytes;
  return {
    format: 'delta',
    id: metadata.id,
    name: metadata.name ?? null,
    description: metadata.description ?? null,
    location: handle.uri,
    createdAt: metadata.createdAtMs === undefined ? null : new Date(metadata.createdAtMs),
    lastModified: new Date(snapshot.timestampMs),
    partitionColumns: metadata.partitionColumns,
    clusteringColumns: (clusteringColumns(snapshot) ?? []).map(printPath),
    numFiles: snapshot.files.size,
    sizeInBytes,
    properties: Object.fromEntries(metadata.configuration),
    minReaderVersion: protocol.minReaderVersion,
    minWriterVersion: protocol.minWriterVersion,
    tableFeatures: [...new Set([...readerFeaturesOf(protocol), ...writerFeaturesOf(protocol)])].sort(),
  };
}
