import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history } from '../../delta/index.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { writeDelta } from '../write/write-delta.ts';
import type { AlterChange } from './alter-change.ts';
import { alterTable } from './alter-table.ts';
import { createTable } from './create-table.ts';
import type { TableSpec } from './table-spec.ts';

let folder = '';
let next = 0;
const place = (): string => {
  next += 1;
  return path.join(folder, `table-${next}`);
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-alter-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function make(spec: Partial<TableSpec>, sql?: string): Promise<TableHandle> {
  const uri = place();
  await createTable(uri, { schema: 'id INT, s STRING', ...spec });
  if (sql !== undefined) await writeDelta(uri, { sql }, { mode: 'append' });
  return await TableHandle.open(uri);
}

async function rowsOf(handle: TableHandle, order = '1'): Promise<unknown[][]> {
  const { sql } = await openDeltaRelation(handle.uri);
  return await withScratchSession(async (session) => {
    const text = `SELECT CAST(to_json(relation) AS VARCHAR) FROM (${sql}) relation ORDER BY ${order}`;
    const { rows } = await session.query(text);
    return rows.map((row) => Object.values(JSON.parse(String(row[0])) as object));
  });
}

const names = ({ snapshot }: TableHandle): string[] => snapshot.schema.fields.map((field) => field.name);
const mapped = { properties: { 'delta.columnMapping.mode': 'name' } };
const widening = { properties: { 'delta.enableTypeWidening': 'true' } };
const filled = "SELECT i::INT AS id, 's' || i AS s FROM range(1, 4) t(i)";

describe('columns', () => {
  it('are added where they are wanted, and rows that are there have null in them', async () => {
    const handle = await make(
      { schema: 'id INT, s STRUCT<a: INT>' },
      'SELECT 1::INT AS id, {a: 2::INT} AS s',
    );
    const made = await alterTable(handle, [
      { kind: 'add-column', column: { name: 'first', type: 'STRING', comment: 'c' }, position: 'first' },
      { kind: 'add-column', column: { name: 'mid', type: 'DATE' }, position: { after: 'ID' } },
      { kind: 'add-column', column: { name: 'b', type: 'DOUBLE' }, parent: 's' },
    ]);
    expect(made).toEqual({ kind: 'changed', version: 2 });
    expect(names(handle)).toEqual(['first', 'id', 'mid', 's']);
    expect(await rowsOf(handle)).toEqual([[null, 1, null, { a: 2, b: null }]]);
    const [entry] = await history(handle.storage);
    expect(entry).toMatchObject({ operation: 'ADD COLUMNS', version: 2 });
  });

  it('are renamed and dropped without a file being rewritten', async () => {
    const handle = await make(mapped, filled);
    const files = [...handle.snapshot.files.keys()];
    await alterTable(handle, [
      { kind: 'rename-column', column: 'S', to: 'text' },
      { kind: 'add-column', column: { name: 's', type: 'INT' } },
    ]);
    expect(names(handle)).toEqual(['id', 'text', 's']);
    expect(await rowsOf(handle)).toEqual([
      [1, 's1', null],
      [2, 's2', null],
      [3, 's3', null],
    ]);
    await alterTable(handle, [{ kind: 'drop-column', column: 'text' }]);
    await alterTable(handle, [{ kind: 'add-column', column: { name: 'text', type: 'STRING' } }]);
    // What was dropped doesn't come back under its old name.
    expect(await rowsOf(handle)).toEqual([
      [1, null, null],
      [2, null, null],
      [3, null, null],
    ]);
    expect([...handle.snapshot.files.keys()]).toEqual(files);
    expect(handle.snapshot.metadata.configuration.get('delta.columnMapping.maxColumnId')).toBe('4');
  });

  it('are renamed in tables that get column mapping by the same change', async () => {
    const handle = await make({ partitionBy: ['s'] }, filled);
    await alterTable(handle, [
      { kind: 'set-properties', properties: { 'delta.columnMapping.mode': 'name' } },
      { kind: 'rename-column', column: 's', to: 'part' },
      { kind: 'rename-column', column: 'id', to: 'number' },
    ]);
    expect(handle.snapshot.metadata.partitionColumns).toEqual(['part']);
    expect(handle.snapshot.protocol).toMatchObject({ minReaderVersion: 2, minWriterVersion: 5 });
    await writeDelta(handle.uri, [{ number: 9, part: 's9' }], { mode: 'append' });
    expect(await rowsOf(handle)).toEqual([
      [1, 's1'],
      [2, 's2'],
      [3, 's3'],
      [9, 's9'],
    ]);
  });

  it('move, and are described', async () => {
    const handle = await make({ schema: 'a INT, b INT, c STRUCT<x: INT, y: INT>' });
    await alterTable(handle, [
      { kind: 'move-column', column: 'c', position: 'first' },
      { kind: 'move-column', column: 'c.y', position: 'first' },
      { kind: 'comment-column', column: 'b', comment: 'bee' },
      { kind: 'set-default', column: 'b', expression: '1 + 1' },
      { kind: 'comment-table', comment: 'all of it' },
      { kind: 'rename-table', name: 'letters' },
    ]);
    const { schema, metadata, protocol } = handle.snapshot;
    expect(names(handle)).toEqual(['c', 'a', 'b']);
    expect(schema.fields[0]?.type).toMatchObject({ fields: [{ name: 'y' }, { name: 'x' }] });
    expect(schema.fields[2]?.metadata).toEqual({ comment: 'bee', CURRENT_DEFAULT: '1 + 1' });
    expect(metadata).toMatchObject({ name: 'letters', description: 'all of it' });
    expect(protocol.writerFeatures).toContain('allowColumnDefaults');
    await alterTable(handle, [
      { kind: 'drop-default', column: 'b' },
      { kind: 'comment-column', column: 'b' },
      { kind: 'comment-table' },
    ]);
    expect(handle.snapshot.schema.fields[2]?.metadata).toEqual({});
    expect(handle.snapshot.metadata.description).toBeUndefined();
  });

  it.each([
    [
      'a type that does not fit',
      { kind: 'change-type', column: 'id', type: 'SMALLINT' },
      /from integer to short/,
    ],
    ['a struct at once', { kind: 'change-type', column: 'n', type: 'STRUCT<a: BIGINT>' }, /from struct/],
    ['a column that is there', { kind: 'add-column', column: { name: 'ID', type: 'INT' } }, /'ID' already/],
    [
      'a required column for rows',
      { kind: 'add-column', column: { name: 'x', type: 'INT', nullable: false } },
      /can't be NOT NULL/,
    ],
    [
      'a default at once',
      { kind: 'add-column', column: { name: 'x', type: 'INT', default: '1' } },
      /no default yet/,
    ],
    [
      'a parent that is none',
      { kind: 'add-column', column: { name: 'x', type: 'INT' }, parent: 'id' },
      /no struct/,
    ],
    ['a place after nothing', { kind: 'move-column', column: 'id', position: { after: 'idd' } }, /'idd'/],
    ['a missing column', { kind: 'comment-column', column: 'idd', comment: '' }, /no column 'idd'/],
    ['a missing member', { kind: 'drop-not-null', column: 'n.b' }, /'n.b'/],
    ['a used column', { kind: 'rename-column', column: 'id', to: 'x' }, /the constraint 'positive'/],
    ['a used column to go', { kind: 'drop-column', column: 'id' }, /the constraint 'positive'/],
    ['a used column to widen', { kind: 'change-type', column: 'id', type: 'BIGINT' }, /the constraint/],
    ['a partition to go', { kind: 'drop-column', column: 's' }, /the partitioning/],
    ['a taken name', { kind: 'rename-column', column: 's', to: 'N' }, /'n' already/],
    ['the last member', { kind: 'drop-column', column: 'n.a' }, /the last one/],
    ['a default that fails', { kind: 'set-default', column: 'id', expression: 'nope()' }, /nope/],
  ] satisfies [string, AlterChange, RegExp][])(
    'are refused %s, and nothing changes',
    async (_, change, message) => {
      const handle = await make(
        {
          schema: 'id INT, s STRING, n STRUCT<a: INT>',
          partitionBy: ['s'],
          constraints: { positive: 'id > 0' },
          properties: { 'delta.columnMapping.mode': 'name', 'delta.enableTypeWidening': 'true' },
        },
        "SELECT 1::INT AS id, 'x' AS s, {a: 1::INT} AS n",
      );
      const altering = alterTable(handle, [{ kind: 'comment-table', comment: 'x' }, change]);
      await expect(altering).rejects.toThrow(message);
      expect((await TableHandle.open(handle.uri)).snapshot.version).toBe(1);
    },
  );

  it('are not renamed or dropped while files know them by name', async () => {
    const handle = await make({}, filled);
    for (const change of [
      { kind: 'rename-column', column: 's', to: 't' },
      { kind: 'drop-column', column: 's' },
    ] satisfies AlterChange[]) {
      await expect(alterTable(handle, [change])).rejects.toMatchObject({
        code: 'tables.needs-column-mapping',
        hint: expect.stringContaining('delta.columnMapping.mode'),
      });
    }
  });
});

describe('types', () => {
  it.each([
    ['TINYINT', 'SMALLINT'],
    ['SMALLINT', 'BIGINT'],
    ['INT', 'DOUBLE'],
    ['INT', 'DECIMAL(10, 0)'],
    ['BIGINT', 'DECIMAL(22, 2)'],
    ['FLOAT', 'DOUBLE'],
    ['DECIMAL(6, 2)', 'DECIMAL(8, 4)'],
    ['DATE', 'TIMESTAMP_NTZ'],
    ['ARRAY<INT>', 'ARRAY<BIGINT>'],
    ['MAP<INT, FLOAT>', 'MAP<BIGINT, DOUBLE>'],
  ])('widen from %s to %s, and rows keep their values', async (from, to) => {
    const value = from.startsWith('ARRAY')
      ? '[3::INT]'
      : from.startsWith('MAP')
        ? 'map([3::INT], [1.5::FLOAT])'
        : from === 'DATE'
          ? "DATE '2024-02-29'"
          : `3::${from}`;
    const handle = await make({ ...widening, schema: `a ${from}` }, `SELECT ${value} AS a`);
    const before = await rowsOf(handle);
    await alterTable(handle, [{ kind: 'change-type', column: 'a', type: to }]);
    const changes = handle.snapshot.schema.fields[0]?.metadata['delta.typeChanges'] as object[];
    expect(changes.length).toBe(from.startsWith('MAP') ? 2 : 1);
    const after = await rowsOf(handle);
    expect(JSON.stringify(after).replaceAll(/\.0+|(?<=29) 00:00:00/g, '')).toEqual(
      JSON.stringify(before).replaceAll(/\.0+/g, ''),
    );
    expect(handle.snapshot.protocol.readerFeatures).toContain('typeWidening');
  });

  it.each([
    ['BIGINT', 'INT'],
    ['BIGINT', 'DOUBLE'],
    ['DECIMAL(6, 2)', 'DECIMAL(7, 4)'],
    ['STRING', 'INT'],
    ['DATE', 'TIMESTAMP'],
    ['INT', 'DECIMAL(9, 0)'],
  ])('do not change from %s to %s', async (from, to) => {
    const handle = await make({ ...widening, schema: `a ${from}` });
    await expect(alterTable(handle, [{ kind: 'change-type', column: 'a', type: to }])).rejects.toMatchObject({
      code: 'tables.cannot-change-type',
    });
  });

  it('stay while type widening is off, and say how to turn it on', async () => {
    const handle = await make({});
    const change: AlterChange = { kind: 'change-type', column: 'id', type: 'BIGINT' };
    await expect(alterTable(handle, [change])).rejects.toMatchObject({
      code: 'tables.cannot-change-type',
      hint: expect.stringContaining('delta.enableTypeWidening'),
    });
    await alterTable(handle, [
      { kind: 'set-properties', properties: { 'delta.enableTypeWidening': 'true' } },
      change,
    ]);
    expect(handle.snapshot.schema.fields[0]?.metadata['delta.typeChanges']).toEqual([
      { fromType: 'integer', toType: 'long' },
    ]);
  });
});

describe('rules', () => {
  it('are held to the rows that are there, and show one that breaks them', async () => {
    const handle = await make({}, filled);
    const constraint: AlterChange = { kind: 'add-constraint', name: 'Small', expression: 'id < 3' };
    await expect(alterTable(handle, [constraint])).rejects.toMatchObject({
      code: 'tables.rows-break-constraint',
      message: expect.stringContaining('{"id":3,"s":"s3"}'),
    });
    await alterTable(handle, [{ ...constraint, expression: 'id < 9' }]);
    expect(handle.snapshot.metadata.configuration.get('delta.constraints.small')).toBe('id < 9');
    expect(handle.snapshot.protocol.minWriterVersion).toBe(3);
    await expect(alterTable(handle, [constraint])).rejects.toMatchObject({
      code: 'tables.constraint-exists',
    });
    await expect(writeDelta(handle.uri, [{ id: 10, s: 'x' }], { mode: 'append' })).rejects.toMatchObject({
      code: 'tables.constraint-violated',
    });
    await expect(alterTable(handle, [{ kind: 'drop-constraint', name: 'smal' }])).rejects.toMatchObject({
      code: 'tables.no-such-constraint',
      hint: "Did you mean 'small'?",
    });
    await alterTable(handle, [
      { kind: 'drop-constraint', name: 'SMALL' },
      { kind: 'drop-constraint', name: 'other', ifExists: true },
    ]);
    expect(handle.snapshot.metadata.configuration.size).toBe(0);
  });

  it('NOT NULL is set where every row has a value, inside structs and lists too', async () => {
    const handle = await make(
      { schema: 'id INT, n STRUCT<a: INT>, l ARRAY<INT>' },
      `SELECT 1::INT AS id, {a: 1::INT} AS n, [1::INT] AS l
       UNION ALL SELECT 2, {a: NULL}, [NULL] UNION ALL SELECT 3, NULL, NULL`,
    );
    for (const [column, shown] of [
      ['n', '{"id":3'],
      ['n.a', '{"id":2'],
      ['l.element', '{"id":2'],
    ] as const) {
      await expect(alterTable(handle, [{ kind: 'set-not-null', column }])).rejects.toMatchObject({
        code: 'tables.rows-lack-value',
        message: expect.stringContaining(shown),
      });
    }
    await alterTable(handle, [{ kind: 'set-not-null', column: 'id' }]);
    expect(handle.snapshot.schema.fields[0]?.nullable).toBe(false);
    await alterTable(handle, [{ kind: 'drop-not-null', column: 'id' }]);
    expect(handle.snapshot.schema.fields[0]?.nullable).toBe(true);
  });

  it('look at rows that came while they were checked', async () => {
    const handle = await make({}, filled);
    // The handle hasn't seen this row when the constraint is planned.
    await writeDelta(handle.uri, [{ id: 100, s: 'late' }], { mode: 'append' });
    await expect(
      alterTable(handle, [{ kind: 'add-constraint', name: 'small', expression: 'id < 9' }]),
    ).rejects.toMatchObject({
      code: 'tables.rows-break-constraint',
      message: expect.stringContaining('late'),
    });
    expect((await TableHandle.open(handle.uri)).snapshot.version).toBe(2);
  });
});

describe('properties', () => {
  it('are set and unset, and raise the protocol no more than they need', async () => {
    const handle = await make({}, filled);
    await alterTable(handle, [
      { kind: 'set-properties', properties: { 'delta.APPENDONLY': 'TRUE', mine: 'yes' } },
    ]);
    expect(Object.fromEntries(handle.snapshot.metadata.configuration)).toEqual({
      'delta.appendOnly': 'true',
      mine: 'yes',
    });
    expect(handle.snapshot.protocol).toMatchObject({ minReaderVersion: 1, minWriterVersion: 2 });
    await expect(alterTable(handle, [{ kind: 'unset-properties', keys: ['mined'] }])).rejects.toMatchObject({
      code: 'tables.no-such-property',
      hint: "Did you mean 'mine'?",
    });
    await alterTable(handle, [
      { kind: 'unset-properties', keys: ['delta.appendonly', 'mine'] },
      { kind: 'unset-properties', keys: ['mined'], ifExists: true },
    ]);
    expect(handle.snapshot.metadata.configuration.size).toBe(0);
    const unchanged = await alterTable(handle, [{ kind: 'set-properties', properties: {} }]);
    expect(unchanged).toEqual({ kind: 'unchanged', version: 3 });
  });

  it('turn on row tracking with ids for the rows that are there', async () => {
    const handle = await make({}, filled);
    await alterTable(handle, [{ kind: 'set-properties', properties: { 'delta.enableRowTracking': 'true' } }]);
    expect([...handle.snapshot.files.values()].map((file) => file.baseRowId)).toEqual([0]);
    expect(handle.snapshot.domains.get('delta.rowTracking')?.configuration).toBe('{"rowIdHighWaterMark":2}');
  });

  it('turn on commit times, and say since when', async () => {
    const handle = await make({}, filled);
    await alterTable(handle, [
      { kind: 'set-properties', properties: { 'delta.enableInCommitTimestamps': 'true' } },
    ]);
    const { configuration } = handle.snapshot.metadata;
    expect(configuration.get('delta.inCommitTimestampEnablementVersion')).toBe('2');
    expect(Number(configuration.get('delta.inCommitTimestampEnablementTimestamp'))).toBeGreaterThan(0);
  });

  it.each([
    ['ids for files that have none', { 'delta.columnMapping.mode': 'id' }, 'tables.bad-property'],
    ['Iceberg for files without ids', { 'delta.enableIcebergCompatV2': 'true' }, 'tables.not-compatible'],
    ['a lower protocol', { 'delta.minWriterVersion': '1' }, 'tables.bad-protocol-upgrade'],
    [
      'a log shorter than files are kept',
      { 'delta.deletedFileRetentionDuration': 'interval 60 days' },
      'tables.bad-property',
    ],
    [
      'statistics of a column that isn’t there',
      { 'delta.dataSkippingStatsColumns': 'id,nowhere' },
      'tables.bad-property',
    ],
  ])('are refused for %s', async (_, properties, code) => {
    const handle = await make({}, filled);
    const altering = alterTable(handle, [{ kind: 'set-properties', properties }]);
    await expect(altering).rejects.toMatchObject({ code });
    expect((await TableHandle.open(handle.uri)).snapshot.version).toBe(1);
  });

  it('raise the protocol when asked to, and never lower it', async () => {
    const handle = await make({}, filled);
    await alterTable(handle, [{ kind: 'upgrade-protocol', readerVersion: 1, writerVersion: 7 }]);
    expect(handle.snapshot.protocol).toEqual({
      kind: 'protocol',
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ['appendOnly', 'invariants'],
    });
    await alterTable(handle, [{ kind: 'add-feature', feature: 'DELETIONVECTORS' }]);
    expect(handle.snapshot.protocol.readerFeatures).toEqual(['deletionVectors']);
    for (const [readerVersion, writerVersion] of [
      [1, 2],
      [4, 7],
      [3, 6],
    ] as const) {
      await expect(
        alterTable(handle, [{ kind: 'upgrade-protocol', readerVersion, writerVersion }]),
      ).rejects.toMatchObject({ code: 'tables.bad-protocol-upgrade' });
    }
    await expect(alterTable(handle, [{ kind: 'add-feature', feature: 'flying' }])).rejects.toMatchObject({
      code: 'tables.unknown-property',
    });
  });

  it('cluster, by other columns, and by none', async () => {
    const handle = await make(mapped, filled);
    await alterTable(handle, [{ kind: 'cluster-by', columns: ['S'] }]);
    const physical = handle.snapshot.schema.fields[1]?.metadata['delta.columnMapping.physicalName'];
    const domain = (): unknown =>
      JSON.parse(handle.snapshot.domains.get('delta.clustering')?.configuration ?? '');
    expect(domain()).toMatchObject({ clusteringColumns: [[physical]] });
    await expect(alterTable(handle, [{ kind: 'drop-column', column: 's' }])).rejects.toMatchObject({
      code: 'tables.column-in-use',
    });
    await alterTable(handle, [{ kind: 'cluster-by', columns: [] }]);
    expect(domain()).toMatchObject({ clusteringColumns: [] });
    expect(handle.snapshot.protocol.writerFeatures).toContain('clustering');
  });
});

describe('features', () => {
  it.each([
    ['appendOnly', { 'delta.appendOnly': 'true' }],
    ['changeDataFeed', { 'delta.enableChangeDataFeed': 'true' }],
    ['inCommitTimestamp', { 'delta.enableInCommitTimestamps': 'true' }],
    ['rowTracking', { 'delta.enableRowTracking': 'true' }],
    ['vacuumProtocolCheck', { 'delta.feature.vacuumProtocolCheck': 'supported' }],
    ['clustering', {}],
  ])('%s is turned off and dropped', async (feature, properties) => {
    const clusterBy = feature === 'clustering' ? { clusterBy: ['id'] } : {};
    const handle = await make({ properties, ...clusterBy }, filled);
    await alterTable(handle, [{ kind: 'drop-feature', feature: feature.toLowerCase() }]);
    const { protocol, metadata, files } = handle.snapshot;
    expect(protocol.writerFeatures ?? []).not.toContain(feature);
    expect([...metadata.configuration.keys()]).toEqual([]);
    expect([...files.values()].map((file) => file.baseRowId)).toEqual([undefined]);
    expect(await rowsOf(handle)).toHaveLength(3);
    await expect(alterTable(handle, [{ kind: 'drop-feature', feature }])).rejects.toMatchObject({
      code: 'delta.cannot-drop-feature',
    });
  });

  it('several commits are one transaction, which is done with the last of them', async () => {
    const handle = await make({ properties: { 'delta.appendOnly': 'true' } }, filled);
    const transaction = { appId: 'job', version: 1 };
    const changes: AlterChange[] = [
      { kind: 'comment-table', comment: 'before' },
      { kind: 'drop-feature', feature: 'appendOnly' },
      { kind: 'comment-table', comment: 'after' },
    ];
    expect(await alterTable(handle, changes, { transaction })).toMatchObject({ kind: 'changed' });
    expect(handle.snapshot.protocol.writerFeatures ?? []).not.toContain('appendOnly');
    expect(handle.snapshot.metadata.description).toBe('after');
    expect(await alterTable(handle, changes, { transaction })).toMatchObject({ kind: 'unchanged' });
  });

  it('column mapping is dropped by rewriting the files, once the past is gone', async () => {
    const properties = {
      ...mapped.properties,
      'delta.dropFeatureTruncateHistory.retentionDuration': 'interval 0 hours',
    };
    const handle = await make({ properties }, filled);
    await alterTable(handle, [{ kind: 'rename-column', column: 's', to: 't' }]);
    await expect(
      alterTable(handle, [{ kind: 'drop-feature', feature: 'columnMapping' }]),
    ).rejects.toMatchObject({
      code: 'tables.feature-in-history',
      hint: expect.stringContaining('truncateHistory'),
    });
    expect(handle.snapshot.metadata.configuration.has('delta.columnMapping.mode')).toBe(false);
    expect(await rowsOf(handle)).toEqual([
      [1, 's1'],
      [2, 's2'],
      [3, 's3'],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await alterTable(handle, [{ kind: 'drop-feature', feature: 'columnMapping', truncateHistory: true }]);
    expect(handle.snapshot.protocol).toEqual({
      kind: 'protocol',
      minReaderVersion: 1,
      minWriterVersion: 4,
    });
    expect(await rowsOf(handle)).toHaveLength(3);
    await expect(TableHandle.open(handle.uri, { version: 1 })).rejects.toMatchObject({
      code: 'delta.no-such-version',
    });
  });

  it.each([
    ['checkConstraints', { constraints: { c: 'id > 0' } }, /the constraints c/],
    ['allowColumnDefaults', { schema: 'id INT DEFAULT 1' }, /the columns id have defaults/],
    ['domainMetadata', { clusterBy: ['id'] }, /clustering requires it/],
    ['timestampNtz', { schema: 'id INT, ts TIMESTAMP_NTZ' }, /still use it/],
    ['deletionVectors', {}, /does not have it/],
  ] satisfies [string, Partial<TableSpec>, RegExp][])(
    '%s is not dropped while it is needed',
    async (feature, spec, message) => {
      const handle = await make(spec);
      await expect(alterTable(handle, [{ kind: 'drop-feature', feature }])).rejects.toThrow(message);
    },
  );
});

it('names a change that it does not know', async () => {
  const change = { kind: 'add-colum', column: 'x' } as unknown as AlterChange;
  await expect(alterTable(await make({}), [change])).rejects.toMatchObject({
    code: 'tables.bad-option',
    message: expect.stringContaining('add-colum'),
  });
});

describe('two who alter at once', () => {
  it('both get their way, one after the other, or the later is told why not', async () => {
    const one = await make(mapped, filled);
    const two = await TableHandle.open(one.uri);
    const [first, second] = await Promise.allSettled([
      alterTable(one, [{ kind: 'rename-column', column: 's', to: 't' }]),
      alterTable(two, [{ kind: 'drop-column', column: 's' }]),
    ]);
    const won = [first, second].filter(({ status }) => status === 'fulfilled');
    const lost = [first, second].find(({ status }) => status === 'rejected');
    expect(won).toHaveLength(1);
    expect(lost).toMatchObject({ reason: { code: 'tables.no-such-column' } });
    await Promise.all([
      alterTable(one, [{ kind: 'add-column', column: { name: 'x', type: 'INT' } }]),
      alterTable(two, [{ kind: 'add-column', column: { name: 'y', type: 'INT' } }]),
    ]);
    await one.refresh();
    expect(names(one)).toEqual(expect.arrayContaining(['x', 'y']));
    const ids = one.snapshot.schema.fields.map((field) => field.metadata['delta.columnMapping.id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
