/**
 * The lines of a Delta commit: what one transaction says happened to a table.
 *
 * On disk an action is an object with one key, `{"add": {...}}`. Here it is a tagged union, so that
 * the compiler knows when a switch forgets a kind. Kinds we don't know are kept as `unknown`: the
 * protocol lets readers skip them.
 *
 * Source: Delta protocol, "Actions".
 */
import type { Json } from '../base/index.ts';

/** The values of a file's partition columns as the log spells them; null is null. Keys are physical names. */
export type PartitionValues = ReadonlyMap<string, string | null>;

/** Text by text, as in tags and table properties. */
export type TextMap = ReadonlyMap<string, string>;

/** Which rows of a data file are deleted, and where that is written. */
export interface DeletionVector {
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeBytes: number;
  readonly cardinality: number | bigint;
}

/** A data file that is in the table from this commit on. */
export interface AddFile {
  readonly kind: 'add';
  /**
   * Relative to the table's folder and decoded: what `Storage.locate` takes. A file that stands elsewhere, as
   * in a shallow clone, has its absolute URI here, still encoded: see `isAbsoluteFilePath`.
   */
  readonly path: string;
  /** The path as the log spelled it, kept so that a later `remove` spells it alike. */
  readonly logPath?: string;
  readonly partitionValues: PartitionValues;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** False when the commit only rearranges rows that were in the table before. */
  readonly dataChange: boolean;
  /** JSON text as in the log; see `parseStats`. */
  readonly stats?: string;
  readonly tags?: TextMap;
  readonly deletionVector?: DeletionVector;
  readonly baseRowId?: number | bigint;
  readonly defaultRowCommitVersion?: number | bigint;
  readonly clusteringProvider?: string;
}

/** A data file that is no longer in the table; it stays on disk for readers of older versions. */
export interface RemoveFile {
  readonly kind: 'remove';
  readonly path: string;
  readonly logPath?: string;
  readonly deletedAtMs?: number;
  readonly dataChange: boolean;
  readonly partitionValues?: PartitionValues;
  readonly sizeBytes?: number;
  readonly tags?: TextMap;
  readonly deletionVector?: DeletionVector;
  readonly baseRowId?: number | bigint;
  readonly defaultRowCommitVersion?: number | bigint;
}

/** What the table is: its schema, partition columns and properties. */
export interface Metadata {
  readonly kind: 'metadata';
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: string; readonly options: TextMap };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: TextMap;
  readonly createdAtMs?: number;
}

/** What a program must know to read or write the table. */
export interface Protocol {
  readonly kind: 'protocol';
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Only with reader version 3. */
  readonly readerFeatures?: readonly string[];
  /** Only with writer version 7. */
  readonly writerFeatures?: readonly string[];
}

/** How far an application has got: makes its writes idempotent. */
export interface Transaction {
  readonly kind: 'transaction';
  readonly appId: string;
  readonly version: number | bigint;
  readonly lastUpdatedMs?: number;
}

/** A named piece of configuration. With `removed` it says that the domain is gone. */
export interface DomainMetadata {
  readonly kind: 'domain';
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Who committed, when, and how. Free-form; ours holds a `txnId` by which a writer knows its own commit. */
export interface CommitInfo {
  readonly kind: 'commit-info';
  readonly body: Readonly<Record<string, Json>>;
}

/** A file of row-level changes, read only by readers of the change feed. It never changes data. */
export interface ChangeFile {
  readonly kind: 'change-file';
  /** As for `AddFile`. */
  readonly path: string;
  readonly logPath?: string;
  readonly partitionValues: PartitionValues;
  readonly sizeBytes: number;
  readonly tags?: TextMap;
}

/** A part of a V2 checkpoint that stands in a file of its own. */
export interface Sidecar {
  readonly kind: 'sidecar';
  /** As the log spells it; only the file's name counts. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** What one line of the log says. */
export type Action =
  | AddFile
  | RemoveFile
  | Metadata
  | Protocol
  | Transaction
  | DomainMetadata
  | CommitInfo
  | ChangeFile
  | Sidecar
  | { readonly kind: 'unknown'; readonly name: string; readonly body: Json };

/** Tells a deletion vector from others of the same file. Source: "Derived Fields". */
export function deletionVectorId(vector: DeletionVector): string {
  const id = vector.storageType + vector.pathOrInlineDv;
  return vector.offset === undefined ? id : `${id}@${vector.offset}`;
}

/** What identifies a logical file: its path, and its deletion vector when it has one. */
export function fileKey(file: AddFile | RemoveFile): string {
  return file.deletionVector ? `${file.path}\0${deletionVectorId(file.deletionVector)}` : file.path;
}

/** The action that takes `file` out of the table. */
export function removeOf(file: AddFile, deletedAtMs: number, dataChange = true): RemoveFile {
  return {
    kind: 'remove',
    path: file.path,
    ...(file.logPath === undefined ? {} : { logPath: file.logPath }),
    deletedAtMs,
    dataChange,
    partitionValues: file.partitionValues,
    sizeBytes: file.sizeBytes,
    ...(file.tags ? { tags: file.tags } : {}),
    ...(file.deletionVector ? { deletionVector: file.deletionVector } : {}),
    ...(file.baseRowId === undefined ? {} : { baseRowId: file.baseRowId }),
    ...(file.defaultRowCommitVersion === undefined
      ? {}
      : { defaultRowCommitVersion: file.defaultRowCommitVersion }),
  };
}
