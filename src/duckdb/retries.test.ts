import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, seededRandom } from '../base/index.ts';
import { Database } from './database.ts';
import { type EngineRetries, exceptionNameOf } from './retries.ts';

let folder: string;
let slept: number[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-retries-'));
  slept = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A clock whose n-th wait does the n-th of `meanwhile`. */
function retries(
  attemptsMax: number,
  meanwhile: readonly (() => void)[] = [],
  exceptions: readonly string[] = ['IOException'],
): EngineRetries {
  const clock: Clock = {
    nowMs: () => 0,
    sleep: async (ms) => {
      meanwhile[slept.length]?.();
      slept.push(ms);
    },
  };
  return { attemptsMax, exceptions, clock, random: seededRandom(1) };
}

const writeRows = (): void => writeFileSync(join(folder, 'rows.csv'), 'a\n1\n2\n');
const rows = (): string => `'${join(folder, 'rows.csv')}'`;
const nothing = (): void => undefined;

describe('a statement that fails with a retryable exception', () => {
  it('is tried again after one second, two, four', async () => {
    await using database = await Database.open({ retries: retries(4, [nothing, nothing, writeRows]) });
    await using session = await database.session();
    expect(await session.value(`select count(*) from ${rows()}`)).toBe(2n);
    const isNear = (wholeMs: number) => (ms: number) => ms >= wholeMs / 2 && ms <= wholeMs;
    expect(slept).toEqual([1_000, 2_000, 4_000].map((whole) => expect.toSatisfy(isNear(whole))));
  });

  it('fails as it did at last when the attempts are used up', async () => {
    await using database = await Database.open({ retries: retries(3) });
    await using session = await database.session();
    await expect(session.query(`select * from ${rows()}`)).rejects.toMatchObject({ code: 'duckdb.io' });
    expect(slept).toHaveLength(2);
  });

  it('is not tried again after an exception that is not listed', async () => {
    await using database = await Database.open({ retries: retries(3, [], ['HTTPException']) });
    await using session = await database.session();
    await expect(session.query(`select * from ${rows()}`)).rejects.toMatchObject({ code: 'duckdb.io' });
    expect(slept).toEqual([]);
  });

  it('is tried again with everything that its transaction did before', async () => {
    await using database = await Database.open({ retries: retries(2, [writeRows]) });
    await using session = await database.session();
    await session.run('create table t (a int)');
    await session.run('begin transaction');
    await session.run('insert into t values (1)');
    await session.run('update t set a = a + 10');
    await session.run(`insert into t select a from ${rows()}`);
    expect(session.inTransaction).toBe(true);
    await session.run('commit');
    expect((await session.query('select a from t order by a')).rows).toEqual([[1], [2], [11]]);
  });

  it('is not tried again in a transaction that wrote a file', async () => {
    await using database = await Database.open({ retries: retries(2, [writeRows]) });
    await using session = await database.session();
    await session.run('begin transaction');
    await session.run(`/* why */ copy (select 1) to '${join(folder, 'out.csv')}'`);
    await expect(session.run(`create table t as from ${rows()}`)).rejects.toMatchObject({
      code: 'duckdb.io',
    });
    expect(slept).toEqual([]);
  });

  it('is tried again when its rows are streamed', async () => {
    await using database = await Database.open({ retries: retries(2, [writeRows]) });
    await using session = await database.session();
    let count = 0;
    for await (const _row of session.stream(`select * from ${rows()}`)) count += 1;
    expect(count).toBe(2);
  });
});

it('attaching a database waits for it', async () => {
  const path = join(folder, 'missing', 'other.duckdb');
  const makeFolder = async (): Promise<void> => {
    await using other = await Database.open({ path });
    await using session = await other.session();
    await session.run('create table t as select 7 as a');
  };
  const attachRetries: EngineRetries = {
    ...retries(2),
    clock: { nowMs: () => 0, sleep: makeFolder },
  };
  await using database = await Database.open({
    attach: [{ path, alias: 'other', readOnly: true }],
    attachRetries,
  });
  await using session = await database.session();
  expect(await session.value('select a from other.t')).toBe(7);
});

it.each([
  ['IO Error: x', 'IOException'],
  ['HTTP Error: x', 'HTTPException'],
  ['Out of Memory Error: x', 'OutOfMemoryException'],
  ['Not implemented Error: x', 'NotImplementedException'],
  ['TransactionContext Error: x', 'TransactionException'],
  ['Invalid Input Error: x', 'InvalidInputException'],
  ['INTERNAL Error: x', 'InternalException'],
  ['Binder Error: x', 'BinderException'],
])('%s is DuckDB for Python’s %s', (message, name) => {
  expect(exceptionNameOf(new Error(message))).toBe(name);
});
