/** The versions of a lake, through the verbs: in a folder and in a bucket. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import {
  build,
  createBranch,
  deleteBranch,
  lakeDiff,
  lakeLog,
  listBranches,
  maintain,
  mergeBranch,
  query,
  rollback,
} from '../../src/workflows/index.ts';
import { LakeGround, lakeKinds, lakeReason, type TestLake } from './lake.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nprofile: shop\nmodel-paths: [models]\n',
  'models/events.sql': `{{ config(materialized='incremental', format='delta', incremental_strategy='append') }}
select {{ var('batch') }}::int as batch, range::int as id from range(3)
{% if is_incremental() %} where {{ var('batch') }} > (select max(batch) from {{ this }}) {% endif %}`,
  'models/totals.sql': `{{ config(materialized='table') }} select batch, count(*) as n from {{ ref('events') }} group by 1`,
  'models/export.sql': `{{ config(materialized='external') }} select * from {{ ref('totals') }}`,
  'models/latest.sql': `select max(batch) as batch from {{ ref('totals') }}`,
};

for (const kind of lakeKinds) {
  const reason = lakeReason(kind);
  describe.skipIf(reason !== undefined)(
    `in a ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let ground: LakeGround;
      let lake: TestLake;
      let root: string;
      const base = (): TestLake['base'] => lake.base;
      const batch = (number: number, more: Parameters<typeof build>[0] = {}): Promise<void> =>
        lake.batch(number, more);
      const rows = (sql: string, more: object = {}): Promise<unknown[][]> => lake.rows(sql, more);
      const objects = (): Promise<ReadonlyMap<string, string>> => lake.objects();
      const options = (): { readonly storageOptions: TestLake['options'] } => ({
        storageOptions: lake.options,
      });

      beforeAll(async () => {
        ground = await LakeGround.open(kind);
      });
      beforeEach(async () => {
        lake = await ground.lake(files);
        root = lake.root;
      });
      afterEach(async () => {
        await lake.remove();
      });
      afterAll(async () => {
        await ground.close();
      });

      describe('the versions of a lake', () => {
        it('are listed, read as they were, and gone back to', async () => {
          for (const number of [1, 2, 3]) await batch(number);
          const told = await lakeLog(base());
          expect(told.generations.map(({ number, readable, by }) => [number, readable, by?.command])).toEqual(
            [
              [3, true, 'build'],
              [2, true, 'build'],
              [1, true, 'build'],
            ],
          );
          expect(told.generations[0]?.changed).toEqual(['main.events', 'main.export', 'main.totals']);
          for (const name of ['events', 'totals', 'export']) {
            const counts = [];
            for (const asOf of ['1', '2', '3']) {
              counts.push((await rows(`select max(batch) from ${name}`, { asOf }))[0]?.[0]);
            }
            expect(counts).toEqual([1, 2, 3]);
          }
          const at = told.generations[1]?.createdAt.toISOString() ?? '';
          expect(await rows('select batch from latest', { asOf: at })).toEqual([[2]]);

          const diff = await lakeDiff({ ...base(), a: '2', rows: true, key: ['batch'] });
          expect(
            diff.relations.map(({ name, rowsBefore, rowsAfter, rows: found }) => [
              name,
              rowsBefore,
              rowsAfter,
              found?.rows.map((row) => row.map(({ text }) => text).join(' ')),
            ]),
          ).toEqual([
            ['main.events', 6, 9, ['added 3 0', 'added 3 1', 'added 3 2']],
            ['main.export', 2, 3, ['added 3 3']],
            ['main.totals', 2, 3, ['added 3 3']],
          ]);
          const back = await rollback({ ...base(), to: '1', message: 'batch 2 was wrong' });
          expect(back).toMatchObject({ generation: 4, restored: 1 });
          expect(await rows('select count(*), max(batch) from events')).toEqual([[3, 1]]);
          expect(await rows('select * from totals')).toEqual([[1, 3]]);
          expect(await rows('select * from export')).toEqual([[1, 3]]);
          expect(await rows(`select * from '${root}/lake/export.parquet'`)).toEqual([[1, 3]]);
          expect(await rows('select max(batch) from events', { asOf: '3' })).toEqual([[3]]);
          // A run goes on from what readers see.
          await batch(2);
          expect(await rows('select * from totals order by 1')).toEqual([
            [1, 3],
            [2, 3],
          ]);
          expect(await rollback({ ...base(), to: '5' })).toMatchObject({ generation: null, changed: [] });
        }, 240_000);
      });

      /** What every generation of every branch says of the relations of this project. */
      async function everything(): Promise<unknown[]> {
        const seen: unknown[] = [];
        for (const branch of [undefined, ...(await listBranches(base())).map(({ name }) => name)]) {
          for (const { number } of (await lakeLog({ ...base(), branch })).generations) {
            for (const name of ['events', 'totals', 'export']) {
              const asOf = String(number);
              seen.push([
                branch,
                number,
                name,
                await rows(`select * from ${name} order by all`, { branch, asOf }),
              ]);
            }
          }
        }
        return seen;
      }

      describe('a vacuum', () => {
        it('keeps what any generation and any branch reads, with no retention at all', async () => {
          await batch(1);
          await batch(2, { fullRefresh: true });
          await createBranch({ ...base(), name: 'dev', from: '1' });
          await batch(3, { branch: 'dev', fullRefresh: true });
          await createBranch({ ...base(), name: 'deep', branch: 'dev' });
          await batch(4, { branch: 'deep' });
          await batch(5, { fullRefresh: true });
          const table = `${root}/lake/events.delta`;
          // A write that no generation shows, and that the next one takes out again: nothing needs its files.
          await writeDelta(table, { sql: 'select 9 as batch, 9 as id' }, { mode: 'append', ...options() });
          await writeDelta(table, { sql: 'select 8 as batch, 8 as id' }, { mode: 'overwrite', ...options() });
          const before = await everything();
          const spec = { retentionHours: 0, enforceRetention: false };
          const handle = await DeltaTable.open(table, options());
          const { files, heldFiles } = await handle.vacuum(spec);
          expect([files.length, heldFiles]).toEqual([1, 3]);
          for (const branch of ['dev', 'deep']) {
            const own = `${root}/_boathouse/branches/${branch}/data/lake/events.delta`;
            await (await DeltaTable.open(own, options())).vacuum(spec);
          }
          await query({ ...base(), sql: `vacuum delta.'${table}'` });
          await maintain(base());
          expect((await everything()).filter((one) => !JSON.stringify(one).includes('null,'))).toEqual(
            before.filter((one) => !JSON.stringify(one).includes('null,')),
          );
        }, 240_000);
      });

      describe('a branch', () => {
        it('is built on without a change to any file of the main one, and reads its pinned state', async () => {
          for (const number of [1, 2]) await batch(number);
          await createBranch({ ...base(), name: 'dev', from: '1' });
          const before = await objects();
          await batch(5, { target: 'dev', select: ['totals'] });
          expect(await rows('select * from totals', { branch: 'dev' })).toEqual([[1, 3]]);
          await batch(5, { branch: 'dev' });
          expect(await rows('select * from totals order by 1', { target: 'dev' })).toEqual([
            [1, 3],
            [5, 3],
          ]);
          expect(await rows('select count(*) from export', { branch: 'dev' })).toEqual([[2]]);
          await createBranch({ ...base(), name: 'fix' });
          await query({ ...base(), branch: 'fix', sql: 'delete from events where id = 0' });
          expect(await rows('select count(*) from events', { branch: 'fix' })).toEqual([[4]]);
          const outside = `delete from delta.'${root}/lake/events.delta' where id = 0`;
          await expect(query({ ...base(), branch: 'fix', sql: outside })).rejects.toMatchObject({
            code: 'targets.not-on-branch',
          });
          await deleteBranch({ ...base(), name: 'fix', force: true, now: true });
          expect(await objects()).toEqual(before);
          expect(await rows('select * from totals order by 1')).toEqual([
            [1, 3],
            [2, 3],
          ]);
          const [listed] = await listBranches(base());
          expect(listed).toMatchObject({ name: 'dev', from: { branch: null, generation: 1 } });
          expect(listed?.changed).toEqual(['main.events', 'main.export', 'main.totals']);
          await expect(deleteBranch({ ...base(), name: 'dev' })).rejects.toMatchObject({
            code: 'workflows.branch-not-merged',
          });
          await deleteBranch({ ...base(), name: 'dev', force: true, now: true });
          expect(await listBranches(base())).toEqual([]);
          expect(await objects()).toEqual(before);
          await expect(build({ ...base(), branch: 'dev' })).rejects.toMatchObject({
            code: 'catalog.no-branch',
          });
          await expect(build({ ...base(), target: 'dev' })).rejects.toMatchObject({
            code: 'project.no-target',
          });
        }, 240_000);
      });

      describe('a merge', () => {
        const merge = (more: object = {}): ReturnType<typeof mergeBranch> =>
          mergeBranch({ ...base(), name: 'dev', ...more });

        it('brings tables, files and views to main as one generation, and is refused where both sides moved', async () => {
          await batch(1);
          await createBranch({ ...base(), name: 'dev' });
          await batch(2, { branch: 'dev' });
          const merged = await merge({ message: 'second batch' });
          expect(merged).toMatchObject({
            generation: 2,
            changed: ['main.events', 'main.export', 'main.totals'],
          });
          const both = [
            [1, 3],
            [2, 3],
          ];
          expect(await rows('select batch, count(*) from events group by 1 order by 1')).toEqual(both);
          for (const sql of ['totals', 'export', `'${root}/lake/export.parquet'`]) {
            expect(await rows(`select * from ${sql} order by 1`)).toEqual(both);
          }
          expect(await merge()).toMatchObject({ generation: null, changed: [] });
          await batch(3, { branch: 'dev' });
          await merge();
          await deleteBranch({ ...base(), name: 'dev', now: true });
          await batch(4);
          expect(await rows('select count(*), max(batch) from events')).toEqual([[12, 4]]);
          await createBranch({ ...base(), name: 'dev' });
          await batch(5, { branch: 'dev' });
          await batch(6, { select: ['events'] });
          const before = await objects();
          await expect(merge()).rejects.toMatchObject({
            code: 'workflows.merge-conflict',
            details: { tables: ['main.events'] },
          });
          expect(await objects()).toEqual(before);
        }, 240_000);

        it('that is cut off at any step is finished by the next one', async () => {
          await batch(1);
          const steps: string[] = [];
          for (const step of ['events', 'export', 'totals', 'generation', 'externals', 'entry']) {
            const number = steps.length + 2;
            await createBranch({ ...base(), name: 'dev' });
            await batch(number, { branch: 'dev' });
            const stop = (at: string): void => {
              if (at !== step) return;
              steps.push(at);
              throw new Error(`cut off at ${at}`);
            };
            await expect(merge({ onStep: stop })).rejects.toThrow('cut off');
            const seen = Number((await rows('select max(batch) from events'))[0]?.[0]);
            expect([number - 1, number]).toContain(seen);
            expect(await rows('select max(batch) from totals')).toEqual([[seen]]);
            await merge();
            for (const table of ['events', 'totals', 'export']) {
              expect(await rows(`select max(batch) from ${table}`)).toEqual([[number]]);
            }
            await deleteBranch({ ...base(), name: 'dev', now: true });
          }
        }, 240_000);
      });
    },
  );
}
