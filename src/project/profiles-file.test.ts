import { afterAll, describe, expect, it } from 'vitest';
import { secrets } from '../base/index.ts';
import { type ReadProjectOptions, readProject, readTargetProfile } from './read-project.ts';
import { removeScratch, scratchProject } from './scratch-project.ts';
import type { TargetProfile } from './target-profile.ts';

afterAll(removeScratch);

const indent = (text: string, by: number): string => text.replace(/^/gm, ' '.repeat(by));

/** The target `dev` with `keys` in YAML. */
function target(keys: string, options: Partial<ReadProjectOptions> = {}): TargetProfile {
  const profile = `shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n${indent(keys, 6)}\n`;
  const projectDir = scratchProject({ 'profiles.yml': profile });
  return readTargetProfile({ projectDir, env: {}, ...options });
}

describe('where profiles.yml is looked for', () => {
  const named = (name: string): string =>
    `shop:\n  target: ${name}\n  outputs:\n    ${name}: {type: duckdb}\n`;
  const home = scratchProject({ '.dbt/profiles.yml': named('home') });
  const given = scratchProject({ 'profiles.yml': named('given') });
  const fromEnv = scratchProject({ 'profiles.yml': named('env') });
  const project = scratchProject({ 'profiles.yml': named('project') });

  it.each([
    ['--profiles-dir first', { profilesDir: given, env: { DBT_PROFILES_DIR: fromEnv } }, 'given'],
    ['then DBT_PROFILES_DIR', { env: { DBT_PROFILES_DIR: fromEnv } }, 'env'],
    ['then the project', { env: {} }, 'project'],
  ])('%s', (_, options, name) => {
    expect(readTargetProfile({ projectDir: project, homeDir: home, ...options }).targetName).toBe(name);
  });

  it('then ~/.dbt', async () => {
    const { rmSync } = await import('node:fs');
    const bare = scratchProject();
    rmSync(`${bare}/profiles.yml`);
    expect(readTargetProfile({ projectDir: bare, homeDir: home, env: {} }).targetName).toBe('home');
    expect(() => readTargetProfile({ projectDir: bare, homeDir: bare, env: {} })).toThrow(
      expect.objectContaining({ code: 'project.no-profiles-file' }),
    );
  });
});

describe('a target', () => {
  it('has dbt-duckdb’s defaults', () => {
    expect(target('threads: 3')).toMatchObject({
      path: ':memory:',
      databaseFile: undefined,
      database: 'memory',
      schema: 'main',
      threads: 3,
      externalRoot: '.',
      keepOpen: true,
      retries: { connectAttempts: 1, queryAttempts: 1, retryableExceptions: ['IOException'] },
    });
  });

  it('is named after its file, up to the first dot', () => {
    expect(target('path: data/my.lake.duckdb').database).toBe('my');
  });

  it('may be an attached database', () => {
    const keys = 'path: a.duckdb\ndatabase: other\nattach:\n  - {path: b.duckdb, alias: other}';
    expect(target(keys).database).toBe('other');
  });

  it('types every list and mapping', () => {
    const keys = `
path: lake.duckdb
extensions: [httpfs, {name: h3, repo: community}]
settings: {memory_limit: 1GB, threads: 2}
config_options: {allow_unsigned_extensions: true}
secrets:
  - {type: s3, key_id: k, secret: hunter22, scope: 's3://a', region: null, refresh: {a: b}}
  - {type: gcs, name: mine, provider: config, persistent: true}
attach:
  - {path: 'x.sqlite', type: sqlite, read_only: 'true', options: {schema: public, journal_mode: wal}}
plugins: [{module: delta, alias: d, config: {x: 1}}, {module: dbt.adapters.duckdb.plugins.delta}]
retries: {connect_attempts: 3, query_attempts: 2, retryable_exceptions: [IOException, HTTPException]}
use_credential_provider: aws
filesystems: [{fs: s3, key: abc, secret: def, client_kwargs: {endpoint_url: 'http://minio:9000'}}, {fs: file}]
disable_transactions: true
keep_open: false`;
    expect(target(keys)).toMatchObject({
      extensions: [{ name: 'httpfs' }, { name: 'h3', repository: 'community' }],
      settings: { memory_limit: '1GB', threads: 2 },
      configOptions: { allow_unsigned_extensions: true },
      secrets: [
        {
          type: 's3',
          name: '_dbt_secret_1',
          scope: ['s3://a'],
          persistent: false,
          options: { key_id: 'k', secret: 'hunter22', refresh: { a: 'b' } },
        },
        { type: 'gcs', name: 'mine', provider: 'config', persistent: true },
        { type: 's3', name: '_dbt_secret_3', provider: 'credential_chain' },
        {
          type: 's3',
          options: { key_id: 'abc', endpoint: 'minio:9000', use_ssl: 'false', url_style: 'path' },
        },
      ],
      attach: [
        { alias: 'x', type: 'sqlite', readOnly: true, options: { schema: 'public', journal_mode: 'wal' } },
      ],
      plugins: [
        { module: 'delta', alias: 'd', config: { x: 1 } },
        { module: 'delta', alias: 'delta', config: {} },
      ],
      retries: {
        connectAttempts: 3,
        queryAttempts: 2,
        retryableExceptions: ['IOException', 'HTTPException'],
      },
      disableTransactions: true,
      keepOpen: false,
    });
  });

  it('shows templates no secret', () => {
    const { targetDict } = target(
      'secrets: [{type: s3, secret: hunter22}]\nsettings: {motherduck_token: abcdef}',
    );
    expect(JSON.stringify(targetDict)).not.toMatch(/hunter22|abcdef/);
    expect(targetDict).toMatchObject({
      type: 'duckdb',
      name: 'dev',
      target_name: 'dev',
      profile_name: 'shop',
    });
  });
});

describe('Jinja in profiles.yml', () => {
  it('reads the environment, with defaults', () => {
    const keys = `path: "{{ env_var('DIR') }}/x.duckdb"\nschema: "{{ env_var('S', 'dflt') }}"\nthreads: "{{ env_var('N') | as_number }}"`;
    expect(target(keys, { env: { DIR: '/d', N: '7' } })).toMatchObject({
      path: '/d/x.duckdb',
      schema: 'dflt',
      threads: 7,
    });
  });

  it('renders only the target that is used', () => {
    const profile = `shop:\n  target: "{{ env_var('T') }}"\n  outputs:\n    dev: {type: duckdb}\n    prod: {type: duckdb, path: "{{ env_var('NOT_SET') }}"}\n`;
    const projectDir = scratchProject({ 'profiles.yml': profile });
    expect(readTargetProfile({ projectDir, env: { T: 'dev' } }).targetName).toBe('dev');
    expect(() => readTargetProfile({ projectDir, env: { T: 'prod' } })).toThrow(
      expect.objectContaining({
        code: 'project.missing-env-var',
        location: expect.objectContaining({ line: 5 }),
      }),
    );
  });

  it('gives secrets from the environment, and has them masked', () => {
    const keys = `secrets: [{type: s3, secret: "{{ env_var('DBT_ENV_SECRET_KEY') }}!"}]`;
    const { secrets: found } = target(keys, { env: { DBT_ENV_SECRET_KEY: 'open-sesame-1' } });
    expect(found[0]?.options['secret']).toBe('open-sesame-1!');
    expect(secrets.scrub('it was open-sesame-1')).toBe('it was *****');
  });

  it('masks passwords that are written out, alone and inside connection texts', () => {
    target(
      'secrets: [{type: postgres, password: swordfish-9}]\nattach: [{path: "postgres:host=h password=mellon-77 user=u", type: postgres}]',
    );
    expect(secrets.scrub('swordfish-9 mellon-77')).toBe('***** *****');
  });
});

describe('a target that can’t be used', () => {
  it.each([
    ['a remote', 'remote: {host: h, port: 1, user: u}', 'project.unsupported-key', 6],
    ['a MotherDuck path', 'path: "md:db"', 'project.unsupported-key', 6],
    ['a MotherDuck token', 'motherduck_token: abcdef', 'project.unsupported-key', 6],
    ['a Python plugin', 'threads: 1\nplugins: [{module: my.own}]', 'project.unsupported-key', 7],
    ['a plugin without a counterpart', 'plugins:\n  - module: gsheet', 'project.unsupported-key', 7],
    ['a Python file system', 'filesystems: [{fs: sftp}]', 'project.unsupported-key', 6],
    ['a database that isn’t the file', 'path: a.duckdb\ndatabase: b', 'project.wrong-database', 7],
    ['threads that are no number', 'threads: many', 'project.bad-value', 6],
    ['extensions that are no list', 'extensions: httpfs', 'project.bad-value', 6],
    ['a secret without a type', 'secrets:\n  - {key_id: x}', 'project.bad-value', 7],
    [
      'an option twice',
      'attach: [{path: x, type: sqlite, options: {type: duckdb}}]',
      'project.conflicting-keys',
      6,
    ],
  ])('names %s at its place', (_, keys, code, line) => {
    expect(() => target(keys)).toThrow(
      expect.objectContaining({ code, location: expect.objectContaining({ line }) }),
    );
  });

  it('says what there is when a profile or target isn’t', () => {
    const projectDir = scratchProject();
    expect(() => readTargetProfile({ projectDir, env: {}, target: 'dve' })).toThrow(
      expect.objectContaining({ code: 'project.no-target', hint: "Did you mean 'dev'?" }),
    );
    expect(() => readTargetProfile({ projectDir, env: {}, profile: 'shpo' })).toThrow(
      expect.objectContaining({ code: 'project.no-profile', hint: "Did you mean 'shop'?" }),
    );
    const other = scratchProject({
      'profiles.yml': 'shop:\n  target: dev\n  outputs:\n    dev: {type: snowflake}\n',
    });
    expect(() => readTargetProfile({ projectDir: other, env: {} })).toThrow(
      expect.objectContaining({ code: 'project.unsupported-adapter' }),
    );
  });

  it('warns once of a key that nobody knows', async () => {
    const projectDir = scratchProject({
      'profiles.yml': 'shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, thread: 4}\n',
    });
    const { warnings } = await readProject({ projectDir, env: {} });
    expect(warnings).toMatchObject([
      { code: 'project.unknown-key', hint: "Did you mean 'threads'?", location: { line: 4, column: 25 } },
    ]);
  });
});
