/**
 * Which files can hold rows that a condition is true for, by their partition values and statistics.
 *
 * For one file a condition comes out as the set of truth values it may have for the file's rows. Every
 * step errs on the side of more: a set may hold what no row gives, and never lacks what one does.
 */
import { unreachable } from '../../base/index.ts';
import type { AddFile } from '../actions.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { FileFacts, type JudgedTable, rangeOf, resolveColumn } from './column-range.ts';
import { anything, isFalse, isNull, isTrue, type Outcomes } from './outcomes.ts';
import { type Predicate, predicatePaths } from './predicate.ts';
import { judgeRange, type OnColumn } from './ranges.ts';

/** Whether `file` may hold a row for which `predicate` is true. Pure. */
export function mayMatch(predicate: Predicate, file: AddFile, table: JudgedTable): boolean {
  const { judge, keepsDigits } = judgeOf(predicate, table, true);
  return (judge(new FileFacts(file, keepsDigits)) & isTrue) !== 0;
}

/** Whether `predicate` is true for every row of `file`, by partition values alone: statistics aren't trusted that far. Pure. */
export function matchesWholly(predicate: Predicate, file: AddFile, table: JudgedTable): boolean {
  const { judge, keepsDigits } = judgeOf(predicate, table, false);
  return judge(new FileFacts(file, keepsDigits)) === isTrue;
}

type Judge = (file: FileFacts) => Outcomes;

/** A condition on one table's files. */
interface Judging {
  readonly schema: Snapshot['schema'];
  readonly trustsStats: boolean;
  readonly judge: Judge;
  /** Whether it asks for bounds of decimals. */
  readonly keepsDigits: boolean;
}

/** Compiled once for a table's many files. */
function judgeOf(predicate: Predicate, table: JudgedTable, trustsStats: boolean): Judging {
  const known = judges.get(predicate);
  if (known?.schema === table.schema && known.trustsStats === trustsStats) return known;
  let keepsDigits = false;
  for (const path of predicatePaths(predicate)) {
    keepsDigits ||= resolveColumn({ path }, table)?.ownDomain === 'decimal';
  }
  const judge = compile(predicate, table, trustsStats);
  const made: Judging = { schema: table.schema, trustsStats, judge, keepsDigits };
  judges.set(predicate, made);
  return made;
}

const judges = new WeakMap<Predicate, Judging>();

function compile(predicate: Predicate, table: JudgedTable, trustsStats: boolean): Judge {
  switch (predicate.kind) {
    case 'and':
    case 'or': {
      const parts = predicate.of.map((part) => compile(part, table, trustsStats));
      const isAnd = predicate.kind === 'and';
      const [start, decided] = isAnd ? [isTrue, isFalse] : [isFalse, isTrue];
      return (file) => {
        let outcomes = start;
        for (const part of parts) {
          outcomes = combine(outcomes, part(file), isAnd);
          if (outcomes === decided) break;
        }
        return outcomes;
      };
    }
    case 'not': {
      const part = compile(predicate.of, table, trustsStats);
      return (file) => {
        const outcomes = part(file);
        return (outcomes & isNull) | (outcomes & isTrue ? isFalse : 0) | (outcomes & isFalse ? isTrue : 0);
      };
    }
    case 'constant': {
      const outcome = predicate.value === null ? isNull : predicate.value ? isTrue : isFalse;
      return () => outcome;
    }
    case 'unknown':
      return () => anything;
    case 'compare':
    case 'in':
    case 'between':
    case 'is-null':
    case 'starts-with':
      return compileColumn(predicate, table, trustsStats);
    default:
      return unreachable(predicate);
  }
}

/** Every pair of values through SQL's AND or OR. */
function combine(a: Outcomes, b: Outcomes, isAnd: boolean): Outcomes {
  const [weak, strong] = isAnd ? [isTrue, isFalse] : [isFalse, isTrue];
  let outcomes = 0;
  if ((a | b) & strong) outcomes |= strong;
  if (a & weak && b & weak) outcomes |= weak;
  if ((a & isNull && b & (isNull | weak)) || (b & isNull && a & weak)) outcomes |= isNull;
  return outcomes;
}

function compileColumn(predicate: OnColumn, table: JudgedTable, trustsStats: boolean): Judge {
  const column = resolveColumn(predicate, table);
  if (column === undefined) return () => anything;
  const inside = predicate.kind === 'is-null' ? () => isFalse : judgeRange(predicate, column.domain);
  const onNull = predicate.kind === 'is-null' ? isTrue : isNull;
  return (file) => {
    const range = rangeOf(column, file, trustsStats);
    if (range === undefined) return predicate.kind === 'is-null' ? isTrue | isFalse : anything;
    let outcomes = range.hasNulls ? onNull : 0;
    if (range.hasValues) outcomes |= inside(range.low, range.high);
    // NaN is left out of bounds by some writers, and is beyond every one of them.
    if (range.hasValues && range.hasNaN) outcomes |= inside(Number.NaN, Number.NaN);
    return outcomes;
  };
}
