/**
 * What a plain scalar of YAML 1.1 means, by the rules PyYAML has: dbt's files were written for it.
 *
 * They differ from YAML 1.2 where people notice: `yes` and `on` are booleans, `010` is eight, `1:30` is
 * ninety, `1e3` is text, `2024-01-01` is a date.
 *
 * Source: YAML 1.1, "Language-Independent Types"; the implicit resolvers of PyYAML's SafeLoader.
 */
import { toFloat, toInt } from '../jinja/index.ts';
import { YamlDate } from './yaml-value.ts';

/**
 * The value of a plain (unquoted) scalar.
 *
 * @returns undefined for something that looks like a date but is none, such as 2024-13-01.
 */
export function resolvePlain(text: string): unknown {
  if (text === '') return null;
  // Most scalars are names: their first letter rules everything else out.
  if (!mayMeanMore[text.charCodeAt(0)]) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!numberLike.test(text)) return text;
  if (whole.test(text)) return parseWhole(text);
  if (fraction.test(text)) return parseFraction(text);
  if (timestamp.test(text)) return parseTimestamp(text);
  return text;
}

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((w) => [w, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((w) => [w, false] as const),
  ...['~', 'null', 'Null', 'NULL'].map((w) => [w, null] as const),
]);

const mayMeanMore: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  '+-.0123456789~yYnNtTfFoO'.includes(String.fromCharCode(code)),
);

const numberLike = /^[-+.0-9]/;
const whole = /^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)$/;
const fraction =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const timestamp =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::?([0-9]{2}))?))?)?$/;

/** Whether `text` is a whole number in one of YAML 1.1's spellings. */
export function isWhole(text: string): boolean {
  return whole.test(text);
}

/** A whole number as an explicit `!!int` or a plain scalar has it. */
export function parseWhole(text: string): number | bigint | string {
  const clean = text.replaceAll('_', '');
  const sign = clean.startsWith('-') ? -1n : 1n;
  const body = clean.replace(/^[-+]/, '');
  if (body === '' || body === '0b' || body === '0x') return text;
  if (body.includes(':')) return toInt(sign * sexagesimal(body).reduce((sum, part) => sum * 60n + part, 0n));
  if (body.startsWith('0b') || body.startsWith('0x')) return toInt(sign * BigInt(body));
  if (body.length > 1 && body.startsWith('0')) return toInt(sign * BigInt(`0o${body.slice(1)}`));
  return toInt(sign * BigInt(body));
}

function sexagesimal(body: string): bigint[] {
  return body.split(':').map((part) => BigInt(part));
}

/** A number with a fraction as an explicit `!!float` or a plain scalar has it. */
export function parseFraction(text: string): unknown {
  const clean = text.replaceAll('_', '').toLowerCase();
  const sign = clean.startsWith('-') ? -1 : 1;
  const body = clean.replace(/^[-+]/, '');
  if (body === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (body === '.nan') return Number.NaN;
  if (body.includes(':'))
    return toFloat(sign * body.split(':').reduce((sum, part) => sum * 60 + Number(part), 0));
  return toFloat(sign * Number(body));
}

function parseTimestamp(text: string): unknown {
  const match = timestamp.exec(text);
  if (!match) return text;
  const [, year, month, day, hour, minute, second, decimals, zone, zoneSign, zoneHours, zoneMinutes] = match;
  // A date alone needs two digits everywhere; with a time one is enough.
  if (hour === undefined && text.length !== 10) return text;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const days = new Date(Date.UTC(y < 100 ? 2000 : y, m, 0)).getUTCDate();
  if (m < 1 || m > 12 || d < 1 || d > days || y < 1) return undefined;
  if (hour === undefined) return new YamlDate(y, m, d);
  const [h, min, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 23 || min > 59 || s > 59) return undefined;
  const micros = Number((decimals ?? '').slice(0, 6).padEnd(6, '0'));
  const timeMicros = ((h * 60 + min) * 60 + s) * 1e6 + micros;
  if (zone === undefined) return new YamlDate(y, m, d, timeMicros);
  const offset = zone === 'Z' ? 0 : Number(zoneHours) * 60 + Number(zoneMinutes ?? 0);
  return new YamlDate(y, m, d, timeMicros, zoneSign === '-' ? -offset : offset);
}
