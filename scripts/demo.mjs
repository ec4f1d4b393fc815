/**
 * The demo: real market data from landing to gold in a few seconds, with nothing but Node.
 *
 * The first run lands history up to a day; the next one lands what has come since, and every layer
 * does only the work that this brings. Everything it writes is under `demo-lake/`: delete the folder to
 * begin again.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { DeltaTable, query, writeDelta } from '../dist/index.js';

// Whoever reads the output may stop before its end (`| head`).
process.stdout.on('error', () => process.exit(0));

const root = resolve(import.meta.dirname, '..');
const lake = join(root, 'demo-lake');
const project = join(root, 'examples/markets');
const main = join(root, 'dist/cli/main.js');
const data = dirname(resolve(root, 'node_modules/vega-datasets/data/sp500-2000.csv'));

const plain = process.env.NO_COLOR || !(process.stdout.isTTY || process.env.FORCE_COLOR);
const paint = (code, text) => (plain ? text : `\u001b[${code}m${text}\u001b[0m`);
const bold = (text) => paint(1, text);
const dim = (text) => paint(2, text);
const cyan = (text) => paint(36, text);
const near = (path) => relative(process.cwd(), path) || '.';

/** What is landed: a file, the day its rows are known by, and the day that the first run stops at. */
const landings = [
  {
    table: 'sp500_daily',
    file: 'sp500-2000.csv',
    day: 'cast(date as date)',
    firstUntil: '2018-12-31',
    partitionBy: [],
  },
  {
    table: 'stock_monthly',
    file: 'stocks.csv',
    day: "cast(strptime(date, '%b %-d %Y') as date)",
    firstUntil: '2008-12-31',
    partitionBy: ['symbol'],
  },
];

console.log(`\n${bold('Landing')} ${dim(`${near(data)} into Delta tables`)}`);
for (const landing of landings) await land(landing);

console.log(`\n${bold('Building')} ${dim(`${near(project)}: bronze, silver and gold, with tests`)}`);
const built = spawnSync(
  process.execPath,
  [
    main,
    'build',
    ...['--project-dir', project, '--profiles-dir', project],
    ...['--target-path', join(lake, 'target'), '--log-path', join(lake, 'logs')],
  ],
  { stdio: 'inherit', env: { ...process.env, MARKETS_LAKE: lake } },
);
if (built.status !== 0) process.exit(built.status ?? 1);

const catalog = join(lake, 'markets.duckdb');
const question = 'select * from gold.growth order by dollar_became desc';
console.log(`\n${bold('What one dollar became')} ${dim(question)}`);
spawnSync(process.execPath, [main, 'query', question, '--catalog', catalog, '--quiet'], { stdio: 'inherit' });

const command = `node ${near(main)}`;
console.log(`
${bold('Where it is')}
  ${near(join(lake, 'landing'))}, ${near(join(lake, 'bronze'))}   ${dim('Delta tables: Spark, Trino and Python’s deltalake read them as they are')}
  ${near(join(lake, 'silver'))}                      ${dim('Parquet files')}
  ${near(catalog)}              ${dim('the catalog: open it read-only with any DuckDB 1.4 or later, also during a build')}

${bold('Try next')}
  ${cyan(`${command} query "select * from gold.index_years order by year" --catalog ${near(catalog)}`)}
  ${cyan(`${command} query "select count(*) from delta_scan('${near(join(lake, 'landing/sp500_daily'))}', version => 0)"`)}
  ${cyan('npm run demo')}   ${dim((await isComplete()) ? 'again: nothing new has come, so nothing is landed' : 'again: what has come since is landed, and only that work is done')}
`);

/** Lands the rows that the table doesn't have yet; on the first run, those up to `firstUntil`. */
async function land({ table, file, day, firstUntil, partitionBy }) {
  const uri = join(lake, 'landing', table);
  const started = Date.now();
  const before = existsSync(join(uri, '_delta_log')) ? await newestDay(uri, day) : undefined;
  const rows = `select * from read_csv('${join(data, file)}') where ${day} ${before === undefined ? `<= date '${firstUntil}'` : `> date '${before}'`}`;
  const fresh = await count(rows);
  if (fresh === 0) {
    const { version } = await DeltaTable.open(uri);
    console.log(`  ${table.padEnd(14)} nothing new ${dim(`since ${before}, still version ${version}`)}`);
    return;
  }
  const { version } = await writeDelta(
    uri,
    { sql: rows },
    { mode: 'append', ...(partitionBy.length > 0 ? { partitionBy } : {}) },
  );
  const span = before === undefined ? `up to ${firstUntil}` : `since ${before}`;
  console.log(
    `  ${table.padEnd(14)} ${fresh} rows ${span} ${dim(`version ${version}, ${Date.now() - started} ms`)}`,
  );
}

async function newestDay(uri, day) {
  return (await one(`select max(${day}) from delta_scan('${uri}')`)) ?? undefined;
}

async function count(rows) {
  return Number(await one(`select count(*) from (${rows})`));
}

/** Whether the files hold nothing that isn't landed. */
async function isComplete() {
  for (const { table, file, day } of landings) {
    const newest = await newestDay(join(lake, 'landing', table), day);
    if (
      Number(
        await one(`select count(*) from read_csv('${join(data, file)}') where ${day} > date '${newest}'`),
      ) > 0
    )
      return false;
  }
  return true;
}

async function one(sql) {
  const { rows } = await query({ sql, projectDir: undefined });
  return rows[0]?.[0]?.text;
}
