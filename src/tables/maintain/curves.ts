/**
 * Orders that keep rows together which are close in several columns at once, as SQL.
 *
 * Each column's values become numbers by how many of all values are below them: equal shares of rows for equal
 * steps, whatever the type. The numbers of a row are then one place on a curve through all of them: by
 * interleaved bits (Z-order), or along Hilbert's curve, which never jumps.
 *
 * Source: J. Skilling, "Programming the Hilbert curve", for the latter.
 */
import { assert } from '../../base/index.ts';

/** A column, and where its values are cut into ranges. */
export interface RangedColumn {
  /** An SQL expression over the rows. */
  readonly sql: string;
  /** Its SQL type. */
  readonly type: string;
  /** Values that cut off equal shares of the rows, rising, as SQL literals of text; may repeat. */
  readonly cuts: readonly string[];
}

/** Which curve. */
export type Curve = 'z-order' | 'hilbert';

/** The place on the curve, in the rows of `curvedSql`. */
export const curveColumn = '__boathouse_curve';

/** More bits of a column's number than this tell no more apart than row groups do. */
const bitsMax = 8;

/** Rows that may well share a place. */
const rowsPerPlace = 1024;

/** Rows that may well share a column's number, so that columns which say the same don't hide behind each other. */
const rowsPerRange = 32_768;

/** Bits that a place on a curve has room for. */
const curveBits = 62;

/** More columns than this have no bit each. */
export const curveColumnsMax: number = curveBits;

/** How many bits the numbers of each of `columns` columns are to have for so many rows; each costs a comparison a row. Pure. */
export function curveBitsFor(rows: number, columns: number): number {
  const forPlaces = Math.log2(Math.max(1, rows / rowsPerPlace)) / columns;
  const forRanges = Math.log2(Math.max(1, rows / rowsPerRange));
  const wanted = Math.max(4, Math.ceil(forPlaces), Math.ceil(forRanges));
  return Math.min(wanted, bitsMax, Math.floor(curveBits / columns));
}

/** The rows of `query` with their place on the curve through `columns`, as a column more. Pure. */
export function curvedSql(
  query: string,
  columns: readonly RangedColumn[],
  curve: Curve,
  bits: number,
): string {
  assert(columns.length > 0 && bits * columns.length <= curveBits, 'a place on a curve is one number');
  if (curve === 'z-order' || columns.length === 1) {
    const parts = columns.map((column, index) =>
      rangeSql(column, bits, (range) => String(spread(range, bits, columns.length, index))),
    );
    const type = placeType(bits * columns.length);
    return `SELECT *, CAST(${parts.join(' | ')} AS ${type}) AS ${curveColumn} FROM (${query}\n)`;
  }
  return hilbertSql(query, columns, bits);
}

/** Narrow numbers are sorted faster. */
function placeType(bits: number): string {
  if (bits < 16) return 'SMALLINT';
  return bits < 32 ? 'INTEGER' : 'BIGINT';
}

/**
 * The number of the range that a column's value is in, from 0 for the lowest and for null; as a tree of
 * comparisons, so that each value is compared `bits` times at most.
 *
 * @param leaf the SQL of a range's number.
 */
export function rangeSql(column: RangedColumn, bits: number, leaf: (range: number) => string): string {
  const { cuts } = column;
  // Of equal cuts the last counts: a value that many rows have is as far along as all of them.
  const distinct = cuts.flatMap((cut, index) =>
    cut === cuts[index + 1]
      ? []
      : [{ cut, range: Math.floor(((index + 1) * 2 ** bits) / (cuts.length + 1)) }],
  );
  const tree = (low: number, high: number): string => {
    if (low >= high) return leaf(distinct[low - 1]?.range ?? 0);
    const middle = (low + high) >> 1;
    const cut = `CAST(${distinct[middle]?.cut} AS ${column.type})`;
    return `CASE WHEN ${column.sql} < ${cut} THEN ${tree(low, middle)} ELSE ${tree(middle + 1, high)} END`;
  };
  return `CASE WHEN ${column.sql} IS NULL THEN ${leaf(0)} ELSE ${tree(0, distinct.length)} END`;
}

/** `range` with its bits where they stand in a place on the Z-order curve: the first column's foremost. */
function spread(range: number, bits: number, columns: number, index: number): bigint {
  let place = 0n;
  for (let bit = 0; bit < bits; bit += 1) {
    if ((range >> bit) & 1) place |= 1n << BigInt(bit * columns + columns - 1 - index);
  }
  return place;
}

/** One step after the other as a SELECT of its own: in one, each would repeat the text of all before. */
function hilbertSql(query: string, columns: readonly RangedColumn[], bits: number): string {
  const axes = columns.map((_, index) => `__boathouse_axis_${index}`);
  const ranges = columns.map(
    (column, index) => `CAST(${rangeSql(column, bits, String)} AS INTEGER) AS ${axes[index]}`,
  );
  let sql = `SELECT *, ${ranges.join(', ')} FROM (${query}\n)`;
  for (const step of hilbertSteps(axes, bits)) {
    const replaced = step.map(([axis, value]) => `${value} AS ${axis}`);
    sql = `SELECT * REPLACE (${replaced.join(', ')}) FROM (${sql})`;
  }
  const terms: string[] = [];
  for (let bit = 0; bit < bits; bit += 1) {
    axes.forEach((axis, index) => {
      const to = bit * axes.length + axes.length - 1 - index;
      terms.push(`(CAST((${axis} >> ${bit}) & 1 AS BIGINT) << ${to})`);
    });
  }
  const place = `CAST(${terms.join(' | ')} AS ${placeType(bits * axes.length)})`;
  return `SELECT * EXCLUDE (${axes.join(', ')}), ${place} AS ${curveColumn} FROM (${sql})`;
}

type Step = readonly (readonly [axis: string, value: string])[];

/** From coordinates to the curve's index, its bits still spread over the axes. */
function hilbertSteps(axes: readonly string[], bits: number): readonly Step[] {
  const first = axes[0] as string;
  const steps: Step[] = [];
  for (let bit = bits - 1; bit > 0; bit -= 1) {
    const [own, below] = [2 ** bit, 2 ** bit - 1];
    for (const axis of axes) {
      const isSet = `(${axis} & ${own}) <> 0`;
      const exchanged = `xor(${first}, ${axis}) & ${below}`;
      steps.push(
        axis === first
          ? [[first, `CASE WHEN ${isSet} THEN xor(${first}, ${below}) ELSE ${first} END`]]
          : [
              [first, `xor(${first}, CASE WHEN ${isSet} THEN ${below} ELSE ${exchanged} END)`],
              [axis, `CASE WHEN ${isSet} THEN ${axis} ELSE xor(${axis}, ${exchanged}) END`],
            ],
      );
    }
  }
  axes.forEach((axis, index) => {
    if (index > 0) steps.push([[axis, `xor(${axis}, ${axes[index - 1]})`]]);
  });
  const last = axes.at(-1) as string;
  let turned = '0';
  for (let bit = bits - 1; bit > 0; bit -= 1) {
    turned = `xor(${turned}, CASE WHEN (${last} & ${2 ** bit}) <> 0 THEN ${2 ** bit - 1} ELSE 0 END)`;
  }
  steps.push(axes.map((axis) => [axis, `xor(${axis}, ${turned})`] as const));
  return steps;
}
