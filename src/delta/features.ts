/**
 * Table features: which of them this version can read and write. One table decides.
 *
 * A feature that a table merely lists, without using it, asks nothing of us where its section of the
 * protocol says so; `whenUnused` marks those, and `isUsed` tells. What the table uses and we can't
 * honour is refused by name, before any row is read or written.
 *
 * Source: Delta protocol, "Table Features", "Writer Version Requirements", "Reader Version Requirements".
 */
import { assert } from '../base/index.ts';
import type { AddFile, Metadata, Protocol } from './actions.ts';
import { deltaErrors } from './errors.ts';
import { type StructField, type StructType, walkFields, walkTypes } from './schema.ts';

/** What we do about a feature: `yes` honour it, `when-unused` as long as the table doesn't use it, `no` refuse. */
export type Support = 'yes' | 'when-unused' | 'no';

/** One feature of the protocol. */
export interface Feature {
  readonly name: string;
  /** Whether readers must know it too. */
  readonly readers: boolean;
  /** The writer version from which it is implied, up to 6. */
  readonly writerVersion?: number;
  /** The reader version from which it is implied, up to 2. */
  readonly readerVersion?: number;
  readonly read: Support;
  readonly write: Support;
  isUsed(table: FeatureUse): boolean;
}

/** Where a feature's use shows. */
export interface FeatureUse {
  readonly metadata: Metadata;
  readonly schema: StructType;
  readonly files: ReadonlyMap<string, AddFile>;
}

/** Every feature we know something about. One that isn't here is refused wherever it is listed. */
export const features: readonly Feature[] = [
  // Honoured by the commit itself, which refuses to remove rows.
  writer('appendOnly', 'yes', (table) => property(table, 'delta.appendOnly') === 'true', 2),
  writer('invariants', 'when-unused', hasFieldMetadata('delta.invariants'), 2),
  writer(
    'checkConstraints',
    'when-unused',
    (table) => [...table.metadata.configuration.keys()].some((key) => key.startsWith('delta.constraints.')),
    3,
  ),
  // Honoured by the commit itself: adding and removing whole files needs no change files, rewriting rows does.
  writer('changeDataFeed', 'yes', (table) => property(table, 'delta.enableChangeDataFeed') === 'true', 4),
  writer('generatedColumns', 'when-unused', hasFieldMetadata('delta.generationExpression'), 4),
  {
    ...both('columnMapping', 'yes', 'when-unused', (table) => columnMappingMode(table.metadata) !== 'none'),
    writerVersion: 5,
    readerVersion: 2,
  },
  writer('identityColumns', 'when-unused', hasFieldMetadata('delta.identity.start'), 6),
  // Read by the tables layer. Appending leaves them alone, and a removed file takes its vector with it.
  both('deletionVectors', 'yes', 'yes', (table) =>
    any(table.files.values(), (file) => file.deletionVector !== undefined),
  ),
  both('timestampNtz', 'yes', 'yes', (table) => hasType(table.schema, 'timestamp_ntz')),
  both('v2Checkpoint', 'yes', 'yes', (table) => property(table, 'delta.checkpointPolicy') === 'v2'),
  both('vacuumProtocolCheck', 'yes', 'yes', () => true),
  writer('domainMetadata', 'yes', () => true),
  writer('allowColumnDefaults', 'when-unused', hasFieldMetadata('CURRENT_DEFAULT')),
  writer('inCommitTimestamp', 'when-unused', (table) => isOn(table, 'delta.enableInCommitTimestamps')),
  writer('icebergCompatV1', 'when-unused', (table) => isOn(table, 'delta.enableIcebergCompatV1')),
  writer('icebergCompatV2', 'when-unused', (table) => isOn(table, 'delta.enableIcebergCompatV2')),
  // Row ids must be assigned as soon as the feature is listed, whether or not the property is on.
  writer('rowTracking', 'no', () => true),
  writer('clustering', 'no', () => true),
  both('typeWidening', 'when-unused', 'when-unused', hasFieldMetadata('delta.typeChanges')),
  both('typeWidening-preview', 'when-unused', 'when-unused', hasFieldMetadata('delta.typeChanges')),
  both('variantType', 'when-unused', 'when-unused', (table) => hasType(table.schema, 'variant')),
  both('variantType-preview', 'when-unused', 'when-unused', (table) => hasType(table.schema, 'variant')),
  both('variantShredding', 'when-unused', 'when-unused', (table) => hasType(table.schema, 'variant')),
  both('variantShredding-preview', 'when-unused', 'when-unused', (table) => hasType(table.schema, 'variant')),
  both('catalogManaged', 'no', 'no', () => true),
];

/**
 * Refuses a table that we can't read rightly.
 *
 * @throws delta.unsupported-feature naming every feature in the way.
 */
export function assertReadable(table: string, protocol: Protocol, use: FeatureUse): void {
  const missing = unsupportedFeatures(readerFeaturesOf(protocol), 'read', use);
  if (protocol.minReaderVersion > 3) missing.push(`reader version ${protocol.minReaderVersion}`);
  for (const type of walkTypes(use.schema)) {
    if (type.kind === 'unknown') missing.push(`the type ${type.name}`);
    if (type.kind === 'primitive' && type.name === 'variant') missing.push('variantType');
  }
  if (use.metadata.format.provider !== 'parquet') missing.push(`the format ${use.metadata.format.provider}`);
  refuse(table, 'read', missing);
}

/**
 * Refuses a table that we can't write without breaking a promise it makes.
 *
 * @throws delta.unsupported-feature naming every feature in the way.
 */
export function assertWritable(table: string, protocol: Protocol, use: FeatureUse): void {
  const missing = unsupportedFeatures(writerFeaturesOf(protocol), 'write', use);
  if (protocol.minWriterVersion > 7) missing.push(`writer version ${protocol.minWriterVersion}`);
  assertReadable(table, protocol, use);
  refuse(table, 'write', missing);
}

/** The features that readers must know, those implied by an old version number included. */
export function readerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion >= 3) return protocol.readerFeatures ?? [];
  return features.filter((f) => (f.readerVersion ?? 99) <= protocol.minReaderVersion).map((f) => f.name);
}

/** The features that writers must know, those implied by an old version number included. */
export function writerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minWriterVersion >= 7) return protocol.writerFeatures ?? [];
  return features.filter((f) => (f.writerVersion ?? 99) <= protocol.minWriterVersion).map((f) => f.name);
}

/**
 * The protocol a new table with this schema and these properties needs: the lowest that will do, so that
 * every program can read it.
 *
 * @throws delta.unsupported-feature when a property asks for something we don't write.
 */
export function protocolFor(table: string, metadata: Metadata, schema: StructType): Protocol {
  const use: FeatureUse = { metadata, schema, files: new Map() };
  const used = features.filter(
    (f) =>
      f.name !== 'domainMetadata' && f.name !== 'vacuumProtocolCheck' && !isRefusedAlways(f) && f.isUsed(use),
  );
  const unsupported = used.filter((f) => f.write !== 'yes').map((f) => f.name);
  for (const [key, name] of propertyFeatures) if (isOn(use, key)) unsupported.push(name);
  refuse(table, 'create', unsupported);
  return protocolWith({ kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 }, used);
}

/**
 * `protocol`, raised to carry what `schema` and `metadata` now need; the same object when it does already.
 *
 * @throws delta.unsupported-feature
 */
export function protocolUpgradeFor(
  table: string,
  protocol: Protocol,
  metadata: Metadata,
  schema: StructType,
): Protocol {
  const known = new Set(writerFeaturesOf(protocol));
  const needed = new Set(writerFeaturesOf(protocolFor(table, metadata, schema)));
  const added = features.filter(
    (f) => needed.has(f.name) && !known.has(f.name) && f.isUsed({ metadata, schema, files: new Map() }),
  );
  return added.length === 0 ? protocol : protocolWith(protocol, added);
}

/** How columns are found in data files. */
export function columnMappingMode(metadata: Metadata): 'none' | 'name' | 'id' {
  const mode = metadata.configuration.get('delta.columnMapping.mode');
  return mode === 'name' || mode === 'id' ? mode : 'none';
}

/** The name of `field` in data files, partition values and statistics. */
export function physicalName(field: StructField, metadata: Metadata): string {
  const name = field.metadata['delta.columnMapping.physicalName'];
  return columnMappingMode(metadata) !== 'none' && typeof name === 'string' ? name : field.name;
}

/** Properties that turn a feature on which we neither list nor write. */
const propertyFeatures: readonly (readonly [string, string])[] = [
  ['delta.enableRowTracking', 'rowTracking'],
  ['delta.enableDeletionVectors', 'deletionVectors'],
  ['delta.enableTypeWidening', 'typeWidening'],
];

function unsupportedFeatures(names: readonly string[], doing: 'read' | 'write', use: FeatureUse): string[] {
  return names.filter((name) => {
    const feature = byName.get(name);
    if (!feature || feature[doing] === 'no') return true;
    return feature[doing] === 'when-unused' && feature.isUsed(use);
  });
}

function refuse(table: string, doing: 'read' | 'write' | 'create', missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw deltaErrors['unsupported-feature']({ table, doing, features: [...new Set(missing)] });
}

/** Adds features, staying with version numbers while these can say it. */
function protocolWith(protocol: Protocol, added: readonly Feature[]): Protocol {
  if (added.length === 0) return protocol;
  if (protocol.minWriterVersion < 7 && added.every((f) => f.writerVersion !== undefined)) {
    const writer = Math.max(protocol.minWriterVersion, ...added.map((f) => f.writerVersion ?? 0));
    const reader = Math.max(protocol.minReaderVersion, ...added.map((f) => f.readerVersion ?? 0));
    return { ...protocol, minReaderVersion: reader, minWriterVersion: writer };
  }
  const writerFeatures = new Set([...writerFeaturesOf(protocol), ...added.map((f) => f.name)]);
  const readerFeatures = new Set(readerFeaturesOf(protocol));
  for (const feature of added) if (feature.readers) readerFeatures.add(feature.name);
  const listsReaders = protocol.minReaderVersion >= 3 || added.some((f) => f.readers);
  // A reader feature of the old kind must be listed once reader features are.
  assert(
    !listsReaders || [...readerFeatures].every((name) => writerFeatures.has(name)),
    'reader features are writer features',
  );
  return {
    kind: 'protocol',
    minReaderVersion: listsReaders ? 3 : protocol.minReaderVersion,
    minWriterVersion: 7,
    ...(listsReaders ? { readerFeatures: [...readerFeatures] } : {}),
    writerFeatures: [...writerFeatures],
  };
}

function isRefusedAlways(feature: Feature): boolean {
  return feature.write === 'no';
}

function writer(
  name: string,
  write: Support,
  isUsed: (table: FeatureUse) => boolean,
  writerVersion?: number,
): Feature {
  const rest = writerVersion === undefined ? {} : { writerVersion };
  return { name, readers: false, read: 'yes', write, isUsed, ...rest };
}

function both(name: string, read: Support, write: Support, isUsed: (table: FeatureUse) => boolean): Feature {
  return { name, readers: true, read, write, isUsed };
}

function property(table: FeatureUse, key: string): string | undefined {
  return table.metadata.configuration.get(key)?.toLowerCase();
}

function isOn(table: FeatureUse, key: string): boolean {
  return property(table, key) === 'true';
}

function hasType(schema: StructType, name: 'timestamp_ntz' | 'variant'): boolean {
  return any(walkTypes(schema), (type) => type.kind === 'primitive' && type.name === name);
}

function hasFieldMetadata(key: string): (table: FeatureUse) => boolean {
  return (table) => any(walkFields(table.schema), ({ field }) => field.metadata[key] !== undefined);
}

/** `some` of an iterator, which Node 20 doesn't have. */
function any<T>(items: Iterable<T>, is: (item: T) => boolean): boolean {
  for (const item of items) if (is(item)) return true;
  return false;
}

const byName: ReadonlyMap<string, Feature> = new Map(features.map((feature) => [feature.name, feature]));
