/**
 * Rows of a file picked in SQL by their positions: mostly those that aren't deleted.
 *
 * A long list of positions is compared one by one by the engine, and a join with it costs a lookup a row.
 * As one string of bits, looked up by position, a million deleted rows cost little more than none.
 */
import type { RowSet } from '../../delta/index.ts';

/** Bits for the rows from `first` on: 1 is in the set. */
export interface RowBits {
  readonly first: number;
  readonly base64: string;
}

/** Some rows of a file: all but these, or only these. */
export interface PickedRows {
  readonly rows: RowSet;
  readonly keep: 'others' | 'these';
}

/** How rows are picked: by a condition, or by a join. */
export interface PickingSql {
  /** SQL of type BOOLEAN, never null; undefined when the join does it. */
  readonly condition: string | undefined;
  /** What follows the relation in FROM; empty when the condition does it. */
  readonly join: string;
}

/**
 * SQL that picks rows of one file.
 *
 * @param position SQL that gives a row's position, of type BIGINT.
 * @param charsMax for the bits, when they are larger than a list of the positions would be.
 */
export function pickingSql({ rows, keep }: PickedRows, position: string, charsMax: number): PickingSql {
  const ranges = fewRanges(rows);
  const these = keep === 'these';
  if (ranges !== undefined) {
    const within = ranges.map(({ start, end }) =>
      end - start === 1 ? `${position} = ${start}` : `${position} BETWEEN ${start} AND ${end - 1}`,
    );
    const condition = within.length === 0 ? 'false' : `(${within.join(' OR ')})`;
    return { condition: these ? condition : `NOT ${condition}`, join: '' };
  }
  if (fitsBits(rows, charsMax)) {
    const { first, base64 } = rowBits(rows);
    const bit = `get_bit(CAST(from_base64('${base64}') AS BIT), CAST(${position} - ${first} AS INTEGER))`;
    return {
      condition: `CASE WHEN ${position} BETWEEN ${first} AND ${rows.last} THEN ${bit} = ${these ? 1 : 0} ELSE ${!these} END`,
      join: '',
    };
  }
  const list = `SELECT unnest(CAST('[${rows.toArray().join(',')}]' AS BIGINT[])) AS row`;
  return {
    condition: undefined,
    join: ` ${these ? 'SEMI' : 'ANTI'} JOIN (${list}) AS picked ON ${position} = picked.row`,
  };
}

/** The same for files that are read together, each with its bits (or null) in columns `bits` and `first`. Pure. */
export function joinedPickingSql(keep: PickedRows['keep'], position: string): string {
  const bit = `get_bit(bits, CAST(${position} - first AS INTEGER))`;
  return `CASE WHEN ${position} - first BETWEEN 0 AND bit_length(bits) - 1 THEN ${bit} = ${keep === 'these' ? 1 : 0} ELSE ${keep === 'others'} END`;
}

/** Whether bits are a sensible form for `rows`. Pure. */
export function fitsBits(rows: RowSet, charsMax: number): boolean {
  const span = rows.last + 1;
  return span < spanMax && span / 6 <= Math.max(charsMax, rows.size * 12);
}

/** `rows` as bits. Only for a set that `fitsBits`, and isn't empty. Pure. */
export function rowBits(rows: RowSet): RowBits {
  const positions = rows.toArray();
  const first = positions[0] ?? 0;
  const bytes = new Uint8Array(Math.ceil((rows.last + 1 - first) / 8));
  for (const position of positions) {
    const row = position - first;
    // The engine counts bits from the left.
    bytes[row >>> 3] = (bytes[row >>> 3] ?? 0) | (0x80 >>> (row & 7));
  }
  return { first, base64: Buffer.from(bytes.buffer).toString('base64') };
}

/** The stretches of `rows`; undefined when there are many. */
function fewRanges(rows: RowSet): { readonly start: number; readonly end: number }[] | undefined {
  const ranges: { start: number; end: number }[] = [];
  for (const row of rows.toArray()) {
    const last = ranges.at(-1);
    if (last?.end === row) last.end += 1;
    else if (ranges.length === rangesMax) return undefined;
    else ranges.push({ start: row, end: row + 1 });
  }
  return ranges;
}

/** Up to so many stretches are compared one by one. */
const rangesMax = 6;

/** Positions in a string of bits are INTEGERs. */
const spanMax = 2 ** 31;
