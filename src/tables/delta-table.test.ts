import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type {
  AlterChange,
  AlterResult,
  DeltaRelation,
  MergeBuilder,
  MergeResult,
  RelationRows,
  TableDetail,
  TableSnapshot,
  WriteResult,
} from './index.ts';
import { DeltaTable } from './index.ts';

let folder = '';
let next = 0;
const place = (): string => {
  next += 1;
  return path.join(folder, `table-${next}`);
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sorted = async (table: { toRows(): Promise<Record<string, unknown>[]> }): Promise<unknown[]> =>
  (await table.toRows()).map((row) => Object.values(row)).sort((a, b) => (String(a) < String(b) ? -1 : 1));

describe('DeltaTable', () => {
  it('goes through a life of its own, always at the version it made', async () => {
    const uri = place();
    expect(await DeltaTable.isDeltaTable(uri)).toBe(false);
    const table = await DeltaTable.create(uri, {
      schema: 'id BIGINT NOT NULL, name STRING, n INT',
      properties: { 'delta.enableChangeDataFeed': 'true' },
    });
    expect(await DeltaTable.isDeltaTable(uri)).toBe(true);
    await table.append([
      { id: 1, name: 'a', n: 1 },
      { id: 2, name: 'b', n: 2 },
    ]);
    const first = table.snapshot;
    expect(table.version).toBe(1);
    expect(await table.update({ set: { n: 'n * 10' }, where: 'id = 2' })).toMatchObject({ version: 2 });
    const merged = await table
      .merge({
        source: [
          { id: 2, name: 'B', n: 3 },
          { id: 3, name: 'c', n: 4 },
        ],
        on: 'source.id = target.id',
      })
      .whenMatchedUpdate({ set: { name: 'source.name' } })
      .whenNotMatchedInsertAll()
      .execute();
    expect(merged.metrics).toMatchObject({ numTargetRowsInserted: 1, numTargetRowsUpdated: 1 });
    expect(await table.delete({ where: 'id = 77' })).toMatchObject({ changed: false });
    await expect(table.delete('nope = 1')).rejects.toMatchObject({
      code: 'duckdb.binder',
      location: { line: 1, column: 1, text: 'nope = 1' },
    });
    expect(await table.delete('id = 1')).toMatchObject({ version: 4, metrics: { numDeletedRows: 1 } });
    expect(await sorted(table)).toEqual([
      [2n, 'B', 20],
      [3n, 'c', 4],
    ]);
    expect(await sorted(first)).toEqual([
      [1n, 'a', 1],
      [2n, 'b', 2],
    ]);
    expect(await sorted(await table.asOf({ version: 1 }))).toEqual(await sorted(first));

    const changes = await table.changes({ fromVersion: 3 });
    expect((await changes.toRows()).map((row) => row['_change_type']).sort()).toEqual([
      'delete',
      'insert',
      'update_postimage',
      'update_preimage',
    ]);
    await table.alter({ kind: 'comment-table', comment: 'two left' });
    await table.restore({ version: 1 });
    expect(await sorted(table)).toHaveLength(2);
    expect(table.metadata.description).toBeUndefined();
    expect((await table.history({ limit: 2 })).map(({ operation }) => operation)).toEqual([
      'RESTORE',
      'SET TABLE COMMENT',
    ]);
    expect(await table.detail()).toMatchObject({ format: 'delta', numFiles: 1, location: table.uri });
    const clone = await table.clone(place());
    await clone.overwrite([{ id: 9, name: 'z', n: 0 }]);
    expect([clone.version, table.version]).toEqual([1, 6]);
    await table.checkpoint();
    expect((await DeltaTable.open(uri)).version).toBe(6);
  });

  it('stays where it was opened in the past, and is not written there', async () => {
    const uri = place();
    const table = await DeltaTable.create(uri, { schema: 'a INT' });
    await table.append([{ a: 1 }]);
    const past = await DeltaTable.open(uri, { version: 0 });
    await past.refresh();
    expect(past.version).toBe(0);
    const byTime = await DeltaTable.open(uri, { timestamp: (await DeltaTable.open(uri)).snapshot.timestamp });
    expect(byTime.version).toBe(1);
    for (const write of [
      () => past.append([{ a: 2 }]),
      () => past.delete(),
      () => past.update({ set: { a: '1' } }),
      () => past.alter({ kind: 'comment-table', comment: 'x' }),
      () => past.restore({ version: 0 }),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'tables.pinned-table' });
    }
  });

  it('sees what others commit when it is refreshed', async () => {
    const uri = place();
    const one = await DeltaTable.create(uri, { schema: 'a INT' });
    const two = await DeltaTable.open(uri);
    await two.append([{ a: 1 }]);
    expect(one.version).toBe(0);
    expect((await one.refresh()).version).toBe(1);
    expect(await one.toRows()).toEqual([{ a: 1 }]);
    await Promise.all([one.append([{ a: 2 }]), two.append([{ a: 3 }])]);
    await one.refresh();
    expect(await sorted(one)).toEqual([[1], [2], [3]]);
  });

  it.each([1, 2, 3])('sees that the table was deleted and made anew, with %i rows', async (count) => {
    const uri = place();
    await DeltaTable.create(uri, { schema: 'a INT' });
    await (await DeltaTable.open(uri)).append([{ a: 1 }]);
    const open = await DeltaTable.open(uri);
    await rm(uri, { recursive: true });
    const anew = await DeltaTable.create(uri, { schema: 'b INT' });
    for (let b = 1; b < count; b += 1) await anew.append([{ b }]);
    await open.refresh();
    expect(await open.toRows()).toEqual(Array.from({ length: count - 1 }, (_, i) => ({ b: i + 1 })));
  });

  it('has types that say what comes of each call', () => {
    expectTypeOf<DeltaTable['append']>().returns.resolves.toEqualTypeOf<WriteResult>();
    expectTypeOf<DeltaTable['merge']>().returns.toEqualTypeOf<MergeBuilder>();
    expectTypeOf<MergeBuilder['execute']>().returns.resolves.toEqualTypeOf<MergeResult>();
    expectTypeOf<DeltaTable['alter']>().returns.resolves.toEqualTypeOf<AlterResult>();
    expectTypeOf<DeltaTable['alter']>().parameter(0).toEqualTypeOf<AlterChange | readonly AlterChange[]>();
    expectTypeOf<DeltaTable['changes']>().returns.resolves.toEqualTypeOf<RelationRows>();
    expectTypeOf<RelationRows>().toExtend<DeltaRelation>();
    expectTypeOf<DeltaTable['detail']>().returns.resolves.toEqualTypeOf<TableDetail>();
    expectTypeOf<DeltaTable['snapshot']>().toEqualTypeOf<TableSnapshot>();
    expectTypeOf<DeltaTable['clone']>().returns.resolves.toEqualTypeOf<DeltaTable>();
    expectTypeOf<{ kind: 'add-colum' }>().not.toExtend<AlterChange>();
    expectTypeOf<{ kind: 'rename-column'; column: string }>().not.toExtend<AlterChange>();
    expect(DeltaTable.name).toBe('DeltaTable');
  });
});
