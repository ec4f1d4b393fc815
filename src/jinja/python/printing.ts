/** Python's `str()` and `repr()`. */
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** What `value` prints as. */
export function str(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : printFloat(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return String(value);
    default:
  }
  if (value === null) return 'None';
  if (value instanceof SafeText) return value.text;
  if (value instanceof Undefined) return '';
  if (value instanceof HostObject) return value.str();
  return repr(value);
}

/** How `value` prints inside a list. */
export function repr(value: Value): string {
  return write(value, undefined);
}

function write(value: Value, open: readonly unknown[] | undefined): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return str(value);
  if (value instanceof Float) return printFloat(value.value);
  if (value instanceof SafeText) return `Markup(${quote(value.text)})`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof HostObject) return value.repr ? value.repr() : value.str();
  const seen = open?.includes(value) ?? false;
  const inner = open ? [...open, value] : [value];
  if (Array.isArray(value)) return seen ? '[...]' : `[${value.map((v) => write(v, inner)).join(', ')}]`;
  if (value instanceof Tuple) {
    const items = value.items.map((v) => write(v, inner));
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (value instanceof Dict) {
    if (seen) return '{...}';
    const pairs: string[] = [];
    for (const [k, v] of value.entries()) pairs.push(`${write(k, inner)}: ${write(v, inner)}`);
    return `{${pairs.join(', ')}}`;
  }
  if (value instanceof PySet) {
    return value.size === 0 ? 'set()' : `{${[...value].map((v) => write(v, inner)).join(', ')}}`;
  }
  return String(value);
}

/** `text` as a Python string literal: single quotes unless only double ones avoid escaping. */
export function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  if (/^[ -&(-[\]-~]*$/.test(text)) return `'${text}'`;
  let out = mark;
  for (const char of text) out += quoteChar(char, mark);
  return out + mark;
}

function quoteChar(char: string, mark: string): string {
  if (char === mark || char === '\\') return `\\${char}`;
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  if (char === '\t') return '\\t';
  const point = char.codePointAt(0) ?? 0;
  if (point >= 32 && point < 127) return char;
  if (point > 160 && !/[\p{C}\p{Z}]/u.test(char)) return char;
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A float as Python prints it: the shortest digits that read back the same, exponents from 1e16 and below 1e-4. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const plain = String(value);
  if (exponent < -6 || plain.includes('e'))
    return value.toFixed(Math.min(100, mantissa.replace(/\D/g, '').length - 1 - exponent));
  return plain.includes('.') ? plain : `${plain}.0`;
}
