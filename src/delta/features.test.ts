import { describe, expect, it } from 'vitest';
import type { Metadata, Protocol } from './actions.ts';
import { testMetadata, testSchema } from './contract.ts';
import {
  assertReadable,
  assertWritable,
  type FeatureUse,
  protocolFor,
  protocolUpgradeFor,
  readerFeaturesOf,
  writerFeaturesOf,
} from './features.ts';
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
  const metadata: Metadata = testMetadata(configuration, schema);
  return { metadata, schema: parseSchema(metadata.schemaString), files: new Map() };
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
const withVector: FeatureUse = {
  ...using(),
  files: new Map([
    [
      'f',
      {
        kind: 'add',
        path: 'f',
        partitionValues: new Map(),
        sizeBytes: 1,
        modifiedMs: 1,
        dataChange: true,
        deletionVector: { storageType: 'u', pathOrInlineDv: 'x', sizeBytes: 1, cardinality: 1 },
      },
    ],
  ]),
};

describe('reading is refused by name', () => {
  it.each([
    ['an unknown feature', listing(['quantumColumns'], []), using(), ['quantumColumns']],
    ['every unknown feature', listing(['a', 'timestampNtz', 'b'], []), using(), ['a', 'b']],
    ['a catalog of its own', listing(['catalogManaged'], []), using(), ['catalogManaged']],
    [
      'widened types',
      listing(['typeWidening'], []),
      using({}, withColumn({ 'delta.typeChanges': '[]' })),
      ['typeWidening'],
    ],
    [
      'variants',
      listing(['variantType'], []),
      using({}, withColumn({}, primitive('variant'))),
      ['variantType'],
    ],
    ['a reader version to come', versions(4, 7), using(), ['reader version 4']],
    [
      'a type nobody told us of',
      versions(1, 2),
      using({}, { kind: 'struct', fields: [field('x', { kind: 'unknown', name: 'interval year' })] }),
      ['the type interval year'],
    ],
  ] satisfies [string, Protocol, FeatureUse, string[]][])('for %s', (_, protocol, use, names) => {
    expect(() => assertReadable('t', protocol, use)).toThrow(refusing(...names));
    expect(() => assertReadable('t', protocol, use)).toThrow(
      new RegExp(`can't read t: it needs ${names.join(', ')}`),
    );
  });
});

describe('reading works', () => {
  it.each([
    ['at old versions', versions(1, 2), using()],
    ['with mapped columns, the old way', versions(2, 5), using({ 'delta.columnMapping.mode': 'name' })],
    [
      'with mapped columns, listed',
      listing(['columnMapping'], []),
      using({ 'delta.columnMapping.mode': 'id' }),
    ],
    ['with deletion vectors', listing(['deletionVectors'], []), withVector],
    [
      'with features that only writers need',
      listing(
        ['timestampNtz', 'v2Checkpoint', 'vacuumProtocolCheck'],
        ['rowTracking', 'clustering', 'anything'],
      ),
      using(),
    ],
  ] satisfies [string, Protocol, FeatureUse][])('%s', (_, protocol, use) => {
    expect(() => assertReadable('t', protocol, use)).not.toThrow();
  });
});

describe('writing is refused by name', () => {
  it.each([
    [
      'check constraints',
      versions(1, 3),
      using({ 'delta.constraints.positive': 'id > 0' }),
      ['checkConstraints'],
    ],
    ['invariants', versions(1, 2), using({}, withColumn({ 'delta.invariants': '{}' })), ['invariants']],
    [
      'generated columns',
      versions(1, 4),
      using({}, withColumn({ 'delta.generationExpression': 'id + 1' })),
      ['generatedColumns'],
    ],
    [
      'identity columns',
      versions(1, 6),
      using({}, withColumn({ 'delta.identity.start': 1 })),
      ['identityColumns'],
    ],
    ['mapped columns', versions(2, 5), using({ 'delta.columnMapping.mode': 'name' }), ['columnMapping']],
    [
      'defaults',
      listing([], ['allowColumnDefaults']),
      using({}, withColumn({ CURRENT_DEFAULT: '1' })),
      ['allowColumnDefaults'],
    ],
    [
      'row tracking, even when it is off',
      listing([], ['rowTracking', 'domainMetadata']),
      using(),
      ['rowTracking'],
    ],
    [
      'commit times of its own',
      listing([], ['inCommitTimestamp']),
      using({ 'delta.enableInCommitTimestamps': 'true' }),
      ['inCommitTimestamp'],
    ],
    ['an unknown writer feature', listing([], ['newWriterThing']), using(), ['newWriterThing']],
    ['a writer version to come', { ...listing([], []), minWriterVersion: 8 }, using(), ['writer version 8']],
    ['what can not even be read', listing(['quantumColumns'], []), using(), ['quantumColumns']],
  ] satisfies [string, Protocol, FeatureUse, string[]][])('for %s', (_, protocol, use, names) => {
    expect(() => assertWritable('t', protocol, use)).toThrow(refusing(...names));
  });

  it('but not for promises the table does not use', () => {
    const all = listing(
      ['columnMapping', 'deletionVectors'],
      [
        'appendOnly',
        'invariants',
        'checkConstraints',
        'generatedColumns',
        'identityColumns',
        'changeDataFeed',
        'allowColumnDefaults',
        'inCommitTimestamp',
      ],
    );
    expect(() => assertWritable('t', all, using())).not.toThrow();
    expect(() => assertWritable('t', versions(2, 6), using({ 'delta.appendOnly': 'true' }))).not.toThrow();
  });
});

describe('the protocol of a new table', () => {
  const of = (use: FeatureUse): Protocol => protocolFor('t', use.metadata, use.schema);
  const ntz = using({}, withColumn({}, primitive('timestamp_ntz')));

  it('is the lowest that will do', () => {
    expect(of(using())).toEqual(versions(1, 2));
    expect(of(using({ 'delta.appendOnly': 'true' }))).toEqual(versions(1, 2));
    expect(of(using({ 'delta.enableChangeDataFeed': 'true' }))).toEqual(versions(1, 4));
    expect(of(ntz)).toEqual({
      kind: 'protocol',
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['timestampNtz'],
      writerFeatures: ['appendOnly', 'invariants', 'timestampNtz'],
    });
  });

  it.each([
    ['delta.constraints.c', 'id > 0', 'checkConstraints'],
    ['delta.columnMapping.mode', 'name', 'columnMapping'],
    ['delta.enableRowTracking', 'true', 'rowTracking'],
    ['delta.enableDeletionVectors', 'true', 'deletionVectors'],
    ['delta.enableInCommitTimestamps', 'true', 'inCommitTimestamp'],
  ])('is refused when %s asks for what we do not write', (key, value, name) => {
    expect(() => of(using({ [key]: value }))).toThrow(refusing(name));
  });

  it('is raised when a column needs it, and keeps what it had', () => {
    const raise = (protocol: Protocol, use: FeatureUse): Protocol =>
      protocolUpgradeFor('t', protocol, use.metadata, use.schema);
    const old = versions(1, 4);
    expect(raise(old, using())).toBe(old);
    const raised = raise(old, ntz);
    expect(readerFeaturesOf(raised)).toEqual(['timestampNtz']);
    expect(new Set(writerFeaturesOf(raised))).toEqual(new Set([...writerFeaturesOf(old), 'timestampNtz']));
    expect(raise(raised, ntz)).toBe(raised);
    expect(raise(versions(2, 5), ntz).readerFeatures).toEqual(['columnMapping', 'timestampNtz']);
  });
});
