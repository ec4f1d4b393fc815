/**
 * How two levels of configuration become one: dbt's rule for each key.
 *
 * Most keys are replaced. Lists that add up (tags, hooks, packages) are appended to, mappings
 * (`meta`, `quoting`, …) are updated key by key, and `grants` decides by a `+` before its keys.
 */
import { Dict, str } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import type { Hook, Plain } from './manifest.ts';

type Rule = 'append' | 'update' | 'append-by-key';

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['tags', 'append'],
  ['pre-hook', 'append'],
  ['post-hook', 'append'],
  ['packages', 'append'],
  ['meta', 'update'],
  ['quoting', 'update'],
  ['column_types', 'update'],
  ['docs', 'update'],
  ['contract', 'update'],
  ['snapshot_meta_column_names', 'update'],
  ['grants', 'append-by-key'],
]);

/** A configuration key as dbt stores it: hooks may be spelled with an underscore. */
export function configKey(key: string): string {
  if (key === 'pre_hook') return 'pre-hook';
  if (key === 'post_hook') return 'post-hook';
  return key;
}

/**
 * Puts the keys of `level` over `config`, in place.
 *
 * @param bad called with the key and what is wrong when a level's value can't be merged.
 * @param merging the keys that are merged at all. All that have a rule unless given.
 */
export function mergeConfig(
  config: Plain,
  level: Plain,
  bad: (key: string, problem: string) => never,
  merging?: ReadonlySet<string>,
): void {
  for (const written of Object.keys(level)) {
    const key = configKey(written);
    const value = plainMapping(level[written]);
    const rule = merging === undefined || merging.has(key) ? rules.get(key) : undefined;
    if (rule === undefined || !(key in config)) config[key] = rule === undefined ? value : copyOf(value);
    else config[key] = merged(rule, key, config[key], value, bad);
  }
}

/** A mapping with keys like `2024` as an object: configuration is JSON in the end, whose keys are texts. */
function plainMapping(value: unknown): unknown {
  if (!(value instanceof Dict)) return value;
  return Object.fromEntries([...value.entries()].map(([key, item]) => [str(key), plainMapping(item)]));
}

function merged(
  rule: Rule,
  key: string,
  before: unknown,
  value: unknown,
  bad: (key: string, problem: string) => never,
): unknown {
  if (rule === 'append') return [...listOf(before), ...listOf(value)];
  if (value === null || value === undefined) return before;
  if (!isPlainDict(value)) return bad(key, 'has to be a mapping');
  const own = isPlainDict(before) ? before : {};
  if (rule === 'update') return { ...own, ...value };
  const grants: Plain = Object.fromEntries(Object.entries(own).map(([name, to]) => [name, listOf(to)]));
  for (const [name, to] of Object.entries(value)) {
    const bare = name.replace(/^\++/, '');
    const extended = name.startsWith('+') ? listOf(grants[bare] ?? []) : [];
    grants[bare] = [...extended, ...listOf(to)];
  }
  return grants;
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return isPlainDict(value) ? { ...value } : value;
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}

/** Hooks as the manifest has them, from what users write: a text, a mapping, or JSON of one in a text. */
export function hooksOf(value: unknown): Hook[] {
  return listOf(value).map((hook) => {
    if (isPlainDict(hook)) return hookFrom(hook);
    const text = String(hook);
    const parsed = text.trimStart().startsWith('{') ? mappingIn(text) : undefined;
    return parsed && 'sql' in parsed ? hookFrom(parsed) : { sql: text, transaction: true, index: null };
  });
}

function hookFrom(hook: Plain): Hook {
  return {
    sql: String(hook['sql'] ?? ''),
    transaction: hook['transaction'] !== false,
    index: typeof hook['index'] === 'number' ? hook['index'] : null,
  };
}

/** The mapping that a text is the JSON of; a text that starts with a brace may also be Jinja. */
function mappingIn(text: string): Plain | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainDict(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
