/** A real Trino beside us: our command gives it the names, it reads what we wrote, and we read what it writes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { build, query, registerCatalog } from '../../src/workflows/index.ts';
import { type Store, startStore, storeReason } from '../../test/stores/server.ts';
import { Trino, trinoMissing } from './trino-server.ts';

const missing = trinoMissing ?? storeReason('versitygw');
if (missing !== undefined && /\btrino\b/.test(process.env['BOATHOUSE_REQUIRE'] ?? ''))
  throw new Error(missing);
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': `name: shop
profile: shop
models: { shop: { +materialized: table, +format: delta } }
`,
  'models/Plain.sql': `select 1::bigint as id, 'ü, "x"' as word, 12.34::decimal(9, 2) as amount, date '2024-02-29' as day,
  timestamptz '2024-02-29 12:34:56.789+00' as stamp, timestamp '2024-02-29 12:34:56.789012' as local,
  [1, 2] as numbers, {'a': 1, 'b': 'y'} as pair, true as yes, 1.5::double as real, '\\xAB'::blob as bytes
union all select 2, null, null, null, null, null, null, null, null, null, null`,
  'models/parted.sql': `{{ config(partition_by=['place', 'day', 'stamp']) }}
select * from (values (1, 'a/b=c d', date '2024-01-01', timestamptz '2024-01-01 01:02:03.456+00'), (2, 'ü%', date '1900-01-01', timestamptz '1999-12-31 23:59:59.999+00'), (3, null, null, null))
t(id, place, day, stamp)`,
  'models/vectors.sql': `{{ config(deletion_vectors=true) }} select range as id, 'row ' || range as word from range(1000)`,
  'models/mapped.sql': `{{ config(partition_by=['part'], tblproperties={'delta.columnMapping.mode': 'name'}) }}
select 1 as id, 'one' as "a word", 'p 1' as part union all select 2, 'two', null`,
  'models/shown.sql': `{{ config(materialized='view', format=none) }} select id from {{ ref('parted') }}`,
};

describe.skipIf(missing !== undefined)(`Trino${skipped}`, () => {
  let store: Store;
  let trino: Trino;
  beforeAll(async () => {
    store = await startStore({ kind: 'versitygw', tls: 'private-ca' });
    await store.createBucket('lake');
    trino = await Trino.start(store);
  }, 240_000);
  afterAll(async () => {
    await trino?.[Symbol.asyncDispose]();
    await store?.stop();
  });

  describe.each(['folder', 'bucket'] as const)('and tables in a %s', (place) => {
    let root = '';
    let lake = '';

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'boathouse-trino-lake-'));
      lake = place === 'folder' ? `file://${root}` : 's3://lake';
      const secret = `{ type: s3, key_id: '${store.accessKeyId}', secret: '${store.secretAccessKey}', region: ${store.region}, endpoint: '${store.endpoint}', url_style: path }`;
      const output =
        place === 'folder'
          ? `{ type: duckdb, path: '${root}/lake.duckdb', external_root: '${root}', settings: { TimeZone: UTC } }`
          : `{ type: duckdb, path: 's3://lake/lake.duckdb', settings: { TimeZone: UTC }, secrets: [${secret}], lakehouse: { ca_file: '${store.caFile}' } }`;
      const all = { ...files, 'profiles.yml': `shop:\n  target: prod\n  outputs:\n    prod: ${output}\n` };
      for (const [path, text] of Object.entries(all)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
      const { results } = await build({ projectDir: root, logPath: null, env: {} });
      expect(results.filter(({ status }) => status !== 'success').map(({ message }) => message)).toEqual([]);
      await ours('delete from main.vectors where id % 3 = 0');
      await ours(`alter table main.mapped rename column "a word" to "my, word"`);
      await ours(`insert into main.mapped values (3, 'three', 'p=3')`);
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    const ours = async (sql: string): Promise<(string | null)[][]> =>
      (await query({ projectDir: root, env: {}, sql })).rows.map((row) => row.map(({ text }) => text));
    const theirs = async (sql: string): Promise<unknown[][]> =>
      (await trino.run(sql.replaceAll('$', `${place}.main`))).map((row) => [...row]);
    // Not skipped where they don't apply: a skipped test is one that could run.
    const nowhere = (): void => {};
    const whereWritten: typeof it | typeof nowhere = place === 'bucket' ? it : nowhere;
    const whereOnlyRead: typeof it | typeof nowhere = place === 'folder' ? it : nowhere;
    const register = async (more: object = {}): Promise<string[]> => {
      const options = { projectDir: root, env: {}, trino: { url: trino.url }, trinoCatalog: place };
      const { tables } = await registerCatalog({ ...options, ...more });
      return tables.map(({ name, action }) => `${name} ${action}`).sort();
    };

    it('get their names through our command, once', async () => {
      const delta = ['mapped', 'parted', 'plain', 'vectors'];
      const told = (action: string): string[] =>
        [...delta.map((name) => `main.${name} ${action}`), 'main.shown skipped'].sort();
      expect(await register({ dryRun: true })).toEqual(told('registered'));
      expect(await theirs(`SHOW SCHEMAS FROM ${place} LIKE 'main'`)).toEqual([]);
      expect(await register()).toEqual(told('registered'));
      expect(await register()).toEqual(told('kept'));
      expect((await theirs('SHOW TABLES FROM $')).flat()).toEqual(delta);
    });

    it('are read with every type', async () => {
      expect(
        await theirs(
          'SELECT id, word, amount, day, stamp, CAST(local AS varchar), numbers, pair, yes, real, bytes FROM $.plain ORDER BY id',
        ),
      ).toEqual([
        [
          ...[1, 'ü, "x"', '12.34', '2024-02-29', '2024-02-29 12:34:56.789 UTC'],
          ...['2024-02-29 12:34:56.789012', [1, 2], [1, 'y'], true, 1.5, 'qw=='],
        ],
        [2, ...Array.from({ length: 10 }, () => null)],
      ]);
    });

    it('are read with partitions of every kind, and pruned', async () => {
      expect(await theirs('SELECT * FROM $.parted ORDER BY id')).toEqual([
        [1, 'a/b=c d', '2024-01-01', '2024-01-01 01:02:03.456 UTC'],
        [2, 'ü%', '1900-01-01', '1999-12-31 23:59:59.999 UTC'],
        [3, null, null, null],
      ]);
      expect(
        await theirs(
          "SELECT id FROM $.parted WHERE stamp = TIMESTAMP '2024-01-01 01:02:03.456 UTC' OR place IS NULL ORDER BY 1",
        ),
      ).toEqual([[1], [3]]);
    });

    it('are read with deletion vectors and column mapping', async () => {
      expect(await theirs('SELECT count(*), sum(id), min(id) FROM $.vectors')).toEqual([[666, 332_667, 1]]);
      expect(await theirs('SELECT id, "my, word", part FROM $.mapped ORDER BY id')).toEqual([
        [1, 'one', 'p 1'],
        [2, 'two', null],
        [3, 'three', 'p=3'],
      ]);
    });

    whereWritten('take its inserts, updates and deletes, and ours after them', async () => {
      const table = (name: string): string => `delta.'${lake}/${name}.delta'`;
      await theirs(
        "INSERT INTO $.parted VALUES (4, 'x/y', DATE '2025-01-01', TIMESTAMP '2025-01-01 00:00:00.001 UTC')",
      );
      await theirs('DELETE FROM $.parted WHERE id = 2');
      await theirs('DELETE FROM $.vectors WHERE id % 5 = 0');
      await theirs("UPDATE $.vectors SET word = 'trino' WHERE id = 1");
      await theirs("INSERT INTO $.mapped VALUES (4, 'four', 'p 4')");
      expect(await ours(`select id, place, day, stamp from ${table('parted')} order by id`)).toEqual([
        ['1', 'a/b=c d', '2024-01-01', '2024-01-01 01:02:03.456+00'],
        ['3', null, null, null],
        ['4', 'x/y', '2025-01-01', '2025-01-01 00:00:00.001+00'],
      ]);
      const counted = `select count(*), count(*) filter (word = 'trino') from`;
      expect(await ours(`${counted} ${table('vectors')}`)).toEqual([['533', '1']]);
      // The catalog shows the version that was published, until something of ours publishes another.
      expect(await ours(`${counted} main.vectors`)).toEqual([['666', '0']]);
      await ours('delete from main.vectors where id > 500');
      const [[count] = []] = await theirs('SELECT count(*) FROM $.vectors');
      expect(await ours(`${counted} main.vectors`)).toEqual([[String(count), '1']]);
      expect(await ours(`select id, "my, word" from ${table('mapped')} order by id`)).toEqual([
        ['1', 'one'],
        ['2', 'two'],
        ['3', 'three'],
        ['4', 'four'],
      ]);
    });

    whereOnlyRead('are not written to: it refuses what it has no lock for', async () => {
      await expect(theirs('DELETE FROM $.parted WHERE id = 2')).rejects.toMatchObject({
        code: 'workflows.trino-refused',
        details: { name: 'NOT_SUPPORTED' },
      });
      expect(await theirs('SELECT count(*) FROM $.parted')).toEqual([[3]]);
    });

    whereWritten('are read by us where it made them, checkpoints, times in them and all', async () => {
      const at = `${lake}/made`;
      await theirs(`CREATE TABLE $.made (id integer, stamp timestamp(3) with time zone, moment timestamp(3) with time zone)
        WITH (location = '${at}', partitioned_by = ARRAY['moment'], checkpoint_interval = 2)`);
      for (let i = 1; i <= 5; i += 1) {
        await theirs(
          `INSERT INTO $.made VALUES (${i}, TIMESTAMP '1969-12-31 23:59:59.99${i} UTC', TIMESTAMP '202${i}-06-01 12:00:00.${i}00 UTC')`,
        );
      }
      await theirs('DELETE FROM $.made WHERE id = 5');
      const table = `delta.'${at}'`;
      expect(await ours(`select id, stamp, moment from ${table} order by id`)).toEqual(
        [1, 2, 3, 4].map((i) => [
          String(i),
          `1969-12-31 23:59:59.99${i}+00`,
          `202${i}-06-01 12:00:00.${i}+00`,
        ]),
      );
      expect(
        await ours(`select id from ${table} where moment > timestamptz '2023-01-01 00:00:00+00' order by id`),
      ).toEqual([['3'], ['4']]);
      await ours(
        `insert into ${table} select 6, timestamptz '2000-01-01 00:00:00+00', timestamptz '2026-01-01 00:00:00.123+00'`,
      );
      await theirs(`CALL ${place}.system.flush_metadata_cache()`);
      expect(await theirs('SELECT id, moment FROM $.made WHERE id = 6')).toEqual([
        [6, '2026-01-01 00:00:00.123 UTC'],
      ]);
      const log = openStorage(`${at}/_delta_log`, store.options);
      expect((await log.stat('_last_checkpoint'))?.sizeBytes).toBeGreaterThan(0);
    });

    it('lose their names when the lake has them no more, and only then', async () => {
      const elsewhere = `${lake}/parted.delta`;
      const renamed = `schema_name => 'main', table_name => 'older', table_location => '${elsewhere}'`;
      await trino.run(`CALL ${place}.system.register_table(${renamed})`);
      expect(await register()).toContain('main.older gone');
      expect(await register({ prune: true })).toContain('main.older pruned');
      expect((await theirs('SHOW TABLES FROM $')).flat()).not.toContain('older');
      await trino.run(`CALL ${place}.system.unregister_table(schema_name => 'main', table_name => 'plain')`);
      await trino.run(
        `CALL ${place}.system.register_table(schema_name => 'main', table_name => 'plain', table_location => '${elsewhere}')`,
      );
      expect(await register()).toContain('main.plain elsewhere');
      expect(await register({ replace: true })).toContain('main.plain replaced');
      expect(await theirs('SELECT count(*) FROM $.plain')).toEqual([[2]]);
    });
  });
});
