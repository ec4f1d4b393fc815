/** Functions that keep the order of dates and wall-clock times, on single values. */
import { unreachable } from '../../base/index.ts';
import { type Domain, microsPerDay, type Point } from './points.ts';
import type { Transform, TruncationUnit } from './predicate.ts';

/** The domain of what `transform` gives for values of `domain`; undefined when it isn't for those. Pure. */
export function domainAfter(transform: Transform, domain: Domain): Domain | undefined {
  if (domain !== 'date' && domain !== 'timestamp') return undefined;
  switch (transform.kind) {
    case 'to-date':
      return 'date';
    case 'to-timestamp':
      return 'timestamp';
    case 'year':
      return 'number';
    case 'truncate':
      return domain;
    default:
      return unreachable(transform);
  }
}

/** `point`, a value of `domain`, through `transform`. Pure. */
export function applyTransform(transform: Transform, point: Point, domain: Domain): Point {
  const micros = domain === 'date' ? BigInt(point as number) * microsPerDay : (point as bigint);
  switch (transform.kind) {
    case 'to-date':
      return Number(floor(micros, microsPerDay) / microsPerDay);
    case 'to-timestamp':
      return micros;
    case 'year':
      return calendarOf(micros)[0];
    case 'truncate': {
      const cut = truncate(micros, transform.unit);
      return domain === 'date' ? Number(cut / microsPerDay) : cut;
    }
    default:
      return unreachable(transform);
  }
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
      const [year, month] = calendarOf(micros);
      const first = unit === 'month' ? month : unit === 'quarter' ? month - (month % 3) : 0;
      const date = new Date(0);
      date.setUTCFullYear(year, first, 1);
      return BigInt(date.getTime()) * 1000n;
    }
    default:
      return unreachable(unit);
  }
}

/** Year, and month from 0. */
function calendarOf(micros: bigint): [number, number] {
  const date = new Date(Number(floor(micros, microsPerDay) / 1000n));
  return [date.getUTCFullYear(), date.getUTCMonth()];
}

function floor(value: bigint, step: bigint): bigint {
  const rest = value % step;
  return rest < 0n ? value - rest - step : value - rest;
}
