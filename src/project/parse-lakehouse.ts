/**
 * `lakehouse:` in a target: where the lake is, how its runs are published and how its storage is opened.
 *
 * dbt ignores the key, so one profile serves both. Everything in it has a default; a target without it is
 * a lake in the folder or bucket of its `path`.
 */
import { isAbsolute, resolve } from 'node:path';
import { projectErrors } from './errors.ts';
import { type Fields, failAt } from './fields.ts';
import type { CacheProfile, LakehouseProfile, PublishMoment } from './target-profile.ts';
import type { WarningList } from './warnings.ts';

/**
 * The settings below `lakehouse` in `fields`, with their defaults.
 *
 * @param projectDir what `ca_file` and the cache's path are below, unless they are absolute.
 * @throws project.bad-value, project.unsupported-key
 */
export function parseLakehouse(fields: Fields, projectDir: string, warnings: WarningList): LakehouseProfile {
  const lake = fields.fields('lakehouse');
  if (lake === undefined) return plainLakehouse;
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(projectDir, path));
  // `env_var('CA_FILE', '')` is how a profile says that it may be left out.
  const given = (key: string): string | undefined => lake.text(key) || undefined;
  const root = given('root');
  const catalog = given('catalog');
  const branch = given('branch');
  const python = given('python');
  const caFile = given('ca_file');
  if (root !== undefined) requirePlace(lake, 'root', root);
  if (catalog !== undefined) {
    requirePlace(lake, 'catalog', catalog);
    if (!/\.(?:duckdb|db|ddb)$/i.test(catalog))
      lake.fail('catalog', 'the place of a DuckDB file, such as s3://bucket/catalog.duckdb', catalog);
  }
  if (branch !== undefined && !/^[A-Za-z0-9][\w.-]{0,99}$/.test(branch))
    lake.fail('branch', 'a name of letters, digits, `.`, `_` and `-`', branch);
  const parsed: LakehouseProfile = {
    root,
    catalog,
    publish: publishMoment(lake),
    branch,
    caFile: caFile === undefined ? undefined : absolute(caFile),
    storageOptions: Object.fromEntries(
      Object.entries(lake.scalars('storage_options')).map(([name, value]) => [name, String(value)]),
    ),
    cache: cacheOf(lake, absolute, warnings),
    // A name without a folder is looked up on the PATH.
    python: python?.includes('/') ? absolute(python) : python,
  };
  lake.warnUnknown(warnings, 'lakehouse');
  return parsed;
}

/** The scheme of a place in a bucket as it is written in SQL: `s3a://` and `s3n://` are other names of `s3://`. */
export function bucketPlace(place: string): string | undefined {
  const [, rest] = /^s3[an]?:\/\/(.*)$/is.exec(place) ?? [];
  return rest === undefined ? undefined : `s3://${rest}`;
}

const plainLakehouse: LakehouseProfile = {
  root: undefined,
  catalog: undefined,
  publish: 'per_run',
  branch: undefined,
  caFile: undefined,
  storageOptions: {},
  cache: undefined,
  python: undefined,
};

const moments: readonly PublishMoment[] = ['per_run', 'per_node', 'on_success'];

function publishMoment(lake: Fields): PublishMoment {
  const given = lake.text('publish');
  const found = given === undefined ? 'per_run' : moments.find((moment) => moment === given);
  return found ?? lake.fail('publish', moments.join(', '), given);
}

/** @throws project.unsupported-key for a scheme that storage doesn't have. */
function requirePlace(lake: Fields, key: string, place: string): void {
  const [, scheme = 's3'] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place) ?? [];
  if (['s3', 's3a', 's3n', 'file'].includes(scheme.toLowerCase())) {
    const [, bucket] = /^s3[an]?:\/\/([^/]*)/i.exec(place) ?? [];
    if (bucket === '') lake.fail(key, 'a place with a bucket, such as s3://bucket/folder', place);
    return;
  }
  throw projectErrors['unsupported-key'](
    { key: `lakehouse.${key}`, why: `${place} is neither a folder nor in a bucket (s3://…)` },
    { location: lake.file.locate([...lake.path, key]) },
  );
}

function cacheOf(
  lake: Fields,
  absolute: (path: string) => string,
  warnings: WarningList,
): CacheProfile | false | undefined {
  const given = lake.any('cache');
  if (given === undefined || given === true || given === 'true') return undefined;
  if (given === false || given === 'false') return false;
  const isMapping = typeof given === 'object' && !Array.isArray(given);
  const cache = isMapping ? lake.fields('cache') : undefined;
  if (cache === undefined)
    return failAt(lake.file, [...lake.path, 'cache'], 'false, or a mapping of path and size', given);
  const path = cache.text('path');
  const size = cache.text('size');
  if (size !== undefined && !/^\d+(?:\.\d+)?\s*(?:[kmgt]i?b?|b)?$/i.test(size.trim()))
    cache.fail('size', 'a size such as 20GB', size);
  cache.warnUnknown(warnings, 'lakehouse.cache');
  return {
    ...(path === undefined ? {} : { path: absolute(path) }),
    ...(size === undefined ? {} : { size: size.trim() }),
  };
}
