/**
 * Checkpoints: the whole state of a table at a version, as rows of Parquet.
 *
 * V1 (one file or several parts) and V2 (with sidecars, also as JSON) are read alike: every row is an
 * action, and a sidecar is more rows.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Specs".
 */
import { printJson } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { parseAction } from '../action-json.ts';
import type { Action, AddFile, RemoveFile } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { decodeFilePath } from '../file-paths.ts';
import { isObject, MalformedAction } from '../json-members.ts';
import { inside, readActions } from './commit-file.ts';
import { type CheckpointFiles, sidecarFolder } from './log-files.ts';
import { PackedFiles } from './packed-files.ts';
import { unpackAdd, unpackRemove } from './packed-row.ts';
import type { CheckpointRow, ParquetRows } from './parquet-rows.ts';

/** The content of a checkpoint: files packed, everything else as actions. */
export interface CheckpointContent {
  readonly adds: PackedFiles<AddFile>;
  readonly removes: PackedFiles<RemoveFile>;
  /** Files too, where the checkpoint is a JSON file. */
  readonly actions: readonly Action[];
}

/**
 * A checkpoint whole, sidecars included.
 *
 * @throws delta.corrupt-log when something in it isn't an action, or a file is both live and removed;
 * whatever `rows` throws for a file that is torn.
 */
export async function readCheckpoint(
  storage: Storage,
  files: CheckpointFiles,
  rows: ParquetRows,
): Promise<CheckpointContent> {
  const adds = new PackedFiles(storage.uri, unpackAdd);
  const removes = new PackedFiles(storage.uri, unpackRemove);
  const actions: Action[] = [];
  const sidecars: string[] = [];
  const take = (action: Action): void => {
    if (action.kind === 'sidecar') sidecars.push(sidecarPath(action.path));
    else actions.push(action);
  };
  const readParquet = async (path: string): Promise<void> => {
    for await (const piece of rows.readPieces(storage, path)) {
      if (piece.kind === 'row') takeRow(piece.row, path, storage.uri, take);
      else (piece.kind === 'adds' ? adds : removes).addBlock(piece.bytes, path);
    }
  };
  for (const path of files.paths) {
    if (files.format === 'parquet') await readParquet(path);
    else for (const action of await readActions(storage, path)) take(action);
  }
  for (const path of sidecars) await readParquet(path);
  const problem = problemOf(files, actions);
  if (problem !== undefined) throw damaged(storage, files, problem);
  if (adds.size > 0) {
    for (const key of removes.keys()) if (adds.has(key)) throw damaged(storage, files, contradiction(key));
  }
  return { adds, removes, actions };
}

/** What a checkpoint must say and this one doesn't; undefined when it says it all. */
function problemOf(files: CheckpointFiles, actions: readonly Action[]): string | undefined {
  for (const kind of ['protocol', 'metadata']) {
    if (!actions.some((action) => action.kind === kind)) return `holds no ${kind}`;
  }
  for (const action of actions) {
    if (action.kind !== 'unknown' || action.name !== 'checkpointMetadata' || !isObject(action.body)) continue;
    const { version } = action.body;
    if (version !== files.version) return `says that it is of version ${printJson(version)}`;
  }
  return undefined;
}

function contradiction(key: string): string {
  return `says of ${key.split('\0', 1)[0]} both that it is in the table and that it was removed`;
}

function damaged(storage: Storage, files: CheckpointFiles, problem: string): Error {
  const [path = ''] = files.paths;
  return deltaErrors['corrupt-log'](
    { table: storage.uri, problem: `${path} ${problem}` },
    { location: { file: path } },
  );
}

function takeRow(row: CheckpointRow, path: string, table: string, take: (action: Action) => void): void {
  try {
    const action = parseAction(row);
    if (action) take(inside(action, table));
  } catch (cause) {
    if (!(cause instanceof MalformedAction)) throw cause;
    throw deltaErrors['corrupt-log'](
      { table, problem: `${path}: ${cause.message}` },
      { cause, location: { file: path } },
    );
  }
}

/** Sidecars stand in one folder; only the file's name counts, however the checkpoint spells the path. */
export function sidecarPath(logPath: string): string {
  const name = logPath.slice(logPath.lastIndexOf('/') + 1);
  return `${sidecarFolder}/${decodeFilePath(name) ?? name}`;
}
