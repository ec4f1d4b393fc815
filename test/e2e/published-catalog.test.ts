/** Readers and runs at once, as real processes: nobody waits, nobody fails, nobody sees half a run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, Folder, project } from './command.ts';

const folder = new Folder();

const reader = `
import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
const [file, mode, stop] = process.argv.slice(1);
const sql = 'select (select min(batch) from a), (select max(batch) from a), (select max(batch) from b), (select max(batch) from c), (select max(batch) from d), (select count(*) from a)';
const seen = new Set();
let queries = 0;
let instance = await DuckDBInstance.create(file, mode === 'read-write' ? {} : { access_mode: 'READ_ONLY' });
let connection = await instance.connect();
if (mode === 'read-write') await connection.run('create table mine as select 1 as x');
// It reads once before it is ready, and once more after it is told to stop, however slow the machine is.
for (let isOver = false; !isOver; ) {
  isOver = existsSync(stop);
  if (mode === 'reopen') {
    connection.closeSync();
    instance.closeSync();
    instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
    connection = await instance.connect();
  }
  const [row] = (await connection.runAndReadAll(sql)).getRowsJson();
  queries += 1;
  if (queries === 1) console.log('ready');
  seen.add(row.join(' '));
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(JSON.stringify({ queries, seen: [...seen] }));
`;

/** Starts a reader and waits until it has read the catalog. */
async function startReader(
  mode: string,
  stop: string,
): Promise<{ child: ChildProcess; end: Promise<Ended> }> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', reader, join(folder.path, 'lake.duckdb'), mode, stop],
    { cwd: resolve(import.meta.dirname, '../..') },
  );
  const end = ended(child);
  await new Promise<void>((ready, failed) => {
    child.stdout?.once('data', () => ready());
    child.once('close', () => failed(new Error('the reader ended before it was ready')));
  });
  return { child, end };
}

const seenBy = (result: Ended): { queries: number; seen: string[] } => {
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
  return JSON.parse(result.stdout.split('\n').at(-2) ?? '') as { queries: number; seen: string[] };
};

beforeAll(() => {
  const rows = "select i, {{ var('batch') }} as batch from range(20000) t(i)";
  folder.put({
    ...project('lake'),
    'models/a.sql': `{{ config(materialized='external', location='files/a.parquet') }}\n${rows}`,
    'models/b.sql':
      "{{ config(materialized='external', location='files/b', options={'partition_by': 'part'}) }}\nselect *, i % 3 as part from {{ ref('a') }}",
    'models/c.sql':
      "{{ config(materialized='table', format='delta', location='files/c') }}\nselect * from {{ ref('b') }}",
    'models/d.sql': "select * from {{ ref('c') }}",
  });
});
afterAll(() => folder.remove());

describe('the published catalog', () => {
  it('serves readers of every kind while three builds run', async () => {
    await folder.ok('build', '--vars', '{batch: 0}');
    const stop = join(folder.path, 'stop');
    try {
      // Another program has the file of the first build open for writing, all the while.
      const writer = await startReader('read-write', stop);
      await folder.ok('build', '--vars', '{batch: 1}');
      const kept = await startReader('keep', stop);
      const reopened = await startReader('reopen', stop);
      for (const batch of [2, 3, 4]) await folder.ok('build', '--vars', `{batch: ${batch}}`);
      const late = await startReader('reopen', stop);
      writeFileSync(stop, '');
      const found = {
        writer: seenBy(await writer.end),
        kept: seenBy(await kept.end),
        reopened: seenBy(await reopened.end),
        late: seenBy(await late.end),
      };
      for (const { queries } of Object.values(found)) expect(queries).toBeGreaterThan(0);
      expect(found.writer.seen).toEqual(['0 0 0 0 0 20000']);
      expect(found.kept.seen).toEqual(['1 1 1 1 1 20000']);
      expect(found.late.seen).toEqual(['4 4 4 4 4 20000']);
      expect(found.reopened.seen.length).toBeGreaterThan(1);
      for (const row of found.reopened.seen) {
        const [least] = row.split(' ');
        expect(row).toBe(`${least} ${least} ${least} ${least} ${least} 20000`);
      }
    } finally {
      writeFileSync(stop, '');
    }
  }, 180_000);

  it('has runs that keep tables inside it take turns', async () => {
    const keeping = new Folder();
    try {
      keeping.put({
        ...project('keeping'),
        'models/one.sql': "{{ config(materialized='table', tags=['one']) }} select 1 as x from range(100000)",
        'models/two.sql': "{{ config(materialized='table', tags=['two']) }} select 2 as x from range(100000)",
      });
      const both = await Promise.all([keeping.run('build', '-s', 'one'), keeping.run('build', '-s', 'two')]);
      for (const one of both) expect(one.code, one.output).toBe(0);
      expect(
        await keeping.rows(
          'select (select count(*) from one)::integer as one, (select count(*) from two)::integer as two',
        ),
      ).toEqual([{ one: 100000, two: 100000 }]);
    } finally {
      keeping.remove();
    }
  });
});
