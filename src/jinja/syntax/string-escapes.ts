/** The escapes of a string literal, as Python reads them. */

/** The text of a literal's inside, or what is wrong with it. Unknown escapes keep their backslash. */
export function unescapeString(inside: string): { readonly text: string } | { readonly problem: string } {
  if (!inside.includes('\\')) return { text: inside };
  let text = '';
  let at = 0;
  for (;;) {
    const slash = inside.indexOf('\\', at);
    if (slash < 0) return { text: text + inside.slice(at) };
    text += inside.slice(at, slash);
    const code = inside.charAt(slash + 1);
    at = slash + 2;
    const simple = simpleEscapes[code];
    if (simple !== undefined) {
      text += simple;
    } else if (code === 'x' || code === 'u' || code === 'U') {
      const length = code === 'x' ? 2 : code === 'u' ? 4 : 8;
      const digits = /^[0-9a-fA-F]*/.exec(inside.slice(at, at + length))?.[0] ?? '';
      if (digits.length < length) return { problem: `truncated \\${code}${'X'.repeat(length)} escape` };
      const point = Number.parseInt(digits, 16);
      if (point > 0x10ffff) return { problem: 'illegal Unicode character' };
      text += String.fromCodePoint(point);
      at += length;
    } else if (code >= '0' && code <= '7') {
      const digits = /^[0-7]{1,3}/.exec(inside.slice(slash + 1))?.[0] ?? code;
      text += String.fromCodePoint(Number.parseInt(digits, 8));
      at = slash + 1 + digits.length;
    } else if (code === 'N') {
      return { problem: 'characters can not be written by name; write \\uXXXX' };
    } else if (code > '\x7f') {
      // Python reads the literal as ASCII with \x, \u and \U for the rest, so the backslash before such
      // a character swallows that escape's own backslash and its digits stay as text.
      const point = inside.codePointAt(slash + 1) ?? 0;
      const hex = point.toString(16);
      text +=
        point < 0x100
          ? `\\x${hex}`
          : point < 0x10000
            ? `\\u${hex.padStart(4, '0')}`
            : `\\U${hex.padStart(8, '0')}`;
      at = slash + 1 + (point > 0xffff ? 2 : 1);
    } else {
      text += `\\${code}`;
    }
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
