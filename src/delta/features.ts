/**
 * Table features: which of them there are, what they need, and which of them we read and write. One table
 * decides; what a table needs and we can't honour is refused by name, before any row is read or written.
 *
 * Source: Delta protocol, "Table Features", "Writer Version Requirements", "Reader Version Requirements".
 */
import type { Metadata, Protocol } from './actions.ts';
import { deltaErrors } from './errors.ts';
import { type StructField, type StructType, walkFields, walkTypes } from './schema.ts';

/** What we do about a feature: `yes` honour it, `when-unused` as long as the table doesn't use it, `no` refuse. */
export type Support = 'yes' | 'when-unused' | 'no';

/** The features we know by name, as the protocol spells them. */
export type FeatureName =
  | 'appendOnly'
  | 'invariants'
  | 'checkConstraints'
  | 'changeDataFeed'
  | 'generatedColumns'
  | 'columnMapping'
  | 'identityColumns'
  | 'deletionVectors'
  | 'timestampNtz'
  | 'v2Checkpoint'
  | 'vacuumProtocolCheck'
  | 'domainMetadata'
  | 'allowColumnDefaults'
  | 'inCommitTimestamp'
  | 'icebergCompatV1'
  | 'icebergCompatV2'
  | 'rowTracking'
  | 'clustering'
  | 'materializePartitionColumns'
  | 'typeWidening'
  | 'typeWidening-preview'
  | 'variantType'
  | 'variantType-preview'
  | 'variantShredding'
  | 'variantShredding-preview'
  | 'checkpointProtection'
  | 'catalogManaged';

/** One feature of the protocol. */
export interface Feature {
  readonly name: FeatureName;
  /** Whether readers must know it too. */
  readonly readers: boolean;
  /** The writer version from which it is implied, up to 6. */
  readonly writerVersion?: number;
  /** The reader version from which it is implied, up to 2. */
  readonly readerVersion?: number;
  /** Features that must be listed with it. */
  readonly requires?: readonly FeatureName[];
  readonly read: Support;
  readonly write: Support;
  /**
   * Whether schema and properties make use of it: then a table must list it, and what it promises is in
   * force. Features without such a sign are in force as soon as they are listed.
   */
  readonly isUsed?: (table: FeatureUse) => boolean;
}

/** Where a feature's use shows. */
export interface FeatureUse {
  readonly metadata: Metadata;
  readonly schema: StructType;
}

/** Every feature we know something about. One that isn't here is refused wherever it is listed. */
export const features: readonly Feature[] = [
  writer('appendOnly', { writerVersion: 2, isUsed: isOn('delta.appendOnly') }),
  writer('invariants', { writerVersion: 2, isUsed: hasFieldMetadata('delta.invariants') }),
  writer('checkConstraints', { writerVersion: 3, isUsed: hasConstraints }),
  writer('changeDataFeed', { writerVersion: 4, isUsed: isOn('delta.enableChangeDataFeed') }),
  writer('generatedColumns', { writerVersion: 4, isUsed: hasFieldMetadata('delta.generationExpression') }),
  both('columnMapping', {
    writerVersion: 5,
    readerVersion: 2,
    isUsed: ({ metadata }) => columnMappingMode(metadata) !== 'none',
  }),
  writer('identityColumns', { writerVersion: 6, isUsed: hasFieldMetadata('delta.identity.start') }),
  // Vectors that are there are read, and kept, whether or not new ones may be written.
  both('deletionVectors', { isUsed: isOn('delta.enableDeletionVectors') }),
  both('timestampNtz', { isUsed: hasType('timestamp_ntz') }),
  both('v2Checkpoint', {
    isUsed: ({ metadata }) => property(metadata, 'delta.checkpointPolicy') === 'v2',
  }),
  both('vacuumProtocolCheck', {}),
  writer('domainMetadata', {}),
  writer('allowColumnDefaults', { isUsed: hasFieldMetadata('CURRENT_DEFAULT') }),
  writer('inCommitTimestamp', { isUsed: isOn('delta.enableInCommitTimestamps') }),
  writer('icebergCompatV1', { requires: ['columnMapping'], isUsed: isOn('delta.enableIcebergCompatV1') }),
  writer('icebergCompatV2', { requires: ['columnMapping'], isUsed: isOn('delta.enableIcebergCompatV2') }),
  writer('rowTracking', { requires: ['domainMetadata'], isUsed: isOn('delta.enableRowTracking') }),
  writer('clustering', { requires: ['domainMetadata'] }),
  writer('materializePartitionColumns', { isUsed: isOn('delta.enableMaterializePartitionColumnsFeature') }),
  both('typeWidening', {
    isUsed: (table) =>
      isOn('delta.enableTypeWidening')(table) || hasFieldMetadata('delta.typeChanges')(table),
  }),
  both('typeWidening-preview', {}),
  both('variantType', { isUsed: hasType('variant') }),
  both('variantType-preview', {}),
  // Shredding is allowed by it, never asked for.
  both('variantShredding', { requires: ['variantType'], isUsed: isOn('delta.enableVariantShredding') }),
  both('variantShredding-preview', {}),
  writer('checkpointProtection', {
    write: 'when-unused',
    isUsed: ({ metadata }) =>
      Number(metadata.configuration.get('delta.requireCheckpointProtectionBeforeVersion') ?? 0) > 0,
  }),
  // Its commits are made by a catalog, and the log may lag behind.
  both('catalogManaged', { read: 'no', write: 'no' }),
];

/** The feature called `name`, or undefined when we know none. */
export function featureNamed(name: string): Feature | undefined {
  return byName.get(name);
}

/**
 * Whether `name` is in force on the table: its protocol has it, and where a property turns it on, it is on.
 * So `deletionVectors` says whether new vectors may be written, `rowTracking` whether ids can be relied on.
 */
export function isEnabled(table: FeatureUse & { readonly protocol: Protocol }, name: FeatureName): boolean {
  const feature = byName.get(name);
  return isSupported(table.protocol, name) && (feature?.isUsed?.(table) ?? true);
}

/** Whether the protocol has `name`, listed (also as a preview) or implied by a version number. */
export function isSupported(protocol: Protocol, name: FeatureName): boolean {
  const listed = writerFeaturesOf(protocol);
  return listed.includes(name) || listed.includes(`${name}-preview`);
}

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
    // Parquet has none, and neither has the engine; a table without columns is another matter.
    const isEmpty = type.kind === 'struct' && type.fields.length === 0 && type !== use.schema;
    if (isEmpty) missing.push('the type struct<>, which has no members');
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

/** Says that what is asked for needs features that we don't have. @throws delta.unsupported-feature unless `missing` is empty. */
export function refuse(table: string, doing: 'read' | 'write' | 'create', missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw deltaErrors['unsupported-feature']({ table, doing, features: [...new Set(missing)] });
}

/** How columns are found in data files. */
export function columnMappingMode(metadata: Metadata): 'none' | 'name' | 'id' {
  const mode = property(metadata, 'delta.columnMapping.mode');
  return mode === 'name' || mode === 'id' ? mode : 'none';
}

/** The name of `field` in data files, partition values and statistics. */
export function physicalName(field: StructField, metadata: Metadata): string {
  const name = field.metadata['delta.columnMapping.physicalName'];
  return columnMappingMode(metadata) !== 'none' && typeof name === 'string' ? name : field.name;
}

function unsupportedFeatures(names: readonly string[], doing: 'read' | 'write', use: FeatureUse): string[] {
  return names.filter((name) => {
    const feature = byName.get(name);
    if (!feature || feature[doing] === 'no') return true;
    return feature[doing] === 'when-unused' && (feature.isUsed?.(use) ?? true);
  });
}

type Rest = Partial<Omit<Feature, 'name' | 'readers'>>;

function writer(name: FeatureName, rest: Rest): Feature {
  return { name, readers: false, read: 'yes', write: 'yes', ...rest };
}

function both(name: FeatureName, rest: Rest): Feature {
  return { name, readers: true, read: 'yes', write: 'yes', ...rest };
}

function property(metadata: Metadata, key: string): string | undefined {
  return metadata.configuration.get(key)?.trim().toLowerCase();
}

function isOn(key: string): (table: FeatureUse) => boolean {
  return ({ metadata }) => property(metadata, key) === 'true';
}

function hasConstraints({ metadata }: FeatureUse): boolean {
  for (const key of metadata.configuration.keys()) if (key.startsWith('delta.constraints.')) return true;
  return false;
}

function hasType(name: 'timestamp_ntz' | 'variant'): (table: FeatureUse) => boolean {
  return ({ schema }) => any(walkTypes(schema), (type) => type.kind === 'primitive' && type.name === name);
}

function hasFieldMetadata(key: string): (table: FeatureUse) => boolean {
  return ({ schema }) => any(walkFields(schema), ({ field }) => field.metadata[key] !== undefined);
}

/** `some` of an iterator, which Node 20 doesn't have. */
function any<T>(items: Iterable<T>, is: (item: T) => boolean): boolean {
  for (const item of items) if (is(item)) return true;
  return false;
}

const byName: ReadonlyMap<string, Feature> = new Map(features.map((feature) => [feature.name, feature]));
