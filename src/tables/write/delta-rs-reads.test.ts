import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append, overwrite, writeDelta } from './write-delta.ts';

const python = process.env['BOATHOUSE_PEERS_PYTHON'];
const reason =
  python === undefined
    ? 'BOATHOUSE_PEERS_PYTHON names no Python'
    : spawnSync(python, ['-c', 'import deltalake, duckdb, pyarrow']).status === 0
      ? ''
      : 'deltalake is not installed';

/** Every row as text. */
const script = `
import json, sys, duckdb, pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
table = DeltaTable(sys.argv[1])
rows = pa.table(QueryBuilder().register('t', table).execute('select * from t'))
c = duckdb.connect()
c.execute("set TimeZone = 'UTC'")
c.register('x', rows)
print(json.dumps(sorted('|'.join('null' if v is None else v for v in r) for r in c.execute('select columns(*)::varchar from x').fetchall())))
`;

describe.skipIf(reason !== '')(`delta-rs reads what we write${reason && ` (skipped: ${reason})`}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'boathouse-judged-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const typed = `SELECT i::BIGINT a, i::INTEGER b, i::SMALLINT c, i::TINYINT d, (i / 3)::FLOAT e, i / 7 f,
    (i * 1.37)::DECIMAL(18, 4) g, 'é' || repeat('z', i * 9) h, i % 2 = 0 k, DATE '2024-02-28' + i::INTEGER l,
    TIMESTAMPTZ '1969-12-31 23:59:59.123456Z' + to_days(i::INTEGER) m, TIMESTAMP '2024-01-01' + to_microseconds(i) n,
    ('b' || i)::BLOB o, CASE WHEN i % 2 = 0 THEN {'q': i, 'r': ['u', 'v']} END q FROM range(9) t(i)`;

  it.each([[], ['l'], ['m'], ['g'], ['f'], ['k', 'h']])('of every type, partitioned by %s', async (...by) => {
    const root = path.join(folder, `types-${by.join('-')}`);
    await writeDelta(root, { sql: typed }, { partitionBy: by.filter((name) => name !== undefined) });
    expect(await theirs(root)).toEqual(await ours(root));
  });

  const named = (name: string, type: unknown, id: number): Record<string, unknown> => ({
    name,
    type,
    nullable: true,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': `col-${id}` },
  });
  const struct = (id: number): unknown => ({ type: 'struct', fields: [named('in ner', 'long', id)] });

  it.each(['name', 'id'])('with column mapping in mode %s', async (mode) => {
    const root = makeTable(`mapped-${mode}`, {
      fields: [
        named('a b', 'long', 1),
        named('p', 'string', 2),
        named('s', struct(3), 4),
        named('l', { type: 'array', elementType: struct(5), containsNull: true }, 6),
        named('m', { type: 'map', keyType: 'string', valueType: struct(7), valueContainsNull: true }, 8),
      ],
      feature: 'columnMapping',
      configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '8' },
    });
    await append(await TableHandle.open(root), {
      sql: `SELECT i::BIGINT AS "a b", ['x/y', 'ö %', NULL][i % 3 + 1] AS p, {'in ner': i} AS s,
        [{'in ner': i + 1}, NULL] AS l, MAP {'k': {'in ner': i}} AS m FROM range(9) t(i)`,
    });
    expect(await theirs(root)).toEqual(await ours(root));
  });

  it('after rows of a condition were replaced by deletion vectors', async () => {
    const root = makeTable('vectors', {
      fields: ['p', 'a'].map((name) => ({
        name,
        type: name === 'a' ? 'long' : 'string',
        nullable: true,
        metadata: {},
      })),
      feature: 'deletionVectors',
      configuration: { 'delta.enableDeletionVectors': 'true' },
    });
    const handle = await TableHandle.open(root);
    await append(handle, { sql: "SELECT if(i < 4, 'x', 'y') p, i::BIGINT a FROM range(8) t(i)" });
    await overwrite(handle, { sql: "SELECT 'x' p, 100::BIGINT a" }, { replaceWhere: 'a IN (1, 2, 5, 100)' });
    expect(await theirs(root)).toEqual(await ours(root));
    expect(await theirs(root)).toHaveLength(6);
  });

  /** A table partitioned by `p`, without rows. */
  function makeTable(
    name: string,
    about: { fields: readonly unknown[]; feature: string; configuration: Record<string, string> },
  ): string {
    const root = path.join(folder, name);
    mkdirSync(path.join(root, '_delta_log'), { recursive: true });
    const names = [about.feature];
    const lines = [
      {
        protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: names, writerFeatures: names },
      },
      {
        metaData: {
          id: name,
          format: { provider: 'parquet', options: {} },
          schemaString: JSON.stringify({ type: 'struct', fields: about.fields }),
          partitionColumns: ['p'],
          configuration: about.configuration,
        },
      },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(path.join(root, '_delta_log', `${'0'.repeat(20)}.json`), text);
    return root;
  }
});

async function ours(root: string): Promise<string[]> {
  const { sql } = await openDeltaRelation(root);
  return withScratchSession(async (session) => {
    await session.run("SET TimeZone = 'UTC'");
    const { rows } = await session.query(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`);
    return inOrder(rows.map((row) => row.map(String).join('|')));
  });
}

async function theirs(root: string): Promise<string[]> {
  const { status, stdout, stderr } = spawnSync(python ?? '', ['-c', script, root], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return inOrder(JSON.parse(stdout) as string[]);
}

const inOrder = (rows: string[]): string[] => rows.sort();
