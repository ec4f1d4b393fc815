/** What a sweep leaves and takes: in a folder and in a bucket. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCatalog, sweepCatalog } from '../../src/catalog/index.ts';
import {
  createBranch,
  deleteBranch,
  lakeDiff,
  lakeLog,
  listBranches,
  rollback,
} from '../../src/workflows/index.ts';
import { LakeGround, lakeKinds, lakeReason, type TestLake } from './lake.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nprofile: shop\nmodel-paths: [models]\n',
  'models/totals.sql': `{{ config(materialized='table') }} select {{ var('batch') }}::int as batch`,
  'models/export.sql': `{{ config(materialized='external') }} select * from {{ ref('totals') }}`,
  'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'part'}) }} select *, 'p' as part from {{ ref('totals') }}`,
};
const relations = ['totals', 'export', 'parts'];
const dayMs = 86_400_000;

for (const kind of lakeKinds) {
  const reason = lakeReason(kind);
  describe.skipIf(reason !== undefined)(
    `a sweep in a ${kind}${reason ? ` (skipped: ${reason})` : ''}`,
    () => {
      let ground: LakeGround;
      let lake: TestLake;

      beforeAll(async () => {
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
      });

      /** Sweeps as a run does that ends `laterMs` from now. */
      const sweep = (how: { graceMs: number; keepLast: number; laterMs?: number; branch?: string }) => {
        const { graceMs, keepLast, laterMs = 0, branch } = how;
        const root = branch === undefined ? lake.root : `${lake.root}/_boathouse/branches/${branch}`;
        const log = openCatalog(root, lake.options);
        return sweepCatalog(log, { graceMs, keepLast, nowMs: Date.now() + laterMs });
      };

      /** What each generation that is kept says, of all branches. */
      async function everything(): Promise<ReadonlyMap<string, unknown>> {
        const seen = new Map<string, unknown>();
        for (const branch of [undefined, ...(await listBranches(lake.base)).map(({ name }) => name)]) {
          const { generations } = await lakeLog({ ...lake.base, branch });
          for (const { number, readable } of generations) {
            expect(readable).toBe(true);
            for (const name of relations) {
              const rows = await lake.rows(`select batch from ${name}`, { branch, asOf: String(number) });
              seen.set(`${branch ?? 'main'}@${number} ${name}`, rows);
            }
          }
        }
        return seen;
      }

      it('takes nothing that a kept generation or a branch needs, and what none needs for good', async () => {
        await lake.batch(1);
        await createBranch({ ...lake.base, name: 'dev' });
        for (const number of [2, 3]) await lake.batch(number);
        await lake.batch(9, { branch: 'dev', select: ['export'] });
        await lake.batch(8, { branch: 'dev' });
        const before = await everything();
        expect(before.size).toBe(3 * 3 + 3 * 3);
        const names = await lake.names('');

        // Everything is young: nothing goes.
        expect(await sweep({ graceMs: dayMs, keepLast: 10 })).toEqual({ generations: 0, folders: 0 });
        expect(await sweep({ graceMs: dayMs, keepLast: 10, branch: 'dev' })).toEqual({
          generations: 0,
          folders: 0,
        });
        expect(await lake.names('')).toEqual(names);
        expect(await everything()).toEqual(before);

        // Two days later the newest is left, and what the branch has.
        await sweep({ graceMs: dayMs, keepLast: 1, laterMs: 2 * dayMs });
        const after = await everything();
        expect([...after.keys()].filter((key) => key.startsWith('main'))).toEqual(
          relations.map((name) => `main@3 ${name}`),
        );
        for (const [key, rows] of after) expect([key, rows]).toEqual([key, before.get(key)]);
        await sweep({ graceMs: dayMs, keepLast: 1, laterMs: 2 * dayMs, branch: 'dev' });
        expect([...(await everything())].map(([key, rows]) => [key, rows])).toEqual([
          ...relations.map((name) => [`main@3 ${name}`, [[3]]]),
          ...relations.map((name) => [`dev@3 ${name}`, [[8]]]),
        ]);
        // What the branch began with is still there to be compared with.
        const { relations: differing } = await lakeDiff({ ...lake.base, branchName: 'dev', rows: true });
        expect(differing.map(({ name, rowsBefore, rows }) => [name, rowsBefore, rows?.rows.length])).toEqual([
          ['main.export', 1, 2],
          ['main.parts', 1, 2],
          ['main.totals', 1, 2],
        ]);

        // A deleted branch goes a day later, with what only it needed.
        await deleteBranch({ ...lake.base, name: 'dev', force: true });
        await sweep({ graceMs: dayMs, keepLast: 1, laterMs: 3 * dayMs });
        const left = (await lake.names('_boathouse/')).filter((path) => !/\/(?:leases|_time)/.test(path));
        expect(left.filter((path) => /\/(?:branches|heads|holds|work)\//.test(path))).toEqual([]);
        expect(left.filter((path) => path.endsWith('.json'))).toHaveLength(1);
        expect(left.filter((path) => path.endsWith('.duckdb'))).toHaveLength(1);
        expect(await lake.names('lake/_boathouse/pins/')).toHaveLength(2);
        expect([...(await everything()).values()]).toEqual([[[3]], [[3]], [[3]]]);
      });

      it('beside runs and rollbacks that publish all the time loses nothing of theirs', async () => {
        await lake.batch(1);
        let isOver = false;
        const sweeping = (async () => {
          let count = 0;
          for (; !isOver; count += 1) await sweep({ graceMs: 0, keepLast: 2 });
          return count;
        })();
        try {
          for (let number = 2; number <= 5; number += 1) {
            await lake.batch(number);
            const newest = (await lakeLog({ ...lake.base, limit: 1 })).generations[0]?.number ?? 0;
            for (const name of relations)
              expect(await lake.rows(`select batch from ${name}`)).toEqual([[number]]);
            const done = await rollback({ ...lake.base, to: String(newest - 1) });
            expect(done.generation).toBe(newest + 1);
            for (const name of relations) {
              expect(await lake.rows(`select batch from ${name}`)).toEqual([[number - 1]]);
            }
            await lake.batch(number);
          }
        } finally {
          isOver = true;
        }
        expect(await sweeping).toBeGreaterThan(1);
        const seen = await everything();
        expect(seen.size).toBe(2 * 3);
        expect([...seen.values()].slice(0, 3)).toEqual([[[5]], [[5]], [[5]]]);
      });
    },
  );
}
