/** JSON whose whole numbers survive: what doesn't fit a double exactly becomes a bigint, and back. */

/** A JSON value; whole numbers outside the safe range are bigints. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * The value of `text`. Whole numbers beyond 2^53 come as bigint, so that a 64-bit statistic keeps
 * its last digits. Costs what JSON.parse costs unless the text holds a run of 16 digits.
 *
 * @throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): Json {
  if (!longNumber.test(text)) return JSON.parse(text) as Json;
  const quoted = text.replace(
    stringOrNumber,
    (token, _string: string | undefined, number: string | undefined) =>
      number === undefined || !wholeNumber.test(number) || Number.isSafeInteger(Number(number))
        ? token
        : `"${bigMark}${number}"`,
  );
  return JSON.parse(quoted, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(bigMark) ? BigInt(value.slice(bigMark.length)) : value,
  ) as Json;
}

/** `value` as JSON, bigints as plain digits. Keys keep their order; undefined members are left out. */
export function printJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === 'bigint' ? `${bigMark}${member}` : member),
    indent,
  );
  return text.includes(bigMark) ? text.replace(markedBig, '$1') : text;
}

const bigMark = '\u{f8ff}big:';
const markedBig = /"\u{f8ff}big:(-?\d+)"/gu;
const longNumber = /\d{16}/;
const stringOrNumber = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const wholeNumber = /^-?\d+$/;
