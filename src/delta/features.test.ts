import { describe, expect, it } from 'vitest';
import type { Protocol } from './actions.ts';
import { testMetadata, testSchema } from './contract.ts';
import {
  assertReadable,
  assertWritable,
  type FeatureName,
  type FeatureUse,
  features,
  isEnabled,
  isSupported,
  readerFeaturesOf,
  writerFeaturesOf,
} from './features.ts';
import { addFeature, dropFeature, protocolFor, protocolUpgradeFor } from './protocol.ts';
import { field, parseSchema, primitive, type StructType } from './schema.ts';

const listing = (readers: string[], writers: string[]): Protocol => ({
  kind: 'protocol',
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: readers,
  writerFeatures: [...readers, ...writers],
});
const versions = (minReaderVersion: number, minWriterVersion: number): Protocol => ({
  kind: 'protocol',
  minReaderVersion,
  minWriterVersion,
});
const using = (configuration: Record<string, string> = {}, schema: StructType = testSchema): FeatureUse => {
  const metadata = testMetadata(configuration, schema);
  return { metadata, schema: parseSchema(metadata.schemaString) };
};
const withColumn = (metadata: Record<string, string | number>, type = primitive('long')): StructType => ({
  kind: 'struct',
  fields: [{ ...field('x', type), metadata }],
});
const refusing = (...names: string[]) =>
  expect.objectContaining({
    code: 'delta.unsupported-feature',
    details: expect.objectContaining({ features: names }),
  });

describe('a table is refused by name', () => {
  it.each([
    ['for an unknown feature', listing(['quantumColumns'], []), using(), ['quantumColumns']],
    ['for every unknown feature', listing(['a', 'timestampNtz', 'b'], []), using(), ['a', 'b']],
    ['when a catalog makes its commits', listing(['catalogManaged'], []), using(), ['catalogManaged']],
    ['for a reader version to come', versions(4, 7), using(), ['reader version 4']],
    [
      'for a type nobody told us of',
      versions(1, 2),
      using({}, { kind: 'struct', fields: [field('x', { kind: 'unknown', name: 'interval year' })] }),
      ['the type interval year'],
    ],
    [
      'for a struct without members',
      versions(1, 2),
      using({}, { kind: 'struct', fields: [field('x', { kind: 'struct', fields: [] })] }),
      ['the type struct<>, which has no members'],
    ],
  ] satisfies [string, Protocol, FeatureUse, string[]][])('%s', (_, protocol, use, names) => {
    expect(() => assertReadable('t', protocol, use)).toThrow(refusing(...names));
    expect(() => assertWritable('t', protocol, use)).toThrow(refusing(...names));
    expect(() => assertReadable('t', protocol, use)).toThrow(
      new RegExp(`can't read t: it needs ${names.join(', ')}`),
    );
  });

  it.each([
    ['an unknown writer feature', listing([], ['newWriterThing']), using(), ['newWriterThing']],
    ['a writer version to come', { ...listing([], []), minWriterVersion: 8 }, using(), ['writer version 8']],
    [
      'checkpoints that must stay',
      listing([], ['checkpointProtection']),
      using({ 'delta.requireCheckpointProtectionBeforeVersion': '7' }),
      ['checkpointProtection'],
    ],
  ] satisfies [string, Protocol, FeatureUse, string[]][])(
    'only to writers, for %s',
    (_, protocol, use, names) => {
      expect(() => assertReadable('t', protocol, use)).not.toThrow();
      expect(() => assertWritable('t', protocol, use)).toThrow(refusing(...names));
    },
  );
});

describe('every feature but a catalog of its own', () => {
  const known = features.filter((feature) => feature.name !== 'catalogManaged');
  it.each(known.map((feature) => [feature.name, feature] as const))(
    '%s is read and written',
    (name, feature) => {
      const protocol = feature.readers ? listing([name], []) : listing([], [name]);
      expect(() => assertReadable('t', protocol, using())).not.toThrow();
      expect(() => assertWritable('t', protocol, using())).not.toThrow();
      expect(isSupported(protocol, name)).toBe(true);
    },
  );
});

describe('a feature is in force', () => {
  it.each([
    [
      'not by its property alone',
      'deletionVectors',
      versions(1, 2),
      { 'delta.enableDeletionVectors': 'true' },
      false,
    ],
    ['not by being listed alone', 'deletionVectors', listing(['deletionVectors'], []), {}, false],
    [
      'by both',
      'deletionVectors',
      listing(['deletionVectors'], []),
      { 'delta.enableDeletionVectors': 'TRUE' },
      true,
    ],
    [
      'by an old version number',
      'changeDataFeed',
      versions(1, 4),
      { 'delta.enableChangeDataFeed': 'true' },
      true,
    ],
    [
      'by being listed, where there is nothing to turn on',
      'clustering',
      listing([], ['clustering']),
      {},
      true,
    ],
    [
      'as a preview too',
      'typeWidening',
      listing(['typeWidening-preview'], []),
      { 'delta.enableTypeWidening': 'true' },
      true,
    ],
  ] satisfies [string, FeatureName, Protocol, Record<string, string>, boolean][])(
    '%s',
    (_, name, protocol, configuration, is) => {
      expect(isEnabled({ ...using(configuration), protocol }, name)).toBe(is);
    },
  );
});

describe('the protocol of a new table', () => {
  const of = (use: FeatureUse, also: FeatureName[] = []): Protocol =>
    protocolFor('t', use.metadata, use.schema, also);
  const writers = (minReaderVersion: number, ...names: string[]): Protocol => ({
    ...versions(minReaderVersion, 7),
    writerFeatures: ['appendOnly', 'invariants', ...names],
  });
  const readers = (names: string[], ...more: string[]): Protocol => ({
    ...writers(3, ...names, ...more),
    readerFeatures: names,
  });

  it.each([
    ['nothing', {}, versions(1, 2)],
    ['delta.appendOnly', { 'delta.appendOnly': 'true' }, versions(1, 2)],
    ['a constraint', { 'delta.constraints.c': 'id > 0' }, versions(1, 3)],
    ['a change feed', { 'delta.enableChangeDataFeed': 'true' }, versions(1, 4)],
    ['mapped columns', { 'delta.columnMapping.mode': 'name' }, versions(2, 5)],
    ['commit times', { 'delta.enableInCommitTimestamps': 'true' }, writers(1, 'inCommitTimestamp')],
    ['row tracking', { 'delta.enableRowTracking': 'true' }, writers(1, 'rowTracking', 'domainMetadata')],
    ['deletion vectors', { 'delta.enableDeletionVectors': 'true' }, readers(['deletionVectors'])],
    ['checkpoints of the second kind', { 'delta.checkpointPolicy': 'v2' }, readers(['v2Checkpoint'])],
    ['widening types', { 'delta.enableTypeWidening': 'true' }, readers(['typeWidening'])],
    [
      'Iceberg readers, who need mapped columns and no list for readers',
      { 'delta.columnMapping.mode': 'name', 'delta.enableIcebergCompatV2': 'true' },
      writers(2, 'columnMapping', 'icebergCompatV2'),
    ],
    [
      'partition columns in files',
      { 'delta.enableMaterializePartitionColumnsFeature': 'true' },
      writers(1, 'materializePartitionColumns'),
    ],
    [
      'a feature by name',
      { 'delta.feature.clustering': 'supported' },
      writers(1, 'clustering', 'domainMetadata'),
    ],
    ['version numbers', { 'delta.minReaderVersion': '2', 'delta.minWriterVersion': '5' }, versions(2, 5)],
  ] satisfies [string, Record<string, string>, Protocol][])(
    'is the lowest that will do for %s',
    (_, asked, protocol) => {
      expect(of(using(asked))).toEqual(protocol);
    },
  );

  it.each([
    ['times without a zone', withColumn({}, primitive('timestamp_ntz')), readers(['timestampNtz'])],
    ['variants', withColumn({}, primitive('variant')), readers(['variantType'])],
    ['generated columns', withColumn({ 'delta.generationExpression': 'id' }), versions(1, 4)],
    ['identity columns', withColumn({ 'delta.identity.start': 1 }), versions(1, 6)],
    ['defaults', withColumn({ CURRENT_DEFAULT: '1' }), writers(1, 'allowColumnDefaults')],
  ] satisfies [string, StructType, Protocol][])(
    'is the lowest that will do for %s',
    (_, schema, protocol) => {
      expect(of(using({}, schema))).toEqual(protocol);
    },
  );

  it('has what is asked for without a property', () => {
    expect(of(using(), ['clustering'])).toEqual(writers(1, 'clustering', 'domainMetadata'));
  });

  it.each(['quantumColumns', 'catalogManaged'])('is refused when %s is asked for', (name) => {
    expect(() => of(using({ [`delta.feature.${name}`]: 'supported' }))).toThrow(refusing(name));
  });
});

describe('a protocol', () => {
  const ntz = using({}, withColumn({}, primitive('timestamp_ntz')));
  const raise = (protocol: Protocol, use: FeatureUse): Protocol =>
    protocolUpgradeFor('t', protocol, use.metadata, use.schema);

  it('is raised when a column needs it, and keeps what it had', () => {
    const old = versions(1, 4);
    expect(raise(old, using())).toBe(old);
    const raised = raise(old, ntz);
    expect(readerFeaturesOf(raised)).toEqual(['timestampNtz']);
    expect(new Set(writerFeaturesOf(raised))).toEqual(new Set([...writerFeaturesOf(old), 'timestampNtz']));
    expect(raise(raised, ntz)).toBe(raised);
    expect(raise(versions(2, 5), ntz).readerFeatures).toEqual(['columnMapping', 'timestampNtz']);
  });

  it('is left alone where a preview of the feature is listed', () => {
    const preview = listing(['typeWidening-preview'], []);
    expect(raise(preview, using({ 'delta.enableTypeWidening': 'true' }))).toBe(preview);
  });

  it('takes a feature by name, and those it requires', () => {
    const raised = addFeature('t', versions(1, 2), 'rowTracking');
    expect(writerFeaturesOf(raised)).toEqual(['appendOnly', 'invariants', 'rowTracking', 'domainMetadata']);
    expect(raised.minReaderVersion).toBe(1);
    expect(addFeature('t', raised, 'rowTracking')).toBe(raised);
    expect(() => addFeature('t', raised, 'nonsense')).toThrow(refusing('nonsense'));
  });

  it('is as low as before once a feature is dropped', () => {
    for (const name of ['deletionVectors', 'inCommitTimestamp', 'clustering', 'typeWidening']) {
      const raised = addFeature('t', versions(1, 4), name);
      const { protocol, isNeededByHistory } = dropFeature('t', raised, name, using());
      const rest =
        name === 'clustering' ? dropFeature('t', protocol, 'domainMetadata', using()).protocol : protocol;
      expect(rest).toEqual(versions(1, 4));
      expect(isNeededByHistory).toBe(['deletionVectors', 'typeWidening'].includes(name));
    }
  });

  it.each([
    ['it is not there', 'deletionVectors', {}, [], 'does not have it'],
    ['another requires it', 'domainMetadata', {}, [], 'rowTracking requires it'],
    ['its property is on', 'rowTracking', { 'delta.enableRowTracking': 'true' }, [], 'still use it'],
    ['it left something behind', 'rowTracking', {}, ['3 files with row ids'], '3 files with row ids'],
    ['nobody knows it', 'mystery', {}, [], 'can not be taken back'],
  ] satisfies [string, string, Record<string, string>, string[], string][])(
    'keeps a feature when %s',
    (_, name, configuration, traces, problem) => {
      const protocol = listing([], ['rowTracking', 'domainMetadata', 'mystery']);
      const drop = () => dropFeature('t', protocol, name, using(configuration), traces);
      expect(drop).toThrow(expect.objectContaining({ code: 'delta.cannot-drop-feature' }));
      expect(drop).toThrow(problem);
    },
  );
});
