/** What the commands do with a lake in a bucket, beside building it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { longReason, type Store, type StoreKind, startStore, storeReason } from '../stores/server.ts';
import { bucketProject, reach } from './bucket-project.ts';
import { ended, Folder } from './command.ts';

const kinds: readonly StoreKind[] = ['versitygw', 'minio'];

for (const kind of kinds) {
  const reason = kind === 'minio' ? longReason(kind) : storeReason(kind);
  describe.skipIf(reason !== undefined)(
    `commands on a bucket of ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let store: Store;
      const folders: Folder[] = [];
      beforeAll(async () => {
        store = await startStore({ kind, tls: 'private-ca' });
      });
      afterAll(async () => {
        for (const folder of folders) folder.remove();
        await store.stop();
      });
      let made = 0;
      /** The project in a bucket of its own. */
      const projectIn = async (
        files: Readonly<Record<string, string>> = {},
        more: Readonly<Record<string, string>> = {},
      ): Promise<Folder> => {
        made += 1;
        const bucket = `lake-${made}`;
        await store.createBucket(bucket);
        const folder = bucketProject(files);
        folders.push(folder);
        reach(folder, store, { BUCKET: bucket, ...more });
        return folder;
      };
      const bucketOf = (folder: Folder): string => folder.env['BUCKET'] ?? '';
      const profileOf = (folder: Folder): string => readFileSync(join(folder.path, 'profiles.yml'), 'utf8');
      /** How the store is reached, for the command line. */
      const options = (without?: string): string[] =>
        Object.entries(store.options)
          .filter(([name]) => name !== without)
          .flatMap(([name, value]) => ['--storage-option', `${name}=${value}`]);
      const storageOf = (folder: Folder) => openStorage(`s3://${bucketOf(folder)}`, store.options);

      it('a run of one model leaves the views of the others as they were', async () => {
        const folder = await projectIn();
        await folder.ok('build');
        await folder.ok('build');
        const { output } = await folder.ok('build', '--select', 'alone');
        expect(output).toContain(`Published s3://${bucketOf(folder)}/catalog.duckdb (1 relation changed)`);
        expect(output).not.toContain('warning');
        const file = new TextDecoder('latin1').decode(await storageOf(folder).read('catalog.duckdb'));
        expect(file).toContain(`s3://${bucketOf(folder)}/events.delta/`);
        expect(file).not.toContain('/mounts/');
        expect(await folder.rows('select * from totals')).toEqual([{ total: 21 }]);
      });

      it('appends to external files, replaces partitions and keeps nothing of the old ones', async () => {
        const folder = await projectIn({
          'models/daily.sql':
            "{{ config(materialized='external', options={'partition_by': 'day', 'append': true}) }} select '{{ var(\"day\") }}' as day, {{ var('n') }} as n",
          'models/parts.sql':
            "{{ config(materialized='external', options={'partition_by': 'day'}) }} select '{{ var(\"day\") }}' as day, {{ var('n') }} as n",
        });
        for (const [day, n] of [
          ['mon', 1],
          ['tue', 2],
        ] as const) {
          await folder.ok('build', '--vars', `{day: ${day}, n: ${n}}`);
        }
        expect(await folder.rows('select * from daily order by n')).toEqual([
          { day: 'mon', n: 1 },
          { day: 'tue', n: 2 },
        ]);
        expect(await folder.rows('select day, n from parts')).toEqual([{ day: 'tue', n: 2 }]);
        const glob = `select n from read_parquet('s3://${bucketOf(folder)}/parts/**/*.parquet')`;
        expect(await folder.rows(glob)).toEqual([{ n: 2 }]);
      });

      it('changes incremental files: replaces partitions, merges rows, and keeps what no row touches', async () => {
        const rows = `select * from (values (1, 1, 'a', 1), (1, 2, 'b', 2), (2, 3, 'b', 3), (2, 1, 'c', 9)) t(run, id, part, n) where run {% if is_incremental() %}={% else %}<={% endif %} {{ var('run') }}`;
        const folder = await projectIn({
          'models/parts.sql': `{{ config(materialized='incremental', format='parquet', options={'partition_by': 'part'}) }} ${rows}`,
          'models/merged.sql': `{{ config(materialized='incremental', format='parquet', unique_key='id', incremental_strategy='merge', options={'partition_by': 'part'}) }} ${rows}`,
          'models/one.sql': `{{ config(materialized='incremental', format='csv', unique_key='id') }} ${rows}`,
        });
        for (const run of [1, 2]) {
          await folder.ok('build', '--select', 'parts', 'merged', 'one', '--vars', `run: ${run}`);
        }
        const all = (name: string): Promise<unknown> =>
          folder.rows(`select string_agg(id || part || n, ' ' order by id, n) as found from ${name}`);
        expect(await all('parts')).toEqual([{ found: '1a1 1c9 3b3' }]);
        expect(await all('merged')).toEqual([{ found: '1c9 2b2 3b3' }]);
        expect(await all('one')).toEqual([{ found: '1c9 2b2 3b3' }]);
        const place = `s3://${bucketOf(folder)}`;
        expect(await all(`read_parquet('${place}/parts/*/*.parquet')`)).toEqual([{ found: '1a1 1c9 3b3' }]);
        expect(await all(`read_parquet('${place}/merged/*/*.parquet')`)).toEqual([{ found: '1c9 2b2 3b3' }]);
      });

      it('runs hooks, snapshots, seeds, show, ls and run-operation', async () => {
        const folder = await projectIn({
          'seeds/countries.csv': 'code,name\nde,Germany\nfr,France\n',
          'snapshots/history.sql': `{% snapshot history %}{{ config(unique_key='id', strategy='check', check_cols='all') }}
select id, amount * {{ var('factor', 1) }} as amount from {{ ref('orders') }}{% endsnapshot %}`,
          'models/hooked.sql': `{{ config(materialized='table',
  pre_hook="create temp table before as select count(*) as n from {{ ref('orders') }}",
  post_hook=["insert into {{ this }} select n + 100 from before", "create or replace view {{ this.schema }}.seen as select * from {{ ref('orders') }}"]) }}
-- depends_on: {{ ref('orders') }}
select n from before`,
          'macros/count_orders.sql':
            "{% macro count_orders() %}{% set found = run_query('select count(*) from ' ~ ref('orders')) %}{{ print('orders: ' ~ found.columns[0].values()[0]) }}{% endmacro %}",
        });
        await folder.ok('seed');
        await folder.ok('build');
        await folder.ok('snapshot', '--vars', '{factor: 2}');
        expect(
          await folder.rows('select amount, dbt_valid_to is null as live from history order by 1'),
        ).toEqual([
          { amount: 10.5, live: false },
          { amount: 21, live: true },
        ]);
        expect(await folder.rows('select n from hooked order by n')).toEqual([{ n: 1 }, { n: 101 }]);
        expect(await folder.rows('select id from seen')).toEqual([{ id: 1 }]);
        expect(await folder.rows('select name from countries order by 1')).toHaveLength(2);
        const shown = await folder.ok(
          'show',
          '--inline',
          "select name from {{ ref('countries') }} order by 1",
        );
        expect(shown.output).toContain('Germany');
        expect((await folder.ok('show', '--select', 'totals')).output).toContain('10.5');
        expect((await folder.ok('ls', '--select', 'orders+')).stdout).toContain('shop.totals');
        expect((await folder.ok('run-operation', 'count_orders')).output).toContain('orders: 1');
      });

      it('changes published tables by SQL, and publishes that', async () => {
        const folder = await projectIn();
        await folder.ok('build');
        await folder.ok('query', 'insert into events values (2, 7.5), (3, 1.0)');
        await folder.ok('query', 'update events set amount = 8 where id = 2');
        await folder.ok('query', 'delete from events where id = 3');
        const merge =
          'merge into events using (select 1 as id, 99.5 as amount union all select 4, 4) s on events.id = s.id when matched then update set * when not matched then insert *';
        await folder.ok('query', merge);
        const rows = [
          { id: 1, amount: 99.5 },
          { id: 2, amount: 8 },
          { id: 4, amount: 4 },
        ];
        expect(await folder.rows('select * from events order by id')).toEqual(rows);
        expect(await folder.rows('select total from totals')).toEqual([{ total: 111.5 }]);
        const { stdout } = await folder.ok('log', '--json', '--limit', '1');
        expect(stdout).toContain('"number":5');
        // Whoever has nothing but the file sees it, too; in the project the profile says how to come to it.
        const catalog = `s3://${bucketOf(folder)}/catalog.duckdb`;
        for (const how of [options(), []]) {
          const [seen] = await folder.rows('select total from totals', '--catalog', catalog, ...how);
          expect(seen).toEqual({ total: 111.5 });
        }
        for (const place of [[], [catalog]]) {
          const prompt = folder.start('open', ...place);
          prompt.stdin?.end('create temp table t as from events;\nselect sum(amount) as s from t;\n');
          expect(await ended(prompt)).toMatchObject({
            code: 0,
            stdout: expect.stringContaining('│ 111.5 │'),
          });
        }
      });

      it('keeps a run from readers whose tests failed, or shows it node by node', async () => {
        const failing = {
          'models/schema.yml':
            'models:\n  - name: totals\n    columns: [{ name: total, data_tests: [{ accepted_values: { values: [10.5] } }] }]\n',
        };
        const careful = await projectIn(failing, { PUBLISH: 'on_success' });
        await careful.ok('build');
        const failed = await careful.run('build');
        expect(failed.code).toBe(1);
        expect(failed.output).not.toContain('Published');
        expect(await careful.rows('select total from totals')).toEqual([{ total: 10.5 }]);
        const early = await projectIn(failing, { PUBLISH: 'per_node' });
        await early.ok('build');
        expect((await early.run('build')).code).toBe(1);
        expect(await early.rows('select total from totals')).toEqual([{ total: 21 }]);
        const { stdout } = await early.ok('log', '--json', '--limit', '1');
        expect(Number(/"number":(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(4);
      });

      it('reads sources by patterns, in partitions, and from another bucket with its own secret', async () => {
        const other = await startStore({ kind: 'versitygw' });
        try {
          await other.createBucket('theirs');
          const theirs = openStorage('s3://theirs', other.options);
          await theirs.put('shared/in/a.csv', new TextEncoder().encode('id,word\n1,theirs\n'));
          const folder = await projectIn({
            'models/sources.yml': `sources:
  - name: files
    tables:
      - name: flat
        meta: { external_location: "s3://{{ env_var('BUCKET') }}/in/flat/*.csv" }
      - name: deep
        meta: { external_location: "read_csv('s3://{{ env_var('BUCKET') }}/in/deep/**/*.csv', hive_partitioning=true)" }
      - name: theirs
        meta: { external_location: "s3://theirs/shared/in/*.csv" }
`,
            'models/flat.sql': "select * from {{ source('files', 'flat') }}",
            'models/deep.sql':
              "{{ config(materialized='external') }} select * from {{ source('files', 'deep') }}",
            'models/theirs.sql':
              "{{ config(materialized='external', location='s3://theirs/shared/out.parquet') }} select * from {{ source('files', 'theirs') }}",
          });
          const secret = `        - { type: s3, scope: 's3://theirs/shared', key_id: '${other.accessKeyId}', secret: '${other.secretAccessKey}', endpoint: '${other.endpoint}' }\n      lakehouse:`;
          folder.put({ 'profiles.yml': profileOf(folder).replace('      lakehouse:', secret) });
          const storage = storageOf(folder);
          for (const [path, text] of [
            ['in/flat/a.csv', 'id,word\n1,a\n'],
            ['in/flat/b.csv', 'id,word\n2,b\n'],
            ['in/deep/day=mon/a.csv', 'id\n1\n'],
            ['in/deep/day=tue/part/b.csv', 'id\n2\n'],
          ] as const)
            await storage.put(path, new TextEncoder().encode(text));
          await folder.ok('build');
          expect(await folder.rows('select word from flat order by id')).toEqual([
            { word: 'a' },
            { word: 'b' },
          ]);
          expect(await folder.rows('select day from deep order by id')).toEqual([
            { day: 'mon' },
            { day: 'tue' },
          ]);
          expect(await folder.rows('select * from theirs')).toEqual([{ id: 1, word: 'theirs' }]);
          expect((await theirs.stat('shared/out.parquet'))?.sizeBytes).toBeGreaterThan(0);
          await storage.put('in/flat/c.csv', new TextEncoder().encode('id,word\n3,c\n'));
          expect(await folder.rows('select count(*) as n from flat')).toEqual([{ n: 3 }]);
        } finally {
          await other.stop();
        }
      });

      it('lands with the profile’s storage, and with what the command line says', async () => {
        const folder = await projectIn({ 'prices.csv': 'id,price\n1,2.5\n2,3.5\n' });
        const table = `s3://${bucketOf(folder)}/landing/prices`;
        await folder.ok('land', 'prices.csv', table, '--mode', 'append');
        await storageOf(folder).put('in/more.csv', new TextEncoder().encode('id,price\n3,4.5\n'));
        await folder.ok('land', `s3://${bucketOf(folder)}/in/*.csv`, table, '--mode', 'append');
        const bare = new Folder().put({ 'prices.csv': 'id,price\n4,5.5\n' });
        folders.push(bare);
        await bare.ok('land', ...options(), 'prices.csv', table, '--mode', 'append');
        await bare.ok(
          'land',
          `s3://${bucketOf(folder)}/in/more.csv`,
          table,
          '--mode',
          'append',
          ...options(),
        );
        const read = `select count(*) as n, sum(price) as total from delta_scan('${table}')`;
        const answer = [{ n: 5, total: 20.5 }];
        expect(await folder.rows(read)).toEqual(answer);
        expect(await bare.rows(read, ...options())).toEqual(answer);
        expect((await bare.ok('table', 'detail', table, ...options())).output).toContain('numFiles');
        await bare.ok('table', 'optimize', table, ...options());
        await bare.ok('table', 'vacuum', table, '--dry-run', ...options());
        const refused = await bare.run('table', 'detail', table, ...options('AWS_SECRET_ACCESS_KEY'));
        expect(refused.output).toMatch(/error\[storage\.(?:no-credentials|bad-credentials)\]/);
        const missing = await bare.run('land', `s3://${bucketOf(folder)}/none/*.csv`, table, ...options());
        expect(missing.output).toContain('error[tables.no-files]');
        const misspelt = await bare.run(
          'table',
          'detail',
          table,
          ...options(),
          '--storage-option',
          'AWS_REGIO=x',
        );
        expect(misspelt.stderr).toContain('warning[storage.unknown-option]');
      });

      it.each([
        [
          'dbt-duckdb’s older settings',
          `settings: { s3_endpoint: "{{ env_var('ENDPOINT') | replace('https://', '') }}", s3_access_key_id: "{{ env_var('KEY_ID') }}", s3_secret_access_key: "{{ env_var('DBT_ENV_SECRET_KEY') }}", s3_region: us-east-1, s3_url_style: path, s3_use_ssl: true }`,
          {},
        ],
        [
          'filesystems',
          `filesystems: [{ fs: s3, key: "{{ env_var('KEY_ID') }}", secret: "{{ env_var('DBT_ENV_SECRET_KEY') }}", client_kwargs: { endpoint_url: "{{ env_var('ENDPOINT') }}" } }]`,
          {},
        ],
        ['use_credential_provider', 'use_credential_provider: aws', 'environment'],
        ['a secret of the chain', 'secrets: [{ type: s3, provider: credential_chain }]', 'environment'],
      ] as const)('takes credentials from %s', async (_what, yaml, env) => {
        const folder = await projectIn();
        const lines = profileOf(folder).replace(/ {6}secrets:\n(?: {8}.*\n)+/, `      ${yaml}\n`);
        folder.put({ 'profiles.yml': lines });
        if (env === 'environment') {
          folder.env['AWS_ACCESS_KEY_ID'] = store.accessKeyId;
          folder.env['AWS_SECRET_ACCESS_KEY'] = store.secretAccessKey;
          folder.env['AWS_ENDPOINT_URL'] = store.endpoint;
          folder.env['AWS_REGION'] = store.region;
        }
        await folder.ok('build');
        expect(await folder.rows('select total from totals')).toEqual([{ total: 10.5 }]);
      });
    },
  );
}
