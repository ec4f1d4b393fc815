/**
 * The statistics of a data file as the log holds them: counts and bounds of the first columns.
 *
 * Source: Delta protocol, "Per-file Statistics".
 */
import type { DataType } from '../../delta/index.ts';
import type { ColumnStats, WrittenFile } from './copy-result.ts';
import type { StatsPlan } from './stats-plan.ts';

/** Text bounds are cut to this many characters. */
const textMax = 32;

/**
 * The JSON text of `file`'s statistics. A bound that can't be told exactly (a NaN among the values, an
 * infinity, a year beyond 9999) is left out, which readers take as unknown. Pure.
 */
export function statsJson(file: Pick<WrittenFile, 'rows' | 'columns'>, plan: StatsPlan): string {
  const byPath = new Map(file.columns.map(({ path, stats }) => [pathKey(path), stats]));
  const members = { minValues: new Tree(), maxValues: new Tree(), nullCount: new Tree() };
  for (const { path, type } of plan.columns) {
    const stats = byPath.get(pathKey(path));
    if (stats === undefined) continue;
    const nulls = stats.get('null_count');
    if (nulls !== undefined) members.nullCount.set(path, nulls);
    const [min, max] = bounds(stats, type);
    if (min !== undefined) members.minValues.set(path, min);
    if (max !== undefined) members.maxValues.set(path, max);
  }
  const parts = Object.entries(members).map(([name, tree]) => `"${name}":${tree.json()}`);
  const tight = plan.saysTightBounds ? ',"tightBounds":true' : '';
  return `{"numRecords":${file.rows},${parts.join(',')}${tight}}`;
}

/** The bounds as JSON text, each undefined where it isn't known. */
function bounds(stats: ColumnStats, type: DataType): [string | undefined, string | undefined] {
  const min = stats.get('min');
  const max = stats.get('max');
  // The engine leaves NaN out of its bounds, and readers take NaN for the greatest number there is.
  if (min === undefined || max === undefined || stats.get('has_nan') === 'true')
    return [undefined, undefined];
  if (type.kind === 'decimal') return [number(min), number(max)];
  if (type.kind !== 'primitive') return [undefined, undefined];
  switch (type.name) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
    case 'double':
      return [number(min), number(max)];
    case 'float':
      return [float(min), float(max)];
    case 'date':
      return [date(min), date(max)];
    case 'timestamp':
      return [instant(min), instant(max)];
    case 'timestamp_ntz':
      return [wallClock(min), wallClock(max)];
    case 'string':
      return [JSON.stringify(cut(min)), upperBound(max)];
    default:
      return [undefined, undefined];
  }
}

/** The digits as they are: a double would lose a decimal's last ones. */
function number(text: string): string | undefined {
  const match = /^(-?)0*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(text);
  return match ? `${match[1]}${match[2]}` : undefined;
}

/** All digits of the value as readers have it in a double: the short ones that tell floats apart lie beside it. */
function float(text: string): string | undefined {
  const value = Math.fround(Number(text));
  return text !== '' && Number.isFinite(value) ? String(value) : undefined;
}

function date(text: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? JSON.stringify(text) : undefined;
}

function wallClock(text: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(text);
  return match ? JSON.stringify(`${match[1]}T${match[2]}`) : undefined;
}

/** The engine prints an instant in the session's zone; the log wants UTC. Microseconds are kept. */
function instant(text: string): string | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d+)?([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(text);
  if (!match) return undefined;
  const [, day, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = match;
  const east = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1 : 1);
  const utc = new Date(Date.parse(`${day}T${time}Z`) - east * 1000).toISOString();
  return /^\d{4}-/.test(utc) ? JSON.stringify(`${utc.slice(0, 19)}${fraction}Z`) : undefined;
}

function cut(text: string): string {
  return text.length <= textMax ? text : [...text].slice(0, textMax).join('');
}

/**
 * A prefix isn't an upper bound of what it begins; followed by the highest code point it is, unless
 * that very code point comes next: then the prefix goes on until it doesn't.
 */
function upperBound(text: string): string {
  const short = cut(text);
  if (short.length === text.length) return JSON.stringify(text);
  const points = [...text];
  let end = textMax;
  while (points[end] === highest) end += 1;
  return JSON.stringify(end === points.length ? text : `${points.slice(0, end).join('')}${highest}`);
}

const highest = '\u{10ffff}';

function pathKey(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** Nested JSON from paths and leaf texts, which are JSON already. */
class Tree {
  readonly #members = new Map<string, Tree | string>();

  set(path: readonly string[], json: string): void {
    const [head = '', ...rest] = path;
    if (rest.length === 0) {
      this.#members.set(head, json);
      return;
    }
    const found = this.#members.get(head);
    const below = found instanceof Tree ? found : new Tree();
    this.#members.set(head, below);
    below.set(rest, json);
  }

  json(): string {
    const parts = Array.from(
      this.#members,
      ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? value : value.json()}`,
    );
    return `{${parts.join(',')}}`;
  }
}
