/**
 * Checkpoints: the whole state of a table at a version, as rows of Parquet.
 *
 * V1 (one file or several parts) and V2 (with sidecars, also as JSON) are read alike: every row is an
 * action, and a sidecar is more rows.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Specs".
 */
import { type Json, parseJson } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { parseAction } from '../action-json.ts';
import type { Action } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { MalformedAction } from '../json-members.ts';
import { inside, readActions } from './commit-file.ts';
import { type CheckpointFiles, lastCheckpointPath, logFolder } from './log-files.ts';
import type { ParquetRows } from './parquet-rows.ts';

/**
 * Every action of a checkpoint, sidecars included.
 *
 * @throws delta.corrupt-log when a row isn't an action; whatever `rows` throws for a file that is torn.
 */
export async function* readCheckpoint(
  storage: Storage,
  files: CheckpointFiles,
  rows: ParquetRows,
): AsyncIterable<Action> {
  const sidecars: string[] = [];
  for (const path of files.paths) {
    const actions =
      files.format === 'json' ? await readActions(storage, path) : readParquet(storage, path, rows);
    for await (const action of actions) {
      if (action.kind === 'sidecar') sidecars.push(sidecarPath(action.path));
      else yield action;
    }
  }
  for (const path of sidecars) yield* readParquet(storage, path, rows);
}

/**
 * The version that `_last_checkpoint` points to, or undefined when the file is missing or makes no
 * sense. Only a hint: it may be out of date, or wrong.
 */
export async function readLastCheckpoint(storage: Storage): Promise<number | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await storage.read(lastCheckpointPath);
  } catch {
    // A hint isn't worth failing for; if storage is in trouble, the listing that follows says so.
    return undefined;
  }
  try {
    const body = parseJson(new TextDecoder().decode(bytes));
    const version =
      typeof body === 'object' && body !== null ? (body as Record<string, Json>)['version'] : undefined;
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch {
    return undefined;
  }
}

async function* readParquet(storage: Storage, path: string, rows: ParquetRows): AsyncIterable<Action> {
  let row = 0;
  for await (const body of rows.read(storage, path)) {
    row += 1;
    try {
      const action = parseAction(body);
      if (action) yield inside(action, storage.uri);
    } catch (cause) {
      if (!(cause instanceof MalformedAction)) throw cause;
      throw deltaErrors['corrupt-log'](
        { table: storage.uri, problem: `${path}, row ${row}: ${cause.message}` },
        { cause, location: { file: path } },
      );
    }
  }
}

/** Sidecars stand in one folder; only the file's name counts, however the checkpoint spells the path. */
function sidecarPath(logPath: string): string {
  const name = logPath.slice(logPath.lastIndexOf('/') + 1);
  return `${logFolder}/_sidecars/${decodeURIComponent(name)}`;
}
