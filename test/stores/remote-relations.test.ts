/** Statements about remote files: which words bring which views, what is localised, and what is left alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database, type HookedSession, quoteIdentifier } from '../../src/duckdb/index.ts';
import { type EngineAccess, type Mount, openMount } from '../../src/storage/index.ts';
import { MisbehavingServer } from '../../src/storage/s3/misbehaving.fixture.ts';
import { asIs, type RemoteRelation, RemoteRelations } from '../../src/tables/remote/remote-relations.ts';

let folder: string;
let server: MisbehavingServer;
let mounted: Mount | undefined;
/** Another one in each test: a process remembers the stores of the buckets that it has opened. */
let bucket = 'lake0';
let buckets = 0;

/** Objects of the bucket; those with an id in their name never change. */
const id = (n: number): string => `${String(n).padStart(8, '0')}-0d1e-4b58-8ad1-7f5f0b8d9e11`;
const objects: Readonly<Record<string, string>> = {
  [`a-${id(1)}.csv`]: 'n\n1\n2\n',
  [`b-${id(2)}.csv`]: 'n\n10\n',
  [`it's-${id(3)}.csv`]: 'n\n7\n',
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boathouse-remote-'));
  vi.stubEnv('BOATHOUSE_CACHE_DIR', join(folder, 'cache'));
  server = await MisbehavingServer.start();
  buckets += 1;
  bucket = `lake${buckets}`;
  for (const [key, text] of Object.entries(objects))
    server.objects.set(`/${bucket}/${key}`, Buffer.from(text));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await mounted?.close();
  mounted = undefined;
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const mount = async (): Promise<Mount | undefined> => {
  mounted ??= await openMount((uri) => ({
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: uri === '' ? '' : 'secret',
    AWS_MAX_RETRIES: '0',
  }));
  return mounted;
};

const view = (name: string, sql: string): RemoteRelation => ({
  name,
  sql,
  create: (text) => [`CREATE OR REPLACE VIEW ${quoteIdentifier(name)} AS ${text}`],
});

/** A database whose relations are `relations`; none of their files is here before it is asked for. */
async function withRelations(
  relations: readonly RemoteRelation[],
  work: (ask: (sql: string) => Promise<unknown>, remote: RemoteRelations) => Promise<void>,
): Promise<void> {
  const remote = new RemoteRelations(mount);
  for (const relation of relations) remote.register(relation);
  const database = await Database.open({
    config: { custom_extension_repository: 'http://127.0.0.1:9', autoinstall_known_extensions: 'false' },
    extensionDirectory: join(folder, 'none'),
    beforeStatement: remote.hook,
    restoreText: remote.restore,
  });
  try {
    const session = await database.session();
    await work(async (sql) => await session.value(sql), remote);
    session.release();
  } finally {
    await database.close();
    await remote.close();
  }
}

const fetched = (): readonly string[] =>
  server.seen.filter(({ method }) => method === 'GET').map(({ path }) => path.replace(`/${bucket}/`, ''));

describe('statements about remote files', () => {
  it('read files that they name, each fetched once', async () => {
    await withRelations([], async (ask) => {
      const read = `SELECT sum(n)::INT FROM read_csv(['s3://${bucket}/a-${id(1)}.csv', 's3://${bucket}/b-${id(2)}.csv'])`;
      expect(await ask(read)).toBe(13);
      expect(await ask(read)).toBe(13);
      expect(await ask(`SELECT n::INT FROM 's3://${bucket}/it''s-${id(3)}.csv'`)).toBe(7);
      expect([...fetched()].sort()).toEqual(
        [...fetched()].filter((_, i, all) => all.indexOf(_) === i).sort(),
      );
      expect(fetched()).toHaveLength(3);
    });
  });

  it('bring the views that they name, and those that these name, and no others', async () => {
    const relations = [
      view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`),
      view('daily', 'SELECT n + 1 AS n FROM events'),
      view('other', `SELECT n FROM read_csv('s3://${bucket}/b-${id(2)}.csv')`),
    ];
    await withRelations(relations, async (ask) => {
      // As published: over places that this engine can't open.
      await ask(`${asIs}CREATE VIEW daily AS SELECT 0 AS n`);
      expect(fetched()).toEqual([]);
      await ask('SELECT 1');
      expect(fetched()).toEqual([]);
      await ask('CREATE OR REPLACE VIEW daily AS SELECT n + 1 AS n FROM events');
      expect(await ask('SELECT sum(n)::INT FROM Daily')).toBe(5);
      expect(fetched()).toEqual([`a-${id(1)}.csv`]);
    });
  });

  it('that write a file with the name of a view bring it only when they read it', async () => {
    const relations = [
      view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`),
      view('clicks', `SELECT n FROM read_csv('s3://${bucket}/b-${id(2)}.csv')`),
    ];
    const copy = (select: string, name: string): string =>
      `COPY (${select}) TO '${folder}/${name}' (FORMAT parquet, FILENAME_PATTERN 'a', PARTITION_BY (n), RETURN_STATS)`;
    await withRelations(relations, async (ask) => {
      await ask(copy('SELECT 1 AS n, 2 AS m', 'events.parquet'));
      expect(fetched()).toEqual([]);
      await ask(copy('SELECT n, n AS m FROM events', 'clicks.parquet'));
      expect(fetched()).toEqual([`a-${id(1)}.csv`]);
      expect(await ask("SELECT 'go to ' || (SELECT count(*) FROM clicks) || '.'")).toBe('go to 1.');
    });
  });

  it('bring views whose names are no plain words, and several of one name', async () => {
    const made: string[] = [];
    const told = (name: string, schema: string, n: number): RemoteRelation => ({
      name,
      sql: `SELECT n FROM read_csv('s3://${bucket}/${n === 1 ? 'a' : 'b'}-${id(n)}.csv')`,
      create: (text) => {
        made.push(schema);
        return [
          `CREATE SCHEMA IF NOT EXISTS ${schema}`,
          `CREATE OR REPLACE VIEW ${schema}.${quoteIdentifier(name)} AS ${text}`,
        ];
      },
    });
    await withRelations([told('my events', 'x', 1), told('my events', 'y', 2)], async (ask) => {
      expect(await ask('SELECT sum(n)::INT FROM y."my events"')).toBe(10);
      expect(await ask('SELECT sum(n)::INT FROM x."My Events"')).toBe(3);
      expect(made.sort()).toEqual(['x', 'y']);
    });
  });

  it('show URIs where DuckDB gives text back: of a view, and in an error', async () => {
    await withRelations(
      [view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`)],
      async (ask, remote) => {
        expect(await ask('SELECT count(*)::INT FROM events')).toBe(2);
        const text = remote.restore(
          String(await ask("SELECT sql FROM duckdb_views() WHERE view_name = 'events'")),
        );
        expect(text).toContain(`s3://${bucket}/a-${id(1)}.csv`);
        expect(text).not.toContain(folder);
        const failure: unknown = await ask(`SELECT z FROM 's3://${bucket}/a-${id(1)}.csv'`).catch(
          (error: unknown) => error,
        );
        expect(String(failure)).toMatch(/z/);
        expect(String(failure)).not.toContain(folder);
      },
    );
  });

  it('leave texts alone that are no files, and places that are written to', async () => {
    await withRelations([], async (ask) => {
      const place = `s3://${bucket}/a-${id(1)}.csv`;
      expect(await ask(`SELECT '${place}'`)).toBe(place);
      expect(await ask(`SELECT 1 WHERE '${place}' <> ''`)).toBe(1);
      await expect(ask(`COPY (SELECT 1) TO 's3://${bucket}/out.csv'`)).rejects.toMatchObject({
        code: expect.stringMatching(/^duckdb\./),
      });
      expect(fetched()).toEqual([]);
    });
  });

  it('try again what failed: a view whose file could not be had is brought by the next one', async () => {
    const key = `/${bucket}/a-${id(1)}.csv`;
    const kept = server.objects.get(key) ?? Buffer.alloc(0);
    await withRelations(
      [view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`)],
      async (ask) => {
        server.objects.delete(key);
        await expect(ask('SELECT count(*)::INT FROM events')).rejects.toMatchObject({
          code: 'storage.not-found',
        });
        server.objects.set(key, kept);
        expect(await ask('SELECT count(*)::INT FROM events')).toBe(2);
      },
    );
  });

  it('bring a view again that was brought in a transaction which was undone', async () => {
    await withRelations(
      [view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`)],
      async (ask) => {
        await ask('BEGIN');
        expect(await ask('SELECT count(*)::INT FROM events')).toBe(2);
        await ask('ROLLBACK');
        expect(await ask('SELECT count(*)::INT FROM events')).toBe(2);
        expect(fetched()).toHaveLength(1);
      },
    );
  });

  it('bring a view once when two sessions ask for it at once', async () => {
    let runs = 0;
    const remote = new RemoteRelations(mount);
    remote.register(view('events', `SELECT n FROM read_csv('s3://${bucket}/a-${id(1)}.csv')`));
    const session: HookedSession = {
      inTransaction: false,
      run: async () => {
        runs += 1;
      },
      loads: async () => false,
    };
    const asked = await Promise.all([1, 2, 3].map(() => remote.hook('SELECT * FROM events', session)));
    expect(asked).toEqual(['SELECT * FROM events', 'SELECT * FROM events', 'SELECT * FROM events']);
    expect(runs).toBe(1);
  });
});

describe('without copies', () => {
  const session = (granted: string[], inTransaction = false): HookedSession => ({
    inTransaction,
    run: async (sql) => void granted.push(sql),
    loads: async () => true,
  });
  const access =
    (expiresAtMs?: number) =>
    async (uri: string): Promise<EngineAccess> => ({
      secret: { type: 's3', scope: uri.replace(/[^/]+$/, ''), options: { key_id: 'k' } },
      isUsable: true,
      expiresAtMs,
      caFile: '/ca.pem',
    });
  const read = "FROM 's3://lake/raw/a.csv'";

  it('give the engine a secret and its authorities once, and leave the text as it is', async () => {
    const remote = new RemoteRelations(async () => undefined, access());
    const granted: string[] = [];
    expect(await remote.hook(read, session(granted))).toBe(read);
    expect(await remote.hook(read, session(granted))).toBe(read);
    expect(granted).toHaveLength(2);
    expect(granted[0]).toMatch(/CREATE OR REPLACE .*SECRET[\s\S]*s3:\/\/lake\/raw\//i);
    expect(granted[1]).toBe("SET GLOBAL ca_cert_file = '/ca.pem'");
  });

  it('give it anew before it runs out, and after a transaction that may be undone', async () => {
    const soon = new RemoteRelations(async () => undefined, access(Date.now() + 60_000));
    const granted: string[] = [];
    for (let time = 0; time < 2; time += 1) await soon.hook(read, session(granted));
    expect(granted).toHaveLength(4);
    const inside = new RemoteRelations(async () => undefined, access());
    const undone: string[] = [];
    for (let time = 0; time < 2; time += 1) await inside.hook(read, session(undone, true));
    expect(undone).toHaveLength(4);
  });

  it('leave all to the engine where it can not have httpfs', async () => {
    const remote = new RemoteRelations(
      async () => undefined,
      async () => {
        throw new Error('nobody asks for access');
      },
    );
    expect(
      await remote.hook(read, { inTransaction: false, run: async () => undefined, loads: async () => false }),
    ).toBe(read);
  });
});
