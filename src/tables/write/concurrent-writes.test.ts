/** Writers that meet: who wins, who is planned again, and who is told. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database, type Session } from '../../duckdb/index.ts';
import { LocalStorage, storageErrors } from '../../storage/index.ts';
import { DeltaTable, writeDelta, writeQueryToDelta } from '../index.ts';

let folder: string;
let database: Database;
let next = 0;
const fresh = (): string => {
  next += 1;
  return path.join(folder, `t${next}`);
};
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-meeting-'));
  database = await Database.open();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const rowsOf = async (table: string): Promise<unknown[]> =>
  (await (await DeltaTable.open(table)).toRows()).map((row) => Object.values(row)).sort();
const filesIn = (table: string): string[] =>
  readdirSync(table, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.parquet'));

/** Runs `meanwhile` once, after a write has looked at its table and before it commits. */
async function whileWriting(
  write: (session: Session, query: string) => Promise<unknown>,
  query: string,
  meanwhile: () => Promise<unknown>,
): Promise<unknown> {
  const session = await database.session();
  const describe = session.describe.bind(session);
  let done = false;
  // The write asks for the query's columns right after reading the table.
  session.describe = async (sql) => {
    if (!done) {
      done = true;
      await meanwhile();
    }
    return describe(sql);
  };
  try {
    return await write(session, query);
  } finally {
    session.release();
  }
}

describe('an append', () => {
  const append =
    (table: string, options = {}) =>
    (session: Session, query: string) =>
      writeQueryToDelta(session, query, table, { mode: 'append', ...options });

  it('goes onto a table that another append created meanwhile', async () => {
    const table = fresh();
    await whileWriting(append(table), 'SELECT 1 AS a', () =>
      writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode: 'append' }),
    );
    expect(await rowsOf(table)).toEqual([[1], [2]]);
    expect((await DeltaTable.open(table)).version).toBe(1);
  });

  it('creates a table with many others at once', async () => {
    const table = fresh();
    const writers = Array.from({ length: 8 }, (_, i) => writeDelta(table, [{ a: i }], { mode: 'append' }));
    const versions = (await Promise.all(writers)).map((result) => result.version);
    expect(versions.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await rowsOf(table)).toHaveLength(8);
  });

  it('merges its columns with those that another merged meanwhile', async () => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    const merge = { schemaMode: 'merge' } as const;
    await whileWriting(append(table, merge), 'SELECT 2 AS a, 20 AS b', () =>
      writeDelta(table, { sql: 'SELECT 3 AS a, 30 AS c' }, { mode: 'append', ...merge }),
    );
    expect(await rowsOf(table)).toEqual([
      [1, null, null],
      [2, null, 20],
      [3, 30, null],
    ]);
  });

  it('is refused, and leaves no file, when the table that appeared has other columns', async () => {
    const table = fresh();
    const meeting = whileWriting(append(table), 'SELECT 1 AS a', () =>
      writeDelta(table, { sql: "SELECT 'x' AS b" }),
    );
    await expect(meeting).rejects.toMatchObject({ code: 'tables.schema-mismatch' });
    expect(filesIn(table)).toHaveLength(1);
  });

  it('of a query whose files hold other types writes them anew, and runs no query twice', async () => {
    const table = fresh();
    await using session = await database.session();
    await session.run('CREATE SEQUENCE meetings');
    const meeting = whileWriting(append(table), "SELECT nextval('meetings')::INTEGER AS a", () =>
      writeDelta(table, { sql: 'SELECT 7::BIGINT AS a' }),
    );
    expect(await meeting).toMatchObject({ rows: 1, version: 1 });
    expect(await session.value("SELECT nextval('meetings')")).toBe(2n);
    expect(await rowsOf(table)).toEqual([[1n], [7n]]);
    expect(filesIn(table)).toHaveLength(2);
  });

  it('of JavaScript rows is fitted again to the types of the table that appeared', async () => {
    const table = fresh();
    async function* rows(): AsyncGenerator<{ a: number; n: null }> {
      await writeDelta(table, { sql: "SELECT 1::TINYINT AS a, DATE '2024-01-01' AS n" });
      yield { a: 2, n: null };
    }
    await writeDelta(table, rows(), { mode: 'append' });
    const opened = await DeltaTable.open(table);
    expect((await opened.columns()).map((column) => column.type)).toEqual(['TINYINT', 'DATE']);
    expect((await opened.toRows()).map((row) => row['a']).sort()).toEqual([1, 2]);
  });

  it('of a batch that another lands meanwhile leaves no file', async () => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    const batch = { transaction: { appId: 'job', version: 7 } };
    const meeting = whileWriting(append(table, batch), 'SELECT 2 AS a', () =>
      writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode: 'append', ...batch }),
    );
    expect(await meeting).toMatchObject({ kind: 'ignored', skipped: true });
    expect(await rowsOf(table)).toEqual([[1], [2]]);
    expect(filesIn(table)).toHaveLength(2);
  });

  it('that is stopped when it has to be planned again leaves no file', async () => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    const stop = new AbortController();
    const meeting = whileWriting(append(table, { signal: stop.signal }), 'SELECT 2 AS a', async () => {
      const other = await DeltaTable.open(table);
      await other.alter([{ kind: 'add-column', column: { name: 'b', type: 'STRING' } }]);
      const { putIfAbsent } = LocalStorage.prototype;
      vi.spyOn(LocalStorage.prototype, 'putIfAbsent').mockImplementationOnce(function (
        this: LocalStorage,
        ...put
      ) {
        stop.abort();
        return putIfAbsent.apply(this, put);
      });
    });
    await expect(meeting.finally(() => vi.restoreAllMocks())).rejects.toThrow(/abort/i);
    expect(await rowsOf(table)).toEqual([[1, null]]);
    expect(filesIn(table)).toHaveLength(1);
  });
});

describe('an append of rows computed from the table itself', () => {
  const doubling = (table: string) => (session: Session, query: string) =>
    writeQueryToDelta(session, query, table, { mode: 'append', readVersion: 1 });
  const twoRows = async (): Promise<string> => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    await writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode: 'append' });
    return table;
  };
  const query = 'SELECT unnest([10, 20]) AS a';

  it('loses to a delete of rows that it was computed from', async () => {
    const table = await twoRows();
    const meeting = whileWriting(doubling(table), query, async () =>
      (await DeltaTable.open(table)).delete('a = 2'),
    );
    await expect(meeting).rejects.toMatchObject({ code: 'delta.commit-conflict' });
    expect(await rowsOf(table)).toEqual([[1]]);
    expect(filesIn(table)).toHaveLength(2);
  });

  it('goes on after another append', async () => {
    const table = await twoRows();
    await whileWriting(doubling(table), query, () =>
      writeDelta(table, { sql: 'SELECT 3 AS a' }, { mode: 'append' }),
    );
    expect(await rowsOf(table)).toEqual([[1], [10], [2], [20], [3]]);
  });

  it('is known by its query', async () => {
    const table = await twoRows();
    const rows = { sql: `SELECT a * 10 AS a FROM delta_scan('${table}')` };
    await writeDelta(table, rows, { mode: 'append' });
    expect(await rowsOf(table)).toEqual([[1], [10], [2], [20]]);
    const opened = await DeltaTable.open(table);
    await opened.append({ sql: `SELECT a + 1 AS a FROM delta_scan('${table}')` });
    await opened.append({ sql: `SELECT a FROM delta_scan('${table}', version => 0)` });
    const past = await opened.history({ limit: 3 });
    expect(past.map(({ isBlindAppend }) => isBlindAppend)).toEqual([true, false, false]);
  });
});

describe('a write that is to create its table', () => {
  it.each([
    ['error', 'tables.already-exists'],
    ['ignore', undefined],
  ] as const)('with mode %s meets one that was created meanwhile', async (mode, code) => {
    const table = fresh();
    const write = (session: Session, query: string) => writeQueryToDelta(session, query, table, { mode });
    const meeting = whileWriting(write, 'SELECT 1 AS a', () => writeDelta(table, { sql: 'SELECT 2 AS a' }));
    if (code === undefined) expect(await meeting).toMatchObject({ kind: 'ignored', version: 0, rows: 0 });
    else await expect(meeting).rejects.toMatchObject({ code });
    expect(await rowsOf(table)).toEqual([[2]]);
    expect(filesIn(table)).toHaveLength(1);
  });
});

describe('an overwrite', () => {
  const overwrite = (table: string) => (session: Session, query: string) =>
    writeQueryToDelta(session, query, table, { mode: 'overwrite' });

  it.each(['append', 'overwrite'] as const)(
    'loses to an %s made meanwhile, and keeps no file',
    async (mode) => {
      const table = fresh();
      await writeDelta(table, { sql: 'SELECT 1 AS a' });
      const meeting = whileWriting(overwrite(table), 'SELECT 9 AS a', () =>
        writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode }),
      );
      await expect(meeting).rejects.toMatchObject({ code: 'delta.commit-conflict' });
      expect(await rowsOf(table)).toEqual(mode === 'append' ? [[1], [2]] : [[2]]);
      expect(filesIn(table)).toHaveLength(2);
    },
  );

  it('loses to the creation of its table', async () => {
    const table = fresh();
    const meeting = whileWriting(overwrite(table), 'SELECT 9 AS a', () =>
      writeDelta(table, { sql: 'SELECT 2 AS a' }),
    );
    await expect(meeting).rejects.toMatchObject({ code: 'delta.commit-conflict' });
    expect(await rowsOf(table)).toEqual([[2]]);
  });

  it('does not lose rows appended after its query looked at the table', async () => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    await writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode: 'append' });
    await using session = await database.session();
    const stale = writeQueryToDelta(session, 'SELECT 10 AS a', table, { mode: 'overwrite', readVersion: 0 });
    await expect(stale).rejects.toMatchObject({ code: 'delta.commit-conflict' });
    await writeDelta(table, { sql: `SELECT a * 10 AS a FROM delta_scan('${table}')` }, { mode: 'overwrite' });
    expect(await rowsOf(table)).toEqual([[10], [20]]);
  });
});

describe('a commit that storage cannot vouch for', () => {
  it('keeps its files: the rows may be in the table', async () => {
    const table = fresh();
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    // The commit arrives, and every reply is lost.
    const { putIfAbsent } = LocalStorage.prototype;
    const spy = vi.spyOn(LocalStorage.prototype, 'putIfAbsent').mockImplementation(async function (
      this: LocalStorage,
      file,
      bytes,
    ) {
      await putIfAbsent.call(this, file, bytes);
      throw storageErrors.unreachable({ path: file, uri: this.uri, doing: 'create', problem: 'no reply' });
    });
    try {
      await expect(writeDelta(table, { sql: 'SELECT 2 AS a' }, { mode: 'append' })).rejects.toMatchObject({
        code: 'storage.unreachable',
      });
    } finally {
      spy.mockRestore();
    }
    expect(await rowsOf(table)).toEqual([[1], [2]]);
  });
});
