/** Every operation on a table in a bucket, without httpfs, held to the same operation on a table in a folder. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneTable, convertToDelta, createTable, DeltaTable, land, writeDelta } from '../../src/index.ts';
import { cacheFolder, openStorage, requestCounts, requestsSince } from '../../src/storage/index.ts';
import { type Store, startStore, storeReason } from './server.ts';

const reason = storeReason('versitygw');

describe.skipIf(reason !== undefined)(`tables in a bucket${reason ? ` (${reason})` : ''}`, () => {
  let store: Store;
  let folder: string;
  beforeAll(async () => {
    store = await startStore({ kind: 'versitygw', tls: 'private-ca' });
    await store.createBucket('lake');
    await store.createBucket('other');
    folder = await mkdtemp(join(tmpdir(), 'boathouse-tables-'));
  });
  afterAll(async () => {
    await store?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: from + i,
      day: `2026-01-0${1 + ((from + i) % 3)}`,
      note: `n${from + i}`,
    }));

  /** Does the same to a table in a folder and to one in the bucket; both must have the same rows after each step. */
  async function onBoth(
    name: string,
    steps: readonly ((uri: string, options: { storageOptions: Store['options'] }) => Promise<unknown>)[],
  ): Promise<DeltaTable> {
    const local = join(folder, name);
    const remote = `s3://lake/${name}`;
    for (const [i, step] of steps.entries()) {
      await step(local, { storageOptions: {} });
      await step(remote, { storageOptions: store.options });
      expect(await contents(remote), `step ${i + 1}`).toEqual(await contents(local));
    }
    return await DeltaTable.open(remote, { storageOptions: store.options });
  }

  async function contents(uri: string): Promise<unknown> {
    const table = await DeltaTable.open(uri, { storageOptions: store.options });
    const found = await table.toRows();
    return {
      version: table.version,
      rows: found.map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? Number(v) : v))).sort(),
    };
  }

  const open = (uri: string, options: { storageOptions: Store['options'] }) => DeltaTable.open(uri, options);

  it('are written, changed and put in order', async () => {
    const table = await onBoth('orders', [
      (uri, o) =>
        writeDelta(uri, rows(0, 50), {
          ...o,
          partitionBy: ['day'],
          configuration: { 'delta.enableChangeDataFeed': 'true', 'delta.enableDeletionVectors': 'true' },
        } as never),
      async (uri, o) => (await open(uri, o)).append(rows(50, 80)),
      async (uri, o) => (await open(uri, o)).delete({ where: 'id % 7 = 0' } as never),
      async (uri, o) =>
        (await open(uri, o)).update({ set: { note: "'changed'" }, where: 'id < 10' } as never),
      async (uri, o) =>
        (await open(uri, o))
          .merge({ source: rows(75, 90), on: 'source.id = target.id' })
          .whenMatchedUpdateAll()
          .whenNotMatchedInsertAll()
          .execute(),
      async (uri, o) => (await open(uri, o)).optimize(),
      async (uri, o) => (await open(uri, o)).purge(),
      async (uri, o) => (await open(uri, o)).checkpoint(),
      async (uri, o) => (await open(uri, o)).vacuum({ retentionHours: 0, enforceRetention: false }),
      async (uri, o) => (await open(uri, o)).append(rows(90, 95)),
      async (uri, o) => (await open(uri, o)).optimize({ zOrderBy: ['id'] }),
      async (uri, o) => (await open(uri, o)).overwrite(rows(5, 9)),
      async (uri, o) =>
        (await open(uri, o)).alter({ kind: 'add-column', column: { name: 'more', type: 'INT' } }),
    ]);
    expect((await table.history()).length).toBeGreaterThan(5);
    const feed = await (await table.changes({ fromVersion: 1, toVersion: 2 })).toRows();
    expect(new Set(feed.map((row) => row['_change_type']))).toEqual(new Set(['insert', 'delete']));
    expect(await table.detail()).toMatchObject({ location: 's3://lake/orders' });
  });

  it('leave no files behind that a vacuum would not find', async () => {
    const uri = 's3://lake/vacuumed';
    const options = { storageOptions: store.options };
    await writeDelta(uri, rows(0, 10), options as never);
    const table = await open(uri, options);
    await table.overwrite(rows(10, 20));
    await openStorage(uri, store.options).put('stray.parquet', new TextEncoder().encode('nobody names it'));
    const listed = async (): Promise<string[]> => {
      const paths: string[] = [];
      for await (const { path } of openStorage(uri, store.options).list('')) paths.push(path);
      return paths.filter((path) => path.endsWith('.parquet'));
    };
    expect(await listed()).toHaveLength(3);
    const planned = await table.vacuum({ retentionHours: 0, enforceRetention: false, dryRun: true });
    expect(planned.files).toHaveLength(2);
    expect(await listed()).toHaveLength(3);
    await table.vacuum({ retentionHours: 0, enforceRetention: false });
    expect(await listed()).toHaveLength(1);
    expect(await table.toRows()).toHaveLength(10);
  });

  it('go back in time, and are cloned within the bucket, from one to another and into a folder', async () => {
    const options = { storageOptions: store.options };
    const uri = 's3://lake/past';
    await writeDelta(uri, rows(0, 5), options as never);
    const table = await open(uri, options);
    await table.append(rows(5, 8));
    expect(await (await DeltaTable.open(uri, { ...options, version: 0 })).toRows()).toHaveLength(5);
    const clone = await table.clone('s3://other/clone', options as never);
    await clone.append(rows(100, 101));
    expect(await clone.toRows()).toHaveLength(9);
    await table.restore({ version: 0 });
    expect(await table.toRows()).toHaveLength(5);
    // The clone still reads what the table has dropped.
    expect(await (await open('s3://other/clone', options)).toRows()).toHaveLength(9);
    await cloneTable(
      await DeltaTable.open(uri, { ...options, version: 1 }).then(({ handle }) => handle),
      join(folder, 'clone'),
    );
    expect(await (await DeltaTable.open(join(folder, 'clone'))).toRows()).toHaveLength(8);
  });

  it('are made of Parquet files that stand in the bucket', async () => {
    const storage = openStorage('s3://lake/plain', store.options);
    const source = await open('s3://lake/orders', { storageOptions: store.options });
    await writeDelta(join(folder, 'plain'), await source.toRows(), {} as never);
    const [file] = (await DeltaTable.open(join(folder, 'plain'))).files();
    const local = openStorage(join(folder, 'plain'));
    for (const name of ['region=n/a.parquet', 'region=s/b.parquet']) {
      await storage.put(name, await local.read(file?.path ?? ''));
    }
    await convertToDelta('s3://lake/plain', { storageOptions: store.options } as never);
    const table = await open('s3://lake/plain', { storageOptions: store.options });
    expect((await table.toRows()).length).toBe(2 * (await source.toRows()).length);
    expect(table.metadata.partitionColumns).toEqual(['region']);
  });

  it('land files, empty tables and all', async () => {
    await mkdir(join(folder, 'in'), { recursive: true });
    await writeFile(join(folder, 'in', 'a.csv'), 'id,name\n1,a\n2,b\n');
    await land({
      source: join(folder, 'in', 'a.csv'),
      table: 's3://lake/landed',
      storageOptions: store.options,
    });
    expect(await (await open('s3://lake/landed', { storageOptions: store.options })).toRows()).toHaveLength(
      2,
    );
    await createTable('s3://lake/empty', { schema: 'id INT', storageOptions: store.options } as never);
    const empty = await open('s3://lake/empty', { storageOptions: store.options });
    expect(await empty.toRows()).toEqual([]);
  });

  it('leave nothing on this machine nor in the bucket when a write fails half-way', async () => {
    const options = { storageOptions: store.options };
    await writeDelta('s3://lake/failing', rows(0, 1), options as never);
    const table = await open('s3://lake/failing', options);
    const sql =
      "select i::int as id, repeat('x', 200) as day, if(i = 900000, error('on purpose'), 'n') as note from range(1000000) r(i)";
    await expect(table.append({ sql })).rejects.toThrow('on purpose');
    const staged = await readdir(join(cacheFolder(), 'staging'), { recursive: true, withFileTypes: true });
    expect(staged.filter((entry) => entry.isFile() && entry.parentPath.includes(`-${process.pid}-`))).toEqual(
      [],
    );
    expect(await table.toRows()).toHaveLength(1);
  });

  it('cost few requests', async () => {
    const options = { storageOptions: store.options };
    const uri = 's3://lake/counted';
    await writeDelta(uri, rows(0, 100), options as never);
    const table = await open(uri, options);
    for (let i = 0; i < 3; i += 1) await table.append(rows(i, i + 1));
    const count = async (work: () => Promise<unknown>) => {
      const before = requestCounts();
      await work();
      return requestsSince(before);
    };
    const opened = await count(() => open(uri, { ...options, version: 3 } as never));
    expect(opened.requests.LIST).toBeLessThanOrEqual(1);
    const appended = await count(() => table.append(rows(7, 8)));
    // One data file and one commit.
    expect(appended.requests).toMatchObject({ PUT: 2, LIST: 0 });
    expect(appended.requests.GET + appended.requests.HEAD).toBeLessThanOrEqual(2);
    const read = await count(async () => (await open(uri, options)).toRows());
    const again = await count(async () => (await open(uri, options)).toRows());
    expect(again.total).toBeLessThanOrEqual(2);
    expect(read.requests.GET).toBeLessThanOrEqual(6);
  });
});
