/**
 * The pointer to a recent checkpoint, `_last_checkpoint`. Only a hint: it may be out of date, or wrong.
 *
 * Source: Delta protocol, "Last Checkpoint File", "Last Checkpoint File Schema".
 */
import { type Json, parseJson, printJson } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { jsonChecksum } from './json-checksum.ts';
import { lastCheckpointPath } from './log-files.ts';

/** What the pointer says of a checkpoint. */
export interface LastCheckpoint {
  readonly version: number;
  /** Actions in it. */
  readonly size: number;
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
}

/**
 * The version that `_last_checkpoint` points to, or undefined when the file is missing, makes no sense, or isn't
 * what its own checksum says. Costs one request.
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
    const text = new TextDecoder().decode(bytes);
    const body = parseJson(text);
    if (typeof body !== 'object' || body === null) return undefined;
    const { version, checksum } = body as Record<string, Json>;
    if (typeof checksum === 'string' && checksum !== jsonChecksum(text)) return undefined;
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Points at a checkpoint, unless the pointer is further on already. Costs a read and a write. */
export async function writeLastCheckpoint(storage: Storage, pointer: LastCheckpoint): Promise<void> {
  const last = await readLastCheckpoint(storage);
  if (last !== undefined && last > pointer.version) return;
  const checksum = jsonChecksum(printJson(pointer));
  await storage.put(lastCheckpointPath, new TextEncoder().encode(printJson({ ...pointer, checksum })));
}
