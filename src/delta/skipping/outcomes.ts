/** SQL's three truth values, as sets of what is possible. */

/** A set of truth values, as bits. */
export type Outcomes = number;

/** The row is in. */
export const isTrue: Outcomes = 1;
/** The row is out. */
export const isFalse: Outcomes = 2;
/** The row is out, and the opposite's row is out too. */
export const isNull: Outcomes = 4;
/** Nothing is known. */
export const anything: Outcomes = isTrue | isFalse | isNull;
