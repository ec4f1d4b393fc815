/** DELETE, UPDATE and MERGE against DuckDB's own tables doing the same statements. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type Session } from '../../duckdb/index.ts';
import { readChanges } from '../feed/read-changes.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { TableHandle } from '../table-handle.ts';
import { writeQueryToDelta } from '../write/write-query.ts';
import { deleteRows } from './delete-rows.ts';
import { mergeRows } from './merge-rows.ts';
import type { MergeClause, MergeSpec } from './merge-spec.ts';
import { liveRowsOf } from './target-scan.ts';
import { updateRows } from './update-rows.ts';

let folder: string;
let database: Database;
let next = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-oracle-'));
  database = await Database.open();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const columns = 'id INTEGER, g INTEGER, v DOUBLE, n VARCHAR, s STRUCT(a INTEGER, b VARCHAR)';

interface Row {
  readonly id: number | null;
  readonly g: number | null;
  readonly v: number | null;
  readonly n: string | null;
  readonly a: number | null;
}

const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { freq: 6 });
const row: fc.Arbitrary<Row> = fc.record({
  id: maybe(fc.integer({ min: 0, max: 12 })),
  g: maybe(fc.integer({ min: 0, max: 2 })),
  v: maybe(fc.constantFrom(-1.5, 0, 2, 1e300)),
  n: maybe(fc.constantFrom('', 'x', "it's", 'ü/=%')),
  a: maybe(fc.integer({ min: 0, max: 3 })),
});

function rowsSql(rows: readonly Row[]): string {
  const text = (value: string | null): string =>
    value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
  const items = rows.map(
    ({ id, g, v, n, a }) =>
      `(${id}, ${g}, ${v}, ${text(n)}, ${a === null ? 'NULL' : `{'a': ${a}, 'b': ${text(n)}}`})`,
  );
  const values = items.length > 0 ? items.join(', ') : '(NULL, NULL, NULL, NULL, NULL)';
  const typed =
    'id::INTEGER AS id, g::INTEGER AS g, v::DOUBLE AS v, n::VARCHAR AS n, s::STRUCT(a INTEGER, b VARCHAR) AS s';
  return `SELECT ${typed} FROM (VALUES ${values}) AS t(id, g, v, n, s)${items.length > 0 ? '' : ' WHERE false'}`;
}

const targetConditions = [
  'target.g = 1',
  'target.id < 5',
  'target.v > 0',
  'target.n IS NULL',
  'target.s.a = 2',
  'target.g IN (0, 2)',
];
const bothConditions = [...targetConditions, 'source.v >= 0', 'source.n <> target.n', 'source.g = target.g'];
const sourceConditions = ['source.g = 1', 'source.id > 6', 'source.n IS NOT NULL'];

type Values = Readonly<Record<string, string>>;
const targetSets: readonly Values[] = [
  { n: "target.n || '!'" },
  { v: 'target.v + 1', g: 'target.g' },
  { g: '1' },
  { s: "{'a': target.id, 'b': 'z'}" },
  { n: 'target.n' },
];
const bothSets: readonly Values[] = [
  ...targetSets,
  { n: 'source.n', v: 'source.v' },
  { g: 'source.g', s: 'source.s' },
  { id: 'source.id + 1' },
];
const all: Values = { id: 'source.id', g: 'source.g', v: 'source.v', n: 'source.n', s: 'source.s' };
const inserts: readonly Values[] = [
  all,
  { id: 'source.id', g: '2' },
  { id: 'source.id + 100', n: 'upper(source.n)' },
];

/** Some conditional clauses, and perhaps one at the end that takes the rest. */
function group<T>(
  conditions: readonly string[],
  clause: (condition?: string) => fc.Arbitrary<T>,
): fc.Arbitrary<T[]> {
  const some = fc.array(
    fc.constantFrom(...conditions).chain((condition) => clause(condition)),
    { maxLength: 2 },
  );
  return fc
    .tuple(some, fc.option(clause()))
    .map(([first, last]) => (last === null ? first : [...first, last]));
}

const when = (condition: string | undefined): { condition?: string } =>
  condition === undefined ? {} : { condition };
const clauses: fc.Arbitrary<MergeClause[]> = fc
  .tuple(
    group<MergeClause>(bothConditions, (condition) =>
      fc.oneof(
        fc.constant<MergeClause>({ kind: 'matched-delete', ...when(condition) }),
        fc.constant<MergeClause>({ kind: 'matched-update', set: 'all', ...when(condition) }),
        fc
          .constantFrom(...bothSets)
          .map((set): MergeClause => ({ kind: 'matched-update', set, ...when(condition) })),
      ),
    ),
    group<MergeClause>(sourceConditions, (condition) =>
      fc.oneof(
        fc.constant<MergeClause>({ kind: 'not-matched-insert', values: 'all', ...when(condition) }),
        fc
          .constantFrom(...inserts)
          .map((values): MergeClause => ({ kind: 'not-matched-insert', values, ...when(condition) })),
      ),
    ),
    group<MergeClause>(targetConditions, (condition) =>
      fc.oneof(
        fc.constant<MergeClause>({ kind: 'not-matched-by-source-delete', ...when(condition) }),
        fc
          .constantFrom(...targetSets)
          .map((set): MergeClause => ({ kind: 'not-matched-by-source-update', set, ...when(condition) })),
      ),
    ),
  )
  .map((groups) => groups.flat())
  .filter((list) => list.length > 0);

type Statement =
  | { readonly kind: 'append'; readonly rows: readonly Row[] }
  | { readonly kind: 'delete'; readonly where?: string }
  | { readonly kind: 'update'; readonly set: Values; readonly where?: string }
  | {
      readonly kind: 'merge';
      readonly rows: readonly Row[];
      readonly on: string;
      readonly clauses: readonly MergeClause[];
    };

const where = fc.option(fc.constantFrom(...targetConditions), { nil: undefined, freq: 8 });
const ofRows = (minLength: number): fc.Arbitrary<Row[]> => fc.array(row, { minLength, maxLength: 12 });
/** Rows of a source disagree about no row of the table when each has an id of its own. */
const sourceRows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 12 });
const statement: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 2, arbitrary: ofRows(1).map((rows): Statement => ({ kind: 'append', rows })) },
  {
    weight: 2,
    arbitrary: where.map(
      (sql): Statement => ({ kind: 'delete', ...(sql === undefined ? {} : { where: sql }) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...targetSets), where)
      .map(
        ([set, sql]): Statement => ({ kind: 'update', set, ...(sql === undefined ? {} : { where: sql }) }),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        rows: sourceRows,
        on: fc.constantFrom(
          'target.id = source.id',
          'source.id = target.id AND target.g = source.g',
          'target.id IS NOT DISTINCT FROM source.id',
          'target.id = source.id AND target.v > 0',
          'target.id = source.id AND source.n IS NOT NULL',
        ),
        clauses,
      })
      .map((merge): Statement => ({ kind: 'merge', ...merge })),
  },
);

/** The statement as DuckDB has it, on the table `expected`. */
function duckdbSql(step: Statement): string {
  const sets = (set: Values): string =>
    Object.entries(set)
      .map(([name, sql]) => `${name} = ${sql}`)
      .join(', ');
  const filter = 'where' in step && step.where !== undefined ? ` WHERE ${step.where}` : '';
  switch (step.kind) {
    case 'append':
      return `INSERT INTO expected ${rowsSql(step.rows)}`;
    case 'delete':
      return `DELETE FROM expected AS target${filter}`;
    case 'update':
      return `UPDATE expected AS target SET ${sets(step.set)}${filter}`;
    case 'merge':
      return `MERGE INTO expected AS target USING (${rowsSql(step.rows)}) AS source ON (${step.on}) ${step.clauses.map(clauseSql).join(' ')}`;
  }
  function clauseSql(clause: MergeClause): string {
    const and = clause.condition === undefined ? '' : ` AND ${clause.condition}`;
    switch (clause.kind) {
      case 'matched-delete':
        return `WHEN MATCHED${and} THEN DELETE`;
      case 'matched-update':
        return `WHEN MATCHED${and} THEN UPDATE SET ${sets(clause.set === 'all' ? all : clause.set)}`;
      case 'not-matched-by-source-delete':
        return `WHEN NOT MATCHED BY SOURCE${and} THEN DELETE`;
      case 'not-matched-by-source-update':
        return `WHEN NOT MATCHED BY SOURCE${and} THEN UPDATE SET ${sets(clause.set)}`;
      case 'not-matched-insert': {
        const values = clause.values === 'all' ? all : clause.values;
        return `WHEN NOT MATCHED${and} THEN INSERT (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
      }
    }
  }
}

interface Mode {
  readonly vectors: boolean;
  readonly changes: boolean;
  readonly partitioned: boolean;
  readonly mapped: boolean;
}

const mode: fc.Arbitrary<Mode> = fc.record({
  vectors: fc.boolean(),
  changes: fc.boolean(),
  partitioned: fc.boolean(),
  mapped: fc.boolean(),
});

async function create(
  uri: string,
  session: Session,
  { vectors, changes, partitioned, mapped }: Mode,
): Promise<void> {
  const configuration = {
    ...(vectors ? { 'delta.enableDeletionVectors': 'true' } : {}),
    ...(changes ? { 'delta.enableChangeDataFeed': 'true' } : {}),
    ...(mapped ? { 'delta.columnMapping.mode': 'name' } : {}),
  };
  await writeQueryToDelta(session, rowsSql([]), uri, {
    mode: 'error',
    configuration,
    ...(partitioned ? { partitionBy: ['g'] } : {}),
  });
}

async function perform(handle: TableHandle, session: Session, step: Statement): Promise<void> {
  switch (step.kind) {
    case 'append':
      await writeQueryToDelta(session, rowsSql(step.rows), handle.uri, { mode: 'append' });
      break;
    case 'delete':
      await deleteRows(handle, session, step);
      break;
    case 'update':
      await updateRows(handle, session, step);
      break;
    case 'merge': {
      const spec: MergeSpec = { source: rowsSql(step.rows), on: step.on, clauses: step.clauses };
      const before = (await handle.refresh()).version;
      const result = await mergeRows(handle, session, spec);
      expect(result.changed).toBe(result.version > before);
      break;
    }
  }
}

/** How two relations differ, as rows with a sign; none when they hold the same rows as often. */
async function difference(session: Session, a: string, b: string): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT '+ ' || CAST(t AS VARCHAR) FROM (${a} EXCEPT ALL ${b}) AS t UNION ALL SELECT '- ' || CAST(t AS VARCHAR) FROM (${b} EXCEPT ALL ${a}) AS t`,
  );
  return rows.map(([text]) => String(text));
}

describe('random statements', () => {
  it('leave the same rows as in a table of DuckDB, in every kind of table', {
    timeout: 300_000,
  }, async () => {
    const runs = Number(process.env['BOATHOUSE_ORACLE_RUNS'] ?? 25);
    await fc.assert(
      fc.asyncProperty(
        mode,
        ofRows(4),
        fc.array(statement, { minLength: 1, maxLength: 5 }),
        async (kind, first, steps) => {
          await using session = await database.session();
          const uri = path.join(folder, `t${next++}`);
          await session.run(`CREATE OR REPLACE TEMP TABLE expected (${columns})`);
          await create(uri, session, kind);
          const handle = await TableHandle.open(uri);
          for (const step of [{ kind: 'append', rows: first } as const, ...steps]) {
            await session.run('CREATE OR REPLACE TEMP TABLE was AS FROM expected');
            await session.run(duckdbSql(step));
            const { version } = await handle.refresh();
            await perform(handle, session, step);
            const { sql } = await openDeltaRelation(uri);
            const { files, version: now } = await handle.refresh();
            if (kind.changes && now > version) {
              const changes = await readChanges(handle, { fromVersion: version + 1, toVersion: now });
              const told = (types: string): string =>
                `SELECT id, g, v, n, s FROM (${changes.sql}) WHERE _change_type IN (${types})`;
              const replayed = `(((FROM was) UNION ALL (${told("'insert', 'update_postimage'")})) EXCEPT ALL (${told("'delete', 'update_preimage'")}))`;
              expect(
                await difference(session, replayed, '(FROM expected)'),
                `changes of ${duckdbSql(step)}`,
              ).toEqual([]);
            }
            expect(Array.from(files.values(), liveRowsOf), duckdbSql(step)).not.toContain(0);
            expect(
              await difference(session, `(${sql})`, '(SELECT * FROM expected)'),
              duckdbSql(step),
            ).toEqual([]);
          }
          rmSync(uri, { recursive: true, force: true });
        },
      ),
      { numRuns: runs, seed: Number(process.env['BOATHOUSE_ORACLE_SEED'] ?? 20_251_123) },
    );
  });
});
