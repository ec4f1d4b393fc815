/** The config trees of dbt_project.yml: folders, and configuration keys with or without `+`. */
import { Dict } from '../jinja/index.ts';
import { misspelledConfigKey } from './config-keys.ts';
import type { WarningList } from './warnings.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/**
 * Warns, once for each name, of keys that are nearly a known one.
 *
 * A key with `+`, or with a value that is no mapping, can only be configuration; any other may be a folder.
 */
export function checkConfigTree(
  tree: PlainDict,
  file: YamlFile,
  path: YamlPath,
  warnings: WarningList,
): void {
  for (const [key, value] of Object.entries(tree)) {
    const name = key.replace(/^\+\s*/, '');
    const isConfig = key.startsWith('+') || !isPlainDict(value);
    if (isConfig) {
      const near = misspelledConfigKey(name);
      if (near !== undefined) warnMisspelled(name, near, file, [...path, key], warnings);
    } else if (isPlainDict(value) && !configMappings.has(name)) {
      checkConfigTree(value, file, [...path, key], warnings);
    }
  }
}

/**
 * The file's data with every folder of its config trees as an object, those with names like `2024` in them
 * too: there the order doesn't matter, which such keys lose. Values of configuration stay as they are.
 */
export function withPlainFolders(data: PlainDict): PlainDict {
  const changed = Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
    if (!treeKeys.has(key)) return [];
    const plain = plainFolder(value);
    return plain === value ? [] : [[key, plain]];
  });
  return changed.length === 0 ? data : { ...data, ...Object.fromEntries(changed) };
}

const treeKeys: ReadonlySet<string> = new Set([
  'models',
  'seeds',
  'snapshots',
  'sources',
  'tests',
  'data_tests',
  'unit_tests',
  'analyses',
  'exposures',
  'functions',
  'metrics',
  'semantic-models',
  'saved-queries',
]);

function plainFolder(value: unknown): unknown {
  const entries = isPlainDict(value) ? Object.entries(value) : namedEntries(value);
  if (entries === undefined) return value;
  let isChanged = value instanceof Dict;
  const plain = entries.map(([key, item]): [string, unknown] => {
    const inner = key.startsWith('+') || configMappings.has(key) ? item : plainFolder(item);
    isChanged ||= inner !== item;
    return [key, inner];
  });
  return isChanged ? Object.fromEntries(plain) : value;
}

/** The entries of a `Dict` with texts for keys. */
function namedEntries(value: unknown): [string, unknown][] | undefined {
  if (!(value instanceof Dict)) return undefined;
  const entries = [...value.entries()];
  const isNamed = ([key]: readonly [unknown, unknown]): boolean =>
    typeof key === 'string' && key !== '__proto__';
  return entries.every(isNamed) ? (entries as [string, unknown][]) : undefined;
}

/** Configuration keys whose values are mappings: what is inside is not a folder. */
const configMappings: ReadonlySet<string> = new Set([
  'meta',
  'docs',
  'persist_docs',
  'quoting',
  'column_types',
  'grants',
  'contract',
  'options',
  'vars',
  'freshness',
  'pre-hook',
  'post-hook',
  'merge_clauses',
  'parquet_read_options',
  'csv_read_options',
  'json_read_options',
  'snapshot_meta_column_names',
]);

/** Warns that the config `name` at `path` is probably `near`. */
export function warnMisspelled(
  name: string,
  near: string,
  file: YamlFile,
  path: YamlPath,
  warnings: WarningList,
): void {
  warnings.add(
    {
      code: 'project.unknown-config',
      message: `'${name}' is no known configuration key`,
      hint: `Did you mean '${near}'?`,
      location: file.locate(path, 'key'),
      subject: name,
    },
    name,
  );
}
