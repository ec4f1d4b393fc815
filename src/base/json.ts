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
 * @throws SyntaxError as JSON.parse does, and for what is nested deeper than anything sensible: whoever walks such a
 * value, JSON.stringify first of all, would run out of stack.
 */
export function parseJson(text: string): Json {
  // So many brackets, and as many that close them.
  if (text.length > 2 * jsonDepthMax) assertDepth(text);
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

/** Levels that a value may have. */
const jsonDepthMax = 1000;

/** Cheap: looks at brackets only, skipping texts. @throws SyntaxError */
function assertDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        at = endOfText(text, at);
        break;
      }
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > jsonDepthMax) throw new SyntaxError(`JSON nested deeper than ${jsonDepthMax} levels`);
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
    }
  }
}

/** Where the text that begins at `start` ends; the end of all where its closing quote is missing. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

const bigMark = '\u{f8ff}big:';
const markedBig = /"\u{f8ff}big:(-?\d+)"/gu;
const longNumber = /\d{16}/;
const stringOrNumber = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const wholeNumber = /^-?\d+$/;
