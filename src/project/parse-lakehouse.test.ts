import { afterAll, describe, expect, it } from 'vitest';
import { readTargetProfile } from './read-project.ts';
import { removeScratch, scratchProject } from './scratch-project.ts';
import type { TargetProfile } from './target-profile.ts';

afterAll(removeScratch);

/** The target `dev` with `keys` in YAML, from line 6 of profiles.yml. */
function target(keys: string): { readonly profile: TargetProfile; readonly projectDir: string } {
  const lines = keys.replace(/^/gm, ' '.repeat(6));
  const text = `shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n${lines}\n`;
  const projectDir = scratchProject({ 'profiles.yml': text });
  return { profile: readTargetProfile({ projectDir, env: {} }), projectDir };
}

describe('a target in a bucket', () => {
  it.each([
    ['s3://lake/catalog.duckdb', 's3://lake/catalog.duckdb', 'catalog', 's3://lake'],
    ['s3a://lake/a/b/shop.duckdb', 's3://lake/a/b/shop.duckdb', 'shop', 's3://lake/a/b'],
  ])(
    'publishes to its path, and has its files beside it: %s',
    (path, catalogPlace, database, externalRoot) => {
      const { profile } = target(`path: ${path}`);
      expect(profile).toMatchObject({ path, catalogPlace, database, externalRoot, databaseFile: undefined });
    },
  );

  it('has its files where it says', () => {
    const path = 'path: s3://lake/shop.duckdb';
    expect(target(`${path}\nexternal_root: s3://other/x`).profile.externalRoot).toBe('s3://other/x');
    const both = target(`${path}\nexternal_root: x\nlakehouse: { root: s3://data }`).profile;
    expect(both.externalRoot).toBe('s3://data');
  });

  it('may keep a path that dbt understands and publish elsewhere', () => {
    const { profile } = target("path: ':memory:'\nlakehouse: { catalog: s3://lake/shop.duckdb }");
    expect(profile).toMatchObject({
      catalogPlace: 's3://lake/shop.duckdb',
      databaseFile: undefined,
      database: 'shop',
      externalRoot: 's3://lake',
    });
  });
});

describe('lakehouse', () => {
  it('has defaults', () => {
    const { profile, projectDir } = target('path: shop.duckdb');
    expect(profile.catalogPlace).toBe(`${projectDir}/shop.duckdb`);
    expect(profile.lakehouse).toEqual({
      root: undefined,
      catalog: undefined,
      publish: 'per_run',
      branch: undefined,
      caFile: undefined,
      storageOptions: {},
      cache: undefined,
    });
  });

  it('takes what a variable leaves empty as left out', () => {
    const empty = "path: shop.duckdb\nlakehouse: { root: '', catalog: '', branch: '', ca_file: '' }";
    expect(target(empty).profile.lakehouse).toEqual(target('path: shop.duckdb').profile.lakehouse);
  });

  it('keeps every setting', () => {
    const { profile, projectDir } = target(
      `path: shop.duckdb
lakehouse:
  root: s3://lake/data
  publish: on_success
  branch: dev
  ca_file: certs/ca.pem
  storage_options: { AWS_ENDPOINT_URL: 'https://minio.home:9000', AWS_ALLOW_HTTP: true }
  cache: { path: .cache, size: 5GB }`,
    );
    expect(profile.lakehouse).toEqual({
      root: 's3://lake/data',
      catalog: undefined,
      publish: 'on_success',
      branch: 'dev',
      caFile: `${projectDir}/certs/ca.pem`,
      storageOptions: { AWS_ENDPOINT_URL: 'https://minio.home:9000', AWS_ALLOW_HTTP: 'true' },
      cache: { path: `${projectDir}/.cache`, size: '5GB' },
    });
  });

  it('may go without a cache', () => {
    expect(target('lakehouse: { cache: false }').profile.lakehouse.cache).toBe(false);
  });

  it.each([
    ['a moment that is none', 'lakehouse:\n  publish: sometimes', 'project.bad-value', 7, 18],
    ['a catalog that is no file', 'lakehouse:\n  catalog: s3://lake/x', 'project.bad-value', 7, 18],
    ['a root without a bucket', 'lakehouse:\n  root: s3:///x', 'project.bad-value', 7, 15],
    ['a root elsewhere', 'lakehouse:\n  root: gs://lake/x', 'project.unsupported-key', 7, 15],
    ['a branch that is none', 'lakehouse:\n  branch: a/b', 'project.bad-value', 7, 17],
    ['a cache that is none', 'lakehouse:\n  cache: much', 'project.bad-value', 7, 16],
    ['a size that is none', 'lakehouse:\n  cache:\n    size: much', 'project.bad-value', 8, 17],
    ['a list', 'lakehouse: [a]', 'project.bad-value', 6, 18],
    ['a path that is a bucket', 'path: s3://lake', 'project.bad-value', 6, 13],
    ['a path on a store that is none of ours', 'path: gs://lake/x.duckdb', 'project.unsupported-key', 6, 7],
  ])('is refused where it stands: %s', (_, keys, code, line, column) => {
    expect(() => target(keys)).toThrow(
      expect.objectContaining({ code, location: expect.objectContaining({ line, column }) }),
    );
  });
});
