/**
 * Deleted rows in SQL: a condition that keeps the others.
 *
 * A long list of positions is compared one by one by the engine, and a join with it costs a lookup a row.
 * As one string of bits, looked up by position, a million deleted rows cost little more than none.
 */
import type { RowSet } from '../../delta/index.ts';

/** Bits for the rows from `first` on: 1 is deleted. */
export interface DeletedBits {
  readonly first: number;
  readonly base64: string;
}

/** How the rows that aren't deleted are picked: as a condition, or by a join that leaves rows out. */
export interface KeptRows {
  /** SQL of type BOOLEAN, never null; undefined when the join does it. */
  readonly condition: string | undefined;
  /** What follows the relation in FROM; empty when the condition does it. */
  readonly join: string;
}

/**
 * SQL that leaves `deleted` out of the rows of one file.
 *
 * @param position SQL that gives a row's position, of type BIGINT.
 * @param charsMax for the bits, when they are larger than a list of the positions would be.
 */
export function keptRows(deleted: RowSet, position: string, charsMax: number): KeptRows {
  const ranges = deleted.ranges();
  if (ranges.length <= rangesMax) {
    const conditions = ranges.map(({ start, end }) =>
      end - start === 1 ? `${position} <> ${start}` : `${position} NOT BETWEEN ${start} AND ${end - 1}`,
    );
    return { condition: conditions.length === 0 ? 'true' : conditions.join(' AND '), join: '' };
  }
  const first = ranges[0]?.start ?? 0;
  if (fitsBits(deleted, charsMax)) {
    const { base64 } = deletedBits(deleted);
    const span = deleted.last + 1 - first;
    const bit = `get_bit(CAST(from_base64('${base64}') AS BIT), CAST(${position} - ${first} AS INTEGER))`;
    return {
      condition: `CASE WHEN ${position} BETWEEN ${first} AND ${first + span - 1} THEN ${bit} = 0 ELSE true END`,
      join: '',
    };
  }
  const rows = `SELECT unnest(CAST('[${deleted.toArray().join(',')}]' AS BIGINT[])) AS row`;
  return { condition: undefined, join: ` ANTI JOIN (${rows}) AS gone ON ${position} = gone.row` };
}

/** Whether bits are a sensible form for `deleted`. Pure. */
export function fitsBits(deleted: RowSet, charsMax: number): boolean {
  const span = deleted.last + 1;
  return span < spanMax && span / 6 <= Math.max(charsMax, deleted.size * 12);
}

/** `deleted` as bits. Only for a set that `fitsBits`, and isn't empty. Pure. */
export function deletedBits(deleted: RowSet): DeletedBits {
  const ranges = deleted.ranges();
  const first = ranges[0]?.start ?? 0;
  const bytes = new Uint8Array(Math.ceil((deleted.last + 1 - first) / 8));
  for (const { start, end } of ranges) {
    for (let row = start - first; row < end - first; row += 1) {
      // The engine counts bits from the left.
      bytes[row >>> 3] = (bytes[row >>> 3] ?? 0) | (0x80 >>> (row & 7));
    }
  }
  return { first, base64: Buffer.from(bytes).toString('base64') };
}

/** Up to so many stretches are compared one by one. */
const rangesMax = 6;

/** Positions in a string of bits are INTEGERs. */
const spanMax = 2 ** 31;
