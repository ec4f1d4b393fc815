/** Runs killed while they change incremental files: readers see the rows before or after, and the next run succeeds. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended, Folder, project } from './command.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** Loaded before the command: kills it in place of the first call whose name and paths match. */
const killer = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const moment = new RegExp(process.env.KILL_BEFORE);
for (const name of ['rename', 'link', 'rm']) {
  const real = fs.promises[name];
  fs.promises[name] = (...args) => {
    if (moment.test(name + ' ' + args.filter((arg) => typeof arg === 'string').join(' to '))) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
`;

beforeAll(async () => {
  folder.put({
    ...project('lake'),
    'killer.mjs': killer,
    'models/parts.sql': `{{ config(materialized='incremental', incremental_strategy='append', location='files/parts', options={'partition_by': 'part'}) }}
select {{ var('run') }} as run, i % 3 as part, i from range(300) t(i)`,
  });
  await folder.ok('build', '--vars', 'run: 0');
});

const counted = 'select run, count(*)::int as n from';
const inCatalog = (): Promise<unknown> => folder.rows(`${counted} parts group by run order by run`);
const inFolder = (): Promise<unknown> =>
  folder.rows(`${counted} read_parquet('files/parts/*/*.parquet') group by run order by run`);
const runs = (...numbers: number[]): unknown => numbers.map((run) => ({ run, n: 300 }));

let last = 0;
it.each([
  ['with new files and not yet those that stay', 'link .* to .*_boathouse/pins/parts/'],
  ['with everything staged', 'link .* to .*_boathouse/swap/'],
  ['with the old folder aside and the new one not in place', 'rename .*new-parts to'],
  ['with both folders there', 'rm .*files/_boathouse/swap/'],
  ['with the published file not in place', 'rename .*catalog.duckdb to .*lake.duckdb'],
])(
  '%s',
  async (_, moment) => {
    const before = await inCatalog();
    folder.env['KILL_BEFORE'] = moment;
    folder.env['NODE_OPTIONS'] = `--import=${join(folder.path, 'killer.mjs')}`;
    last += 1;
    const killed = await ended(folder.start('build', '--vars', `run: ${last}`));
    delete folder.env['NODE_OPTIONS'];
    expect(killed.code, killed.output).not.toBe(0);
    expect(await inCatalog()).toEqual(before);
    last += 1;
    await folder.ok('build', '--vars', `run: ${last}`);
    const after = (await inCatalog()) as { readonly run: number; readonly n: number }[];
    // A generation that was created is what counts, whatever became of its file.
    const counts = new Set(after.map(({ n }) => n));
    expect([...counts]).toEqual([300]);
    expect(after.map(({ run }) => run)).toContain(last);
    expect(await inFolder()).toEqual(runs(...after.map(({ run }) => run)));
  },
  60_000,
);
