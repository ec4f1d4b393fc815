/** The methods of Python's str. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { characters, iterate, sliceIndices } from '../python/access.ts';
import { formatBraces } from '../python/brace-format.ts';
import { textOf, truth } from '../python/comparing.ts';
import { capitalize, casefold, swapCase, titleCase } from '../python/letter-case.ts';
import { repr } from '../python/printing.ts';
import { typeName } from '../python/type-name.ts';
import { Dict } from '../values/dict.ts';
import { Tuple } from '../values/tuple.ts';
import type { Value } from '../values/value.ts';
import { needInt, needText, needWidth } from './arguments.ts';
import { type MethodTable, method, variadic } from './method.ts';

const whitespace = '\\s\\x1c-\\x1f\\x85';

function strip(self: string, chars: Value, sides: 'both' | 'left' | 'right'): string {
  const set = chars === null ? undefined : new Set(Array.from(needText(chars)));
  const blank = new RegExp(`[${whitespace}]`, 'u');
  const drops = (char: string): boolean => (set ? set.has(char) : blank.test(char));
  const all = characters(self);
  let from = 0;
  let to = all.length;
  if (sides !== 'right') while (from < to && drops(all[from] as string)) from += 1;
  if (sides !== 'left') while (to > from && drops(all[to - 1] as string)) to -= 1;
  return typeof all === 'string' ? all.slice(from, to) : all.slice(from, to).join('');
}

function split(self: string, sep: Value, max: Value): string[] {
  const limit = needInt(max);
  if (sep === null) {
    const words: string[] = [];
    let rest = strip(self, null, 'left');
    while (rest !== '' && (limit < 0 || words.length < limit)) {
      const word = new RegExp(`^[^${whitespace}]+`, 'u').exec(rest)?.[0] ?? '';
      words.push(word);
      rest = strip(rest.slice(word.length), null, 'left');
    }
    if (rest !== '') words.push(strip(rest, null, 'right'));
    return words;
  }
  const mark = needText(sep);
  if (mark === '') throw jinjaErrors['value-error']({ problem: 'empty separator' });
  const parts = self.split(mark);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(mark)];
}

function rsplit(self: string, sep: Value, max: Value): string[] {
  const limit = needInt(max);
  if (limit < 0) return split(self, sep, -1);
  if (sep === null) {
    const words: string[] = [];
    let rest = strip(self, null, 'right');
    while (rest !== '' && words.length < limit) {
      const word = new RegExp(`[^${whitespace}]+$`, 'u').exec(rest)?.[0] ?? '';
      words.unshift(word);
      rest = strip(rest.slice(0, rest.length - word.length), null, 'right');
    }
    if (rest !== '') words.unshift(strip(rest, null, 'left'));
    return words;
  }
  const parts = split(self, sep, -1);
  if (parts.length <= limit + 1) return parts;
  const mark = needText(sep);
  return [parts.slice(0, parts.length - limit).join(mark), ...parts.slice(parts.length - limit)];
}

function replace(self: string, from: Value, to: Value, count: Value): string {
  const [old, fresh, max] = [needText(from), needText(to), needInt(count)];
  const room = self.length + (self.length + 1) * Math.max(0, fresh.length);
  if (room > limits.outputLength && self.length * fresh.length > limits.outputLength) {
    throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
  }
  if (max < 0)
    return old === '' ? fresh + Array.from(self, (c) => c + fresh).join('') : self.split(old).join(fresh);
  let text = '';
  let rest = self;
  for (let done = 0; done < max; done += 1) {
    const at = rest.indexOf(old);
    if (at < 0) break;
    const step = old === '' ? (Array.from(rest)[0] ?? '') : '';
    text += rest.slice(0, at) + fresh + step;
    if (old === '' && rest === '') break;
    rest = rest.slice(at + old.length + step.length);
  }
  return text + rest;
}

/** The part of `self` a `start, end` pair selects, as Python slices. */
function window(self: string, start: Value, end: Value): { text: string; offset: number } | undefined {
  if (start === null && end === null) return { text: self, offset: 0 };
  const from = start === null ? 0 : needInt(start);
  if (from > self.length) return undefined;
  const indices = sliceIndices(self.length, from, end === null ? undefined : needInt(end), 1);
  const offset = from < 0 ? Math.max(0, from + self.length) : from;
  return { text: self.slice(indices[0] ?? offset, (indices.at(-1) ?? offset - 1) + 1), offset };
}

function find(self: string, part: Value, start: Value, end: Value, last: boolean): number {
  const seen = window(self, start, end);
  if (!seen) return -1;
  const at = last ? seen.text.lastIndexOf(needText(part)) : seen.text.indexOf(needText(part));
  return at < 0 ? -1 : at + seen.offset;
}

function index(self: string, part: Value, start: Value, end: Value, last: boolean): number {
  const at = find(self, part, start, end, last);
  if (at < 0) throw jinjaErrors['value-error']({ problem: 'substring not found' });
  return at;
}

function affix(
  self: string,
  wanted: Value,
  start: Value,
  end: Value,
  test: (text: string, part: string) => boolean,
): boolean {
  const parts = wanted instanceof Tuple ? wanted.items : [wanted];
  const seen = window(self, start, end);
  return parts.some((part) => {
    const text = textOf(part);
    if (text === undefined) {
      throw jinjaErrors['type-error']({
        problem: `startswith first arg must be str or a tuple of str, not ${typeName(part)}`,
      });
    }
    return seen !== undefined && test(seen.text, text);
  });
}

function justify(self: string, width: Value, fill: Value, side: 'left' | 'right' | 'center'): string {
  const size = needWidth(width);
  const char = needText(fill);
  if (Array.from(char).length !== 1) {
    throw jinjaErrors['type-error']({ problem: 'The fill character must be exactly one character long' });
  }
  const missing = size - characters(self).length;
  if (missing <= 0) return self;
  if (side === 'left') return self + char.repeat(missing);
  if (side === 'right') return char.repeat(missing) + self;
  const left = Math.floor(missing / 2) + (missing & size & 1);
  return char.repeat(left) + self + char.repeat(missing - left);
}

function zeroFill(self: string, width: Value): string {
  const missing = needWidth(width) - characters(self).length;
  if (missing <= 0) return self;
  const sign = /^[+-]/.test(self) ? self.charAt(0) : '';
  return sign + '0'.repeat(missing) + self.slice(sign.length);
}

function splitLines(self: string, keepEnds: Value): string[] {
  const lines =
    self.match(
      /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/g,
    ) ?? [];
  return truth(keepEnds)
    ? lines
    : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, ''));
}

function expandTabs(self: string, size: Value): string {
  const width = needWidth(size);
  let column = 0;
  let text = '';
  for (const char of self) {
    if (char === '\t') {
      const blanks = width > 0 ? width - (column % width) : 0;
      text += ' '.repeat(blanks);
      column += blanks;
    } else {
      text += char;
      column = char === '\n' || char === '\r' ? 0 : column + 1;
    }
  }
  return text;
}

function translate(self: string, table: Value): string {
  if (!(table instanceof Dict)) return self;
  return Array.from(self, (char) => {
    const to = table.get(char.codePointAt(0) ?? 0);
    if (to === undefined) return char;
    if (to === null) return '';
    return typeof to === 'number' ? String.fromCodePoint(to) : needText(to);
  }).join('');
}

function join(self: string, items: Value): string {
  const texts = iterate(items).map((item, i) => {
    const text = textOf(item);
    if (text === undefined) {
      throw jinjaErrors['type-error']({
        problem: `sequence item ${i}: expected str instance, ${typeName(item)} found`,
      });
    }
    return text;
  });
  return texts.join(self);
}

function partition(self: string, sep: Value, last: boolean): Tuple {
  const mark = needText(sep);
  if (mark === '') throw jinjaErrors['value-error']({ problem: 'empty separator' });
  const at = last ? self.lastIndexOf(mark) : self.indexOf(mark);
  if (at < 0) return new Tuple(last ? ['', '', self] : [self, '', '']);
  return new Tuple([self.slice(0, at), mark, self.slice(at + mark.length)]);
}

function count(self: string, part: Value, start: Value, end: Value): number {
  const text = needText(part);
  const seen = window(self, start, end);
  if (!seen) return 0;
  return text === '' ? characters(seen.text).length + 1 : seen.text.split(text).length - 1;
}

const isAll = (pattern: RegExp) => (self: string) => pattern.test(self);
const isCased = (self: string): boolean => self.toLowerCase() !== self.toUpperCase();

/** Python's str methods, by name. */
export const strMethods: MethodTable<string> = new Map([
  method<string>('upper', [], (s) => s.toUpperCase()),
  method<string>('lower', [], (s) => s.toLowerCase()),
  method<string>('casefold', [], casefold),
  method<string>('capitalize', [], capitalize),
  method<string>('title', [], titleCase),
  method<string>('swapcase', [], swapCase),
  method<string>('strip', [['chars', null]], (s, chars) => strip(s, chars ?? null, 'both')),
  method<string>('lstrip', [['chars', null]], (s, chars) => strip(s, chars ?? null, 'left')),
  method<string>('rstrip', [['chars', null]], (s, chars) => strip(s, chars ?? null, 'right')),
  method<string>(
    'split',
    [
      ['sep', null],
      ['maxsplit', -1],
    ],
    (s, sep, max) => split(s, sep ?? null, max ?? -1),
  ),
  method<string>(
    'rsplit',
    [
      ['sep', null],
      ['maxsplit', -1],
    ],
    (s, sep, max) => rsplit(s, sep ?? null, max ?? -1),
  ),
  method<string>('splitlines', [['keepends', false]], (s, keep) => splitLines(s, keep ?? false)),
  method<string>('replace', ['old', 'new', ['count', -1]], (s, a, b, n) =>
    replace(s, a ?? '', b ?? '', n ?? -1),
  ),
  method<string>('join', ['iterable'], (s, items) => join(s, items ?? null)),
  method<string>('startswith', ['prefix', ['start', null], ['end', null]], (s, p, a, b) =>
    affix(s, p ?? '', a ?? null, b ?? null, (text, part) => text.startsWith(part)),
  ),
  method<string>('endswith', ['suffix', ['start', null], ['end', null]], (s, p, a, b) =>
    affix(s, p ?? '', a ?? null, b ?? null, (text, part) => text.endsWith(part)),
  ),
  method<string>('find', ['sub', ['start', null], ['end', null]], (s, p, a, b) =>
    find(s, p ?? '', a ?? null, b ?? null, false),
  ),
  method<string>('rfind', ['sub', ['start', null], ['end', null]], (s, p, a, b) =>
    find(s, p ?? '', a ?? null, b ?? null, true),
  ),
  method<string>('index', ['sub', ['start', null], ['end', null]], (s, p, a, b) =>
    index(s, p ?? '', a ?? null, b ?? null, false),
  ),
  method<string>('rindex', ['sub', ['start', null], ['end', null]], (s, p, a, b) =>
    index(s, p ?? '', a ?? null, b ?? null, true),
  ),
  method<string>('count', ['sub', ['start', null], ['end', null]], (s, p, a, b) =>
    count(s, p ?? '', a ?? null, b ?? null),
  ),
  method<string>('partition', ['sep'], (s, sep) => partition(s, sep ?? '', false)),
  method<string>('rpartition', ['sep'], (s, sep) => partition(s, sep ?? '', true)),
  method<string>('ljust', ['width', ['fillchar', ' ']], (s, w, f) => justify(s, w ?? 0, f ?? ' ', 'left')),
  method<string>('rjust', ['width', ['fillchar', ' ']], (s, w, f) => justify(s, w ?? 0, f ?? ' ', 'right')),
  method<string>('center', ['width', ['fillchar', ' ']], (s, w, f) => justify(s, w ?? 0, f ?? ' ', 'center')),
  method<string>('zfill', ['width'], (s, w) => zeroFill(s, w ?? 0)),
  method<string>('expandtabs', [['tabsize', 8]], (s, size) => expandTabs(s, size ?? 8)),
  method<string>('translate', ['table'], (s, table) => translate(s, table ?? null)),
  method<string>('removeprefix', ['prefix'], (s, p) =>
    s.startsWith(needText(p ?? '')) ? s.slice(needText(p ?? '').length) : s,
  ),
  method<string>('removesuffix', ['suffix'], (s, p) => {
    const suffix = needText(p ?? '');
    return suffix !== '' && s.endsWith(suffix) ? s.slice(0, -suffix.length) : s;
  }),
  method<string>('isdigit', [], isAll(/^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u)),
  method<string>('isdecimal', [], isAll(/^\p{Nd}+$/u)),
  method<string>('isnumeric', [], isAll(/^\p{N}+$/u)),
  method<string>('isalpha', [], isAll(/^\p{L}+$/u)),
  method<string>('isalnum', [], isAll(/^[\p{L}\p{N}]+$/u)),
  method<string>('isspace', [], isAll(/^[\s\x1c-\x1f\x85]+$/u)),
  method<string>('isupper', [], (s) => isCased(s) && s === s.toUpperCase()),
  method<string>('islower', [], (s) => isCased(s) && s === s.toLowerCase()),
  method<string>('istitle', [], (s) => isCased(s) && s === titleCase(s)),
  method<string>('isascii', [], isAll(/^[\x00-\x7f]*$/)),
  method<string>('isidentifier', [], isAll(/^[\p{XID_Start}_]\p{XID_Continue}*$/u)),
  method<string>(
    'isprintable',
    [],
    (s) =>
      repr(s)
        .slice(1, -1)
        .replace(/\\['\\]/g, '')
        .includes('\\') === false,
  ),
  variadic<string>('format', (s, args, kwargs) => formatBraces(s, args, kwargs)),
  method<string>('format_map', ['mapping'], (s, mapping) => {
    const kwargs = new Map<string, Value>();
    if (mapping instanceof Dict) for (const [k, v] of mapping.entries()) kwargs.set(needText(k), v);
    return formatBraces(s, [], kwargs);
  }),
]);
