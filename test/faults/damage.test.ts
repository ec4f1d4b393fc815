/** Files of a table that are torn, overwritten or gone: the error has a code, names the file, and helps. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BoathouseError, isBoathouseError } from '../../src/base/index.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';

let folder: string;
let table: string;
let next = 0;

const commits = 7;
const logPath = (name: string): string => join(table, '_delta_log', name);
const commit = (version: number): string => logPath(`${String(version).padStart(20, '0')}.json`);
const checkpoint = (version: number): string =>
  logPath(`${String(version).padStart(20, '0')}.checkpoint.parquet`);
/** The data file of a version. */
const dataFile = (version: number): string => {
  const add = readFileSync(commit(version), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('{"add"'));
  return join(table, (JSON.parse(add as string) as { add: { path: string } }).add.path);
};

/** Seven commits, checkpoints at 3 and 6; made once, and copied for each test. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-damage-'));
  for (let i = 0; i < commits; i += 1) {
    await writeDelta(
      join(folder, 'whole'),
      { sql: `SELECT ${i} AS i, hash(n) AS h FROM range(2000) t(n)` },
      { mode: 'append', configuration: { 'delta.checkpointInterval': '3' } },
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  next += 1;
  table = join(folder, `t${next}`);
  cpSync(join(folder, 'whole'), table, { recursive: true });
});

const count = async (): Promise<number> => (await (await DeltaTable.open(table)).toRows()).length;

const tear = (file: string): void => truncateSync(file, Math.floor(readFileSync(file).length / 2));
const garble = (file: string): void => writeFileSync(file, 'this is no such file, it only has its name\n');
const empty = (file: string): void => writeFileSync(file, '');
const garblePages = (file: string): void => {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 50, bytes.length - 1500);
  writeFileSync(file, bytes);
};
/** Before the damage nothing older helps. */
const forget = (before: number): void => {
  for (let version = 0; version < before; version += 1) rmSync(commit(version));
  rmSync(checkpoint(3));
};

interface Damage {
  readonly name: string;
  readonly does: () => void;
  readonly code: RegExp;
  readonly names: () => string;
}

const damages: readonly Damage[] = [
  {
    name: 'a last commit that is torn',
    does: () => {
      rmSync(checkpoint(6));
      tear(commit(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => commit(6),
  },
  {
    name: 'a commit that is garbage, after the last checkpoint that is left',
    does: () => {
      rmSync(checkpoint(6));
      garble(commit(5));
    },
    code: /^delta\.corrupt-log$/,
    names: () => commit(5),
  },
  {
    name: 'a commit that is gone',
    does: () => {
      rmSync(checkpoint(6));
      rmSync(commit(5));
    },
    code: /^delta\.corrupt-log$/,
    names: () => commit(5),
  },
  {
    name: 'a commit that is empty',
    does: () => {
      rmSync(checkpoint(6));
      empty(commit(5));
    },
    code: /^storage\.unfinished$/,
    names: () => commit(5),
  },
  {
    name: 'a checkpoint that is torn, with nothing older to go by',
    does: () => {
      forget(6);
      tear(checkpoint(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => checkpoint(6),
  },
  {
    name: 'a checkpoint that is garbage, with nothing older to go by',
    does: () => {
      forget(6);
      garble(checkpoint(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => checkpoint(6),
  },
  {
    name: 'a checkpoint that is empty, with nothing older to go by',
    does: () => {
      forget(6);
      empty(checkpoint(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => checkpoint(6),
  },
  {
    name: 'a checkpoint whose pages are garbage, with nothing older to go by',
    does: () => {
      forget(6);
      garblePages(checkpoint(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => checkpoint(6),
  },
  {
    name: 'a log that begins in the middle',
    does: () => {
      forget(5);
      rmSync(checkpoint(6));
    },
    code: /^delta\.corrupt-log$/,
    names: () => commit(0),
  },
  {
    name: 'a data file that is gone',
    does: () => rmSync(dataFile(2)),
    code: /^tables\.damaged-file$/,
    names: () => dataFile(2),
  },
  {
    name: 'a data file that is torn',
    does: () => tear(dataFile(2)),
    code: /^tables\.damaged-file$/,
    names: () => dataFile(2),
  },
  {
    name: 'a data file that is garbage',
    does: () => garble(dataFile(2)),
    code: /^tables\.damaged-file$/,
    names: () => dataFile(2),
  },
  {
    name: 'a data file that is empty',
    does: () => empty(dataFile(2)),
    code: /^tables\.damaged-file$/,
    names: () => dataFile(2),
  },
  {
    name: 'a data file whose pages are garbage',
    does: () => garblePages(dataFile(2)),
    code: /^tables\.damaged-file$/,
    names: () => dataFile(2),
  },
];

describe('reading a table with', () => {
  it.each(damages)('$name says which file, and what to do', async ({ does, code, names }) => {
    // Named before it is gone.
    const damaged = names();
    does();
    const error = await count().then(
      (rows) => expect.unreachable(`it gave ${rows} rows`),
      (thrown: unknown) => thrown,
    );
    expect(isBoathouseError(error), String(error)).toBe(true);
    const { code: given, message, hint } = error as BoathouseError;
    expect(given).toMatch(code);
    expect(message).toContain(basename(damaged));
    expect(hint?.length).toBeGreaterThan(20);
  });

  it.each([
    ['a torn last checkpoint', () => tear(checkpoint(6))],
    ['a last checkpoint that is garbage', () => garblePages(checkpoint(6))],
    [
      'two bad checkpoints',
      () => {
        garble(checkpoint(3));
        garble(checkpoint(6));
      },
    ],
    ['a torn pointer to the checkpoint', () => tear(logPath('_last_checkpoint'))],
    ['a pointer to a checkpoint that is gone', () => rmSync(checkpoint(6))],
    ['a pointer beyond the log', () => writeFileSync(logPath('_last_checkpoint'), '{"version":99,"size":1}')],
    ['foreign files in the log', () => garble(logPath('notes.txt'))],
    ['commits gone that a checkpoint stands for', () => forget(6)],
  ])('%s reads it all the same, and takes the next append', async (_, does) => {
    does();
    expect(await count()).toBe(commits * 2000);
    await writeDelta(table, { sql: 'SELECT 7 AS i, hash(1) AS h' }, { mode: 'append' });
    expect(await count()).toBe(commits * 2000 + 1);
  });
});

describe('a table whose log is torn', () => {
  it('takes no write, and keeps no file of one that was tried', async () => {
    rmSync(checkpoint(6));
    tear(commit(6));
    const files = readdirSync(table);
    for (const mode of ['append', 'overwrite', 'ignore', 'error'] as const) {
      await expect(writeDelta(table, { sql: 'SELECT 7 AS i, hash(1) AS h' }, { mode })).rejects.toMatchObject(
        {
          code: 'delta.corrupt-log',
        },
      );
    }
    expect(readdirSync(table)).toEqual(files);
  });

  it('is whole all the same where a checkpoint holds what the torn commit said', async () => {
    tear(commit(6));
    expect(await count()).toBe(commits * 2000);
  });

  it('can be read at the version before', async () => {
    rmSync(checkpoint(6));
    tear(commit(6));
    const before = await DeltaTable.open(table, { version: 5 });
    expect(await before.toRows()).toHaveLength(6 * 2000);
  });
});

describe('reading the changes of a table with', () => {
  it('a data file whose pages are garbage says which file', async () => {
    const feed = join(folder, `feed${next}`);
    const made = await DeltaTable.create(feed, {
      schema: 'i BIGINT, day DATE',
      partitionBy: ['day'],
      properties: { 'delta.enableChangeDataFeed': 'true' },
    });
    await made.append({ sql: "SELECT n AS i, DATE '2024-01-01' AS day FROM range(5000) t(n)" });
    const [file] = made.files();
    const damaged = join(feed, file?.path as string);
    const bytes = readFileSync(damaged);
    writeFileSync(damaged, bytes.fill(0x5a, 50, bytes.length - 700));
    await expect(made.changes({ fromVersion: 0 }).then((rows) => rows.toRows())).rejects.toMatchObject({
      code: 'tables.damaged-file',
      message: expect.stringContaining(basename(damaged)),
    });
  });
});

describe('a log that says nonsense of a file', () => {
  /** The table with `change` done to the commit of version 2. */
  const edited = (change: (text: string) => string): void => {
    for (const version of [3, 6]) rmSync(checkpoint(version), { force: true });
    writeFileSync(commit(2), change(readFileSync(commit(2), 'utf8')));
  };

  it.each([
    ['a number that no table can hold', (t: string) => t.replace(/"size":\d+/, '"size":1e21'), /64 bits/],
    [
      'a row id that no table can hold',
      (t: string) => t.replace('"dataChange":true', '"dataChange":true,"baseRowId":9223372036854775808'),
      /64 bits/,
    ],
    [
      'lists without end',
      (t: string) => `${t}{"x":${'['.repeat(5000)}${']'.repeat(5000)}}\n`,
      /nested deeper/,
    ],
    [
      'a long number deep inside',
      (t: string) => `${t}${'{"a":'.repeat(20_000)}1234567890123456789${'}'.repeat(20_000)}\n`,
      /nested deeper/,
    ],
  ] as const)('is refused at its line: %s', async (_, change, says) => {
    edited(change);
    await expect(count()).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringMatching(says),
    });
    await expect(count()).rejects.toThrow(basename(commit(2)));
  });

  it('stops vacuum before anything is deleted, and a clone, where a vector names no file', async () => {
    const add = /"dataChange":true/;
    const vector =
      '"deletionVector":{"storageType":"u","pathOrInlineDv":"ééééé","offset":1,"sizeInBytes":4,"cardinality":1}';
    edited((text) => text.replace(add, `"dataChange":true,${vector}`));
    const files = readdirSync(table);
    const opened = await DeltaTable.open(table);
    const refused = {
      code: 'delta.bad-deletion-vector',
      message: expect.stringContaining(basename(dataFile(2))),
    };
    for (const work of [
      () => opened.vacuum({ retentionHours: 0, enforceRetention: false }),
      () => opened.clone(`${table}-clone`),
      () => opened.toRows(),
    ]) {
      await expect(work()).rejects.toMatchObject(refused);
    }
    expect(readdirSync(table)).toEqual(files);
  });

  it('of its clustering, says which domain', async () => {
    const line = '{"domainMetadata":{"domain":"delta.clustering","configuration":"../..","removed":false}}';
    edited((text) => `${text}${line}\n`);
    const opened = await DeltaTable.open(table);
    await expect(opened.detail()).rejects.toMatchObject({
      code: 'delta.corrupt-log',
      message: expect.stringContaining('delta.clustering'),
    });
  });

  it('names the column and the file of a partition value that is none', async () => {
    const days = join(folder, `days${next}`);
    const made = await DeltaTable.create(days, { schema: 'i BIGINT, day DATE', partitionBy: ['day'] });
    await made.append({ sql: "SELECT 1::BIGINT AS i, DATE '2024-01-31' AS day" });
    const first = join(days, '_delta_log', '00000000000000000001.json');
    const text = readFileSync(first, 'utf8');
    writeFileSync(first, text.replace('{"day":"2024-01-31"}', '{"day":"2024-02-31"}'));
    rmSync(join(days, '_delta_log', '00000000000000000001.crc'), { force: true });
    const opened = await DeltaTable.open(days);
    await expect(opened.toRows()).rejects.toMatchObject({
      code: 'delta.bad-partition-value',
      message: expect.stringMatching(/'2024-02-31'.*column 'day' of day=2024-01-31\/part-/),
    });
  });
});
