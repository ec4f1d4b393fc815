/** A table is made by its definition or by its first rows: both ways take and refuse the same properties. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TableHandle } from '../table-handle.ts';
import { writeDelta } from '../write/write-delta.ts';
import { createTable } from './create-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boathouse-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let tables = 0;
const fresh = (): string => {
  tables += 1;
  return path.join(folder, `t${tables}`);
};

type Properties = Readonly<Record<string, string>>;

const ways = {
  'its definition': async (properties: Properties): Promise<string> => {
    const uri = fresh();
    await createTable(uri, { schema: 'id BIGINT, day STRING', partitionBy: ['day'], properties });
    return uri;
  },
  'its first rows': async (configuration: Properties): Promise<string> => {
    const uri = fresh();
    await writeDelta(uri, [{ id: 1n, day: 'mon' }], { configuration, partitionBy: ['day'] });
    return uri;
  },
};

describe.each(Object.entries(ways))('a table made by %s', (_, make) => {
  it.each([
    ['a boolean', { 'delta.appendOnly': 'yes' }, 'bad-property'],
    ['a whole number', { 'delta.checkpointInterval': '0' }, 'bad-property'],
    ['an interval', { 'delta.deletedFileRetentionDuration': '2 months' }, 'bad-property'],
    ['one of several words', { 'delta.checkpointPolicy': 'v3' }, 'bad-property'],
    ['a log as long as its files', { 'delta.logRetentionDuration': 'interval 1 day' }, 'bad-property'],
    [
      'files not longer than its log',
      { 'delta.deletedFileRetentionDuration': 'interval 31 days' },
      'bad-property',
    ],
    ['statistics of its columns', { 'delta.dataSkippingStatsColumns': 'id, nowhere' }, 'bad-property'],
    ['no statistics of partitions', { 'delta.dataSkippingStatsColumns': 'day' }, 'bad-property'],
    ['known properties', { 'delta.enableChangeDataFed': 'true' }, 'unknown-property'],
    ['known features', { 'delta.feature.deletionVector': 'supported' }, 'unknown-property'],
    ['no property that writers keep', { 'delta.columnMapping.maxColumnId': '3' }, 'internal-property'],
    ['no constraint as a property', { 'delta.constraints.c': 'id > 0' }, 'internal-property'],
  ])('has %s', async (_what, properties, code) => {
    await expect(make(properties)).rejects.toMatchObject({ code: `tables.${code}` });
  });

  it.each([
    [
      'letter case as Delta has it',
      { 'DELTA.ISOLATIONLEVEL': 'serializable' },
      { 'delta.isolationLevel': 'Serializable' },
    ],
    [
      'retentions that fit each other',
      { 'delta.logRetentionDuration': '2 days', 'delta.deletedFileRetentionDuration': '1 day' },
      { 'delta.logRetentionDuration': '2 days', 'delta.deletedFileRetentionDuration': '1 day' },
    ],
    [
      'what Iceberg compatibility needs',
      { 'delta.enableIcebergCompatV2': 'true' },
      { 'delta.enableIcebergCompatV2': 'true', 'delta.columnMapping.mode': 'name' },
    ],
    ['features in its protocol only', { 'delta.feature.rowTracking': 'supported' }, {}],
    ['settings of other formats', { 'delta.universalFormat.config.iceberg.x': '1' }, {}],
    ['keys of its user', { owner: 'me' }, { owner: 'me' }],
  ])('has %s', async (_what, properties, expected) => {
    const { metadata, protocol } = (await TableHandle.open(await make(properties))).snapshot;
    expect(Object.fromEntries(metadata.configuration)).toMatchObject(expected);
    expect([...metadata.configuration.keys()].filter((key) => key.startsWith('delta.feature.'))).toEqual([]);
    if ('delta.feature.rowTracking' in properties) expect(protocol.writerFeatures).toContain('rowTracking');
  });
});
