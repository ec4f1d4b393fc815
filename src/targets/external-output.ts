/** Where and how an external relation is written, from its settings. Pure. */
import { extname, isAbsolute, resolve } from 'node:path';
import type { ManifestNode } from '../compiler/index.ts';
import { badConfig, columnNames, isMapping } from './node-config.ts';
import type { ExternalOutput } from './plan.ts';

/** A setting of `options`, rendered. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | readonly unknown[]
  | Readonly<Record<string, unknown>>;

/** What an output is decided on. */
export interface OutputInput {
  readonly node: ManifestNode;
  /** As the location macro or the setting gave it. */
  readonly location: string;
  /** `options`, rendered. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** What a relative location is below. */
  readonly root: string;
}

/**
 * The layout of an external relation's files, by dbt-duckdb's rules: the format is the one that is
 * set, else the location's ending, else CSV when a delimiter is set, else Parquet.
 *
 * @throws targets.bad-config
 */
export function externalOutput(input: OutputInput): ExternalOutput {
  const { node } = input;
  const options = new Map<string, OptionValue>(
    Object.entries(input.options).map(([key, value]) => [key.toLowerCase(), value]),
  );
  for (const key of ['format', 'delimiter'] as const) {
    const value = node.config[key];
    if (typeof value === 'string') options.set(key, value);
  }
  const format = formatOf(input, options);
  options.set('format', format);
  if (format === 'csv' && !options.has('header')) options.set('header', true);
  const partitionBy = columnNames(options.get('partition_by'));
  const isDirectory =
    partitionBy.length > 0 || isOn(options.get('per_thread_output')) || options.has('file_size_bytes');
  const append = isOn(options.get('append'));
  // The rows are staged in a folder of their own: nothing is there to be overwritten or ignored.
  for (const key of ['overwrite', 'overwrite_or_ignore', 'append']) options.delete(key);
  const isRemote = /^[a-z][a-z0-9+]+:\/\//i.test(input.location);
  return {
    location: isRemote || isAbsolute(input.location) ? input.location : resolve(input.root, input.location),
    isRemote,
    isDirectory,
    format,
    copyOptions: [...options].map(([key, value]) => printOption(key, value)).join(', '),
    readOptions: readOptions(node, format, options),
    partitionBy,
    append,
    extension: `.${format}`,
  };
}

function formatOf(input: OutputInput, options: Map<string, OptionValue>): ExternalOutput['format'] {
  const given = options.get('format');
  if (given !== undefined && given !== null) {
    const format = String(given).toLowerCase();
    if (format === 'parquet' || format === 'csv' || format === 'json') return format;
    throw badConfig(input.node, 'format', `is '${format}'; parquet, csv, json and delta are known`);
  }
  const ending = extname(input.location).toLowerCase();
  const compression = ending === '.gz' ? 'gzip' : ending === '.zst' ? 'zstd' : undefined;
  const inner = compression ? extname(input.location.slice(0, -ending.length)).toLowerCase() : ending;
  if (compression && !options.has('compression')) options.set('compression', compression);
  if (inner === '.csv' || inner === '.tsv') return 'csv';
  if (inner === '.json' || inner === '.ndjson' || inner === '.jsonl') return 'json';
  if (inner === '' && options.has('delimiter')) return 'csv';
  return 'parquet';
}

function readOptions(
  node: ManifestNode,
  format: ExternalOutput['format'],
  written: ReadonlyMap<string, OptionValue>,
): readonly string[] {
  const given = node.config[`${format}_read_options`];
  const options = new Map<string, unknown>(isMapping(given) ? Object.entries(given) : []);
  if (format !== 'parquet') {
    const compression = written.get('compression');
    if (compression !== undefined && !options.has('compression')) options.set('compression', compression);
  }
  if (format === 'csv') {
    // Known, so not left to be guessed from the rows.
    const delimiter = written.get('delimiter') ?? written.get('delim') ?? written.get('sep');
    const isGiven = ['delim', 'sep', 'delimiter'].some((key) => options.has(key));
    if (delimiter !== undefined && !isGiven) options.set('delim', unquoted(String(delimiter)));
    if (!options.has('header')) options.set('header', isOn(written.get('header')));
  }
  return [...options].map(([key, value]) => `${key} = ${printValue(value)}`);
}

/** An option of COPY. dbt passes texts on as they are, so names, numbers, lists and quoted texts stay so. */
function printOption(key: string, value: OptionValue): string {
  if (key === 'partition_by') return `partition_by (${columnNames(value).map(quoted).join(', ')})`;
  if (typeof value !== 'string') return `${key} ${printValue(value)}`;
  const isText = ['delimiter', 'delim', 'sep', 'quote', 'escape', 'null', 'nullstr'].includes(key);
  const isPlain = /^(?:[A-Za-z_]\w*|-?\d+(?:\.\d+)?|'(?:[^']|'')*'|[([{][\s\S]*[)\]}])$/.test(value.trim());
  if (isPlain && !(isText && !value.trim().startsWith("'"))) return `${key} ${value.trim()}`;
  return `${key} '${value.replaceAll("'", "''")}'`;
}

function printValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`;
  if (isMapping(value)) {
    const entries = Object.entries(value).map(
      ([key, item]) => `'${key.replaceAll("'", "''")}': ${printValue(item)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  return value === null || value === undefined ? 'null' : String(value);
}

function isOn(value: OptionValue | undefined): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:true|1|t|yes)$/i.test(value));
}

function quoted(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function unquoted(text: string): string {
  return /^'.*'$/s.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}
