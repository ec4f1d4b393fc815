/** Versions of a model, as its property entry lists them. */
import { isPlainDict } from '../project/index.ts';
import { compilerErrors } from './errors.ts';
import type { Plain } from './manifest.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';

/** One entry of `versions:`. */
export interface ModelVersion {
  readonly version: string | number;
  readonly data: Plain;
  readonly index: number;
}

/** The versions of an entry; none for most. @throws compiler.bad-version */
export function versionsOf(entry: PropertyEntry): readonly ModelVersion[] {
  const list = entry.data['versions'];
  if (!Array.isArray(list)) return [];
  return list.filter(isPlainDict).map((data, index) => {
    const version = plainVersion(data['v']);
    if (version === undefined) {
      throw compilerErrors['bad-version'](
        { node: entry.name, problem: "every version needs 'v', a number or a text" },
        { location: placeOf(entry, 'versions', index) },
      );
    }
    return { version, data, index };
  });
}

/** The version that `ref` without one means. @throws compiler.bad-version when it isn't listed */
export function latestVersionOf(entry: PropertyEntry): string | number {
  const versions = versionsOf(entry).map(({ version }) => version);
  const written = plainVersion(entry.data['latest_version']);
  if (written === undefined) return versions.reduce((a, b) => (compareVersions(a, b) < 0 ? b : a));
  const found = versions.find((version) => String(version) === String(written));
  if (found !== undefined) return found;
  throw compilerErrors['bad-version'](
    {
      node: entry.name,
      problem: `latest_version ${written} isn't among its versions ${versions.join(', ')}`,
    },
    { location: placeOf(entry, 'latest_version') },
  );
}

/** As it stands in unique ids and file names: `v2`. */
export function formattedVersion(version: string | number): string {
  return `v${version}`;
}

/** Numbers before and by size where both are numbers, else by text: dbt's order. */
export function compareVersions(a: string | number, b: string | number): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  const [s, t] = [String(a), String(b)];
  return s < t ? -1 : s > t ? 1 : 0;
}

/** The columns of one version: the model's, as `include` and `exclude` say, and its own. */
export function columnsOfVersion(entry: PropertyEntry, version: ModelVersion): Plain[] {
  const shared = listOf(entry.data['columns']);
  const own = listOf(version.data['columns']);
  const rule = own.find((column) => 'include' in column || 'exclude' in column);
  const named = own.filter((column) => 'name' in column);
  const kept =
    rule === undefined && own.length === 0
      ? shared
      : rule
        ? shared.filter((column) => included(column, rule))
        : shared;
  const replaced = new Set(named.map((column) => column['name']));
  return [...kept.filter((column) => !replaced.has(column['name'])), ...named];
}

function included(column: Plain, rule: Plain): boolean {
  const name = column['name'];
  const { include, exclude } = rule;
  const all = include === undefined || include === 'all' || include === '*';
  if (!all && !(Array.isArray(include) && include.includes(name))) return false;
  return !(Array.isArray(exclude) && exclude.includes(name));
}

function listOf(value: unknown): Plain[] {
  return Array.isArray(value) ? value.filter(isPlainDict) : [];
}

function plainVersion(value: unknown): string | number | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  return undefined;
}
