import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Clock,
  fixedClock,
  isBoathouseError,
  markedName,
  seededRandom,
  systemClock,
  thisProcess,
} from '../base/index.ts';
import { Database } from '../duckdb/index.ts';
import { FaultyStorage, faults, MemoryStorage, wrapStorage } from '../storage/index.ts';
import { buildCatalogFile, type CatalogFileOptions } from './catalog-file.ts';
import { applyChanges, type CatalogRelation, parseGeneration, printGeneration } from './generation.ts';
import { listGenerations, openCatalog, publishGeneration, readGeneration } from './generation-log.ts';
import { acquireLease } from './lease.ts';
import { logId } from './pin-name.ts';
import { sweepCatalog } from './sweep.ts';

const relation = (name: string, more: Partial<CatalogRelation> = {}): CatalogRelation => ({
  database: 'lake',
  schema: 'main',
  name,
  kind: 'view',
  sql: 'select 1 as a',
  location: null,
  format: null,
  deltaVersion: null,
  pins: [],
  columns: [{ name: 'a', type: 'INTEGER', comment: null }],
  comment: null,
  runId: 'run',
  uniqueId: null,
  ...more,
});

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boathouse-catalog-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a generation', () => {
  it('reads back as it was written', () => {
    const files = [{ name: 'l.duckdb', staged: 'work/1', fingerprint: '1-2', tables: '' }];
    const generation = { number: 3, createdAtMs: 5, runId: 'r', relations: [relation('x')], files };
    expect(parseGeneration(printGeneration(generation), 'p')).toMatchObject(generation);
  });

  it.each([
    ['is not JSON', '{', 'catalog.corrupt-generation'],
    ['is something else', '{"boathouse":"lease"}', 'catalog.corrupt-generation'],
    ['is of a later format', '{"boathouse":"catalog","format":2}', 'catalog.newer-format'],
    ['lacks its relations', '{"boathouse":"catalog","format":1,"number":1}', 'catalog.corrupt-generation'],
  ])('is refused when it %s', (_, text, code) => {
    expect(() => parseGeneration(new TextEncoder().encode(text), 'p')).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('ignores letter case when a relation is made again or removed', () => {
    const before = [relation('Orders'), relation('x')];
    const after = applyChanges(before, {
      upserts: [relation('orders', { sql: 'select 2 as a' })],
      removals: [{ database: 'LAKE', schema: 'main', name: 'X' }],
    });
    expect(after.map(({ name, sql }) => [name, sql])).toEqual([['orders', 'select 2 as a']]);
  });
});

describe('publishing', () => {
  const one = (name: string) => ({ upserts: [relation(name)], removals: [] });

  it('gives every one of many publishers its changes and a number of its own', async () => {
    const log = { storage: new MemoryStorage() };
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        publishGeneration(log, one(`r${index}`), { runId: `${index}` }),
      ),
    );
    expect(new Set(made.map((generation) => generation?.number)).size).toBe(12);
    expect((await readGeneration(log))?.relations).toHaveLength(12);
  });

  it('looks again when it stood still since it looked: the number it was about to take may be free once more', async () => {
    const memory = new MemoryStorage();
    const log = { storage: memory };
    const newest = await publishGeneration(log, one('first'), { runId: '1' });
    for (const name of ['second', 'third']) await publishGeneration(log, one(name), { runId: name });
    // A sweep has taken what was superseded for long enough.
    for await (const { path } of memory.list('_boathouse/catalog/')) {
      if (/0[12]\.json$/.test(path)) await memory.remove(path);
    }
    const clock = fixedClock(90_000);
    const made = await publishGeneration(log, one('late'), {
      runId: 'late',
      clock,
      onTopOf: { newest, lookedMs: 0 },
    });
    expect(made?.number).toBe(4);
    expect(made?.relations.map(({ name }) => name).sort()).toEqual(['first', 'late', 'second', 'third']);
    expect(await listGenerations(log)).toEqual([3, 4]);
  });

  it.each(faults)('is whole or nothing, and can be repeated, whichever call has a %s', async (fault) => {
    for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
      const memory = new MemoryStorage();
      const storage = new FaultyStorage(memory, new Map([[failing, fault]]));
      const options = { runId: 'r', clock: fixedClock(0), random: seededRandom(1) };
      await publishGeneration({ storage }, one('x'), options).catch(() => undefined);
      const after = await readGeneration({ storage: memory });
      expect(after === undefined || after.relations.length === 1).toBe(true);
      const again = await publishGeneration({ storage: memory }, one('x'), options);
      expect(again?.relations.map(({ name }) => name)).toEqual(['x']);
      calls = storage.calls;
    }
  });
});

describe('a lease', () => {
  const ask = { purpose: 'test', timeoutMs: 2000 };

  it('is held by one at a time, each waiting for the one before', async () => {
    const storage = new MemoryStorage();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const lease = await acquireLease(storage, 'x', { ...ask, timeoutMs: 20_000 });
        inside += 1;
        most = Math.max(most, inside);
        await systemClock.sleep(5);
        await lease.check();
        inside -= 1;
        await lease.release();
      }),
    );
    expect(most).toBe(1);
  });

  it('says whom it waits for, and gives up in time', async () => {
    const storage = new MemoryStorage();
    const held = await acquireLease(storage, 'x', { ...ask, purpose: 'the first' });
    const waitedFor: string[] = [];
    const error = await acquireLease(storage, 'x', {
      ...ask,
      timeoutMs: 60,
      onWait: (holder) => waitedFor.push(holder.purpose),
    }).catch((caught: unknown) => caught);
    expect(isBoathouseError(error, 'catalog.lease-timeout')).toBe(true);
    expect(waitedFor).toEqual(['the first']);
    await held.release();
  });

  it('is not taken from a holder that renewed it while the answer to a look at it was on its way', async () => {
    const memory = new MemoryStorage();
    let nowMs = 0;
    let renew = (): void => undefined;
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const clock: Clock = {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
        await pause();
      },
      every: (_, work) => {
        renew = work;
        return () => undefined;
      },
    };
    const held = await acquireLease(memory, 'x', { ...ask, clock });
    let looks = 0;
    const late = wrapStorage(memory, {
      read: async (path) => {
        const bytes = await memory.read(path);
        looks += 1;
        if (looks === 3) {
          nowMs += 70_000;
          renew();
          await pause();
        }
        return bytes;
      },
    });
    await expect(acquireLease(late, 'x', { ...ask, clock, timeoutMs: 80_000 })).rejects.toMatchObject({
      code: 'catalog.lease-timeout',
    });
    await held.check();
    await held.release();
  });

  it('is its own after a creation whose reply was lost', async () => {
    const memory = new MemoryStorage();
    const storage = new FaultyStorage(memory, new Map([[2, 'lost-reply']]));
    const clock = fixedClock(0);
    const lease = await acquireLease(storage, 'x', { ...ask, clock });
    expect(clock.nowMs()).toBeLessThan(1000);
    await lease.check();
    await lease.release();
  });

  it('is looked at only where it may have been lost: never while every renewal was in time', async () => {
    const memory = new MemoryStorage();
    let looks = 0;
    const storage = wrapStorage(memory, {
      list: (prefix, after) => {
        looks += 1;
        return memory.list(prefix, after);
      },
    });
    let nowMs = 0;
    let renew = (): void => undefined;
    const clock: Clock = {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      every: (_, work) => {
        renew = work;
        return () => undefined;
      },
    };
    const lease = await acquireLease(storage, 'x', { ...ask, clock });
    const costOf = async (): Promise<number> => {
      const before = looks;
      await lease.check();
      return looks - before;
    };
    const passes = async (ms: number): Promise<void> => {
      nowMs += ms;
      renew();
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let time = 0; time < 5; time += 1) {
      await passes(15_000);
      expect(await costOf()).toBe(0);
    }
    nowMs += 59_000;
    expect(await costOf()).toBe(0);
    nowMs += 2_000;
    expect(await costOf()).toBe(1);
    // Someone may have decided meanwhile to take it over, and do so later: a renewal doesn't undo that.
    await passes(0);
    expect(await costOf()).toBe(1);
    await lease.release();
  });

  it('is believed for as long as its holder says, whatever the one who waits would say', async () => {
    const storage = new MemoryStorage();
    const clock = fixedClock(0);
    const took = async (timeToLiveMs: number): Promise<number> => {
      const startMs = clock.nowMs();
      const asked = { ...ask, clock, timeToLiveMs, timeoutMs: 300_000 };
      await acquireLease(storage, 'x', asked);
      return clock.nowMs() - startMs;
    };
    await took(120_000);
    expect(await took(5_000)).toBeGreaterThan(120_000);
    const waitedMs = await took(60_000);
    expect(waitedMs).toBeGreaterThan(5_000);
    expect(waitedMs).toBeLessThan(10_000);
  });

  it.each([
    ['8', 8_000],
    ['0', 60_000],
    ['soon', 60_000],
    [undefined, 60_000],
  ])('is believed for what BOATHOUSE_LEASE_SECONDS says: %s', async (seconds, expectedMs) => {
    vi.stubEnv('BOATHOUSE_LEASE_SECONDS', seconds);
    try {
      const storage = new MemoryStorage();
      const clock = fixedClock(0);
      await acquireLease(storage, 'x', { ...ask, clock });
      await acquireLease(storage, 'x', { ...ask, clock, timeoutMs: 120_000 });
      expect(clock.nowMs()).toBeGreaterThan(expectedMs);
      expect(clock.nowMs()).toBeLessThan(expectedMs + 2_000);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('passes over a holder that is not heard of, who then learns that it lost', async () => {
    const storage = new MemoryStorage();
    const clock = fixedClock(0);
    const held = await acquireLease(storage, 'x', { ...ask, clock });
    const next = await acquireLease(storage, 'x', { ...ask, clock, timeoutMs: 120_000 });
    expect(clock.nowMs()).toBeGreaterThan(60_000);
    await expect(held.check()).rejects.toMatchObject({ code: 'catalog.lease-lost' });
    await held.release();
    await next.check();
    await next.release();
  });
});

describe('the catalog file', () => {
  const build = (relations: readonly CatalogRelation[], more: Partial<CatalogFileOptions> = {}) =>
    buildCatalogFile({ relations }, { database: 'lake', path: join(folder, 'lake.duckdb'), ...more });
  const read = async (sql: string): Promise<unknown[][]> => {
    const database = await Database.open({ path: join(folder, 'lake.duckdb'), readOnly: true });
    try {
      const session = await database.session();
      return (await session.query(sql)).rows.map((row) => [...row]);
    } finally {
      await database.close();
    }
  };

  it('holds views, comments and macros that any DuckDB reads, in under a megabyte', async () => {
    const file = await build([
      relation('b', { sql: 'select a + 1 as a from "lake"."silver"."a"', comment: "it's b" }),
      relation('a', { schema: 'silver' }),
      relation('f', { kind: 'macro', sql: '(x) as table select x + 1 as y', columns: [] }),
      relation('elsewhere', { database: 'other' }),
    ]);
    expect(file.sizeBytes).toBeLessThan(1_000_000);
    expect(file.broken).toEqual([]);
    expect(await read('select a from b')).toEqual([[2]]);
    expect(await read('select y from f(41)')).toEqual([[42]]);
    expect(await read("select comment from duckdb_views() where view_name = 'b'")).toEqual([["it's b"]]);
    expect(await readdir(join(folder, '_boathouse', 'work'))).toEqual([]);
  });

  it('leaves out a view that can not be read any more, and says so', async () => {
    const file = await build([
      relation('a'),
      relation('gone', { sql: `select * from read_parquet('${folder}/none.parquet')` }),
    ]);
    expect(file.made).toBe(1);
    expect(file.broken.map((broken) => broken.relation.name)).toEqual(['gone']);
  });

  it('keeps the tables of the file it begins with, and drops views that are no more', async () => {
    const source = await Database.open({ path: join(folder, 'source.duckdb') });
    const session = await source.session();
    await session.run(
      'create table t as select 7 as n; create view old as select 1; create table x as select 1',
    );
    session.release();
    await source.close();
    const relations = [relation('t', { kind: 'table', sql: null }), relation('x')];
    await build(relations, { tablesFrom: join(folder, 'source.duckdb') });
    expect(await read('select n from t')).toEqual([[7]]);
    expect(await read('select view_name from duckdb_views() where not internal')).toEqual([['x']]);
  });

  it('replaces the file under a reader that keeps the old one, and takes away a stale log', async () => {
    await build([relation('a', { sql: 'select 1 as a' })]);
    const reader = await Database.open({ path: join(folder, 'lake.duckdb'), readOnly: true });
    const session = await reader.session();
    await writeFile(join(folder, 'lake.duckdb.wal'), 'of another file');
    await build([relation('a', { sql: 'select 2 as a' })]);
    expect((await session.query('select a from a')).rows).toEqual([[1]]);
    await reader.close();
    expect(await read('select a from a')).toEqual([[2]]);
    await expect(stat(join(folder, 'lake.duckdb.wal'))).rejects.toThrow();
  });

  it('does not grow with the number of times it is published', async () => {
    const first = await build([relation('a')]);
    let last = first;
    for (let time = 0; time < 5; time += 1)
      last = await build([relation('a', { sql: `select ${time} as a` })]);
    expect(last.sizeBytes).toBe(first.sizeBytes);
  });
});

describe('the sweep', () => {
  it('removes generations after their grace period, and the files only they pinned', async () => {
    const log = openCatalog(folder);
    const pins = join(folder, '_boathouse', 'pins', 'x.parquet');
    const pin = async (id: string): Promise<string> => {
      await mkdir(join(pins, id), { recursive: true });
      await writeFile(join(pins, id, 'x.parquet'), id);
      await utimes(join(pins, id, 'x.parquet'), 0, 0);
      return join(pins, id, 'x.parquet');
    };
    const start = Date.now();
    const publish = async (id: string, atMs: number) =>
      publishGeneration(
        log,
        { upserts: [relation('x', { pins: [await pin(id)] })], removals: [] },
        { runId: id, clock: fixedClock(atMs) },
      );
    await publish('one', start);
    await publish('two', start + 1000);
    await publish('three', start + 90_000);
    const ended = { ...thisProcess(), pid: spawnSync(process.execPath, ['--version']).pid };
    const ownId = logId(log.storage.uri);
    await pin(markedName(`${ownId}.never-published`, ended));
    const kept = [
      markedName(`${ownId}.not-yet-published`),
      markedName(`${logId('file:///elsewhere')}.of-another-catalog`, ended),
    ];
    for (const name of kept) await pin(name);
    for (const [run, ageMs] of [
      ['silent-for-long', 8 * 86_400_000],
      [markedName('dead', ended), 0],
      [markedName('alive'), 8 * 86_400_000],
    ] as const) {
      const work = join(folder, '_boathouse', 'work', run);
      await mkdir(work, { recursive: true });
      await writeFile(join(work, 'lake.duckdb'), run);
      for (const path of [join(work, 'lake.duckdb'), work]) {
        await utimes(path, new Date(start - ageMs), new Date(start - ageMs));
      }
    }
    const swept = await sweepCatalog(log, { graceMs: 60_000, nowMs: start + 120_000 });
    expect(await listGenerations(log)).toEqual([2, 3]);
    expect(swept).toEqual({ generations: 1, folders: 4 });
    expect(await readdir(join(folder, '_boathouse/work'))).toEqual([markedName('alive')]);
    expect((await readdir(pins)).sort()).toEqual([...kept, 'three', 'two'].sort());
  });
});
