/** How an external model's rows get into files and are read back: the options of `COPY`, and where to look. */
import { isInt, str, type Value } from '../../jinja/index.ts';
import { itemsOf, own } from './arguments.ts';

const formats = ['parquet', 'csv', 'json'];
const literals: ReadonlySet<string> = new Set(['delimiter', 'quote', 'escape', 'null']);
const compressions: Readonly<Record<string, string>> = {
  gz: 'gzip',
  gzip: 'gzip',
  zst: 'zstd',
  zstd: 'zstd',
};

/**
 * What stands in the parentheses of `COPY … TO location (…)`.
 *
 * Options keep their order; the format and compression come from the location's ending where they
 * aren't given, and a CSV gets a header.
 */
export function writeOptions(location: string, options: ReadonlyMap<string, Value>): string {
  const given = new Map([...options].map(([key, value]) => [key, optionText(key, value)]));
  const has = (name: string): boolean => [...given.keys()].some((key) => key.toLowerCase() === name);
  if (!has('format'))
    given.set('format', endingOf(location).format ?? (has('delimiter') ? 'csv' : 'parquet'));
  const { compression } = endingOf(location);
  if (compression !== undefined && !has('compression')) given.set('compression', compression);
  if (given.get('format')?.toLowerCase() === 'csv' && !has('header')) given.set('header', '1');
  return [...given].map(([key, text]) => `${key} ${text}`).join(', ');
}

/** The path or glob that reads what was written at `location` with these options. */
export function readLocation(location: string, options: ReadonlyMap<string, Value>): string {
  const partition = options.get('partition_by');
  const perThread = str(options.get('per_thread_output') ?? false).toLowerCase();
  const levels = partition === undefined || partition === null ? 0 : partitionColumns(partition).length;
  if (levels === 0 && !['true', '1'].includes(perThread)) return location;
  const format = str(options.get('format') ?? endingOf(location).format ?? 'parquet').toLowerCase();
  return [location, ...Array<string>(levels).fill('*'), `*.${format}`].join('/');
}

/** The columns that `partition_by` names: a list, `a, b`, `(a, b)` or one name. */
export function partitionColumns(value: Value): string[] {
  if (typeof value !== 'string') return itemsOf('partition_by', value).map(str);
  return value
    .trim()
    .replace(/^\(([\s\S]*)\)$/, '$1')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function endingOf(location: string): { readonly format?: string; readonly compression?: string } {
  const endings = (location.split(/[\\/]/).at(-1) ?? '').toLowerCase().split('.').slice(1);
  const compression = own(compressions, endings.at(-1) ?? '');
  const format = endings.at(compression === undefined ? -1 : -2);
  return {
    ...(format !== undefined && formats.includes(format) ? { format } : {}),
    ...(compression === undefined ? {} : { compression }),
  };
}

function optionText(key: string, value: Value): string {
  const name = key.toLowerCase();
  if (name === 'partition_by') {
    const columns = partitionColumns(value);
    return columns.length > 1 ? `(${columns.join(', ')})` : (columns[0] ?? '');
  }
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return String(value);
  const text = str(value);
  // These are literals even where the project wrote them bare.
  return literals.has(name) && !text.startsWith("'") ? `'${text.replaceAll("'", "''")}'` : text;
}
