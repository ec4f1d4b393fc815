/** Every operation on a table, on one and the same table: for tests that fail or kill it anywhere. */
import { DeltaTable } from '../../src/tables/index.ts';

/** What the table promises, besides its rows. */
export type Variant = 'plain' | 'fed';

/** The properties of each variant. */
export const variants: Readonly<Record<Variant, Readonly<Record<string, string>>>> = {
  plain: {},
  fed: {
    'delta.enableDeletionVectors': 'true',
    'delta.enableChangeDataFeed': 'true',
    'delta.enableRowTracking': 'true',
  },
};

/** Makes the table at versions 0 to 4: three batches of `rows` rows, in two partitions. */
export async function makeTable(uri: string, variant: Variant, rows: number): Promise<void> {
  const table = await DeltaTable.create(uri, {
    schema: 'id BIGINT, p STRING, v BIGINT',
    partitionBy: ['p'],
    // So that every operation writes a checkpoint as well.
    properties: { ...variants[variant], 'delta.checkpointInterval': '5' },
  });
  // What the first one writes is what a vacuum takes away.
  await table.overwrite({ sql: rowsOf(0, rows) });
  for (let batch = 0; batch < 3; batch += 1) {
    if (batch === 0) await table.overwrite({ sql: rowsOf(0, rows) });
    else await table.append({ sql: rowsOf(batch * rows, rows) });
  }
}

const rowsOf = (first: number, count: number): string =>
  `SELECT ${first} + i AS id, if(i % 2 = 0, 'x', 'y') AS p, CAST(hash(i) % 1000 AS BIGINT) AS v FROM range(${count}) t(i)`;

/** What an operation is run with. */
export interface Run {
  /** Rows in a batch of the table. */
  readonly rows: number;
  /** By which a second run knows the first. */
  readonly transaction?: { readonly appId: string; readonly version: number };
}

/** An operation, run on the table at `uri` from scratch. */
export interface Operation {
  /** Whether `transaction` makes a second run do nothing. */
  readonly isOnce: boolean;
  /** Whether it moves rows, so that the table's variant matters. */
  readonly moves: boolean;
  /** Whether it makes more than one version, which may stand alone: only the rows are one state or the other. */
  readonly commitsTwice?: boolean;
  /** Whether the table that results is another, beside the first. */
  readonly beside?: boolean;
  run(uri: string, about: Run): Promise<unknown>;
}

const on =
  (work: (table: DeltaTable, about: Run) => Promise<unknown>): Operation['run'] =>
  async (uri, about) =>
    work(await DeltaTable.open(uri), about);

const options = ({ transaction }: Run) => (transaction === undefined ? {} : { transaction });

/** By name. */
export const operations: Readonly<Record<string, Operation>> = {
  append: {
    isOnce: true,
    moves: true,
    run: on((table, about) => table.append({ sql: rowsOf(10_000_000, about.rows) }, options(about))),
  },
  overwrite: {
    isOnce: true,
    moves: true,
    run: on((table, about) => table.overwrite({ sql: rowsOf(10_000_000, about.rows) }, options(about))),
  },
  'replace where': {
    isOnce: true,
    moves: true,
    run: on((table, about) =>
      table.overwrite(
        { sql: `SELECT * FROM (${rowsOf(10_000_000, about.rows)}) WHERE v < 300` },
        { replaceWhere: 'v < 300', ...options(about) },
      ),
    ),
  },
  'overwrite partitions': {
    isOnce: true,
    moves: true,
    run: on((table, about) =>
      table.overwrite(
        { sql: `SELECT * FROM (${rowsOf(10_000_000, about.rows)}) WHERE p = 'x'` },
        { partitionOverwrite: 'dynamic', ...options(about) },
      ),
    ),
  },
  delete: {
    isOnce: true,
    moves: true,
    run: on((table, about) => table.delete('v < 500', options(about))),
  },
  update: {
    isOnce: true,
    moves: true,
    run: on((table, about) =>
      table.update({ set: { v: 'v + 1000', p: "'z'" }, where: 'v < 500' }, options(about)),
    ),
  },
  merge: {
    isOnce: true,
    moves: true,
    run: on((table, about) =>
      table
        .merge(
          {
            source: { sql: rowsOf(about.rows / 2, 3 * about.rows) },
            on: 's.id = t.id',
            sourceAlias: 's',
            targetAlias: 't',
          },
          options(about),
        )
        .whenMatchedDelete({ when: 't.v < 100' })
        .whenMatchedUpdate({ set: { v: 't.v + 1000' } })
        .whenNotMatchedInsertAll()
        .execute(),
    ),
  },
  optimize: { isOnce: false, moves: true, run: on((table) => table.optimize()) },
  'z-order': {
    isOnce: false,
    moves: true,
    run: on((table) => table.optimize({ zOrderBy: ['id', 'v'] })),
  },
  vacuum: {
    isOnce: false,
    moves: true,
    commitsTwice: true,
    run: on((table) => table.vacuum({ retentionHours: 0, enforceRetention: false })),
  },
  alter: {
    isOnce: true,
    moves: false,
    run: on((table, about) =>
      table.alter({ kind: 'add-column', column: { name: 'more', type: 'INT' } }, options(about)),
    ),
  },
  restore: {
    isOnce: true,
    moves: false,
    run: on((table, about) => table.restore({ version: 1 }, options(about))),
  },
  checkpoint: { isOnce: false, moves: false, run: on((table) => table.checkpoint()) },
  clone: {
    isOnce: false,
    moves: false,
    beside: true,
    run: on((table) => table.clone(`${table.uri}-beside`, { ifNotExists: true })),
  },
  create: {
    isOnce: false,
    moves: false,
    beside: true,
    run: (uri) => DeltaTable.create(`${uri}-beside`, { schema: 'a INT', ifNotExists: true }),
  },
  'create or replace': {
    isOnce: false,
    moves: false,
    run: (uri) => DeltaTable.create(uri, { schema: 'a INT', orReplace: true }),
  },
};
