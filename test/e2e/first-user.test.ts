/**
 * The first user's settings, unchanged but for the values they left out: profile with the `delta` plugin,
 * an S3 secret nobody needs here, external models, an overridden `external_location`, and a Delta source
 * that Python wrote.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder } from './command.ts';

const snippets = process.env['BOATHOUSE_SEED'];
const python = process.env['BOATHOUSE_PEERS_PYTHON'];
const reason =
  snippets === undefined
    ? 'BOATHOUSE_SEED names no folder'
    : python === undefined
      ? 'deltalake is not installed (node scripts/peers.mjs)'
      : '';

const folder = new Folder();

describe.skipIf(reason !== '')(`the first user's project${reason && ` (skipped: ${reason})`}`, () => {
  beforeAll(() => {
    const read = (name: string): string => readFileSync(join(snippets ?? '', 'snippets', name), 'utf8');
    const landing = join(folder.path, 'landing/table_2');
    const made = spawnSync(
      python ?? '',
      [
        '-c',
        `import sys, pyarrow as pa, datetime as dt
from deltalake import write_deltalake
rows = pa.table({'id': [1, 2, 3, 4], 'symbol': ['a', 'b', 'a', None], 'price': [1.5, 2.25, 3.0, 4.0], 'day': [dt.date(2024, 1, d) for d in (1, 2, 3, 4)]})
write_deltalake(table_or_uri=sys.argv[1], data=rows.slice(0, 1), mode='overwrite', schema_mode='overwrite', storage_options={'AWS_ALLOW_HTTP': 'true', 'AWS_S3_ALLOW_UNSAFE_RENAME': 'true'})
write_deltalake(table_or_uri=sys.argv[1], data=rows, mode='overwrite', schema_mode='overwrite', partition_by=['symbol'])`,
        landing,
      ],
      { encoding: 'utf8' },
    );
    expect(made.status, made.stderr).toBe(0);
    folder.put({
      'dbt_project.yml': `name: finget\nversion: "1.0.0"\nprofile: project_name\n${read('dbt_project.models.yml')}`,
      'profiles.yml': read('profiles.yml'),
      'macros/external_location.sql': read('external_location.sql'),
      'models/sources.yml': `version: 2\n${read('sources.yml').replace('s3://bucket/landing/xxx/table_2', landing)}`,
      'models/bronze/bronze_trades.sql': "select * from {{ source('staging_2', 'table_2') }}",
      'models/silver/silver_prices.sql':
        "select symbol, avg(price) as price, max(day) as day from {{ ref('bronze_trades') }} group by symbol",
    });
    Object.assign(folder.env, {
      DBT_TARGET: 'dev',
      PROJECT_ROOT: folder.path,
      EXTERNAL_ROOT: `${folder.path}/storage/`,
    });
  });
  afterAll(() => folder.remove());

  it('builds, offline, though it lists httpfs and a secret', async () => {
    const build = await folder.ok('build');
    expect(build.stdout).toMatch(/PASS=2 WARN=0 ERROR=0 SKIP=0/);
    expect(build.output).toContain('Writing the data files to');
    expect(build.output).not.toContain('enter your secret here');
  });

  it('puts each model where the overridden macro says', () => {
    expect(existsSync(join(folder.path, 'storage/main/bronze_dev/bronze_trades.parquet'))).toBe(true);
    expect(existsSync(join(folder.path, 'storage/main/silver_dev/silver_prices.parquet'))).toBe(true);
  });

  it('publishes relations under the names dbt gives them', async () => {
    const rows = await folder.rows(
      'select symbol, price::double as price, day::varchar as day from dev_silver.silver_prices order by symbol nulls last',
    );
    expect(rows).toEqual([
      { symbol: 'a', price: 2.25, day: '2024-01-03' },
      { symbol: 'b', price: 2.25, day: '2024-01-02' },
      { symbol: null, price: 4, day: '2024-01-04' },
    ]);
  });

  it('is readable by a DuckDB that knows nothing of us', () => {
    const seen = spawnSync(
      python ?? '',
      [
        '-c',
        `import sys, duckdb
c = duckdb.connect(sys.argv[1], read_only=True)
print(c.execute('select count(*), sum(price) from dev_bronze.bronze_trades').fetchall())`,
        join(folder.path, 'dbt.duckdb'),
      ],
      { encoding: 'utf8' },
    );
    expect(seen.stdout.trim(), seen.stderr).toBe('[(4, 10.75)]');
  });
});
