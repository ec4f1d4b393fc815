/** Filters on text. */
import { jinjaErrors } from '../errors.ts';
import { needInt, needWidth } from '../methods/arguments.ts';
import { strMethods } from '../methods/str-methods.ts';
import { iterate } from '../python/access.ts';
import { binary } from '../python/arithmetic.ts';
import { textOf, truth } from '../python/comparing.ts';
import { capitalize } from '../python/letter-case.ts';
import { str } from '../python/printing.ts';
import { Dict } from '../values/dict.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import { noKwargs, type Value } from '../values/value.ts';
import { defineFilter, type Filter, rawFilter } from './filter.ts';
import { urlize } from './urlize.ts';
import { wordWrap } from './word-wrap.ts';

/** `change` of the text of `value`; safe text stays safe. */
function mapText(value: Value, change: (text: string) => string): Value {
  return value instanceof SafeText ? new SafeText(change(value.text)) : change(str(value));
}

/** The method `name` of str, on `value` as text. */
function byMethod(name: string): readonly [string, Filter] {
  const method = strMethods.get(name);
  return defineFilter(name, [], (value, _values, frame) =>
    mapText(value, (text) => str((method?.(text, [], noKwargs, frame) ?? '') as Value)),
  );
}

function titleWords(text: string): string {
  return text
    .split(/([-\s({[<]+)/u)
    .filter((part) => part !== '')
    .map((part) => {
      const [first = ''] = part;
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join('');
}

function indent(text: string, width: Value, first: Value, blank: Value): string {
  const margin = textOf(width) ?? ' '.repeat(Math.max(0, needWidth(width)));
  // A text that ends in a line end keeps it, as an empty last line.
  const [head = '', ...rest] = truth(blank) ? text.split('\n') : linesOf(text);
  const indented = rest.map((line) => (line === '' && !truth(blank) ? line : margin + line));
  return (truth(first) ? margin : '') + [head, ...indented].join('\n');
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
}

function truncate(text: string, length: number, kill: boolean, end: string, leeway: number): string {
  const chars = Array.from(text);
  if (chars.length <= length + leeway) return text;
  const room = Math.max(0, length - Array.from(end).length);
  const cut = chars.slice(0, room).join('');
  if (kill) return cut + end;
  const space = cut.lastIndexOf(' ');
  return (space < 0 ? cut : cut.slice(0, space)) + end;
}

function stripTags(text: string): string {
  const bare = text.replace(/<!--[\s\S]*?-->/g, '').replace(/<[\s\S]*?>/g, '');
  const collapsed = bare
    .split(/\s+/u)
    .filter((word) => word !== '')
    .join(' ');
  return collapsed.replace(
    /&(?:amp|lt|gt|quot|nbsp|#(\d+)|#x([0-9a-fA-F]+));/g,
    (entity, decimal?: string, hex?: string) => {
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return entityNames[entity] ?? entity;
    },
  );
}

const entityNames: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&nbsp;': '\xa0',
};

function urlQuote(text: string, safe: string): string {
  const quoted = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return safe === '/' ? quoted.replaceAll('%2F', '/') : quoted.replaceAll('%20', '+');
}

function urlEncode(value: Value): string {
  const isPairs =
    value instanceof Dict || (textOf(value) === undefined && typeof value === 'object' && value !== null);
  if (!isPairs) return urlQuote(str(value), '/');
  const pairs = value instanceof Dict ? [...value.entries()] : iterate(value).map((pair) => iterate(pair));
  return pairs.map(([k = '', v = '']) => `${urlQuote(str(k), '')}=${urlQuote(str(v), '')}`).join('&');
}

function fileSize(value: Value, binaryUnits: boolean): string {
  const bytes = Number(str(value));
  const base = binaryUnits ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const letters = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  for (const [i, letter] of letters.entries()) {
    const unit = base ** (i + 2);
    if (bytes < unit || i === letters.length - 1) {
      return `${((base * bytes) / unit).toFixed(1)} ${binaryUnits ? `${letter.toUpperCase()}iB` : `${letter}B`}`;
    }
  }
  return str(value);
}

function xmlAttributes(value: Value, space: boolean): string {
  if (!(value instanceof Dict)) throw jinjaErrors['type-error']({ problem: 'xmlattr needs a dict' });
  const parts: string[] = [];
  for (const [key, member] of value.entries()) {
    if (member === null || member instanceof Undefined) continue;
    if (/[\s/>=]/.test(str(key))) {
      throw jinjaErrors['value-error']({ problem: `Invalid character in attribute name: '${str(key)}'` });
    }
    parts.push(
      `${escapeHtml(str(key))}="${member instanceof SafeText ? member.text : escapeHtml(str(member))}"`,
    );
  }
  return parts.length > 0 && space ? ` ${parts.join(' ')}` : parts.join(' ');
}

const escapeFilter = (value: Value): Value =>
  value instanceof SafeText ? value : new SafeText(escapeHtml(str(value)));

/** Filters on text, by name. */
export const textFilters: readonly (readonly [string, Filter])[] = [
  byMethod('upper'),
  byMethod('lower'),
  defineFilter('capitalize', [], (value) => mapText(value, capitalize)),
  defineFilter('title', [], (value) => mapText(value, titleWords)),
  defineFilter('trim', [['chars', null]], (value, [chars = null], frame) =>
    mapText(value, (text) => str((strMethods.get('strip')?.(text, [chars], noKwargs, frame) ?? '') as Value)),
  ),
  defineFilter('center', [['width', 80]], (value, [width = 80], frame) =>
    mapText(value, (text) =>
      str((strMethods.get('center')?.(text, [width], noKwargs, frame) ?? '') as Value),
    ),
  ),
  defineFilter(
    'replace',
    ['old', 'new', ['count', null]],
    (value, [old = '', fresh = '', count = null], frame) => {
      const anySafe =
        frame.escapes && (value instanceof SafeText || old instanceof SafeText || fresh instanceof SafeText);
      const args = [
        str(old),
        anySafe && !(fresh instanceof SafeText) ? escapeHtml(str(fresh)) : str(fresh),
        count ?? -1,
      ];
      const text = anySafe && !(value instanceof SafeText) ? escapeHtml(str(value)) : str(value);
      const result = str((strMethods.get('replace')?.(text, args, noKwargs, frame) ?? '') as Value);
      return anySafe || value instanceof SafeText ? new SafeText(result) : result;
    },
  ),
  defineFilter(
    'indent',
    [
      ['width', 4],
      ['first', false],
      ['blank', false],
    ],
    (value, [width = 4, first = false, blank = false]) =>
      mapText(value, (text) => indent(text, width, first, blank)),
  ),
  defineFilter(
    'truncate',
    [
      ['length', 255],
      ['killwords', false],
      ['end', '...'],
      ['leeway', 5],
    ],
    (value, [length = 255, kill = false, end = '...', leeway = 5]) => {
      const [size, mark, slack] = [needInt(length), str(end), leeway === null ? 5 : needInt(leeway)];
      if (size < Array.from(mark).length)
        throw jinjaErrors['value-error']({ problem: `expected length >= ${mark.length}, got ${size}` });
      if (slack < 0) throw jinjaErrors['value-error']({ problem: `expected leeway >= 0, got ${slack}` });
      return mapText(value, (text) => truncate(text, size, truth(kill), mark, slack));
    },
  ),
  defineFilter(
    'wordwrap',
    [
      ['width', 79],
      ['break_long_words', true],
      ['wrapstring', null],
      ['break_on_hyphens', true],
    ],
    (value, [width = 79, long = true, mark = null, hyphens = true]) =>
      wordWrap(str(value), needInt(width), truth(long), mark === null ? '\n' : str(mark), truth(hyphens)),
  ),
  defineFilter('wordcount', [], (value) => str(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  defineFilter('string', [], (value) => (value instanceof SafeText ? value : str(value))),
  defineFilter('striptags', [], (value) => stripTags(str(value))),
  defineFilter('urlencode', [], urlEncode),
  defineFilter(
    'urlize',
    [
      ['trim_url_limit', null],
      ['nofollow', false],
      ['target', null],
      ['rel', null],
      ['extra_schemes', null],
    ],
    (value, [limit = null, nofollow = false, target = null, rel = null]) =>
      urlize(
        str(value),
        limit === null ? undefined : needInt(limit),
        truth(nofollow),
        target === null ? undefined : str(target),
        rel === null ? undefined : str(rel),
      ),
  ),
  defineFilter('filesizeformat', [['binary', false]], (value, [units = false]) =>
    fileSize(value, truth(units)),
  ),
  defineFilter('xmlattr', [['autospace', true]], (value, [space = true], frame) => {
    const text = xmlAttributes(value, truth(space));
    return frame.escapes ? new SafeText(text) : text;
  }),
  rawFilter('format', (value, args, kwargs) => {
    if (kwargs.size > 0 && args.length > 0) {
      throw jinjaErrors['type-error']({
        problem: "can't handle positional and keyword arguments at the same time",
      });
    }
    const format = value instanceof SafeText ? value : str(value);
    return binary('%', format, kwargs.size > 0 ? new Dict(kwargs) : new Tuple(args));
  }),
  defineFilter('escape', [], escapeFilter),
  defineFilter('e', [], escapeFilter),
  defineFilter('forceescape', [], (value) => new SafeText(escapeHtml(str(value)))),
  defineFilter('safe', [], (value) => new SafeText(str(value))),
];
