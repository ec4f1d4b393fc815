/**
 * The state of a table at one version: an immutable value, and the fold that makes it.
 *
 * Source: Delta protocol, "Action Reconciliation".
 */
import { unreachable } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  type CommitInfo,
  type DomainMetadata,
  fileKey,
  type Metadata,
  type Protocol,
  type RemoveFile,
  type Transaction,
} from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { parseSchema, type StructType } from '../schema.ts';
import type { CheckpointContent } from './checkpoint-read.ts';
import { FileSet, type LiveFiles, type Tombstones } from './file-set.ts';

/** A table at one version. */
export interface Snapshot {
  /** The table's folder, as `Storage.uri`. */
  readonly table: string;
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  /** Live files by `fileKey`: the path, when the file has no deletion vector. */
  readonly files: LiveFiles;
  /** Removed files that readers of older versions may still need, by `fileKey`. */
  readonly tombstones: Tombstones;
  readonly transactions: ReadonlyMap<string, Transaction>;
  /** Without removed ones. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** When this version was committed: the commit's own time where the table keeps it, else the file's. */
  readonly timestampMs: number;
  /** The commit's own time, when the commit has one. A later commit's must be greater. */
  readonly inCommitTimestampMs?: number;
}

/** A snapshot in the making: nothing is required of it yet. */
export interface TableState {
  protocol: Protocol | undefined;
  metadata: Metadata | undefined;
  readonly files: FileSet<AddFile>;
  readonly tombstones: FileSet<RemoveFile>;
  readonly transactions: Map<string, Transaction>;
  readonly domains: Map<string, DomainMetadata>;
  /** Of the last commit applied, if it had one. */
  commitInfo: CommitInfo | undefined;
  /** What the state started from: most commits leave the schema as it is, and needn't parse it again. */
  readonly start: Pick<Snapshot, 'metadata' | 'schema'> | undefined;
}

/** What a checkpoint says, as a state to go on from. */
export function stateOfCheckpoint(content: CheckpointContent): TableState {
  const state: TableState = {
    ...startState(),
    files: FileSet.of(content.adds),
    tombstones: FileSet.of(content.removes),
  };
  applyActions(state, content.actions);
  return state;
}

/** A state without anything, or one to go on from `snapshot` in, which stays as it is. Cheap, however many files there are. */
export function startState(snapshot?: Snapshot): TableState {
  return {
    protocol: snapshot?.protocol,
    metadata: snapshot?.metadata,
    files: snapshot ? FileSet.from(snapshot.files) : FileSet.of<AddFile>(),
    tombstones: snapshot ? FileSet.from(snapshot.tombstones) : FileSet.of<RemoveFile>(),
    transactions: new Map(snapshot?.transactions),
    domains: new Map(snapshot?.domains),
    commitInfo: undefined,
    start: snapshot,
  };
}

/** Lets `actions`, oldest first, happen to `state`, in place: a copy for each of a thousand commits would be quadratic. */
export function applyActions(state: TableState, actions: Iterable<Action>): void {
  for (const action of actions) {
    switch (action.kind) {
      case 'add': {
        const key = fileKey(action);
        state.files.set(key, action);
        state.tombstones.delete(key);
        break;
      }
      case 'remove': {
        const key = fileKey(action);
        state.files.delete(key);
        state.tombstones.set(key, action);
        break;
      }
      case 'metadata':
        state.metadata = action;
        break;
      case 'protocol':
        state.protocol = action;
        break;
      case 'transaction':
        state.transactions.set(action.appId, action);
        break;
      case 'domain':
        if (action.removed) state.domains.delete(action.domain);
        else state.domains.set(action.domain, action);
        break;
      case 'commit-info':
        state.commitInfo = action;
        break;
      case 'change-file':
      case 'sidecar':
      case 'unknown':
        break;
      default:
        unreachable(action);
    }
  }
}

/** `state` as a snapshot, or undefined while the protocol or the metadata is missing. @throws delta.bad-schema */
export function finishState(
  state: TableState,
  about: Pick<Snapshot, 'table' | 'version' | 'timestampMs' | 'inCommitTimestampMs'>,
): Snapshot | undefined {
  const { protocol, metadata, files, tombstones, transactions, domains, start } = state;
  if (!protocol || !metadata) return undefined;
  const isKnown = start !== undefined && start.metadata.schemaString === metadata.schemaString;
  const schema = isKnown ? start.schema : parseSchema(metadata.schemaString);
  for (const name of metadata.partitionColumns) {
    if (!schema.fields.some((field) => field.name === name))
      throw deltaErrors['bad-schema']({
        problem: `it has no column ${name}, by which the table is partitioned`,
      });
  }
  return { ...about, protocol, metadata, schema, files, tombstones, transactions, domains };
}
