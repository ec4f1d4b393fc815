/**
 * Writing checkpoints: the whole state of a version, so that readers skip the commits before.
 *
 * The classic kind is one Parquet file with everything. Where the table asks for the second version
 * (`delta.checkpointPolicy` is `v2`) the files stand in sidecars of bounded size, and a manifest that is
 * written last names them.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Specs", "Checkpoint Naming Scheme".
 */
import {
  type Clock,
  isBoathouseError,
  printJson,
  type Random,
  type RetryPolicy,
  retry,
  systemRandom,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { isEnabled } from '../features.ts';
import { checkpointInterval, cleansLog } from '../table-properties.ts';
import { checkpointSchema, fileRows, fileSchema, manifestSchema, tableRows } from './checkpoint-rows.ts';
import { cleanLog } from './clean-log.ts';
import { writeLastCheckpoint } from './last-checkpoint.ts';
import { checkpointPath, manifestPath, sidecarFolder } from './log-files.ts';
import type { CheckpointRow, ParquetRows } from './parquet-rows.ts';
import type { Snapshot } from './snapshot.ts';
import { writeChecksum } from './version-checksum.ts';

/** What became of the checkpoint after a commit. None of these fails the commit. */
export type CheckpointOutcome =
  | { readonly kind: 'not-due' }
  | { readonly kind: 'written'; readonly path: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** How a checkpoint is written, where that isn't left to the table's properties. */
export interface CheckpointOptions {
  /** `v2` is for tables that have the feature. */
  readonly kind?: 'v1' | 'v2';
  /** Files in one sidecar at most. */
  readonly sidecarRowsMax?: number;
  /** Names sidecars and manifests. */
  readonly random?: Random;
}

/** A checkpoint as written. */
export interface CheckpointWritten {
  /** The file by which readers find it. */
  readonly path: string;
  /** Of all its files. */
  readonly sizeBytes: number;
  readonly sidecars: readonly string[];
}

/**
 * Writes a checkpoint when `snapshot`'s version is one of those that get one, and cleans up the log behind it
 * unless the table says otherwise. Never throws.
 */
export async function checkpointIfDue(
  storage: Storage,
  snapshot: Snapshot,
  rows: ParquetRows,
  clock: Clock,
  random: Random,
): Promise<CheckpointOutcome> {
  const isDue = snapshot.version > 0 && snapshot.version % checkpointInterval(snapshot.metadata) === 0;
  if (!isDue) return { kind: 'not-due' };
  let written: CheckpointWritten;
  try {
    const isTrouble = (error: unknown): boolean => isBoathouseError(error) && error.retryable;
    written = await retry(policy, clock, random, isTrouble, () =>
      writeCheckpoint(storage, snapshot, rows, clock.nowMs(), { random }),
    );
  } catch (error) {
    return { kind: 'failed', error };
  }
  if (cleansLog(snapshot.metadata)) {
    // The checkpoint stands. What isn't cleaned up now is cleaned up after the next one.
    await cleanLog(storage, snapshot, clock.nowMs(), { rows }).catch(() => undefined);
  }
  return { kind: 'written', path: written.path };
}

/**
 * Writes the checkpoint of `snapshot`, the version's checksum where there is none, and points
 * `_last_checkpoint` at it, unless that points further on.
 *
 * Several may write the same one at once: each writes the same state, and the last file wins. Rows are
 * made while they are written, so that a million files don't stand on the heap.
 *
 * @param nowMs decides which tombstones have expired.
 */
export async function writeCheckpoint(
  storage: Storage,
  snapshot: Snapshot,
  rows: ParquetRows,
  nowMs: number,
  options: CheckpointOptions = {},
): Promise<CheckpointWritten> {
  const kind = options.kind ?? (isEnabled(snapshot, 'v2Checkpoint') ? 'v2' : 'v1');
  const count = { adds: 0, removes: 0 };
  const table = tableRows(snapshot);
  const files = fileRows(snapshot, nowMs, count);
  let written: CheckpointWritten;
  if (kind === 'v2') written = await writeV2(storage, snapshot, rows, nowMs, options, table, files);
  else {
    const path = checkpointPath(snapshot.version);
    const { sizeBytes } = await rows.write(storage, path, checkpointSchema(snapshot), chained(table, files));
    written = { path, sizeBytes, sidecars: [] };
  }
  const pointer = {
    version: snapshot.version,
    size: table.length + count.adds + count.removes + written.sidecars.length + (kind === 'v2' ? 1 : 0),
    sizeInBytes: written.sizeBytes,
    numOfAddFiles: count.adds,
  };
  await Promise.all([writeLastCheckpoint(storage, pointer), writeChecksum(storage, snapshot)]);
  return written;
}

async function writeV2(
  storage: Storage,
  snapshot: Snapshot,
  rows: ParquetRows,
  nowMs: number,
  { sidecarRowsMax = 100_000, random = systemRandom }: CheckpointOptions,
  table: readonly CheckpointRow[],
  files: Iterator<CheckpointRow, void, undefined>,
): Promise<CheckpointWritten> {
  const sidecars: { readonly path: string; readonly sizeInBytes: number }[] = [];
  const schema = fileSchema(snapshot);
  for (let next = files.next(); !next.done; ) {
    const path = `${random.uuid()}.parquet`;
    const part = function* (): Generator<CheckpointRow, void, undefined> {
      for (let row = 0; row < sidecarRowsMax && !next.done; row += 1, next = files.next()) yield next.value;
    };
    const { sizeBytes } = await rows.write(storage, `${sidecarFolder}/${path}`, schema, part());
    sidecars.push({ path, sizeInBytes: sizeBytes });
  }
  const manifest: CheckpointRow[] = [
    { checkpointMetadata: { version: snapshot.version, tags: {} } },
    ...table,
    ...sidecars.map((sidecar) => ({ sidecar: { ...sidecar, modificationTime: nowMs, tags: {} } })),
  ];
  const ownBytes = sidecars.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  const names = sidecars.map(({ path }) => `${sidecarFolder}/${path}`);
  // Programs that don't know manifests find the classic name now and then, and see that they can't read the table.
  if (snapshot.version % (checkpointInterval(snapshot.metadata) * classicEvery) === 0) {
    const path = checkpointPath(snapshot.version);
    const { sizeBytes } = await rows.write(storage, path, manifestSchema(), manifest);
    return { path, sizeBytes: ownBytes + sizeBytes, sidecars: names };
  }
  const path = manifestPath(snapshot.version, random.uuid());
  const bytes = new TextEncoder().encode(manifest.map((row) => `${printJson(row)}\n`).join(''));
  await storage.put(path, bytes);
  return { path, sizeBytes: ownBytes + bytes.length, sidecars: names };
}

function* chained<T>(...parts: readonly Iterable<T>[]): Generator<T, void, undefined> {
  for (const part of parts) yield* part;
}

/** So often a V2 checkpoint has the classic name. */
const classicEvery = 10;

const policy: RetryPolicy = { attemptsMax: 3, delayMsMin: 20, delayMsMax: 500 };
