/** What a condition on one column can come to for values within bounds. */
import { unreachable } from '../../base/index.ts';
import type { StatValue } from '../stats.ts';
import { anything, isFalse, isNull, isTrue, type Outcomes } from './outcomes.ts';
import { comparePoints, type Domain, type Point, pointOf } from './points.ts';
import type { ColumnOperand, ComparisonOperator, Predicate } from './predicate.ts';

/** A condition on one column. */
export type OnColumn = Extract<Predicate, ColumnOperand>;

/** The outcomes for values from `low` to `high`, both of which may be unknown. */
export type JudgeRange = (low: Point | undefined, high: Point | undefined) => Outcomes;

/** `predicate` on values of `domain`. Pure. */
export function judgeRange(
  predicate: Exclude<OnColumn, { kind: 'is-null' }>,
  domain: Domain | undefined,
): JudgeRange {
  if (domain === undefined) return () => anything;
  switch (predicate.kind) {
    case 'compare': {
      const judged = constants(predicate.value, domain).map(
        (value): JudgeRange =>
          (low, high) =>
            compareRange(predicate.operator, low, high, value),
      );
      return anyOf(judged);
    }
    case 'between': {
      const judged = constants(predicate.low, domain).flatMap((from) =>
        constants(predicate.high, domain).map(
          (to): JudgeRange =>
            (low, high) =>
              betweenRange(low, high, from, to),
        ),
      );
      return anyOf(judged);
    }
    case 'in': {
      const points = predicate.values.map((value) => constants(value, domain));
      if (points.some((point) => point.length === 0)) return () => anything;
      return inRange(points.flat().sort(comparePoints), predicate.hasNull === true, domain);
    }
    case 'starts-with': {
      const { prefix } = predicate;
      return domain === 'text' ? (low, high) => prefixRange(low, high, prefix) : () => anything;
    }
    default:
      return unreachable(predicate);
  }
}

function anyOf(judges: readonly JudgeRange[]): JudgeRange {
  if (judges.length === 0) return () => anything;
  return (low, high) => judges.reduce((outcomes, judge) => outcomes | judge(low, high), 0);
}

/**
 * `value` as the engine may take it; none when it isn't of the domain. With a column of single precision
 * the constant is rounded to it or the column is widened, as the engine's types have it: both are tried.
 */
function constants(value: StatValue, domain: Domain): readonly Point[] {
  const point = pointOf(value, domain);
  if (point === undefined) return [];
  if (domain !== 'real' || typeof point !== 'number') return [point];
  const single = Math.fround(point);
  return Object.is(single, point) || Number.isNaN(point) ? [point] : [point, single];
}

function compareRange(
  operator: ComparisonOperator,
  low: Point | undefined,
  high: Point | undefined,
  value: Point,
): Outcomes {
  const lowSide = low === undefined ? undefined : comparePoints(low, value);
  const highSide = high === undefined ? undefined : comparePoints(high, value);
  const canBeLess = lowSide === undefined || lowSide < 0;
  const canBeMore = highSide === undefined || highSide > 0;
  const canBeEqual = (lowSide === undefined || lowSide <= 0) && (highSide === undefined || highSide >= 0);
  const where = { less: canBeLess, equal: canBeEqual, more: canBeMore };
  let outcomes = 0;
  for (const [side, can] of Object.entries(where)) {
    if (can) outcomes |= truths[operator].includes(side) ? isTrue : isFalse;
  }
  return outcomes;
}

const truths: Readonly<Record<ComparisonOperator, readonly string[]>> = {
  '=': ['equal'],
  '<>': ['less', 'more'],
  '<': ['less'],
  '<=': ['less', 'equal'],
  '>': ['more'],
  '>=': ['more', 'equal'],
};

function betweenRange(low: Point | undefined, high: Point | undefined, from: Point, to: Point): Outcomes {
  if (comparePoints(from, to) > 0) return isFalse;
  const isBelow = high !== undefined && comparePoints(high, from) < 0;
  const isAbove = low !== undefined && comparePoints(low, to) > 0;
  if (isBelow || isAbove) return isFalse;
  const isInside =
    low !== undefined && high !== undefined && comparePoints(low, from) >= 0 && comparePoints(high, to) <= 0;
  return isInside ? isTrue : isTrue | isFalse;
}

/** @param points ascending. */
function inRange(points: readonly Point[], hasNull: boolean, domain: Domain): JudgeRange {
  const otherwise = hasNull ? isNull : isFalse;
  return (low, high) => {
    const at = low === undefined ? 0 : firstFrom(points, low);
    const next = points[at];
    if (next === undefined || (high !== undefined && comparePoints(next, high) > 0)) return otherwise;
    const isOne = low !== undefined && high !== undefined && comparePoints(low, high) === 0;
    return isOne && domain !== 'real' ? isTrue : isTrue | otherwise;
  };
}

/** Index of the first of `points` that is not below `from`. */
function firstFrom(points: readonly Point[], from: Point): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePoints(points[middle] as Point, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function prefixRange(low: Point | undefined, high: Point | undefined, prefix: string): Outcomes {
  const [from, to] = [low as string | undefined, high as string | undefined];
  if (to !== undefined && comparePoints(to, prefix) < 0) return isFalse;
  if (from !== undefined && comparePoints(from, prefix) > 0 && !from.startsWith(prefix)) return isFalse;
  const isInside = from?.startsWith(prefix) === true && to?.startsWith(prefix) === true;
  return isInside ? isTrue : isTrue | isFalse;
}
