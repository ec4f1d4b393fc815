/** What a node's configuration says, read with the types the plans need and refused by name where it is wrong. */
import type { ManifestNode } from '../compiler/index.ts';
import { targetErrors } from './errors.ts';

/** One text, as a list too: dbt takes both for keys that name columns. */
export function textList(node: ManifestNode, key: string): readonly string[] {
  const value = node.config[key];
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  throw badConfig(node, key, 'must be a text or a list of texts');
}

/** A text, or undefined where the key isn't set. */
export function text(node: ManifestNode, key: string): string | undefined {
  const value = node.config[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw badConfig(node, key, 'must be a text');
}

/** A mapping; empty where the key isn't set. */
export function mapping(node: ManifestNode, key: string): Readonly<Record<string, unknown>> {
  const value = node.config[key];
  if (value === undefined || value === null) return {};
  if (isMapping(value)) return value;
  throw badConfig(node, key, 'must be a mapping');
}

/** Whether `value` is a plain mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error of a key whose value can't be used. */
export function badConfig(node: ManifestNode, key: string, problem: string): Error {
  return targetErrors['bad-config'](
    { node: node.unique_id, key, problem },
    { location: { file: node.original_file_path } },
  );
}

/** Whether the node's rows are a Delta table: `format: delta` or `file_format: delta`. */
export function isDelta(node: ManifestNode): boolean {
  const format = node.config['format'] ?? node.config['file_format'];
  return typeof format === 'string' && format.toLowerCase() === 'delta';
}

/**
 * Whether the node is incremental and its rows are files: `incremental` with a `format` or `location` that isn't
 * Delta's, or `external` whose own SQL says `incremental_strategy` or asks `is_incremental()`. What the whole project
 * says of strategies doesn't make its external models grow.
 */
export function growsInFiles(node: ManifestNode): boolean {
  const { materialized, incremental_strategy: strategy } = node.config;
  if (isDelta(node) || node.resource_type !== 'model') return false;
  if (materialized === 'incremental') {
    return ['format', 'location'].some((key) => typeof node.config[key] === 'string');
  }
  if (materialized !== 'external' || strategy === null || strategy === undefined) return false;
  return /\bincremental_strategy\b|\bis_incremental\s*\(/.test(node.raw_code);
}

/** Column names from `a, b`, `(a, b)` or a list. */
export function columnNames(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item) => unquote(String(item).trim()));
  return String(value)
    .trim()
    .replace(/^\(([\s\S]*)\)$/, '$1')
    .split(',')
    .map((part) => unquote(part.trim()))
    .filter((part) => part !== '');
}

function unquote(name: string): string {
  return name.startsWith('"') && name.endsWith('"') && name.length > 1
    ? name.slice(1, -1).replaceAll('""', '"')
    : name;
}
