/** Runs killed at any moment: the catalog stays whole, the next run succeeds, and nothing is left behind. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, Folder, project } from './command.ts';

const folder = new Folder();
/** At random moments. More are for whoever wants to look longer: each takes some seconds. */
const rounds = Number(process.env['BOATHOUSE_KILL_ROUNDS'] ?? 2);
const rowsEach = 2000;

/** Loaded before the command: kills it in place of the first call whose name and paths match. */
const killer = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const moment = new RegExp(process.env.KILL_BEFORE);
const watch = (calls, method, name) => {
  const real = calls[method];
  calls[method] = (...args) => {
    if (moment.test(name + ' ' + args.filter((arg) => typeof arg === 'string').join(' to '))) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
};
for (const name of ['rename', 'link', 'unlink', 'rm', 'rmdir', 'mkdir', 'copyFile']) {
  watch(fs.promises, name, name);
  watch(fs, name + 'Sync', name);
}
syncBuiltinESMExports();
`;

/** The moments at which something becomes visible or is about to go, and the run whose data is seen after a kill. */
const moments: readonly [string, string, 'old' | 'new'][] = [
  ['with rows of a Delta table written and not committed', 'link .*whole/_delta_log/', 'old'],
  ['with a Delta table committed', 'unlink .*more/_delta_log/', 'old'],
  ['with the old folder aside and the new one not in place', 'rename .*new-folders to', 'old'],
  ['with both folders in place', 'rm .*files/_boathouse/swap/', 'old'],
  ['with a file staged', 'rename .*new-one.parquet to', 'old'],
  ['with the published file half built', 'copyFile .* to .*catalog.duckdb$', 'old'],
  ['with the generation not created', 'link .*_boathouse/catalog/', 'old'],
  ['with the generation created', 'unlink .*_boathouse/catalog/', 'old'],
  ['with the published file not in place', 'rename .*catalog.duckdb to .*/lake.duckdb', 'old'],
  ['with the published file in place', 'rm .*_boathouse/work/', 'new'],
  ['while it gives up its turn', 'rename .*_boathouse/leases/tables', 'new'],
];

const rows = `select i, {{ var('batch') }} as batch, i % 5 as part from range(${rowsEach}) t(i)`;
const config = (text: string): string => `{{ config(${text}) }}\n`;

/** Made whole by every run. */
const replaced = ['one_file', 'folders', 'threads', 'delta_whole', 'inside', 'looking'];
/** Added to by every run. */
const growing = ['delta_more', 'more'];

beforeAll(async () => {
  folder.put({
    ...project('lake'),
    'seeds/codes.csv': 'code,label\n1,a\n2,b\n',
    'models/one_file.sql': `${config("materialized='external', location='files/one.parquet'")}${rows}`,
    'models/folders.sql': `${config("materialized='external', location='files/folders', options={'partition_by': 'part'}")}${rows}`,
    'models/threads.sql': `${config("materialized='external', location='files/threads', options={'per_thread_output': true}")}${rows}`,
    'models/delta_whole.sql': `${config("materialized='table', format='delta', location='files/whole'")}${rows}`,
    'models/delta_more.sql': `${config("materialized='incremental', format='delta', location='files/more'")}${rows}`,
    'models/inside.sql': `${config("materialized='table'")}${rows}`,
    'models/more.sql': `${config("materialized='incremental', incremental_strategy='append'")}${rows}`,
    'models/looking.sql': "select f.* from {{ ref('one_file') }} f",
  });
  await folder.ok('build', '--vars', '{batch: 0}');
}, 240_000);
afterAll(() => folder.remove());

/** One line for every relation of the published file, in anybody's DuckDB. */
async function look(): Promise<{ batches: Set<number>; problems: string[] }> {
  const file = join(folder.path, 'lake.duckdb');
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const ask = async (sql: string): Promise<unknown[]> =>
    (await connection.runAndReadAll(sql)).getRowsJson()[0] ?? [];
  const batches = new Set<number>();
  const problems: string[] = [];
  for (const name of replaced) {
    const [n, least, most] = (await ask(
      `select count(*)::int, min(batch)::int, max(batch)::int from ${name}`,
    )) as number[];
    if (n !== rowsEach || least !== most) problems.push(`${name}: ${n} rows of ${least} to ${most}`);
    batches.add(most ?? -1);
  }
  for (const name of growing) {
    const [odd] = await ask(
      `select count(*)::int from (select batch, count(*) as n from ${name} group by batch) where n % ${rowsEach} <> 0`,
    );
    if (odd !== 0) problems.push(`${name}: half a batch`);
  }
  const [codes] = await ask('select count(*)::int from codes');
  if (codes !== 2) problems.push(`codes: ${String(codes)} rows`);
  for (const path of ['one.parquet', 'folders/*/*.parquet', 'threads/*.parquet']) {
    // A folder may be missing after a kill, and is there again after the next run.
    if (!existsSync(join(folder.path, 'files', path.split('/')[0] ?? ''))) continue;
    const [n, least, most] = await ask(
      `select count(*)::int, min(batch)::int, max(batch)::int from '${join(folder.path, 'files', path)}'`,
    );
    if (n !== rowsEach || least !== most) problems.push(`files/${path}: ${String(n)} rows`);
  }
  connection.closeSync();
  instance.closeSync();
  return { batches, problems };
}

/** What stands below `_boathouse` and no generation needs. */
function leftovers(): string[] {
  const root = join(folder.path, '_boathouse');
  const generations = readdirSync(join(root, 'catalog')).map((name) =>
    name.endsWith('.json') ? readFileSync(join(root, 'catalog', name), 'utf8') : '',
  );
  const pins = generations.flatMap((text) =>
    text === ''
      ? []
      : (JSON.parse(text) as { relations: { pins: string[] }[] }).relations.flatMap((one) => one.pins),
  );
  const named = new Set(pins.map((pin) => /_boathouse\/pins\/[^/]+\/[^/]+/.exec(pin)?.[0] ?? dirname(pin)));
  const found: string[] = existsSync(join(root, 'work')) ? readdirSync(join(root, 'work')) : [];
  const files = join(folder.path, 'files');
  for (const name of readdirSync(join(files, '_boathouse'))) if (name !== 'pins') found.push(name);
  for (const output of readdirSync(join(files, '_boathouse/pins'))) {
    for (const id of readdirSync(join(files, '_boathouse/pins', output))) {
      const pin = `_boathouse/pins/${output}/${id}`;
      if (!named.has(pin)) found.push(pin);
    }
  }
  for (const name of readdirSync(files)) if (name.startsWith('.')) found.push(basename(name));
  return found;
}

/** What the catalog shows has to be one whole run; gives which. */
async function seen(moment: string): Promise<number | undefined> {
  const found = await look();
  expect(found.problems, moment).toEqual([]);
  expect(found.batches.size, moment).toBe(1);
  return [...found.batches][0];
}

/** The next run succeeds, all of its work is seen, and nothing of the dead one is left. */
async function buildAgain(batch: number, moment: string): Promise<void> {
  await folder.ok('build', '--vars', `{batch: ${batch}}`);
  expect(await seen(moment)).toBe(batch);
  expect(leftovers(), moment).toEqual([]);
  for (const name of ['one.parquet', 'folders', 'threads']) {
    expect(existsSync(join(folder.path, 'files', name)), `${name} ${moment}`).toBe(true);
  }
}

describe('a run that is killed', () => {
  it('leaves one whole run in the catalog, at every moment that counts', async () => {
    writeFileSync(join(folder.path, 'killer.mjs'), killer);
    let batch = 0;
    for (const [moment, pattern, shown] of moments) {
      folder.env['NODE_OPTIONS'] = `--import ${join(folder.path, 'killer.mjs')}`;
      folder.env['KILL_BEFORE'] = pattern;
      const { code } = await folder.run('build', '--vars', `{batch: ${batch + 1}}`);
      delete folder.env['NODE_OPTIONS'];
      expect(code, moment).toBe(137);
      expect(await seen(moment), moment).toBe(shown === 'old' ? batch : batch + 1);
      await buildAgain(batch + 2, moment);
      batch += 2;
    }
  }, 600_000);

  it(`leaves one whole run in the catalog, ${rounds} times at any moment`, async () => {
    const started = Date.now();
    await folder.ok('build', '--vars', '{batch: 1000}');
    const wholeMs = Date.now() - started;
    for (let round = 1; round <= rounds; round += 1) {
      const batch = 1000 + round * 2;
      const child = folder.start('build', '--vars', `{batch: ${batch - 1}}`);
      const end = ended(child);
      // Spread over the run without its beginning, where it only reads.
      const delayMs = wholeMs * (0.3 + (0.7 * round) / (rounds + 1));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await end;
      const moment = `after ${Math.round(delayMs)} ms`;
      expect([batch - 2, batch - 1]).toContain(await seen(moment));
      await buildAgain(batch, moment);
    }
  }, 600_000);
});
