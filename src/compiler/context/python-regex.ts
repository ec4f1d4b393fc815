/**
 * Python's regular expressions as JavaScript's.
 *
 * The two languages agree on nearly all of what patterns use; this rewrites the rest: named groups,
 * flags inside the pattern, `\A` and `\Z`, possessive forms' absence, and names that JavaScript
 * doesn't take.
 *
 * Source: Python's `re` documentation, "Regular Expression Syntax".
 */
import { jinjaErrors } from '../../jinja/index.ts';

/** Python's flags by letter, as `re` numbers them. */
export const flagBits: Readonly<Record<string, number>> = { i: 2, l: 4, m: 8, s: 16, u: 32, x: 64, a: 256 };

/** A pattern ready to run. */
export interface Compiled {
  /** With the flags `d` and `g`; `lastIndex` says where to begin. */
  readonly regex: RegExp;
  readonly source: string;
  readonly flags: number;
  /** Group names by their number. */
  readonly names: ReadonlyMap<string, number>;
  readonly groupCount: number;
}

/** @throws jinja.value-error when the pattern is none. */
export function compilePattern(source: string, flags: number): Compiled {
  const known = cache.get(`${flags} ${source}`);
  if (known) return known;
  const translated = translate(source, flags);
  const letters = `dg${has(translated.flags, 'i') ? 'i' : ''}${has(translated.flags, 'm') ? 'm' : ''}${has(translated.flags, 's') ? 's' : ''}`;
  let compiled: Compiled;
  try {
    compiled = { ...translated, source, regex: new RegExp(translated.pattern, `${letters}u`) };
  } catch {
    // Without `u` JavaScript forgives needless escapes, as Python does.
    try {
      compiled = { ...translated, source, regex: new RegExp(translated.pattern, letters) };
    } catch (cause) {
      throw jinjaErrors['value-error']({ problem: `'${source}' is no regular expression` }, { cause });
    }
  }
  if (cache.size >= cacheMax) cache.clear();
  cache.set(`${flags} ${source}`, compiled);
  return compiled;
}

const cacheMax = 512;
const cache = new Map<string, Compiled>();

function has(flags: number, letter: string): boolean {
  return (flags & (flagBits[letter] ?? 0)) !== 0;
}

function translate(
  source: string,
  givenFlags: number,
): { pattern: string; flags: number; names: Map<string, number>; groupCount: number } {
  const names = new Map<string, number>();
  let flags = givenFlags;
  let pattern = '';
  let groupCount = 0;
  let inClass = false;
  let at = 0;
  // Several groups of flags may stand one after the other: `(?i)(?s)…`.
  const leading = /^(?:\(\?[aiLmsux]+\))*/.exec(source)?.[0] ?? '';
  for (const letter of leading) flags |= flagBits[letter.toLowerCase()] ?? 0;
  at = leading.length;
  const isVerbose = has(flags, 'x');
  while (at < source.length) {
    const rest = source.slice(at);
    const c = rest[0] ?? '';
    if (c === '\\') {
      const [text, length] = escaped(rest, inClass, has(flags, 'm'));
      pattern += text;
      at += length;
    } else if (inClass) {
      if (c === ']' && pattern.at(-1) !== '[' && !pattern.endsWith('[^')) inClass = false;
      // A bracket that opens or closes nothing is itself in Python.
      pattern += c === '[' || (c === ']' && inClass) ? `\\${c}` : c;
      at += 1;
    } else if (c === '[') {
      inClass = true;
      pattern += rest.startsWith('[^') ? '[^' : '[';
      at += rest.startsWith('[^') ? 2 : 1;
    } else if (c === '(') {
      const [text, length, name, captures] = group(rest);
      if (captures) groupCount += 1;
      if (name !== undefined) names.set(name, groupCount);
      pattern += text;
      at += length;
    } else if (isVerbose && /\s/.test(c)) {
      at += 1;
    } else if (isVerbose && c === '#') {
      at += (/^[^\n]*/.exec(rest)?.[0].length ?? 0) + 1;
    } else if (c === '$' && !has(flags, 'm')) {
      // Python's `$` also stands before a last line break.
      pattern += '(?=\\n?(?![\\s\\S]))';
      at += 1;
    } else if ((c === '{' && !/^\{\d*(,\d*)?\}/.test(rest)) || (c === '}' && !/\{\d*,?\d*$/.test(pattern))) {
      pattern += `\\${c}`;
      at += 1;
    } else if (c === '{' && rest.startsWith('{,')) {
      pattern += '{0,';
      at += 2;
    } else {
      pattern += c;
      at += 1;
    }
  }
  return { pattern, flags, names, groupCount };
}

/** An opening parenthesis and what belongs to it. */
function group(
  rest: string,
): readonly [text: string, length: number, name: string | undefined, captures: boolean] {
  const named = /^\(\?P<(\w+)>/.exec(rest);
  if (named) return ['(', named[0].length, named[1], true];
  const back = /^\(\?P=(\w+)\)/.exec(rest);
  if (back) return [`\\k<${back[1]}>`, back[0].length, undefined, false];
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment) return ['', comment[0].length, undefined, false];
  const scoped = /^\(\?([aiLmsux]*)(?:-([imsx]+))?:/.exec(rest);
  if (scoped) {
    const on = (scoped[1] ?? '').replace(/[^ims]/g, '');
    const off = (scoped[2] ?? '').replace(/[^ims]/g, '');
    return [
      on + off === '' ? '(?:' : `(?${on}${off === '' ? '' : `-${off}`}:`,
      scoped[0].length,
      undefined,
      false,
    ];
  }
  if (/^\(\?(<?[=!])/.test(rest)) {
    const look = /^\(\?<?[=!]/.exec(rest)?.[0] ?? '(';
    return [look, look.length, undefined, false];
  }
  const inner = /^\(\?([aiLmsux]+)\)/.exec(rest);
  if (inner) {
    throw jinjaErrors['value-error']({
      problem: 'flags in a regular expression must stand at its beginning',
    });
  }
  if (rest.startsWith('(?')) {
    throw jinjaErrors['value-error']({
      problem: `'${rest.slice(0, 4)}' in a regular expression is not supported`,
    });
  }
  return ['(', 1, undefined, true];
}

function escaped(rest: string, inClass: boolean, isMultiline: boolean): readonly [string, number] {
  const c = rest[1] ?? '';
  switch (c) {
    case 'A':
      return inClass ? ['A', 2] : [isMultiline ? '(?<![\\s\\S])' : '^', 2];
    case 'Z':
      return inClass ? ['Z', 2] : ['(?![\\s\\S])', 2];
    case 'a':
      return ['\\x07', 2];
    case 'd':
    case 'D':
    case 's':
    case 'S':
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'v':
      return [`\\${c}`, 2];
    case 'w':
      return inClass ? ['\\p{L}\\p{N}_', 2] : ['[\\p{L}\\p{N}_]', 2];
    case 'W':
      return inClass ? ['\\W', 2] : ['[^\\p{L}\\p{N}_]', 2];
    case 'b':
    case 'B':
      return [`\\${c}`, 2];
    case 'x':
    case 'u':
      return [/^\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/.exec(rest)?.[0] ?? c, /^\\x/.test(rest) ? 4 : 6];
    default:
  }
  if (/\d/.test(c)) {
    const digits = /^\\(\d{1,2})/.exec(rest)?.[1] ?? c;
    return digits.startsWith('0') ? ['\\0', 2] : [`\\${digits}`, digits.length + 1];
  }
  // JavaScript's strict mode lets only marks of syntax be escaped.
  if (/[\^$\\.*+?()[\]{}|/]/.test(c) || (c === '-' && inClass)) return [`\\${c}`, 2];
  return [c, 2];
}
