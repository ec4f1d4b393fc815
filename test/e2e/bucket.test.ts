/** A dbt project on a bucket, by TLS with a private authority: what works in a folder works there. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureCache, requestCounts, requestsSince } from '../../src/storage/index.ts';
import { writeDelta } from '../../src/tables/index.ts';
import type { NodeResult } from '../../src/targets/index.ts';
import { build, debug, query } from '../../src/workflows/index.ts';
import { extensionWheel, installWheels } from '../stores/extension-wheels.ts';
import { type Store, type StoreKind, startStore, storeReason } from '../stores/server.ts';

const python = process.env['BOATHOUSE_PEERS_PYTHON'];
const snippets = process.env['BOATHOUSE_SEED'];
const run = promisify(execFile);

const wheel = extensionWheel('httpfs');

const kinds: readonly StoreKind[] = ['versitygw', 'minio'];

/** The profile of the project, with what is to be filled in: endpoint, keys, authority. */
function profile(store: Store, path: string, lakehouse: string): string {
  return `shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "${path}"
      plugins: [{ module: delta }]
      threads: 2
      extensions: [httpfs, parquet]
      secrets:
        - type: s3
          region: ${store.region}
          key_id: '${store.accessKeyId}'
          secret: '${store.secretAccessKey}'
          endpoint: "${store.endpoint.replace('https://', '')}"
          url_style: path
          use_ssl: 'true'
      schema: dev
      lakehouse: { ca_file: '${store.caFile}'${lakehouse} }
`;
}

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': `name: shop
profile: shop
model-paths: [models]
snapshot-paths: [snapshots]
models: { shop: { +materialized: external } }
`,
  'seeds/countries.csv': 'code,name\nde,Germany\nfr,France\n',
  'models/orders.sql':
    "select * from (values (1, 'de', 10.5), (2, 'fr', 20.0), (3, 'de', 5.25)) t(id, country, amount)",
  'models/orders_csv.sql': "{{ config(format='csv') }} select * from {{ ref('orders') }}",
  'models/orders_json.sql': "{{ config(format='json') }} select * from {{ ref('orders_csv') }}",
  'models/by_country.sql':
    "{{ config(options={'partition_by': 'country'}) }} select * from {{ ref('orders_json') }}",
  'models/events.sql': `{{ config(materialized='incremental', file_format='delta', incremental_strategy='merge', unique_key='id') }}
select id, country, amount from {{ ref('by_country') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}`,
  'models/totals.sql':
    "{{ config(materialized='view') }} select c.name, sum(e.amount) as total from {{ ref('events') }} e join {{ ref('countries') }} c on c.code = e.country group by all",
  'models/kept.sql': "{{ config(materialized='table') }} select * from {{ ref('totals') }}",
  'models/landed.sql': "select * from {{ source('landing', 'people') }}",
  'models/schema.yml': `sources:
  - name: landing
    tables:
      - name: people
        meta: { external_location: "delta_scan('s3://lake/landing/people')" }
models:
  - name: events
    columns: [{ name: id, data_tests: [unique, not_null] }]
  - name: orders
    columns: [{ name: country, data_tests: [{ accepted_values: { values: [de], config: { store_failures: true, severity: warn } } }] }]
`,
  'snapshots/history.sql': `{% snapshot history %}{{ config(file_format='delta', unique_key='id', strategy='check', check_cols='all') }}
select id, amount from {{ ref('orders') }}{% endsnapshot %}`,
};

const failed = (results: readonly NodeResult[]): unknown =>
  results.filter(({ status }) => status === 'error').map(({ uniqueId, message }) => [uniqueId, message]);

for (const kind of kinds) {
  const reason = storeReason(kind);
  describe.skipIf(reason !== undefined)(
    `a project in a bucket of ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let store: Store;
      let root = '';
      const place = { projectDir: '', env: {} as Record<string, string> };

      beforeAll(async () => {
        store = await startStore({ kind, tls: 'private-ca' });
        await store.createBucket('lake');
        root = await mkdtemp(join(tmpdir(), 'boathouse-bucket-'));
        process.env['BOATHOUSE_CACHE_DIR'] = join(root, 'target', 'cache');
        place.projectDir = root;
        for (const [path, text] of Object.entries(files)) {
          await mkdir(dirname(join(root, path)), { recursive: true });
          await writeFile(join(root, path), text);
        }
        await writeFile(join(root, 'profiles.yml'), profile(store, 's3://lake/catalog.duckdb', ''));
        await writeDelta('s3://lake/landing/people', [{ name: 'Ada' }], { storageOptions: store.options });
      });
      afterAll(async () => {
        await store.stop();
        await rm(root, { recursive: true, force: true });
      });

      const rows = async (sql: string): Promise<unknown> =>
        (await query({ ...place, sql })).rows.map((row) => row.map((cell) => cell.text));

      it('builds, and is read', async () => {
        const result = await build({ ...place });
        expect(failed(result.results)).toEqual([]);
        expect(result.published).toMatchObject({ generation: 1, path: 's3://lake/catalog.duckdb' });
        expect(await rows('select * from totals order by all')).toEqual([
          ['France', '20.0'],
          ['Germany', '15.75'],
        ]);
        expect(await rows('select * from kept order by all')).toHaveLength(2);
        expect(await rows('select count(*) from history')).toEqual([['3']]);
        expect(await rows('select * from landed')).toEqual([['Ada']]);
        expect(await rows('select country, count(*) from by_country group by all order by all')).toEqual([
          ['de', '2'],
          ['fr', '1'],
        ]);
      });

      it('builds again on what is there, in few requests', async () => {
        const before = requestCounts();
        const result = await build({ ...place });
        const { total } = requestsSince(before);
        expect(failed(result.results)).toEqual([]);
        expect(result.published).toMatchObject({ generation: 2 });
        // Twelve nodes: the runs' own requests and those of each are few.
        expect(total).toBeLessThanOrEqual(60);
        expect(await rows('select count(*), sum(amount) from events')).toEqual([['3', '35.75']]);
        expect(await rows('select count(*) from history')).toEqual([['3']]);
      });

      it('keeps in the bucket what another host builds on', async () => {
        const other = await mkdtemp(join(tmpdir(), 'boathouse-bucket-'));
        const cache = process.env['BOATHOUSE_CACHE_DIR'];
        try {
          await cp(root, other, { recursive: true, filter: (path) => !path.endsWith('target') });
          process.env['BOATHOUSE_CACHE_DIR'] = join(other, 'cache');
          const result = await build({ ...place, projectDir: other, select: ['totals', 'kept'] });
          expect(failed(result.results)).toEqual([]);
          expect(result.published).toMatchObject({ generation: 3 });
          expect(await rows('select * from kept order by all')).toHaveLength(2);
        } finally {
          process.env['BOATHOUSE_CACHE_DIR'] = cache;
          await rm(other, { recursive: true, force: true });
        }
      });

      it.skipIf(python === undefined || wheel === undefined)(
        'is read by plain DuckDB with httpfs',
        async () => {
          const script = `import duckdb, sys
c = duckdb.connect(config={'allow_unsigned_extensions': 'true'})
c.execute("load '${wheel}'")
c.execute("set global ca_cert_file = '${store.caFile}'")
c.execute("create secret (type s3, key_id '${store.accessKeyId}', secret '${store.secretAccessKey}', region '${store.region}', endpoint '${store.endpoint.replace('https://', '')}', url_style 'path', use_ssl true)")
c.execute("attach 's3://lake/catalog.duckdb' (read_only)")
print(c.execute("select count(*) from catalog.dev.totals").fetchall(), c.execute("select count(*) from catalog.dev.by_country").fetchall(), c.execute("select count(*) from catalog.dev.orders_csv").fetchall(), c.execute("select count(*) from catalog.dev.kept").fetchall())`;
          const asked = await run(python ?? '', ['-c', script]);
          expect(asked.stdout.trim()).toBe('[(2,)] [(3,)] [(3,)] [(2,)]');
        },
      );

      it.skipIf(snippets === undefined)('builds the first user’s profile and models', async () => {
        await store.createBucket('bucket');
        const home = await mkdtemp(join(tmpdir(), 'boathouse-bucket-'));
        try {
          const read = (name: string): Promise<string> =>
            readFile(join(snippets ?? '', 'snippets', name), 'utf8');
          await writeDelta('s3://bucket/landing/xxx/table_2', [{ id: 1n }, { id: 2n }], {
            storageOptions: store.options,
          });
          const filled = (await read('profiles.yml'))
            .replace('<enter your key id here, pass in with env var>', store.accessKeyId)
            .replace('<enter your secret here, pass in with env var>', store.secretAccessKey)
            .replace('xxx.xxx.xxx.xxx:port', store.endpoint.replace('https://', ''))
            .replace("use_ssl: 'false'", "use_ssl: 'true'")
            .replace('ap-southeast-1', store.region)
            .replace('schema: dev', `schema: dev\n      lakehouse: { ca_file: '${store.caFile}' }`);
          const project: Record<string, string> = {
            'dbt_project.yml': `name: finget\nversion: "1.0.0"\nprofile: project_name\n${await read('dbt_project.models.yml')}`,
            'profiles.yml': filled,
            'macros/external_location.sql': await read('external_location.sql'),
            'models/sources.yml': `version: 2\n${await read('sources.yml')}`,
            'models/bronze/trades.sql': "select * from {{ source('staging_2', 'table_2') }}",
            'models/silver/prices.sql': "select count(*) as n from {{ ref('trades') }}",
          };
          for (const [path, text] of Object.entries(project)) {
            await mkdir(dirname(join(home, path)), { recursive: true });
            await writeFile(join(home, path), text);
          }
          const env = { DBT_TARGET: 'dev', PROJECT_ROOT: home, EXTERNAL_ROOT: 's3://bucket/' };
          for (let time = 1; time <= 2; time += 1) {
            const result = await build({ projectDir: home, env });
            expect(failed(result.results)).toEqual([]);
            expect(result.published).toMatchObject({ generation: time });
          }
          const asked = await query({ projectDir: home, env, sql: 'select n from dev_silver.prices' });
          expect(asked.rows[0]?.[0]?.text).toBe('2');
        } finally {
          await rm(home, { recursive: true, force: true });
        }
      });

      it('publishes in six requests, and asks three of each model that has nothing new', async () => {
        await store.createBucket('many');
        const home = await mkdtemp(join(tmpdir(), 'boathouse-bucket-'));
        try {
          await mkdir(join(home, 'models/files'), { recursive: true });
          await mkdir(join(home, 'models/delta'));
          await writeFile(join(home, 'dbt_project.yml'), 'name: shop\nprofile: shop\n');
          await writeFile(join(home, 'profiles.yml'), profile(store, 's3://many/lake.duckdb', ''));
          for (let i = 0; i < 100; i += 1) {
            const strategy = ['append', 'merge', 'delete+insert'][i % 3];
            const config =
              i % 2 === 0
                ? "materialized='external'"
                : `materialized='incremental', file_format='delta', incremental_strategy='${strategy}', unique_key='n'`;
            const where = i % 2 === 0 ? '' : '{% if is_incremental() %} where false {% endif %}';
            await writeFile(
              join(home, `models/m${i}.sql`),
              `{{ config(${config}) }} select ${i} as n ${where}`,
            );
          }
          await writeFile(join(home, 'models/v.sql'), "select * from {{ ref('m1') }}");
          expect(failed((await build({ projectDir: home, env: {} })).results)).toEqual([]);
          const beforeView = requestCounts();
          const view = await build({ projectDir: home, env: {}, select: ['v'] });
          const ofView = requestsSince(beforeView);
          expect(view.published?.generation).toBe(2);
          const countOf = async (select: string): Promise<number> => {
            const before = requestCounts();
            const again = await build({ projectDir: home, env: {}, select: [select] });
            expect(failed(again.results)).toEqual([]);
            return requestsSince(before).total;
          };
          // A run begins with a listing, the generation, a look at the published file and the file itself.
          expect(ofView.total).toBeLessThanOrEqual(4 + 6);
          expect(await countOf('path:models/files')).toBeLessThanOrEqual(4 + 6 + 3 * 50);
          expect(await countOf('path:models/delta')).toBeLessThanOrEqual(4 + 6 + 3 * 50);
          expect(await countOf('*')).toBeLessThanOrEqual(4 + 6 + 3 * 101);
          const before = await query({
            projectDir: home,
            env: {},
            sql: "describe history delta.'s3://many/m1.delta'",
          });
          expect(before.rows).toHaveLength(1);
        } finally {
          await rm(home, { recursive: true, force: true });
        }
      });

      it('keeps copies where the profile says, and none where it says none', async ({ skip }) => {
        await store.createBucket(`copies-${kind}`);
        const home = await mkdtemp(join(tmpdir(), 'boathouse-bucket-'));
        const usual = process.env['BOATHOUSE_CACHE_DIR'];
        process.env['BOATHOUSE_CACHE_DIR'] = join(home, 'usual');
        // What a store was found to be is remembered beside the copies.
        const filesIn = async (name: string): Promise<number> =>
          existsSync(join(home, name))
            ? (await readdir(join(home, name), { recursive: true, withFileTypes: true })).filter(
                (entry) => entry.isFile() && !entry.parentPath.includes('stores'),
              ).length
            : 0;
        const project = async (
          lakehouse: string,
          more = '',
        ): Promise<{ readonly projectDir: string; readonly env: Record<string, string> }> => {
          await writeFile(
            join(home, 'profiles.yml'),
            profile(store, `s3://copies-${kind}/lake.duckdb`, lakehouse).replace(
              '      schema: dev',
              `${more}      schema: dev`,
            ),
          );
          return { projectDir: home, env: {} };
        };
        const sum = `select sum(n) from delta.'s3://copies-${kind}/d.delta'`;
        try {
          await mkdir(join(home, 'models'));
          await writeFile(join(home, 'dbt_project.yml'), 'name: shop\nprofile: shop\n');
          await writeFile(join(home, 'models/e.sql'), "{{ config(materialized='external') }} select 1 as n");
          await writeFile(
            join(home, 'models/d.sql'),
            "{{ config(materialized='table', file_format='delta') }} select * from {{ ref('e') }}",
          );
          const own = await project(', cache: { path: own, size: 1GB }');
          expect(failed((await build(own)).results)).toEqual([]);
          expect((await query({ ...own, sql: sum })).rows[0]?.[0]?.text).toBe('1');
          expect((await query({ ...own, sql: 'select n from e' })).rows[0]?.[0]?.text).toBe('1');
          const kept = await filesIn('own');
          expect(kept).toBeGreaterThan(0);
          expect(await filesIn('usual')).toBe(0);
          if (wheel === undefined) return skip('no Python of BOATHOUSE_PEERS_PYTHON has httpfs');
          const extensions = join(home, 'extensions');
          await installWheels(extensions, [wheel]);
          const none = await project(
            ', cache: false',
            `      config_options: { extension_directory: '${extensions}' }\n`,
          );
          expect(failed((await build(none)).results)).toEqual([]);
          expect((await query({ ...none, sql: sum })).rows[0]?.[0]?.text).toBe('1');
          expect((await query({ ...none, sql: 'select n from e' })).rows[0]?.[0]?.text).toBe('1');
          expect([await filesIn('own'), await filesIn('usual')]).toEqual([kept, 0]);
        } finally {
          if (usual === undefined) delete process.env['BOATHOUSE_CACHE_DIR'];
          else process.env['BOATHOUSE_CACHE_DIR'] = usual;
          configureCache();
          await rm(home, { recursive: true, force: true });
        }
      });

      it('is fine by debug', async () => {
        const { checks } = await debug({ ...place });
        expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      });
    },
  );
}
