/** Python's `'…' % values`. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { Dict } from '../values/dict.ts';
import { isFloat } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { numberOf, textOf } from './comparing.ts';
import { floatBody } from './format-spec.ts';
import { repr, str } from './printing.ts';
import { typeName } from './type-name.ts';
import { undefinedError } from './undefined-error.ts';

const directive = /%(?:\(([^)]*)\))?([-#0 +]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([\s\S])?/g;

/** `format % values`; `escapes` makes plain text among the values HTML. @throws jinja.type-error, jinja.value-error */
export function formatPercent(format: string, values: Value, escapes: boolean): string {
  const list: readonly Value[] = values instanceof Tuple ? values.items : [values];
  let used = 0;
  let usedMapping = false;
  const next = (): Value => {
    const value = list[used];
    used += 1;
    if (value === undefined)
      throw jinjaErrors['type-error']({ problem: 'not enough arguments for format string' });
    return value;
  };
  const result = format.replace(
    directive,
    (_all, key?: string, flags = '', width?: string, precision?: string, type?: string) => {
      if (type === undefined) throw jinjaErrors['value-error']({ problem: 'incomplete format' });
      if (type === '%') return '%';
      const wide = width === '*' ? Number(next()) : Number(width ?? 0);
      const digits =
        precision === '*' ? Number(next()) : precision === undefined ? undefined : Number(precision);
      if (Math.abs(wide) > limits.outputLength || (digits ?? 0) > limits.outputLength) {
        throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
      }
      let value: Value;
      if (key === undefined) value = next();
      else {
        usedMapping = true;
        value = member(values, key);
      }
      const body = convert(type, flags, digits, value);
      const escaped =
        escapes && (type === 's' || type === 'r') && !(value instanceof SafeText) ? escapeHtml(body) : body;
      return padded(escaped, flags + (wide < 0 ? '-' : ''), Math.abs(wide), 'diouxXeEfFgG'.includes(type));
    },
  );
  const all = values instanceof Tuple || !(usedMapping || isMapping(values));
  if (all && !usedMapping && used < list.length) {
    throw jinjaErrors['type-error']({ problem: 'not all arguments converted during string formatting' });
  }
  return result;
}

function isMapping(value: Value): boolean {
  return (
    value instanceof Dict ||
    Array.isArray(value) ||
    (value instanceof HostObject && value.getItem !== undefined)
  );
}

function member(values: Value, key: string): Value {
  if (values instanceof Dict) {
    const found = values.get(key);
    if (found === undefined) throw jinjaErrors['key-error']({ key: repr(key) });
    return found;
  }
  if (values instanceof HostObject && values.getItem) {
    const found = values.getItem(key);
    if (found === undefined) throw jinjaErrors['key-error']({ key: repr(key) });
    return found;
  }
  throw jinjaErrors['type-error']({ problem: 'format requires a mapping' });
}

function convert(type: string, flags: string, precision: number | undefined, value: Value): string {
  switch (type) {
    case 's':
      return cut(str(value), precision);
    case 'r':
    case 'a':
      return cut(repr(value), precision);
    case 'c': {
      const text = textOf(value);
      return text ?? String.fromCodePoint(Number(numberOf(value) ?? 0));
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return wholeNumber(type, flags, precision, value);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      const number = needNumber(value, 'must be real number, not ');
      const real = Number(number);
      const negative = real < 0 || Object.is(real, -0);
      return signOf(negative, flags) + floatBody(real, type, precision ?? 6, flags.includes('#'));
    }
    default:
      throw jinjaErrors['value-error']({
        problem: `unsupported format character '${type}' (0x${type.charCodeAt(0).toString(16)})`,
      });
  }
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function needNumber(value: Value, problem: string): number | bigint {
  if (value instanceof Undefined) throw undefinedError(value);
  const number = numberOf(value) ?? (value instanceof HostObject ? value.number?.() : undefined);
  if (number === undefined) throw jinjaErrors['type-error']({ problem: `${problem}${typeName(value)}` });
  return number;
}

function wholeNumber(type: string, flags: string, precision: number | undefined, value: Value): string {
  const wants = type === 'x' || type === 'X' || type === 'o' ? 'an integer' : 'a real number';
  const number = needNumber(value, `%${type} format: ${wants} is required, not `);
  if (wants === 'an integer' && isFloat(value)) {
    throw jinjaErrors['type-error']({ problem: `%${type} format: an integer is required, not float` });
  }
  const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number));
  const size = whole < 0n ? -whole : whole;
  const radix = type === 'o' ? 8 : type === 'x' || type === 'X' ? 16 : 10;
  let digits = size.toString(radix).padStart(precision ?? 0, '0');
  if (flags.includes('#') && radix !== 10) digits = (radix === 8 ? '0o' : '0x') + digits;
  return signOf(whole < 0n, flags) + (type === 'X' ? digits.toUpperCase() : digits);
}

function padded(text: string, flags: string, width: number, numeric: boolean): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (flags.includes('0') && numeric) {
    const head = /^[-+ ]?(?:0[xXo])?/.exec(text)?.[0] ?? '';
    return head + '0'.repeat(missing) + text.slice(head.length);
  }
  return ' '.repeat(missing) + text;
}
