/**
 * Which protocol a table needs: the lowest that says what its schema and properties use, so that old
 * programs keep reading it; how it is raised, and how a feature is taken out again. Pure.
 *
 * Source: Delta protocol, "Protocol Evolution", "Table Features for New and Existing Tables".
 */
import type { Metadata, Protocol } from './actions.ts';
import { deltaErrors } from './errors.ts';
import {
  type Feature,
  type FeatureName,
  type FeatureUse,
  featureNamed,
  features,
  readerFeaturesOf,
  refuse,
  writerFeaturesOf,
} from './features.ts';
import type { StructType } from './schema.ts';

/**
 * The protocol a new table with this schema and these properties needs: the lowest that will do.
 *
 * Asked for are the features that schema and properties use, and those named by `delta.feature.<name>`,
 * `delta.minReaderVersion` and `delta.minWriterVersion`.
 *
 * @param also features without a property of their own, as `clustering`.
 * @throws delta.unsupported-feature when something is asked for that we don't write.
 */
export function protocolFor(
  table: string,
  metadata: Metadata,
  schema: StructType,
  also: readonly FeatureName[] = [],
): Protocol {
  return raise(table, 'create', base, { metadata, schema }, also);
}

/**
 * `protocol`, raised to carry what `schema` and `metadata` now need; the same object when it does already.
 *
 * @param also features without a property of their own, as `clustering`.
 * @throws delta.unsupported-feature
 */
export function protocolUpgradeFor(
  table: string,
  protocol: Protocol,
  metadata: Metadata,
  schema: StructType,
  also: readonly FeatureName[] = [],
): Protocol {
  return raise(table, 'write', protocol, { metadata, schema }, also);
}

/**
 * `protocol` with one more feature, and those it requires; the same object when it has them.
 *
 * @throws delta.unsupported-feature for a name we don't know, or don't write.
 */
export function addFeature(table: string, protocol: Protocol, name: string): Protocol {
  return withFeatures(protocol, required(table, 'write', [name]));
}

/** The properties that ask for a protocol and are no part of the table: they aren't kept in its metadata. */
export function isProtocolProperty(key: string): boolean {
  return key.startsWith(featurePrefix) || key === minReader || key === minWriter;
}

/** What is left once a feature is taken out. */
export interface FeatureDropped {
  readonly protocol: Protocol;
  /** Whether older versions of the log still need the feature: readers without it can't go back that far. */
  readonly isNeededByHistory: boolean;
}

/**
 * `protocol` without the feature called `name`.
 *
 * The table must have stopped using it: its property is off, and nothing it left behind needs it.
 *
 * @param traces what the caller found that only the feature explains, as `3 files with deletion vectors`.
 * @throws delta.cannot-drop-feature
 */
export function dropFeature(
  table: string,
  protocol: Protocol,
  name: string,
  use: FeatureUse,
  traces: readonly string[] = [],
): FeatureDropped {
  const cannot = (problem: string): Error =>
    deltaErrors['cannot-drop-feature']({ table, feature: name, problem });
  const listed = writerFeaturesOf(protocol);
  if (!listed.includes(name) && !readerFeaturesOf(protocol).includes(name)) {
    throw cannot('the table does not have it');
  }
  const feature = featureNamed(name);
  if (feature === undefined || !droppable.has(feature.name)) throw cannot('it can not be taken back');
  const dependent = listed.find((other) => featureNamed(other)?.requires?.includes(feature.name));
  if (dependent !== undefined) throw cannot(`${dependent} requires it`);
  if (feature.isUsed?.(use)) throw cannot("the table's schema or properties still use it");
  if (traces.length > 0) throw cannot(traces.join(', '));
  const writerFeatures = listed.filter((other) => other !== name);
  const readerFeatures = readerFeaturesOf(protocol).filter((other) => other !== name);
  return {
    protocol: lowest(readerFeatures, writerFeatures),
    isNeededByHistory: feature.readers,
  };
}

const base: Protocol = { kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 };
const featurePrefix = 'delta.feature.';
const minReader = 'delta.minReaderVersion';
const minWriter = 'delta.minWriterVersion';

/** What can be taken out of a table again: the rest has changed it for good. */
const droppable: ReadonlySet<FeatureName> = new Set<FeatureName>([
  'appendOnly',
  'invariants',
  'checkConstraints',
  'changeDataFeed',
  'generatedColumns',
  'identityColumns',
  'columnMapping',
  'deletionVectors',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'domainMetadata',
  'allowColumnDefaults',
  'inCommitTimestamp',
  'icebergCompatV1',
  'icebergCompatV2',
  'rowTracking',
  'clustering',
  'materializePartitionColumns',
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'variantType',
  'variantType-preview',
  'variantShredding',
  'variantShredding-preview',
]);

function raise(
  table: string,
  doing: 'write' | 'create',
  protocol: Protocol,
  use: FeatureUse,
  also: readonly FeatureName[],
): Protocol {
  const { configuration } = use.metadata;
  const known = new Set(writerFeaturesOf(protocol));
  const wanted: string[] = [...also];
  for (const feature of features) {
    const isListed = known.has(feature.name) || known.has(`${feature.name}-preview`);
    if (!isListed && feature.isUsed?.(use)) wanted.push(feature.name);
  }
  for (const [key, value] of configuration) {
    if (key.startsWith(featurePrefix) && /^(?:supported|enabled)$/i.test(value)) {
      wanted.push(key.slice(featurePrefix.length));
    }
  }
  const versions = {
    reader: versionOf(configuration.get(minReader)),
    writer: versionOf(configuration.get(minWriter)),
  };
  return withFeatures(atLeast(protocol, versions), required(table, doing, wanted));
}

/** The features of these names and all they require. @throws delta.unsupported-feature */
function required(table: string, doing: 'write' | 'create', names: readonly string[]): Feature[] {
  const found = new Map<string, Feature>();
  const missing: string[] = [];
  const visit = (name: string): void => {
    const feature = featureNamed(name);
    if (feature === undefined || feature.write === 'no') missing.push(name);
    else if (!found.has(name)) {
      found.set(name, feature);
      for (const other of feature.requires ?? []) visit(other);
    }
  };
  for (const name of names) visit(name);
  refuse(table, doing, missing);
  return [...found.values()];
}

function versionOf(text: string | undefined): number {
  const version = Number(text ?? 0);
  return Number.isSafeInteger(version) ? version : 0;
}

/** Version numbers that a user asks for; from 7 on features are listed one by one. */
function atLeast(protocol: Protocol, { reader, writer }: { reader: number; writer: number }): Protocol {
  const minReaderVersion = Math.max(protocol.minReaderVersion, Math.min(reader, 2));
  const minWriterVersion = Math.max(
    protocol.minWriterVersion,
    Math.min(writer, 6),
    minReaderVersion > 1 ? 5 : 0,
  );
  const isHigher =
    minReaderVersion > protocol.minReaderVersion || minWriterVersion > protocol.minWriterVersion;
  return isHigher ? { ...protocol, minReaderVersion, minWriterVersion } : protocol;
}

/** Adds features, staying with version numbers while these can say it. */
function withFeatures(protocol: Protocol, wanted: readonly Feature[]): Protocol {
  const known = new Set(writerFeaturesOf(protocol));
  const added = wanted.filter((feature) => !known.has(feature.name));
  if (added.length === 0) return protocol;
  const reader = Math.max(protocol.minReaderVersion, ...added.map((f) => f.readerVersion ?? 0));
  if (protocol.minWriterVersion < 7 && added.every((f) => f.writerVersion !== undefined)) {
    const writer = Math.max(protocol.minWriterVersion, ...added.map((f) => f.writerVersion ?? 0));
    return { ...protocol, minReaderVersion: reader, minWriterVersion: writer };
  }
  const writerFeatures = [...known, ...added.map((f) => f.name)];
  const readerFeatures = new Set(readerFeaturesOf(protocol));
  for (const feature of added) if (feature.readers) readerFeatures.add(feature.name);
  return listed(readerFeatures, writerFeatures, protocol.minReaderVersion >= 3);
}

/** A protocol that lists its features. Readers of old need no list while version 2 can say what they need. */
function listed(readers: Iterable<string>, writers: readonly string[], listsReaders: boolean): Protocol {
  const readerFeatures = [...readers];
  const isOld = readerFeatures.every((name) => featureNamed(name)?.readerVersion !== undefined);
  if (isOld && !listsReaders) {
    const minReaderVersion = readerFeatures.length > 0 ? 2 : 1;
    return { kind: 'protocol', minReaderVersion, minWriterVersion: 7, writerFeatures: [...writers] };
  }
  return {
    kind: 'protocol',
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures,
    writerFeatures: [...writers],
  };
}

/** The lowest protocol with exactly these features. */
function lowest(readers: readonly string[], writers: readonly string[]): Protocol {
  for (let minWriterVersion = 2; minWriterVersion <= 6; minWriterVersion += 1) {
    const minReaderVersion = readers.length > 0 ? 2 : 1;
    const protocol: Protocol = { kind: 'protocol', minReaderVersion, minWriterVersion };
    const isSame = (left: readonly string[], right: readonly string[]): boolean =>
      left.length === right.length && left.every((name) => right.includes(name));
    if (isSame(writerFeaturesOf(protocol), writers) && isSame(readerFeaturesOf(protocol), readers))
      return protocol;
  }
  return listed(readers, writers, false);
}
