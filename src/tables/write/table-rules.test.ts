import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson, printJson } from '../../base/index.ts';
import { formatSqlValue, type SqlValue } from '../../duckdb/index.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append, overwrite } from './write-delta.ts';

let folder: string;
let next = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly nullable?: boolean;
  readonly metadata?: Record<string, unknown>;
}

/** A table as another program would have made it: one commit, no rows. */
async function makeTable(
  fields: readonly Field[],
  about: {
    readonly configuration?: Record<string, string>;
    readonly partitionColumns?: readonly string[];
    readonly features?: readonly string[];
    readonly readerFeatures?: readonly string[];
  } = {},
): Promise<{ handle: TableHandle; root: string }> {
  next += 1;
  const root = path.join(folder, `t${next}`);
  mkdirSync(path.join(root, '_delta_log'), { recursive: true });
  const protocol = {
    minReaderVersion: about.readerFeatures === undefined ? 1 : 3,
    minWriterVersion: 7,
    ...(about.readerFeatures === undefined ? {} : { readerFeatures: about.readerFeatures }),
    writerFeatures: about.features ?? [],
  };
  const schema = {
    type: 'struct',
    fields: fields.map((f) => ({ nullable: true, metadata: {}, ...f })),
  };
  const metaData = {
    id: `id-${next}`,
    format: { provider: 'parquet', options: {} },
    schemaString: printJson(schema),
    partitionColumns: about.partitionColumns ?? [],
    configuration: about.configuration ?? {},
    createdTime: 1,
  };
  const lines = [{ protocol }, { metaData }].map((action) => `${printJson(action)}\n`).join('');
  writeFileSync(path.join(root, '_delta_log', `${'0'.repeat(20)}.json`), lines);
  return { handle: await TableHandle.open(root), root };
}

const rowsOf = async (root: string): Promise<string[]> => {
  const { sql } = await openDeltaRelation(root);
  return withScratchSession(async (session) => {
    const { rows } = await session.query(`SELECT * FROM (${sql}) ORDER BY ALL`);
    return rows.map((row) => row.map((value: SqlValue) => formatSqlValue(value)).join('|'));
  });
};

const dataFiles = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet') && !file.includes('_delta_log'))
    .sort();

const lastCommit = (root: string, version: number): Record<string, Record<string, unknown>>[] =>
  readFileSync(path.join(root, '_delta_log', `${String(version).padStart(20, '0')}.json`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => parseJson(line) as Record<string, Record<string, unknown>>);

const schemaAt = (root: string, version: number): Field[] => {
  const metaData = lastCommit(root, version).find((action) => action['metaData'])?.['metaData'];
  return (JSON.parse(String(metaData?.['schemaString'])) as { fields: Field[] }).fields;
};

const sql = (text: string): { sql: string } => ({ sql: text });

describe('rows that break a rule of the table', () => {
  const nested = {
    type: 'struct',
    fields: [{ name: 'x', type: 'long', nullable: false, metadata: {} }],
  };
  const list = { type: 'array', elementType: 'long', containsNull: false };
  it.each([
    [
      'a CHECK constraint',
      [{ name: 'a', type: 'long' }],
      { 'delta.constraints.positive': 'a > 0' },
      'SELECT unnest([1, 2, -3]) AS a',
      { code: 'tables.constraint-violated', constraint: 'positive', expression: 'a > 0', row: '{"a":-3}' },
    ],
    [
      'a CHECK constraint, with a null',
      [{ name: 'a', type: 'long' }],
      { 'delta.constraints.positive': '`a` > 0' },
      'SELECT NULL::BIGINT AS a',
      { code: 'tables.constraint-violated', row: '{"a":null}' },
    ],
    [
      'an invariant',
      [
        {
          name: 'a',
          type: 'long',
          metadata: { 'delta.invariants': '{"expression":{"expression":"a < 3"}}' },
        },
      ],
      {},
      'SELECT 3::BIGINT AS a',
      { code: 'tables.constraint-violated', expression: 'a < 3' },
    ],
    [
      'a column that must not be null',
      [{ name: 'a', type: 'long', nullable: false }],
      {},
      'SELECT NULL::BIGINT AS a',
      { code: 'tables.missing-value', column: 'a' },
    ],
    [
      'a member that must not be null',
      [{ name: 's', type: nested }],
      {},
      "SELECT unnest([{'x': 1}, NULL, {'x': NULL}]) AS s",
      { code: 'tables.missing-value', column: 's.x', row: '{"s":{"x":null}}' },
    ],
    [
      'a list that must not hold nulls',
      [{ name: 'l', type: list }],
      {},
      'SELECT unnest([[1], NULL, [1, NULL]]) AS l',
      { code: 'tables.missing-value', column: 'l.element' },
    ],
    [
      'a generated column',
      [
        { name: 'a', type: 'long' },
        { name: 'b', type: 'long', metadata: { 'delta.generationExpression': 'a * 2' } },
      ],
      {},
      'SELECT 1::BIGINT AS a, 3::BIGINT AS b',
      { code: 'tables.generated-value-differs', column: 'b', row: '{"a":1,"b":3}' },
    ],
    [
      'a date without end',
      [{ name: 'd', type: 'date' }],
      {},
      "SELECT DATE 'infinity' AS d",
      { code: 'tables.unrepresentable-value', column: 'd' },
    ],
  ] as const)('%s: shown, and nothing is written', async (_, fields, configuration, query, expected) => {
    const { handle, root } = await makeTable(fields, {
      configuration,
      features: ['checkConstraints', 'invariants', 'generatedColumns'],
    });
    const { code, ...details } = expected;
    await expect(append(handle, sql(query))).rejects.toMatchObject({ code, details });
    expect(dataFiles(root)).toEqual([]);
    expect(readdirSync(path.join(root, '_delta_log'))).toHaveLength(1);
  });

  it('a rule is not asked about rows that the query itself leaves out', async () => {
    const { handle, root } = await makeTable([{ name: 'a', type: 'long' }], {
      configuration: { 'delta.constraints.c': 'a > 0' },
      features: ['checkConstraints'],
    });
    const query =
      'SELECT l.a FROM (SELECT unnest([-1, 1])::BIGINT AS a) l JOIN (SELECT 1::BIGINT AS b) r ON l.a = r.b';
    await append(handle, sql(query));
    expect(await rowsOf(root)).toEqual(['1']);
  });
});

describe('columns that the table fills', () => {
  const identity = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    'delta.identity.start': 10,
    'delta.identity.step': 5,
    'delta.identity.allowExplicitInsert': false,
    ...more,
  });

  it('are computed, taken from their defaults, or counted on', async () => {
    const { handle, root } = await makeTable(
      [
        { name: 'id', type: 'long', metadata: identity() },
        { name: 'at', type: 'timestamp' },
        {
          name: 'day',
          type: 'date',
          metadata: { 'delta.generationExpression': 'CAST(at AS DATE)' },
        },
        { name: 'kind', type: 'string', metadata: { CURRENT_DEFAULT: "'plain'" } },
      ],
      { features: ['identityColumns', 'generatedColumns', 'allowColumnDefaults'], partitionColumns: ['day'] },
    );
    const two =
      "SELECT unnest([TIMESTAMPTZ '2024-01-31 23:59:00Z', TIMESTAMPTZ '2024-02-01 00:00:00Z']) AS at";
    await append(handle, sql(two));
    expect(schemaAt(root, 1)[0]?.metadata).toMatchObject({ 'delta.identity.highWaterMark': 15 });
    await append(handle, sql("SELECT NULL::TIMESTAMPTZ AS at, 'given' AS kind"));
    expect(schemaAt(root, 2)[0]?.metadata).toMatchObject({ 'delta.identity.highWaterMark': 20 });
    const rows = await rowsOf(root);
    expect(
      rows.map((row) =>
        row
          .split('|')
          .filter((_, i) => i !== 1)
          .join('|'),
      ),
    ).toEqual(['10|2024-01-31|plain', '15|2024-02-01|plain', expect.stringMatching(/^20\|.*\|given$/)]);
  });

  it('never give an identity value twice, whoever writes at once, and refuse given ones', async () => {
    const { handle, root } = await makeTable(
      [
        { name: 'id', type: 'long', metadata: identity() },
        { name: 'a', type: 'long' },
      ],
      { features: ['identityColumns'] },
    );
    await expect(append(handle, sql('SELECT 1::BIGINT AS id, 1::BIGINT AS a'))).rejects.toMatchObject({
      code: 'tables.identity-given',
    });
    const handles = await Promise.all(Array.from({ length: 4 }, () => TableHandle.open(root)));
    await Promise.all(handles.map((h, i) => append(h, [{ a: i }, { a: i }])));
    const rows = (await rowsOf(root)).map((row) => Number(row.split('|')[0]));
    expect(rows).toEqual([10, 15, 20, 25, 30, 35, 40, 45]);
    expect(dataFiles(root)).toHaveLength(4);
  });

  it('count downwards too, and leave values that were given alone', async () => {
    const { handle, root } = await makeTable(
      [
        {
          name: 'id',
          type: 'long',
          metadata: identity({
            'delta.identity.start': -1,
            'delta.identity.step': -1,
            'delta.identity.allowExplicitInsert': true,
          }),
        },
        { name: 'a', type: 'long' },
      ],
      { features: ['identityColumns'] },
    );
    await append(handle, sql('SELECT 100::BIGINT AS id, 0::BIGINT AS a'));
    await append(handle, [{ a: 1 }, { a: 2 }]);
    expect(await rowsOf(root)).toEqual(['-2|2', '-1|1', '100|0']);
  });
});

describe('column mapping', () => {
  const mapped = (name: string, type: unknown, id: number, more: Record<string, unknown> = {}): Field => ({
    name,
    type,
    nullable: true,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': `col-${id}`, ...more },
  });
  const struct = (id: number): unknown => ({ type: 'struct', fields: [mapped('in ner', 'long', id)] });

  it.each(['name', 'id'])(
    'in mode %s: files, statistics and partition values go by physical names',
    async (mode) => {
      const { handle, root } = await makeTable(
        [
          mapped('a b', 'long', 1),
          mapped('p', 'string', 2),
          mapped('s', struct(5), 3),
          mapped('l', { type: 'array', elementType: struct(6), containsNull: true }, 4),
        ],
        {
          configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '6' },
          features: ['columnMapping'],
          readerFeatures: ['columnMapping'],
          partitionColumns: ['p'],
        },
      );
      await append(
        handle,
        sql(`SELECT 1::BIGINT AS "a b", 'ö/%' AS p, {'in ner': 7} AS s, [{'in ner': 8}, NULL] AS l`),
      );
      const [file = ''] = dataFiles(root);
      const parquet = await withScratchSession((session) =>
        session.query('SELECT name, field_id FROM parquet_schema(?)', [path.join(root, file)]),
      );
      const ids = parquet.rows.map(([name, id]) => `${String(name)}:${String(id)}`);
      expect(ids).toEqual(expect.arrayContaining(['col-1:1', 'col-3:3', 'col-4:4', 'col-5:5', 'col-6:6']));
      const add = lastCommit(root, 1).find((action) => action['add'])?.['add'];
      expect(add?.['partitionValues']).toEqual({ 'col-2': 'ö/%' });
      expect(JSON.parse(String(add?.['stats']))).toMatchObject({
        minValues: { 'col-1': 1, 'col-3': { 'col-5': 7 } },
      });
      await append(handle, sql('SELECT 2::BIGINT AS "a b", 3::INTEGER AS fresh'), { schemaMode: 'merge' });
      const fresh = schemaAt(root, 2).find((field) => field.name === 'fresh');
      expect(fresh?.metadata).toMatchObject({ 'delta.columnMapping.id': 7 });
      expect((await rowsOf(root)).map((row) => row.replaceAll(' ', ''))).toEqual([
        expect.stringMatching(/^1\|ö\/%\|.*7.*\|.*8.*\|/),
        expect.stringMatching(/^2\|.*\|3$/),
      ]);
    },
  );
});

describe('an overwrite of part of a table', () => {
  const fields = [
    { name: 'p', type: 'string' },
    { name: 'a', type: 'long' },
  ] as const;
  const cases = [
    ['copying what stays', {}, []],
    ['by deletion vectors', { 'delta.enableDeletionVectors': 'true' }, ['deletionVectors']],
    ['telling the change feed', { 'delta.enableChangeDataFeed': 'true' }, ['changeDataFeed']],
    [
      'by deletion vectors, telling the change feed',
      { 'delta.enableDeletionVectors': 'true', 'delta.enableChangeDataFeed': 'true' },
      ['deletionVectors', 'changeDataFeed'],
    ],
  ] as const;
  const made = async (configuration: Record<string, string>, features: readonly string[]) => {
    const table = await makeTable(fields, {
      configuration,
      features,
      partitionColumns: ['p'],
      ...(features.includes('deletionVectors') ? { readerFeatures: ['deletionVectors'] } : {}),
    });
    await append(table.handle, sql("SELECT if(a < 4, 'x', 'y') AS p, a::BIGINT AS a FROM range(8) t(a)"));
    return table;
  };

  it.each(cases)('replaces exactly the rows of a condition, %s', async (_, configuration, features) => {
    const { handle, root } = await made(configuration, features);
    const rows = sql("SELECT * FROM (VALUES ('x', 102::BIGINT), ('z', 106)) t(p, a)");
    const result = await overwrite(handle, rows, { replaceWhere: "a IN (2, 3, 102, 106) OR p = 'y'" });
    expect(result).toMatchObject({ rows: 2, version: 2 });
    expect(await rowsOf(root)).toEqual(['x|0', 'x|1', 'x|102', 'z|106']);
    const changes = lastCommit(root, 2).filter((action) => action['cdc']);
    expect(changes.length > 0).toBe('delta.enableChangeDataFeed' in configuration);
  });

  it('removes whole files where the condition is about partitions alone', async () => {
    const { handle, root } = await made({ 'delta.enableChangeDataFeed': 'true' }, ['changeDataFeed']);
    await overwrite(handle, sql("SELECT 'y' AS p, 9::BIGINT AS a"), { replaceWhere: "p = 'y'" });
    expect(await rowsOf(root)).toEqual(['x|0', 'x|1', 'x|2', 'x|3', 'y|9']);
    expect(lastCommit(root, 2).some((action) => action['cdc'])).toBe(false);
  });

  it('refuses rows that the condition is not true for, and leaves nothing behind', async () => {
    const { handle, root } = await made({}, []);
    const before = dataFiles(root);
    await expect(
      overwrite(handle, sql("SELECT 'x' AS p, 9::BIGINT AS a"), { replaceWhere: "p = 'y'" }),
    ).rejects.toMatchObject({ code: 'tables.row-outside-predicate', details: { row: '{"p":"x","a":9}' } });
    expect(dataFiles(root)).toEqual(before);
  });

  it('dynamic: replaces the partitions that the rows are in', async () => {
    const { handle, root } = await made({}, []);
    const rows = sql("SELECT * FROM (VALUES ('y', 1::BIGINT), (NULL, 2)) t(p, a)");
    await overwrite(handle, rows, { partitionOverwrite: 'dynamic' });
    expect(await rowsOf(root)).toEqual(['x|0', 'x|1', 'x|2', 'x|3', 'y|1', expect.stringMatching(/\|2$/)]);
  });

  it.each([
    ['timestamp', '2024-01-01 00:00:00', "TIMESTAMPTZ '2024-01-01 00:00:00+00'"],
    ['timestamp', '2024-01-01T01:00:00.000+01:00', "TIMESTAMPTZ '2024-01-01 00:00:00+00'"],
    ['timestamp_ntz', '2024-01-01 00:00:00.0', "TIMESTAMP '2024-01-01 00:00:00'"],
    ['double', '10', '10::DOUBLE'],
    ['decimal(5,2)', '+1.5', '1.50::DECIMAL(5, 2)'],
    ['boolean', 'True', 'true'],
    ['integer', '07', '7'],
    ['string', '', 'NULL::VARCHAR'],
  ])('dynamic: knows a partition of a %s that another program spelled %j', async (type, text, value) => {
    const { root } = await makeTable([{ name: 'p', type }, fields[1]], { partitionColumns: ['p'] });
    await append(await TableHandle.open(root), sql(`SELECT ${value} AS p, 1::BIGINT AS a`));
    const file = path.join(root, '_delta_log', `${'0'.repeat(19)}1.json`);
    const spelled = readFileSync(file, 'utf8').replace(/"p":(?:null|"[^"]*")/g, `"p":${printJson(text)}`);
    writeFileSync(file, spelled);
    const handle = await TableHandle.open(root);
    await overwrite(handle, sql(`SELECT ${value} AS p, 2::BIGINT AS a`), { partitionOverwrite: 'dynamic' });
    expect(await rowsOf(root)).toEqual([expect.stringMatching(/\|2$/)]);
  });

  it('lands once for each version of an application', async () => {
    const { handle, root } = await made({}, []);
    const transaction = { appId: 'job', version: 3 };
    const rows = sql("SELECT 'y' AS p, 50::BIGINT AS a");
    expect(await append(handle, rows, { transaction })).toMatchObject({ kind: 'written', version: 2 });
    const again = await append(await TableHandle.open(root), rows, { transaction });
    expect(again).toMatchObject({ kind: 'ignored', skipped: true, rows: 0 });
    expect((await rowsOf(root)).filter((row) => row === 'y|50')).toHaveLength(1);
    expect(dataFiles(root)).toHaveLength(3);
  });
});

describe('files of partitioned tables', () => {
  const fields = [
    { name: 'p', type: 'integer' },
    { name: 'a', type: 'long' },
    { name: 'h', type: 'string' },
  ];

  it('are one for each partition, also of very many', async () => {
    const { handle, root } = await makeTable(fields, { partitionColumns: ['p'] });
    const rows = sql(
      'SELECT (a % 300)::INTEGER AS p, a::BIGINT AS a, md5(a::VARCHAR) AS h FROM range(1200000) t(a)',
    );
    const result = await append(handle, rows);
    expect(result.rows).toBe(1_200_000);
    expect(result.filesAdded).toBe(300);
    expect(dataFiles(root)).toHaveLength(result.filesAdded);
    const { sql: relation } = await openDeltaRelation(root);
    const totals = await withScratchSession((session) =>
      session.query(`SELECT count(*), sum(a)::BIGINT, count(*) FILTER (p <> a % 300) FROM (${relation})`),
    );
    expect(totals.rows).toEqual([[1_200_000n, 719_999_400_000n, 0n]]);
  });

  it('are put together where the engine scattered them', async () => {
    const { handle, root } = await makeTable(fields, { partitionColumns: ['p'] });
    const rows = sql(
      'SELECT nullif(a % 1500, 3)::INTEGER AS p, a::BIGINT AS a, NULL::VARCHAR AS h FROM range(1100000) t(a)',
    );
    const result = await append(handle, rows);
    expect(result.filesAdded).toBeLessThan(1600);
    expect(dataFiles(root)).toHaveLength(result.filesAdded);
    const { sql: relation } = await openDeltaRelation(root);
    const totals = await withScratchSession((session) =>
      session.query(
        `SELECT count(*), count(DISTINCT a), count(*) FILTER (p IS DISTINCT FROM nullif(a % 1500, 3)) FROM (${relation})`,
      ),
    );
    expect(totals.rows).toEqual([[1_100_000n, 1_100_000n, 0n]]);
  }, 240_000);

  it('are split near the wanted size', async () => {
    const { handle, root } = await makeTable(fields, { partitionColumns: ['p'] });
    const rows = sql(
      'SELECT (a % 2)::INTEGER AS p, a::BIGINT AS a, md5(a::VARCHAR) AS h FROM range(1000000) t(a)',
    );
    const result = await append(handle, rows, { targetFileSizeBytes: 5 * 1024 * 1024 });
    expect(result.filesAdded).toBeGreaterThan(3);
    expect(dataFiles(root)).toHaveLength(result.filesAdded);
    expect(dataFiles(root).every((file) => /^p=[01]\//.test(file))).toBe(true);
    const { sql: relation } = await openDeltaRelation(root);
    const wrong = await withScratchSession((session) =>
      session.value(`SELECT count(*) FILTER (p <> a % 2) + 1000000 - count(*) FROM (${relation})`),
    );
    expect(wrong).toBe(0n);
  });
});

describe('variants', () => {
  it('are written as plain bytes, in structs too, and read again', async () => {
    const struct = { type: 'struct', fields: [{ name: 'v', type: 'variant', nullable: true, metadata: {} }] };
    const { handle, root } = await makeTable(
      [
        { name: 'id', type: 'long' },
        { name: 'v', type: 'variant' },
        { name: 's', type: struct },
      ],
      { features: ['variantType'], readerFeatures: ['variantType'] },
    );
    await append(
      handle,
      sql(`SELECT 1::BIGINT AS id, {'a': [1, 2]}::VARIANT AS v, {'v': 'x'::VARIANT} AS s
        UNION ALL SELECT 2, NULL, NULL`),
    );
    const [file = ''] = dataFiles(root);
    const parquet = await withScratchSession((session) =>
      session.query('SELECT name FROM parquet_schema(?)', [path.join(root, file)]),
    );
    const names = parquet.rows.map(([name]) => name);
    expect(names).toEqual(['duckdb_schema', 'id', 'v', 'metadata', 'value', 's', 'v', 'metadata', 'value']);
    const { sql: relation } = await openDeltaRelation(root);
    const { rows } = await withScratchSession((session) =>
      session.query(`SELECT v.a::INTEGER[]::VARCHAR, s.v::VARCHAR, v IS NULL FROM (${relation}) ORDER BY id`),
    );
    expect(rows).toEqual([
      ['[1, 2]', 'x', false],
      [null, null, true],
    ]);
  });
});

describe('types that grow', () => {
  it('when merging, with the change on record', async () => {
    const { handle, root } = await makeTable(
      [
        { name: 'a', type: 'integer' },
        { name: 'l', type: { type: 'array', elementType: 'short', containsNull: true } },
      ],
      {
        configuration: { 'delta.enableTypeWidening': 'true' },
        features: ['typeWidening'],
        readerFeatures: ['typeWidening'],
      },
    );
    await append(handle, sql('SELECT 1::INTEGER AS a, [1::SMALLINT] AS l'));
    await append(handle, sql('SELECT 5000000000::BIGINT AS a, [70000::INTEGER] AS l'), {
      schemaMode: 'merge',
    });
    expect(schemaAt(root, 2).map((field) => field.metadata?.['delta.typeChanges'])).toEqual([
      [{ fromType: 'integer', toType: 'long' }],
      [{ fromType: 'short', toType: 'integer', fieldPath: 'element' }],
    ]);
    expect(await rowsOf(root)).toEqual(['1|[1]', '5000000000|[70000]']);
  });

  it('but not where a constraint or a partition rests on the type', async () => {
    const { handle } = await makeTable(
      [
        { name: 'a', type: 'integer' },
        { name: 'day', type: 'date' },
      ],
      {
        configuration: { 'delta.enableTypeWidening': 'true', 'delta.constraints.small': 'a < 100' },
        features: ['typeWidening', 'checkConstraints'],
        readerFeatures: ['typeWidening'],
        partitionColumns: ['day'],
      },
    );
    for (const [rows, column] of [
      ["SELECT 1::BIGINT AS a, DATE '2024-01-01' AS day", /'a' is integer in the table/],
      ["SELECT 1::INTEGER AS a, TIMESTAMP '2024-01-01' AS day", /'day' is date in the table/],
    ] as const) {
      await expect(append(handle, sql(rows), { schemaMode: 'merge' })).rejects.toThrow(column);
    }
  });
});
