/** Functions on columns that files can be judged through, on single values. */
import { unreachable } from '../../base/index.ts';
import { type Domain, microsPerDay, type Point } from './points.ts';
import type { Transform, TruncationUnit } from './predicate.ts';

/** Whether `transform` gives greater or equal values for greater ones. Pure. */
export function keepsOrder(transform: Transform): boolean {
  return transform.kind !== 'part' && transform.kind !== 'to-text' && transform.kind !== 'to-whole';
}

/** The domain of what `transform` gives for values of `domain`; undefined when it isn't for those. Pure. */
export function domainAfter(transform: Transform, domain: Domain): Domain | undefined {
  const isTime = domain === 'date' || domain === 'timestamp';
  switch (transform.kind) {
    case 'to-date':
      return isTime ? 'date' : undefined;
    case 'to-timestamp':
      return isTime ? 'timestamp' : undefined;
    case 'year':
    case 'part':
      return isTime ? 'number' : undefined;
    case 'truncate':
      return isTime ? domain : undefined;
    case 'to-text':
      return domain === 'text' || domain === 'number' || domain === 'date' ? 'text' : undefined;
    case 'to-whole':
      return domain === 'text' || domain === 'number' ? 'number' : undefined;
    default:
      return unreachable(transform);
  }
}

/** `point`, a value of `domain`, through `transform`; undefined when it can't be told. Pure. */
export function applyTransform(transform: Transform, point: Point, domain: Domain): Point | undefined {
  if (transform.kind === 'to-text') return domain === 'date' ? dateText(point as number) : String(point);
  if (transform.kind === 'to-whole')
    return typeof point !== 'string' ? point : /^-?\d{1,18}$/.test(point) ? BigInt(point) : undefined;
  const micros = domain === 'date' ? BigInt(point as number) * microsPerDay : (point as bigint);
  switch (transform.kind) {
    case 'to-date':
      return Number(floor(micros, microsPerDay) / microsPerDay);
    case 'to-timestamp':
      return micros;
    case 'year':
      return calendarOf(micros).year;
    case 'part': {
      const { month, day } = calendarOf(micros);
      return { quarter: Math.floor(month / 3) + 1, month: month + 1, day }[transform.part];
    }
    case 'truncate': {
      const cut = truncate(micros, transform.unit);
      return domain === 'date' ? Number(cut / microsPerDay) : cut;
    }
    default:
      return unreachable(transform);
  }
}

function dateText(days: number): string | undefined {
  const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
  return /^\d{4}-/.test(text) ? text : undefined;
}

function truncate(micros: bigint, unit: TruncationUnit): bigint {
  switch (unit) {
    case 'second':
      return floor(micros, 1_000_000n);
    case 'minute':
      return floor(micros, 60_000_000n);
    case 'hour':
      return floor(micros, 3_600_000_000n);
    case 'day':
      return floor(micros, microsPerDay);
    case 'week':
      // 1970 began on a Thursday.
      return floor(micros + 3n * microsPerDay, 7n * microsPerDay) - 3n * microsPerDay;
    case 'month':
    case 'quarter':
    case 'year': {
      const { year, month } = calendarOf(micros);
      const first = unit === 'month' ? month : unit === 'quarter' ? month - (month % 3) : 0;
      const date = new Date(0);
      date.setUTCFullYear(year, first, 1);
      return BigInt(date.getTime()) * 1000n;
    }
    default:
      return unreachable(unit);
  }
}

/** Months from 0, days from 1. */
function calendarOf(micros: bigint): { year: number; month: number; day: number } {
  const date = new Date(Number(floor(micros, microsPerDay) / 1000n));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
}

function floor(value: bigint, step: bigint): bigint {
  const rest = value % step;
  return rest < 0n ? value - rest - step : value - rest;
}
