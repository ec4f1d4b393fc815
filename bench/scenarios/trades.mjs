/**
 * The layered pipeline: 2 M trades through five external Parquet models and three tests, beside the
 * same five statements as plain COPY in one DuckDB process, and beside dbt-duckdb.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boathouse, budget, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';

export const title = 'trades through bronze, silver and gold, external Parquet';

const models = {
  'bronze/bronze_trades': "select * from {{ source('landing', 'trades') }}",
  'silver/silver_trades':
    "select trade_id, symbol, side, price, quantity, price * quantity as notional, traded_at from {{ ref('bronze_trades') }} where quantity > 0",
  'silver/silver_bars':
    "select symbol, date_trunc('hour', traded_at) as hour, first(price order by traded_at) as open, max(price) as high, min(price) as low, last(price order by traded_at) as close, sum(quantity) as volume from {{ ref('silver_trades') }} group by all",
  'gold/gold_symbols':
    "select symbol, count(*) as trades, sum(notional) as notional, avg(price) as average_price from {{ ref('silver_trades') }} group by all order by symbol",
  'gold/gold_movers':
    "select symbol, hour, close / open - 1 as change from {{ ref('silver_bars') }} qualify row_number() over (partition by hour order by abs(close / open - 1) desc) <= 10",
};

export async function run({ folder, quick }) {
  const [node, main] = boathouse;
  const rows = quick ? 50_000 : 2_000_000;
  const project = join(folder, 'trades');
  mkdirSync(join(project, 'landing'), { recursive: true });
  const trades = join(project, 'landing/trades.parquet');
  await plain([tradesTo(trades, rows)]);
  writeProject(project);

  const sql = Object.entries(models).map(([path, text]) => {
    const name = path.split('/')[1];
    const body = text
      .replace(/\{\{ source\('landing', '(\w+)'\) \}\}/g, `'${trades}'`)
      .replace(/\{\{ ref\('(\w+)'\) \}\}/g, (_, ref) => `'${join(folder, 'plain', `${ref}.parquet`)}'`);
    return `copy (${body}) to '${join(folder, 'plain', `${name}.parquet`)}'`;
  });
  mkdirSync(join(folder, 'plain'), { recursive: true });
  const alone = await plain(sql);
  const ours = await measure(node, [main, 'build', '--profiles-dir', '.'], { cwd: project });
  budget(
    'bytes of the published catalog, views only',
    statSync(join(project, 'catalog.duckdb')).size,
    2 ** 20,
  );
  same('parquet files at their locations', listed(join(project, 'lake')), 5);

  let theirs;
  const dbt = quick ? undefined : peer('dbt');
  if (dbt) {
    for (const name of ['target', 'catalog.duckdb', 'lake', '_boathouse'])
      rmSync(join(project, name), { recursive: true, force: true });
    for (const layer of ['bronze', 'silver', 'gold'])
      mkdirSync(join(project, 'lake', layer), { recursive: true });
    theirs = await measure(dbt, ['build', '--profiles-dir', '.'], { cwd: project });
    console.log(
      `  dbt-duckdb's catalog: ${(statSync(join(project, 'catalog.duckdb')).size / 2 ** 20).toFixed(1)} MiB`,
    );
  }
  show('build, CPU', ours.cpuS, theirs?.cpuS, 's');
  show('build, wall', ours.wallS, theirs?.wallS, 's');
  console.log(
    `  the SQL alone as plain COPY: ${alone.cpuS.toFixed(2)} CPU s; ours is ${(ours.cpuS / alone.cpuS).toFixed(2)}× of it (goal ≤ 1.3×)`,
  );
}

/** @param place where models' files go, `profile` the outputs' one, `landing` the file of trades. */
export function writeProject(
  project,
  { place = 'lake', landing = 'landing/{name}.parquet', profile = 'path: catalog.duckdb' } = {},
) {
  const put = (path, text) => {
    mkdirSync(join(project, path, '..'), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  put(
    'dbt_project.yml',
    'name: trades\nversion: "1.0"\nprofile: trades\nmodels:\n  trades:\n    +materialized: external\nflags:\n  send_anonymous_usage_stats: false\n',
  );
  put(
    'profiles.yml',
    `trades:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      threads: 2\n      ${profile}\n`,
  );
  put(
    'models/sources.yml',
    `version: 2\nsources:\n  - name: landing\n    meta: {external_location: '${landing}'}\n    tables: [{name: trades}]\n`,
  );
  for (const [path, text] of Object.entries(models)) {
    put(`models/${path}.sql`, `{{ config(location='${place}/${path}.parquet') }}\n${text}\n`);
  }
  put(
    'models/schema.yml',
    'version: 2\nmodels:\n  - name: silver_trades\n    columns:\n      - name: trade_id\n        data_tests: [not_null, unique]\n      - name: side\n        data_tests: [{accepted_values: {arguments: {values: [buy, sell]}}}]\n',
  );
}

/** Writes `rows` trades to a Parquet file. */
export const tradesTo = (file, rows) =>
  `copy (select i as trade_id, 'S' || (hash(i) % 500) as symbol, if(hash(i + 1) % 2 = 0, 'buy', 'sell') as side,
     round(10 + (hash(i + 2) % 100000) / 100, 2)::decimal(12,2) as price, (hash(i + 3) % 1000)::integer as quantity,
     timestamp '2024-01-01' + interval (i * 15) second as traded_at from range(${rows}) t(i)) to '${file}'`;

/** Runs statements in one DuckDB of a process of its own: what the engine alone costs. */
export function plain(statements) {
  const program = `import { DuckDBInstance } from '@duckdb/node-api';
    const db = await DuckDBInstance.create(':memory:', { threads: '2' });
    const connection = await db.connect();
    for (const sql of ${JSON.stringify(statements)}) await connection.run(sql);`;
  return measure(process.execPath, ['--input-type=module', '-e', program], {
    cwd: join(import.meta.dirname, '../..'),
  });
}

const listed = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.parquet') && !path.includes('_boathouse'),
  ).length;
