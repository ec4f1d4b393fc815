/** The `delta.*` properties of a table that we act on, with the protocol's defaults. Pure. */
import type { Metadata } from './actions.ts';

/** Commits between checkpoints. 10 unless the table says otherwise; 0 or nonsense counts as 10. */
export function checkpointInterval(metadata: Metadata): number {
  const value = Number(metadata.configuration.get('delta.checkpointInterval') ?? defaultInterval);
  return Number.isSafeInteger(value) && value > 0 ? value : defaultInterval;
}

/** How long removed files are kept for readers of older versions, in milliseconds. A week unless given. */
export function tombstoneRetentionMs(metadata: Metadata): number {
  const text = metadata.configuration.get('delta.deletedFileRetentionDuration');
  return (text === undefined ? undefined : parseIntervalMs(text)) ?? 7 * 86_400_000;
}

/** How far back commits are kept, in milliseconds. 30 days unless given. */
export function logRetentionMs(metadata: Metadata): number {
  const text = metadata.configuration.get('delta.logRetentionDuration');
  return (text === undefined ? undefined : parseIntervalMs(text)) ?? 30 * 86_400_000;
}

/** Whether expired commits are removed when a checkpoint is written. */
export function cleansLog(metadata: Metadata): boolean {
  return metadata.configuration.get('delta.enableExpiredLogCleanup')?.trim().toLowerCase() !== 'false';
}

/** Whether the property `key` is true. */
export function isPropertyOn(metadata: Metadata, key: string): boolean {
  return metadata.configuration.get(key)?.trim().toLowerCase() === 'true';
}

/** Whether rows may only ever be added. */
export function isAppendOnly(metadata: Metadata): boolean {
  return metadata.configuration.get('delta.appendOnly')?.toLowerCase() === 'true';
}

/** Milliseconds of an interval as Delta writes it, `interval 1 week 2 days`; undefined when it isn't one. */
export function parseIntervalMs(text: string): number | undefined {
  const parts = [...text.toLowerCase().matchAll(/(\d+)\s+([a-z]+?)s?\b/g)];
  if (parts.length === 0) return undefined;
  let total = 0;
  for (const [, count, unit] of parts) {
    const unitMs = unitsMs.get(unit ?? '');
    if (unitMs === undefined) return undefined;
    total += Number(count) * unitMs;
  }
  return total;
}

const defaultInterval = 10;

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['millisecond', 1],
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 7 * 86_400_000],
]);
