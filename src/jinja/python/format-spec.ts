/** Python's format specification mini-language: `{:>10,.2f}`, and the number formats behind `%` too. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { isFloat, isInt } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import type { Value } from '../values/value.ts';
import { numberOf, textOf } from './comparing.ts';
import { printFloat, str } from './printing.ts';
import { typeName } from './type-name.ts';

const specPattern = /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** `format(value, spec)`. @throws jinja.value-error for a spec that doesn't fit the value */
export function formatValue(value: Value, spec: string): string {
  if (spec === '') return str(value);
  if (value instanceof HostObject && value.format) return value.format(spec);
  const match = specPattern.exec(spec);
  if (!match)
    throw jinjaErrors['value-error']({
      problem: `Invalid format specifier '${spec}' for object of type '${typeName(value)}'`,
    });
  const [
    ,
    fillGiven,
    alignGiven,
    sign = '-',
    ,
    alternate,
    zero,
    widthDigits,
    grouping,
    precisionDigits,
    type,
  ] = match;
  const width = boundedWidth(widthDigits);
  const precision = precisionDigits === undefined ? undefined : boundedWidth(precisionDigits);
  const text = textOf(value);
  if (text !== undefined) {
    if (type !== undefined && type !== 's') throw badCode(type, value);
    const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join('');
    return pad(cut, width, alignGiven ?? '<', fillGiven ?? (zero ? '0' : ' '), 0);
  }
  const number = numberOf(value);
  if (number === undefined) {
    throw jinjaErrors['type-error']({
      problem: `unsupported format string passed to ${typeName(value)}.__format__`,
    });
  }
  if (typeof value === 'boolean' && type === undefined && !widthDigits) return str(value);
  const asFloat = isFloat(value) || (type !== undefined && 'eEfFgG%'.includes(type));
  if (!asFloat && type === 'c')
    return pad(String.fromCodePoint(Number(number)), width, alignGiven ?? '<', fillGiven ?? ' ', 0);
  const body = asFloat
    ? floatBody(Number(number), type, precision, alternate !== undefined)
    : intBody(BigInt(number), type, alternate !== undefined, value);
  const negative = asFloat ? Number(number) < 0 || Object.is(Number(number), -0) : number < 0;
  const signText = negative ? '-' : sign === '-' ? '' : sign;
  const align = alignGiven ?? (zero ? '=' : '>');
  const fill = fillGiven ?? (zero ? '0' : ' ');
  const grouped =
    grouping === undefined
      ? body
      : group(body, grouping, type, align === '=' && fill === '0' ? width - signText.length : 0);
  return pad(
    signText + grouped,
    width,
    align,
    fill,
    signText.length + (/^0[xob]/i.test(grouped) && alternate ? 2 : 0),
  );
}

function boundedWidth(digits: string | undefined): number {
  const width = Number(digits ?? 0);
  if (width > limits.outputLength)
    throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
  return width;
}

function badCode(type: string, value: Value): Error {
  return jinjaErrors['value-error']({
    problem: `Unknown format code '${type}' for object of type '${typeName(value)}'`,
  });
}

function intBody(value: bigint, type: string | undefined, alternate: boolean, original: Value): string {
  const size = value < 0n ? -value : value;
  switch (type) {
    case undefined:
    case 'd':
    case 'n':
      return String(size);
    case 'x':
      return (alternate ? '0x' : '') + size.toString(16);
    case 'X':
      return (alternate ? '0X' : '') + size.toString(16).toUpperCase();
    case 'o':
      return (alternate ? '0o' : '') + size.toString(8);
    case 'b':
      return (alternate ? '0b' : '') + size.toString(2);
    default:
      throw badCode(type, isInt(original) ? original : 0);
  }
}

/** The digits of `value` without its sign. */
export function floatBody(
  value: number,
  type: string | undefined,
  precision: number | undefined,
  alternate: boolean,
): string {
  const size = Math.abs(value);
  const upper = type === 'E' || type === 'F' || type === 'G';
  if (!Number.isFinite(size)) {
    const name = `${Number.isNaN(size) ? 'nan' : 'inf'}${type === '%' ? '%' : ''}`;
    return upper ? name.toUpperCase() : name;
  }
  let body: string;
  switch (type) {
    case undefined:
      body = precision === undefined ? printFloat(size) : generalBody(size, precision, alternate, true);
      break;
    case 'e':
    case 'E':
      body = exponentBody(size, precision ?? 6);
      break;
    case 'f':
    case 'F':
      body = fixedBody(size, precision ?? 6);
      break;
    case '%':
      return `${fixedBody(size * 100, precision ?? 6)}%`;
    case 'g':
    case 'G':
    case 'n':
      body = generalBody(size, precision ?? 6, alternate, false);
      break;
    default:
      throw badCode(type, 0.5);
  }
  return upper ? body.toUpperCase() : body;
}

function exponentBody(size: number, precision: number): string {
  const [mantissa, exponent = '+0'] = size.toExponential(Math.min(100, precision)).split('e');
  return `${mantissa}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

/** Exactly rounded, half to even on the true binary value, which toFixed does not promise past 1e21. */
export function fixedBody(size: number, precision: number): string {
  if (size < 1e21 && precision <= 100) return exactFixed(size, precision);
  return precision > 0 ? `${BigInt(size)}.${'0'.repeat(precision)}` : String(BigInt(size));
}

/** A double is a whole number over a power of two: rounding that fraction is exact. */
function exactFixed(size: number, precision: number): string {
  let denominator = 1n;
  let numerator = size;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  const scaled = BigInt(numerator) * 10n ** BigInt(precision);
  let quotient = scaled / denominator;
  const twice = (scaled % denominator) * 2n;
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) quotient += 1n;
  const digits = String(quotient).padStart(precision + 1, '0');
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** `%g`: the shorter of fixed and exponent, trailing zeros dropped unless `alternate`. */
function generalBody(size: number, precisionGiven: number, alternate: boolean, keepsPoint: boolean): string {
  const precision = Math.max(1, precisionGiven);
  if (size === 0) return keepsPoint ? '0.0' : '0';
  const exponent = Number(size.toExponential(Math.min(100, precision - 1)).split('e')[1]);
  const fixed = exponent >= -4 && exponent < (keepsPoint ? Math.min(precision, 16) : precision);
  const trim = (text: string): string =>
    alternate || !text.includes('.') ? text : text.replace(/\.?0+$/, '');
  if (fixed) {
    const body = trim(fixedBody(size, Math.max(0, precision - 1 - exponent)));
    return keepsPoint && !body.includes('.') ? `${body}.0` : body;
  }
  const [mantissa = '', power = ''] = exponentBody(size, precision - 1).split('e');
  return `${trim(mantissa)}e${power}`;
}

function group(body: string, mark: string, type: string | undefined, minWidth: number): string {
  const size = type !== undefined && 'xXob'.includes(type) ? 4 : 3;
  const [, whole = '', rest = ''] = /^([0-9a-fA-F]*)(.*)$/s.exec(body) ?? [];
  const build = (digits: string): string =>
    digits.replace(new RegExp(`\\B(?=(?:[0-9a-fA-F]{${size}})+$)`, 'g'), mark);
  let digits = whole;
  while (build(digits).length + rest.length < minWidth) digits = `0${digits}`;
  return build(digits) + rest;
}

function pad(text: string, width: number, align: string, fill: string, signLength: number): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  switch (align) {
    case '<':
      return text + fill.repeat(missing);
    case '^': {
      const left = Math.floor(missing / 2);
      return fill.repeat(left) + text + fill.repeat(missing - left);
    }
    case '=':
      return text.slice(0, signLength) + fill.repeat(missing) + text.slice(signLength);
    default:
      return fill.repeat(missing) + text;
  }
}
