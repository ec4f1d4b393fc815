/** The config trees of dbt_project.yml: folders, and configuration keys with or without `+`. */
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
