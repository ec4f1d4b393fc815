/**
 * The artifacts of an earlier run: what `--state`, `--defer-state` and `retry` look at.
 *
 * They may be ours or dbt's: manifest v10 to v12, run results v4 to v6, sources v3.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Manifest, Plain, PreviousState, SourceTimes } from '../compiler/index.ts';
import { workflowErrors } from './errors.ts';

/** `run_results.json`, as far as it is looked at. */
export interface RunResultsFile {
  readonly metadata: Plain;
  readonly args: Plain;
  readonly results: readonly RunResultEntry[];
}

/** One node's result in it. */
export interface RunResultEntry {
  readonly unique_id: string;
  readonly status: string;
  readonly batch_results?: {
    readonly successful: readonly (readonly [string, string])[];
    readonly failed: readonly (readonly [string, string])[];
  } | null;
}

/**
 * Everything that stands in `statePath`; parts that aren't there are undefined.
 *
 * @param statePath absolute. @param targetPath absolute: its `sources.json` is what `source_status:` compares with.
 * @throws workflows.state-unreadable
 */
export function readPreviousState(statePath: string, targetPath: string): PreviousState {
  const manifest = readStateManifest(statePath);
  const results = readRunResults(statePath)?.results;
  const sources = readSources(statePath);
  const sourcesNow = readSources(targetPath);
  return {
    ...(manifest === undefined ? {} : { manifest }),
    ...(results === undefined ? {} : { results }),
    ...(sources === undefined ? {} : { sources }),
    ...(sourcesNow === undefined ? {} : { sourcesNow }),
  };
}

/** The absolute folder that an option names, against the project's root as in dbt. */
export function stateFolder(root: string, given: string): string {
  return resolve(root, given);
}

/** `manifest.json` of a folder; undefined when there is none. @throws workflows.state-unreadable */
export function readStateManifest(folder: string): Manifest | undefined {
  const found = readArtifact(folder, 'manifest.json', /\/manifest\/v(?:10|11|12)\.json$/);
  if (found === undefined) return undefined;
  const { path, data } = found;
  for (const key of ['nodes', 'sources', 'macros'] as const) {
    if (!isRecord(data[key])) throw unreadable(path, `it has no '${key}'`);
  }
  const groups = [
    'exposures',
    'metrics',
    'groups',
    'semantic_models',
    'saved_queries',
    'unit_tests',
    'functions',
  ];
  const missing = groups.filter((key) => !isRecord(data[key])).map((key) => [key, {}] as const);
  return { ...data, ...Object.fromEntries(missing) } as unknown as Manifest;
}

/** `run_results.json` of a folder; undefined when there is none. @throws workflows.state-unreadable */
export function readRunResults(folder: string): RunResultsFile | undefined {
  const found = readArtifact(folder, 'run_results.json', /\/run-results\/v[456]\.json$/);
  if (found === undefined) return undefined;
  const { path, data } = found;
  const { results, args, metadata } = data;
  const isResult = (one: unknown): boolean =>
    isRecord(one) && typeof one['unique_id'] === 'string' && typeof one['status'] === 'string';
  if (!Array.isArray(results) || !results.every(isResult))
    throw unreadable(path, "its 'results' are no results");
  return {
    metadata: isRecord(metadata) ? metadata : {},
    args: isRecord(args) ? args : {},
    results: results as RunResultEntry[],
  };
}

/** When the rows of sources were last loaded, by unique id; null where that couldn't be found out. */
function readSources(folder: string): SourceTimes | undefined {
  const found = readArtifact(folder, 'sources.json', /\/sources\/v3\.json$/);
  if (found === undefined) return undefined;
  const { path, data } = found;
  const { results } = data;
  if (!Array.isArray(results)) throw unreadable(path, "it has no 'results'");
  return new Map(
    results.filter(isRecord).map((result) => {
      const at = result['max_loaded_at'];
      return [String(result['unique_id']), typeof at === 'string' ? Date.parse(at) : null] as const;
    }),
  );
}

function readArtifact(
  folder: string,
  name: string,
  version: RegExp,
): { readonly path: string; readonly data: Plain } | undefined {
  const path = join(folder, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, message);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, `it is no JSON, or was cut short (${(error as Error).message})`);
  }
  if (!isRecord(data)) throw unreadable(path, 'it is no JSON object');
  const metadata = data['metadata'];
  const said = isRecord(metadata) ? metadata['dbt_schema_version'] : undefined;
  const schema = typeof said === 'string' ? said : '';
  if (!version.test(schema))
    throw unreadable(path, schema === '' ? 'it says nothing of its version' : `its version is ${schema}`);
  return { path, data };
}

function unreadable(path: string, problem: string): Error {
  return workflowErrors['state-unreadable']({ path, problem }, { location: { file: path } });
}

function isRecord(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
