/**
 * The batches of a microbatch model: stretches of time that are built one by one. Pure.
 *
 * All times are UTC. A batch begins at a whole hour, day, month or year and ends where the next one
 * begins. Where the user asks to start or stop in the middle of one, all of it is built, as in dbt.
 */
import { inWindow, type ManifestNode, type TimeWindow } from '../compiler/index.ts';
import { badConfig, text } from './node-config.ts';

/** A stretch of time, its end not included. */
export type Batch = TimeWindow;

/** What decides about the batches, beside the model. */
export interface BatchTimes {
  readonly now: Date;
  /** The table is there and is not built anew: only the latest batches are due. */
  readonly isIncremental: boolean;
  /** `--event-time-start` and `--event-time-end`. */
  readonly eventTimeStart: string | undefined;
  readonly eventTimeEnd: string | undefined;
  /** `--sample`, which takes the place of both. */
  readonly sample?: TimeWindow | undefined;
}

/** More than this many batches is taken for a mistake in `begin` or `batch_size`. */
const batchesMax = 100_000;

/** The batches due, oldest first. @throws targets.bad-config */
export function planBatches(node: ManifestNode, times: BatchTimes): readonly Batch[] {
  const size = sizeOf(node);
  const { sample } = times;
  const given = (key: 'event_time_start' | 'event_time_end', value: string | undefined): Date | undefined =>
    value === undefined ? undefined : parseTime(node, key, value);
  const end = ceiling(sample?.end ?? given('event_time_end', times.eventTimeEnd) ?? times.now, size);
  const asked = sample?.start ?? given('event_time_start', times.eventTimeStart);
  const batches: Batch[] = [];
  let start = firstStart(node, size, end, { ...times, asked });
  // As in dbt there is always a batch, also where it ends before it begins, and has no rows then.
  do {
    const next = shift(start, size, 1);
    batches.push({ start, end: new Date(Math.min(next.getTime(), end.getTime())) });
    start = next;
    if (batches.length > batchesMax)
      throw badConfig(node, 'begin', `asks for more than ${batchesMax} batches`);
  } while (start < end);
  return batches;
}

/** dbt's name of a batch: `2025`, `202501`, `20250131`, `20250131T09`. */
export function batchId(node: ManifestNode, batch: Batch): string {
  const digits = batch.start.toISOString().replace(/[-:]/g, '');
  return digits.slice(0, { year: 4, month: 6, day: 8, hour: 11 }[sizeOf(node)]);
}

/** Whether `field` lies in the batch, as SQL. */
export function inBatch(field: string, batch: Batch): string {
  return inWindow(field, batch);
}

/** What of the batch lies in `window`; what of it dbt reads under `--sample`. */
export function cutTo(batch: Batch, window: TimeWindow | undefined): Batch {
  if (window === undefined) return batch;
  return {
    start: new Date(Math.max(window.start.getTime(), batch.start.getTime())),
    end: new Date(Math.min(window.end.getTime(), batch.end.getTime())),
  };
}

type BatchSize = 'hour' | 'day' | 'month' | 'year';

function sizeOf(node: ManifestNode): BatchSize {
  const size = text(node, 'batch_size');
  if (size === 'hour' || size === 'day' || size === 'month' || size === 'year') return size;
  throw badConfig(node, 'batch_size', 'must be hour, day, month or year for the strategy microbatch');
}

function firstStart(
  node: ManifestNode,
  size: BatchSize,
  end: Date,
  { asked, isIncremental }: BatchTimes & { readonly asked: Date | undefined },
): Date {
  if (asked !== undefined) return floor(asked, size);
  // An end on a boundary belongs to the batch before it, which is the latest one then.
  if (isIncremental) return shift(end, size, -(Number(node.config['lookback'] ?? 1) + 1));
  const begin = node.config['begin'];
  if (begin === undefined || begin === null) {
    throw badConfig(node, 'begin', 'must be set for the strategy microbatch');
  }
  return floor(parseTime(node, 'begin', String(begin)), size);
}

function parseTime(node: ManifestNode, key: string, given: string): Date {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(given.trim())
    ? `${given.trim()}T00:00:00`
    : given.trim().replace(' ', 'T');
  const time = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(whole) ? whole : `${whole}Z`);
  if (Number.isNaN(time.getTime())) throw badConfig(node, key, `is '${given}', which is no date`);
  return time;
}

function floor(time: Date, size: BatchSize): Date {
  const [year, month, day, hour] = [
    time.getUTCFullYear(),
    time.getUTCMonth(),
    time.getUTCDate(),
    time.getUTCHours(),
  ];
  switch (size) {
    case 'hour':
      return new Date(Date.UTC(year, month, day, hour));
    case 'day':
      return new Date(Date.UTC(year, month, day));
    case 'month':
      return new Date(Date.UTC(year, month));
    case 'year':
      return new Date(Date.UTC(year, 0));
  }
}

function ceiling(time: Date, size: BatchSize): Date {
  const whole = floor(time, size);
  return whole.getTime() === time.getTime() ? whole : shift(whole, size, 1);
}

/** @param time at the beginning of a batch. */
function shift(time: Date, size: BatchSize, by: number): Date {
  const moved = new Date(time);
  if (size === 'hour') moved.setUTCHours(moved.getUTCHours() + by);
  else if (size === 'day') moved.setUTCDate(moved.getUTCDate() + by);
  else if (size === 'month') moved.setUTCMonth(moved.getUTCMonth() + by);
  else moved.setUTCFullYear(moved.getUTCFullYear() + by);
  return moved;
}
