/** What versions cost in a bucket: requests and bytes that don't grow with the tables. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RequestCounts, requestCounts, requestsSince } from '../../src/storage/index.ts';
import { createBranch, lakeLog, mergeBranch, rollback } from '../../src/workflows/index.ts';
import { LakeGround, lakeReason, type TestLake } from './lake.ts';

const reason = lakeReason('versitygw');

describe.skipIf(reason !== undefined)(
  `versions of big tables${reason ? ` (skipped: ${reason})` : ''}`,
  () => {
    let ground: LakeGround;
    let lake: TestLake;

    beforeAll(async () => {
      ground = await LakeGround.open('versitygw');
      lake = await ground.lake({
        'dbt_project.yml': 'name: shop\nprofile: shop\n',
        'models/big.sql': `{{ config(materialized='incremental', format='delta', incremental_strategy='append') }}
select {{ var('batch') }}::int as batch, range as id, md5(range::varchar) as text from range(200000)`,
      });
      for (const number of [1, 2]) await lake.batch(number);
    });
    afterAll(async () => {
      await lake?.remove();
      await ground?.close();
    });

    async function costOf(work: () => Promise<unknown>): Promise<RequestCounts> {
      const before = requestCounts();
      await work();
      return requestsSince(before);
    }

    it('neither bring rows here nor send them', async () => {
      let dataBytes = 0;
      for await (const { path, sizeBytes } of lake.storage.list('lake/big.delta/')) {
        if (path.endsWith('.parquet')) dataBytes += sizeBytes;
      }
      expect(dataBytes).toBeGreaterThan(6_000_000);
      const created = await costOf(() => createBranch({ ...lake.base, name: 'dev' }));
      await lake.batch(3, { branch: 'dev' });
      const merged = await costOf(() => mergeBranch({ ...lake.base, name: 'dev' }));
      const back = await costOf(() => rollback({ ...lake.base, to: '1' }));
      const told = await costOf(() => lakeLog(lake.base));
      for (const { bytes } of [created, merged, back, told]) expect(bytes).toBeLessThan(1_500_000);
      expect(created.total).toBeLessThanOrEqual(25);
      expect(merged.total).toBeLessThanOrEqual(60);
      expect(back.total).toBeLessThanOrEqual(40);
      expect(told.total).toBeLessThanOrEqual(1 + 4);
      expect(await lake.rows('select count(*) from big', { asOf: '3' })).toEqual([[600_000]]);
      expect(await lake.rows('select count(*) from big')).toEqual([[200_000]]);
    });
  },
);
