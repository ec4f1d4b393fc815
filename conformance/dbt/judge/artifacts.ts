/** What of dbt's artifacts can be compared: all but times, ids of the invocation, and the built-in macros' text. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An object of JSON. */
export interface Json {
  [key: string]: unknown;
}

/** Keys that differ between any two invocations. */
const perInvocation: ReadonlySet<string> = new Set([
  'generated_at',
  'invocation_id',
  'invocation_started_at',
  'run_started_at',
  'dbt_version',
  'created_at',
  // Written where the artifact is written, which the folder `compiled` shows.
  'compiled_path',
  'compiled_code',
  'compiled',
  'extra_ctes',
  'extra_ctes_injected',
  'build_path',
]);

/** A manifest without what differs between invocations and without built-in macros and their documentation. */
export function comparableManifest(file: string): Json | undefined {
  if (!existsSync(file)) return undefined;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Json;
  const builtIn = (id: string): boolean => /^(macro|doc)\.dbt(_duckdb)?\./.test(id);
  for (const part of ['macros', 'docs']) {
    manifest[part] = Object.fromEntries(
      Object.entries((manifest[part] ?? {}) as Json).filter(([id]) => !builtIn(id)),
    );
  }
  const semantic = join(dirname(file), 'semantic_manifest.json');
  if (Object.keys((manifest['semantic_models'] ?? {}) as Json).length > 0 && existsSync(semantic))
    manifest['semantic_manifest.json'] = JSON.parse(readFileSync(semantic, 'utf8'));
  return comparable(manifest) as Json;
}

/** Python keeps these in sets, whose order says nothing. */
const unordered: ReadonlySet<string> = new Set(['tags', 'sources', 'nodes']);

/** A value of an artifact without what differs between any two invocations, sets in order. */
export function comparable(value: unknown, key: string = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item));
    if (unordered.has(key)) return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    // Of its own macros dbt also lists those that running a node happened to call.
    return key === 'macros' ? items.filter((item) => !/^macro\.dbt(_duckdb)?\./.test(String(item))) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !perInvocation.has(name) && !(key === 'meta' && name === 'boathouse'))
      .map(([name, item]) => [name, comparable(item, name)]),
  );
}

/** Statuses of nodes whose messages are dbt's own words: an engine's errors read as the engine likes. */
const ownWords: ReadonlySet<string> = new Set([
  'success',
  'pass',
  'warn',
  'fail',
  'skipped',
  'no-op',
  'partial success',
]);

/** Every node's result by its unique id, as far as it can be compared. */
export function nodeResults(file: string): Json {
  if (!existsSync(file)) return {};
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: Json[] };
  return Object.fromEntries(
    results.map((result) => {
      const status = String(result['status']);
      const told = {
        status,
        failures: result['failures'],
        message: ownWords.has(status) ? uncoloured(result['message']) : '(an error)',
        relation_name: result['relation_name'],
        compiled: result['compiled'],
        batch_results: result['batch_results'] ?? null,
        keys: Object.keys(result).sort().join(' '),
      };
      return [String(result['unique_id']), told];
    }),
  );
}

const uncoloured = (text: unknown): unknown =>
  typeof text === 'string' ? text.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\r\n', '\n') : text;

/** Paths, below `target/compiled`, of dbt's own generic tests, whose SQL is ours and not dbt's. */
export function builtInTests(file: string): ReadonlySet<string> {
  if (!existsSync(file)) return new Set();
  const { nodes } = JSON.parse(readFileSync(file, 'utf8')) as { nodes: Record<string, Json> };
  const paths = new Set<string>();
  for (const node of Object.values(nodes)) {
    const { macros } = (node['depends_on'] ?? {}) as { macros?: string[] };
    if (macros?.some((id) => /^macro\.dbt\.test_/.test(id)) !== true) continue;
    paths.add(`${node['package_name']}/${node['original_file_path']}/${node['path']}`);
  }
  return paths;
}
