/** What a write finds, and what its mode makes of it before any row is asked for. */
import { isBoathouseError } from '../../base/index.ts';
import { readSnapshot, type Snapshot } from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';

/** Go on from what is there (nothing, for a new table), or leave it at that. */
export type WriteStart =
  | { readonly kind: 'go'; readonly snapshot: Snapshot | undefined }
  | { readonly kind: 'ignored'; readonly result: WriteResult };

/**
 * How a write with `options` begins.
 *
 * @throws tables.bad-option, tables.already-exists, delta.corrupt-log
 */
export async function beginWrite(storage: Storage, options: WriteOptions): Promise<WriteStart> {
  const mode = modeOf(options);
  const goesOn = mode === 'append' || mode === 'overwrite';
  const snapshot = await readIfThere(storage, goesOn ? options.readVersion : undefined);
  if (snapshot === undefined || goesOn) return { kind: 'go', snapshot };
  const { version } = snapshot;
  if (mode === 'error') throw tablesErrors['already-exists']({ table: storage.uri, version });
  const nothing = { rows: 0, filesAdded: 0, filesRemoved: 0, bytesAdded: 0 };
  return { kind: 'ignored', result: { version, kind: 'ignored', ...nothing, uri: storage.uri } };
}

/** The table, at its latest version unless one is given, or undefined when there is none. @throws delta.corrupt-log */
export async function readIfThere(storage: Storage, version?: number): Promise<Snapshot | undefined> {
  try {
    return await readSnapshot(storage, {
      rows: duckdbParquetRows,
      ...(version === undefined ? {} : { version }),
    });
  } catch (error) {
    if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
    throw error;
  }
}

/** The mode, `error` unless given. JavaScript callers may give anything. @throws tables.bad-option */
export function modeOf({ mode, schemaMode }: WriteOptions): NonNullable<WriteOptions['mode']> {
  const bad = (option: string, value: unknown, expected: string): Error =>
    tablesErrors['bad-option']({ option, value: String(value), expected });
  if (mode !== undefined && !['append', 'overwrite', 'error', 'ignore'].includes(mode)) {
    throw bad('mode', mode, 'append, overwrite, error or ignore');
  }
  if (schemaMode !== undefined && !['merge', 'overwrite'].includes(schemaMode)) {
    throw bad('schemaMode', schemaMode, 'merge or overwrite');
  }
  if (schemaMode === 'overwrite' && mode === 'append') {
    throw bad('schemaMode', schemaMode, 'merge, since mode is append; a schema is replaced with the rows');
  }
  return mode ?? 'error';
}
