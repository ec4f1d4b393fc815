/** Versions and branches under attack: at once, killed, and with everything that a table may have. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/tables/index.ts';
import {
  createBranch,
  deleteBranch,
  lakeLog,
  land,
  listBranches,
  mergeBranch,
  query,
  rollback,
  runOperation,
} from '../../src/workflows/index.ts';
import { Program } from '../stores/programs.ts';
import { LakeGround, lakeKinds, lakeReason, type TestLake } from './lake.ts';
import type { VersionsTask } from './worker.ts';

const incremental = (name: string): string => `{{ config(materialized='incremental', format='delta') }}
select {{ var('batch') }}::int as batch, range::int as id from range(3)
{% if is_incremental() %} where {{ var('batch') }} > (select max(batch) from {{ this }}) {% endif %} -- ${name}`;

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nprofile: shop\nmodel-paths: [models]\nmacro-paths: [macros]\n',
  'models/one.sql': incremental('one'),
  'models/two.sql': incremental('two'),
  'models/inside.sql': `{{ config(materialized='table') }} select {{ var('batch') }}::int as batch`,
  'models/file.sql': `{{ config(materialized='external') }} select {{ var('batch') }}::int as batch`,
  'models/shown.sql': `select max(batch) as batch from {{ ref('one') }}`,
  'macros/drop_view.sql': `{% macro drop_view(name) %}{% do run_query('drop view main.' ~ name) %}{% endmacro %}`,
};

for (const kind of lakeKinds) {
  const reason = lakeReason(kind);
  describe.skipIf(reason !== undefined)(
    `versions in a ${kind}${reason ? ` (skipped: ${reason})` : ''}`,
    () => {
      let ground: LakeGround;
      let lake: TestLake;
      let program: Program;

      beforeAll(async () => {
        program = await Program.build(join(import.meta.dirname, 'worker.ts'));
        ground = await LakeGround.open(kind);
      });
      beforeEach(async () => {
        lake = await ground.lake(files);
      });
      afterEach(async () => {
        await lake.remove();
      });
      afterAll(async () => {
        await ground.close();
        program.remove();
      });

      const batches = async (table: string, more: object = {}): Promise<unknown[]> =>
        (await lake.rows(`select batch from ${table} group by 1 having count(*) = 3 order by 1`, more)).map(
          ([batch]) => batch,
        );
      const code = async (work: Promise<unknown>): Promise<unknown> =>
        await work.then(
          () => 'done',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
        );

      it('merges two branches at once: both where they changed different tables, one where they did not', async () => {
        await lake.batch(1);
        for (const name of ['a', 'b']) await createBranch({ ...lake.base, name });
        await lake.batch(2, { branch: 'a', select: ['one'] });
        await lake.batch(3, { branch: 'b', select: ['two'] });
        const merges = ['a', 'b'].map((name) => mergeBranch({ ...lake.base, name }));
        expect((await Promise.all(merges)).map(({ generation }) => generation).sort()).toEqual([2, 3]);
        expect([await batches('one'), await batches('two')]).toEqual([
          [1, 2],
          [1, 3],
        ]);
        for (const name of ['c', 'd']) await createBranch({ ...lake.base, name });
        await lake.batch(4, { branch: 'c', select: ['one', 'two', 'inside'] });
        await lake.batch(5, { branch: 'd', select: ['one', 'file', 'inside'] });
        const codes = await Promise.all(['c', 'd'].map((name) => code(mergeBranch({ ...lake.base, name }))));
        expect([...codes].sort()).toEqual(['done', 'workflows.merge-conflict']);
        const isC = codes[0] === 'done';
        expect([
          await batches('one'),
          await batches('two'),
          await lake.rows('from inside'),
          await lake.rows('from file'),
        ]).toEqual(isC ? [[1, 2, 4], [1, 3, 4], [[4]], [[1]]] : [[1, 2, 5], [1, 3], [[5]], [[5]]]);
      });

      it('killed in the middle of a merge, shows the old or the new whole, and the next merge succeeds', async () => {
        await lake.batch(1);
        let number = 1;
        for (const killAt of ['one', 'two', 'inside', 'generation', 'externals', 'entry']) {
          number += 1;
          await createBranch({ ...lake.base, name: 'dev' });
          await lake.batch(number, { branch: 'dev' });
          const task: VersionsTask = { verb: 'merge', projectDir: lake.project, argument: 'dev', killAt };
          expect(await program.start(task).ended).toEqual([]);
          const seen = (await lake.rows('select batch from inside'))[0]?.[0];
          expect([number - 1, number]).toContain(seen);
          for (const table of ['one', 'two']) expect((await batches(table)).at(-1)).toBe(seen);
          await mergeBranch({ ...lake.base, name: 'dev' });
          for (const table of ['one', 'two', 'inside', 'file', 'shown']) {
            expect(await lake.rows(`select max(batch) from ${table}`)).toEqual([[number]]);
          }
          await deleteBranch({ ...lake.base, name: 'dev', now: true });
        }
        expect(await batches('one')).toEqual([1, 2, 3, 4, 5, 6, 7]);
      });

      it('killed in the middle of a rollback, shows the old or the new whole, and the next one succeeds', async () => {
        for (const number of [1, 2]) await lake.batch(number);
        for (const killAt of ['one', 'two', 'generation', 'externals']) {
          const newest = (await lakeLog({ ...lake.base, limit: 1 })).generations[0]?.number ?? 0;
          const task: VersionsTask = { verb: 'rollback', projectDir: lake.project, argument: '1', killAt };
          expect(await program.start(task).ended).toEqual([]);
          const seen = (await lake.rows('select batch from inside'))[0]?.[0];
          expect(seen).toBe(killAt === 'externals' ? 1 : 2);
          for (const table of ['one', 'two']) expect((await batches(table)).at(-1)).toBe(seen);
          const again = await rollback({ ...lake.base, to: '1' });
          expect(again.generation).toBe(killAt === 'externals' ? null : newest + 1);
          expect(await batches('one')).toEqual([1]);
          await rollback({ ...lake.base, to: '2' });
          expect(await batches('two')).toEqual([1, 2]);
        }
      });

      it('goes back while runs commit, and every generation stays whole', async () => {
        await lake.batch(1);
        const results = await Promise.all([
          (async () => {
            for (let number = 2; number <= 5; number += 1)
              await lake.batch(number, { select: ['one', 'two'] });
          })(),
          (async () => {
            const codes: unknown[] = [];
            for (let time = 0; time < 4; time += 1) {
              codes.push(await code(rollback({ ...lake.base, to: '1' })));
            }
            return codes;
          })(),
        ]);
        expect(new Set(results[1])).toEqual(new Set(['done']));
        const { generations } = await lakeLog({ ...lake.base, limit: 50 });
        for (const { number, readable } of generations) {
          expect(readable).toBe(true);
          const asOf = String(number);
          const rows = await lake.rows('select batch, count(*) from one group by 1 order by 1', { asOf });
          // Each row once, and nothing of a run in part.
          expect(rows.every(([, count]) => count === 3)).toBe(true);
          expect(rows[0]).toEqual([1, 3]);
        }
        await rollback({ ...lake.base, to: '1' });
        expect([await batches('one'), await batches('two')]).toEqual([[1], [1]]);
        await lake.batch(9);
        expect(await batches('one')).toEqual([1, 9]);
      });

      it('goes back on a branch without a change to anything of main', async () => {
        await lake.batch(1);
        await createBranch({ ...lake.base, name: 'dev' });
        const on = { branch: 'dev' };
        await lake.batch(3, { select: ['one', 'file'] });
        const before = await lake.objects();
        for (const number of [4, 5]) await lake.batch(number, on);
        expect(await rollback({ ...lake.base, ...on, to: '1' })).toMatchObject({ generation: 4 });
        expect([await batches('one', on), await lake.rows('from file', on)]).toEqual([[1], [[1]]]);
        expect((await rollback({ ...lake.base, ...on, to: '1' })).generation).toBeNull();
        await lake.batch(7, on);
        expect([await batches('one', on), await lake.rows('from inside', on)]).toEqual([[1, 7], [[7]]]);
        await rollback({ ...lake.base, ...on, to: '3' });
        expect([await batches('one', on), await lake.rows('from file', on)]).toEqual([[1, 4, 5], [[5]]]);
        expect(await lake.objects()).toEqual(before);
        expect([await batches('one'), await lake.rows('from file')]).toEqual([[1, 3], [[3]]]);
      });

      it('tells of generations that can’t be read beside those that can', async () => {
        for (const number of [1, 2, 3]) await lake.batch(number, { select: ['file'] });
        const [oldest = '', second = ''] = await lake.names('_boathouse/catalog/0');
        await lake.storage.put(second, new TextEncoder().encode('{"boathouse": "cat'));
        const said = new TextDecoder().decode(await lake.storage.read(oldest));
        const pins = await lake.names('lake/_boathouse/pins/file.parquet/');
        const first = pins.find((pin) => said.includes(pin)) ?? '';
        await lake.storage.remove(first);
        const { generations } = await lakeLog(lake.base);
        expect(generations.map(({ number }) => number)).toEqual([3, 2, 1]);
        expect(generations.filter(({ readable }) => !readable)).toHaveLength(2);
        expect(generations[1]).toMatchObject({
          readable: false,
          problem: expect.stringContaining('it is not JSON'),
        });
        expect(generations.flatMap(({ problem }) => problem ?? []).join()).toContain("can't be found");
        expect(await code(lake.rows('from file', { asOf: '2' }))).toBe('catalog.corrupt-generation');
      });

      it('lets a writer of main come after a merge that is under way', async () => {
        await lake.batch(1);
        await createBranch({ ...lake.base, name: 'dev' });
        await lake.batch(2, { branch: 'dev', select: ['one', 'two'] });
        let writing: Promise<void> = Promise.resolve();
        const onStep = (step: string): void => {
          if (step === 'entry') writing = lake.batch(4, { select: ['one'] });
        };
        await mergeBranch({ ...lake.base, name: 'dev', onStep });
        await writing;
        expect([await batches('one'), await batches('two')]).toEqual([
          [1, 2, 4],
          [1, 2],
        ]);
        // One that was killed after its commits, and overtaken by a run.
        await createBranch({ ...lake.base, name: 'late' });
        await lake.batch(5, { branch: 'late', select: ['one', 'two'] });
        const task: VersionsTask = {
          verb: 'merge',
          projectDir: lake.project,
          argument: 'late',
          killAt: 'generation',
        };
        await program.start(task).ended;
        await query({ ...lake.base, sql: 'insert into one select 6, range::int from range(3)' });
        expect(await batches('one')).toEqual([1, 2, 4, 5, 6]);
        expect(await batches('two')).toEqual([1, 2]);
        await mergeBranch({ ...lake.base, name: 'late' });
        expect([await batches('one'), await batches('two')]).toEqual([
          [1, 2, 4, 5, 6],
          [1, 2, 5],
        ]);
      });

      it('merges tables with deletion vectors, row tracking and renamed columns, which then stand alone', async () => {
        await lake.batch(1);
        const sql = async (text: string, more: object = {}): Promise<void> => {
          await query({ ...lake.base, sql: text, ...more });
        };
        const properties = ['enableDeletionVectors', 'enableRowTracking', 'enableChangeDataFeed'];
        for (const name of properties) {
          await sql(`alter table one set tblproperties ('delta.${name}' = 'true')`);
        }
        await sql("alter table one set tblproperties ('delta.columnMapping.mode' = 'name')");
        await lake.batch(2, { select: ['one'] });
        await sql('delete from one where batch = 1 and id = 0');
        await createBranch({ ...lake.base, name: 'dev' });
        const on = { branch: 'dev' };
        await sql('delete from one where batch = 2 and id = 0', on);
        await sql('update one set id = 70 where batch = 2 and id = 1', on);
        await sql('alter table one rename column id to number', on);
        await sql('alter table one add column note varchar', on);
        await sql("insert into one values (3, 5, 'x')", on);
        const wanted = [
          [1, 1, null],
          [1, 2, null],
          [2, 2, null],
          [2, 70, null],
          [3, 5, 'x'],
        ];
        const all = 'select batch, number, note from one order by all';
        expect(await lake.rows(all, on)).toEqual(wanted);
        expect(await lake.rows('select batch, id from one order by all')).toEqual([
          [1, 1],
          [1, 2],
          [2, 0],
          [2, 1],
          [2, 2],
        ]);
        await mergeBranch({ ...lake.base, name: 'dev' });
        await deleteBranch({ ...lake.base, name: 'dev', now: true });
        expect(await lake.rows(all)).toEqual(wanted);
        const uri = `${lake.root}/lake/one.delta`;
        const table = await DeltaTable.open(uri, { storageOptions: lake.options });
        await table.vacuum({ retentionHours: 0, enforceRetention: false });
        expect(await lake.rows(all)).toEqual(wanted);
        await sql('delete from one where number = 70');
        await sql("update one set note = 'y' where batch = 1");
        expect(await lake.rows(all)).toEqual([
          [1, 1, 'y'],
          [1, 2, 'y'],
          [2, 2, null],
          [3, 5, 'x'],
        ]);
        expect(await lake.rows('select count(*) from one', { asOf: '1' })).toEqual([[3]]);
        // Row ids stay unique.
        const again = await DeltaTable.open(uri, { storageOptions: lake.options });
        expect(again.version).toBeGreaterThan(table.version);
      });

      it('merges a branch of a branch into that branch, and then all into main', async () => {
        await lake.put({
          'models/more.sql': `{{ config(materialized='incremental') }} select {{ var('batch') }}::int as batch`,
          'models/appended.sql': `{{ config(materialized='incremental', format='parquet') }} select {{ var('batch') }}::int as batch`,
        });
        await lake.batch(1);
        await createBranch({ ...lake.base, name: 'dev' });
        await lake.batch(2, { branch: 'dev', select: ['one', 'more'] });
        await createBranch({ ...lake.base, name: 'deep', branch: 'dev' });
        await lake.batch(3, { branch: 'deep', select: ['one', 'two', 'more', 'file'] });
        expect(await code(deleteBranch({ ...lake.base, name: 'dev', force: true }))).toBe(
          'workflows.branch-in-use',
        );
        expect(await mergeBranch({ ...lake.base, name: 'deep' })).toMatchObject({ into: 'dev' });
        const on = { branch: 'dev' };
        expect([
          await batches('one', on),
          await batches('two', on),
          await lake.rows('from file', on),
        ]).toEqual([[1, 2, 3], [1, 3], [[3]]]);
        expect([await batches('one'), await batches('two'), await lake.rows('from file')]).toEqual([
          [1],
          [1],
          [[1]],
        ]);
        await deleteBranch({ ...lake.base, name: 'deep', now: true });
        expect(await batches('two', on)).toEqual([1, 3]);
        await mergeBranch({ ...lake.base, name: 'dev' });
        await deleteBranch({ ...lake.base, name: 'dev', now: true });
        expect([await batches('one'), await batches('two'), await lake.rows('from file')]).toEqual([
          [1, 2, 3],
          [1, 3],
          [[3]],
        ]);
        expect(await lake.rows('from more order by 1')).toEqual([[1], [2], [3]]);
      });

      it('merges files that the branch appended to, views that it dropped and tables that it created', async () => {
        await lake.put({
          'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'part', 'append': true}) }} select {{ var('batch') }}::int as batch, 'p' as part`,
        });
        await lake.batch(1);
        await createBranch({ ...lake.base, name: 'dev' });
        const on = { branch: 'dev' };
        await lake.batch(2, { ...on, select: ['parts'] });
        expect(await lake.rows('select batch from parts order by 1', on)).toEqual([[1], [2]]);
        await runOperation({ ...lake.base, ...on, macro: 'drop_view', args: { name: 'shown' } });
        const place = `${lake.root}/lake/made`;
        await query({
          ...lake.base,
          ...on,
          sql: `create table made (id int) using delta location '${place}'`,
        });
        await query({ ...lake.base, ...on, sql: 'insert into made values (1), (2)' });
        expect(await lake.rows('select count(*) from made', on)).toEqual([[2]]);
        expect(await lake.names('lake/made/')).toEqual([]);
        expect(await lake.rows('from shown')).toEqual([[1]]);
        const merged = await mergeBranch({ ...lake.base, name: 'dev' });
        expect(merged.changed).toEqual(['main.made', 'main.parts', 'main.shown']);
        await deleteBranch({ ...lake.base, name: 'dev', now: true });
        expect(await lake.rows('select batch from parts order by 1')).toEqual([[1], [2]]);
        expect(await lake.rows('select count(*) from made')).toEqual([[2]]);
        expect(await code(lake.rows('from shown'))).toBe('duckdb.catalog');
        const made = await DeltaTable.open(place, { storageOptions: lake.options });
        expect(await made.toRows()).toHaveLength(2);
      });

      it('says what is wrong with names, and with landing on a branch', async () => {
        await lake.batch(1, { select: ['one'] });
        await createBranch({ ...lake.base, name: 'dev' });
        const before = await lake.names('');
        const long = 'x'.repeat(65);
        for (const name of [
          '../x',
          'a/b',
          '',
          long,
          'größe',
          'a b',
          '.',
          '..',
          'A',
          'main',
          'x.',
          "a'b",
          '%2e',
        ]) {
          const bad = name === '' ? '' : name;
          expect([name, await code(createBranch({ ...lake.base, name: bad }))]).toEqual([
            name,
            'catalog.bad-branch-name',
          ]);
          for (const work of [mergeBranch, deleteBranch]) {
            expect([name, await code(work({ ...lake.base, name: bad }))]).toEqual([
              name,
              'catalog.bad-branch-name',
            ]);
          }
          if (name === 'main') continue;
          expect([name, await code(lake.rows('select 1', { branch: bad }))]).toEqual([
            name,
            'catalog.bad-branch-name',
          ]);
        }
        for (const work of [mergeBranch, deleteBranch]) {
          expect(await code(work({ ...lake.base, name: 'nobody' }))).toBe('catalog.no-branch');
        }
        expect(await code(createBranch({ ...lake.base, name: 'dev' }))).toBe('catalog.branch-exists');
        await lake.put({ 'rows.csv': 'id\n1\n' });
        const source = join(lake.project, 'rows.csv');
        const table = `${lake.root}/lake/landed`;
        for (const where of [{ branch: 'dev' }, { target: 'dev' }]) {
          const project = { ...lake.base, ...where };
          expect(await code(land({ source, table, project }))).toBe('targets.not-on-branch');
        }
        expect((await listBranches(lake.base)).map(({ name }) => name)).toEqual(['dev']);
        const leases = (path: string): boolean => !path.includes('/leases/') && !/\.(?:csv)$/.test(path);
        expect((await lake.names('')).filter(leases)).toEqual(before.filter(leases));
      });
    },
  );
}
