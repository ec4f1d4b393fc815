/**
 * The table properties that Delta knows, and the values they take. A misspelt one would be kept and do nothing,
 * so `delta.…` keys that don't exist are refused; keys without that prefix are the user's own. Pure.
 */
import { nearest } from '../../base/index.ts';
import {
  type DataType,
  features,
  type Metadata,
  parseIntervalMs,
  type StructType,
} from '../../delta/index.ts';
import { parseColumnList } from '../write/stats-plan.ts';
import { fieldNamed } from './column-path.ts';
import { alterErrors } from './errors.ts';

/** What a property takes. */
interface Rule {
  readonly expected: string;
  readonly holds: (value: string) => boolean;
  /** Written in one letter case, where programs compare it by letter. */
  readonly spell?: (value: string) => string;
  /** Says that writers keep the property themselves, and what to do instead of setting it. */
  readonly internal?: string;
}

/**
 * `properties` with their keys spelled as Delta spells them, each and all together such as Delta takes them.
 *
 * @throws tables.unknown-property with the nearest key, tables.bad-property, tables.internal-property
 */
export function checkedProperties(
  table: string,
  properties: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  for (const [given, value] of Object.entries(properties)) {
    const key = propertyKey(table, given);
    const rule = ruleOf(key);
    if (rule?.internal !== undefined) {
      throw alterErrors['internal-property']({ table, key, instead: rule.internal });
    }
    if (rule !== undefined && !rule.holds(value)) {
      throw alterErrors['bad-property']({ table, key, value, expected: rule.expected });
    }
    checked.set(key, rule?.spell?.(value) ?? value);
  }
  assertRetention(table, checked);
  return checked;
}

/** `checkedProperties` for a table that is made, with what they imply. @throws as `checkedProperties` */
export function newTableProperties(
  table: string,
  properties: Readonly<Record<string, string>>,
): Map<string, string> {
  const made = new Map(checkedProperties(table, properties));
  // What Iceberg compatibility needs and nobody would mind: column mapping by name.
  const isCompatible = ['delta.enableIcebergCompatV1', 'delta.enableIcebergCompatV2'].some(
    (key) => made.get(key) === 'true',
  );
  if (isCompatible && !made.has('delta.columnMapping.mode')) made.set('delta.columnMapping.mode', 'name');
  return made;
}

/**
 * Refuses a list of columns with statistics that names what isn't there, or a partition column, which has none.
 *
 * @throws tables.bad-property
 */
export function assertStatsColumns(
  table: string,
  schema: StructType,
  { configuration, partitionColumns }: Pick<Metadata, 'configuration' | 'partitionColumns'>,
): void {
  const key = 'delta.dataSkippingStatsColumns';
  const value = configuration.get(key);
  if (value === undefined) return;
  for (const path of parseColumnList(value)) {
    let type: DataType | undefined = schema;
    for (const name of path) {
      type = type?.kind === 'struct' ? fieldNamed(type.fields, name)?.type : undefined;
    }
    const isPartition = partitionColumns.some((name) => name.toLowerCase() === path[0]?.toLowerCase());
    if (type !== undefined && !isPartition) continue;
    const expected = `columns of the table that aren't partitions, and '${path.join('.')}' is ${isPartition ? 'one' : 'none'}`;
    throw alterErrors['bad-property']({ table, key, value, expected });
  }
}

/** `given` as Delta spells the property; letter case doesn't count. @throws tables.unknown-property */
export function propertyKey(table: string, given: string): string {
  const lower = given.toLowerCase();
  if (!lower.startsWith('delta.')) return given;
  const known = keys.get(lower);
  if (known !== undefined) return known;
  if (lower.startsWith(featurePrefix)) {
    const name = features.find(
      (feature) => feature.name.toLowerCase() === lower.slice(featurePrefix.length),
    )?.name;
    if (name !== undefined) return `${featurePrefix}${name}`;
    const near = nearest(
      given.slice(featurePrefix.length),
      features.map((feature) => feature.name),
    );
    throw alterErrors['unknown-property']({ table, key: given, near: near && `${featurePrefix}${near}` });
  }
  // Programs that publish the table in another format have settings of their own, whatever their names.
  if (lower.startsWith('delta.universalformat.config.')) return lower;
  if (lower.startsWith(constraintPrefix)) {
    const instead = 'Add or drop the constraint instead: adding one looks at the rows that are there.';
    throw alterErrors['internal-property']({ table, key: given, instead });
  }
  throw alterErrors['unknown-property']({ table, key: given, near: nearest(given, keys.values()) });
}

/** Names the property that holds a CHECK constraint, before the constraint's name. */
export const constraintPrefix = 'delta.constraints.';

const featurePrefix = 'delta.feature.';

/** The log must reach back as far as removed files are kept, or vacuum and readers of the past disagree. */
function assertRetention(table: string, properties: ReadonlyMap<string, string>): void {
  const [log, files] = [properties.get(logRetention), properties.get(fileRetention)];
  if (log === undefined && files === undefined) return;
  const logMs = (log === undefined ? undefined : parseIntervalMs(log)) ?? 30 * 86_400_000;
  const filesMs = (files === undefined ? undefined : parseIntervalMs(files)) ?? 7 * 86_400_000;
  if (logMs >= filesMs) return;
  const [key, value, expected] =
    log !== undefined
      ? [logRetention, log, `at least ${fileRetention}, ${files ?? 'a week'}`]
      : [fileRetention, files ?? '', `at most ${logRetention}, 30 days unless set too`];
  throw alterErrors['bad-property']({ table, key, value, expected });
}

const logRetention = 'delta.logRetentionDuration';
const fileRetention = 'delta.deletedFileRetentionDuration';

function ruleOf(key: string): Rule | undefined {
  if (key.startsWith(featurePrefix)) return oneOf('supported', 'enabled');
  return rules[key];
}

const boolean: Rule = {
  expected: 'true or false',
  holds: (value) => /^(?:true|false)$/i.test(value),
  spell: (value) => value.toLowerCase(),
};

const interval: Rule = {
  expected: "a time of fixed length as 'interval 30 days', without months and years",
  holds: (value) =>
    /^(?:interval\s+)?(?:\d+\s+[a-z]+\s*)+$/i.test(value.trim()) && parseIntervalMs(value) !== undefined,
};

const anything: Rule = { expected: 'a text', holds: () => true };

function oneOf(...values: readonly string[]): Rule {
  const find = (value: string): string | undefined =>
    values.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
  return {
    expected: `one of ${values.join(', ')}`,
    holds: (value) => find(value) !== undefined,
    spell: (value) => find(value) ?? value,
  };
}

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    expected: `a whole number ${range}`,
    holds: (value) => /^-?\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
  };
}

function internal(instead: string): Rule {
  return { ...anything, internal: instead };
}

const size: Rule = {
  expected: 'a number of bytes, as 134217728 or 128mb',
  holds: (value) => /^\d+\s*[kmg]?b?$/i.test(value.trim()),
};

const kept = 'It follows from what the table has turned on.';
const byFeature = 'Drop the feature instead.';

/** The properties of Delta itself, and those that its implementations agree on. */
const rules: Readonly<Record<string, Rule>> = {
  'delta.appendOnly': boolean,
  'delta.autoOptimize': boolean,
  'delta.autoOptimize.autoCompact': oneOf('true', 'false', 'auto', 'legacy'),
  'delta.autoOptimize.optimizeWrite': boolean,
  'delta.castIcebergTimeType': boolean,
  'delta.checkpoint.writeStatsAsJson': boolean,
  'delta.checkpoint.writeStatsAsStruct': boolean,
  'delta.checkpointInterval': whole(1),
  'delta.checkpointPolicy': oneOf('classic', 'v2'),
  'delta.checkpointRetentionDuration': interval,
  'delta.columnMapping.maxColumnId': internal(kept),
  'delta.columnMapping.mode': oneOf('none', 'name', 'id'),
  'delta.dataSkippingNumIndexedCols': whole(-1),
  'delta.dataSkippingStatsColumns': anything,
  'delta.dataSkippingStringPrefixLength': whole(0),
  [fileRetention]: interval,
  'delta.dropFeatureTruncateHistory.retentionDuration': interval,
  'delta.enableChangeDataCapture': boolean,
  'delta.enableChangeDataFeed': boolean,
  'delta.enableDeletionVectors': boolean,
  'delta.enableExpiredLogCleanup': boolean,
  'delta.enableFullRetentionRollback': boolean,
  'delta.enableIcebergCompatV1': boolean,
  'delta.enableIcebergCompatV2': boolean,
  'delta.enableInCommitTimestamps': boolean,
  'delta.enableMaterializePartitionColumnsFeature': boolean,
  'delta.enableRowTracking': boolean,
  'delta.enableTypeWidening': boolean,
  'delta.enableVariantShredding': boolean,
  'delta.ignoreProtocolDefaults': boolean,
  'delta.inCommitTimestampEnablementTimestamp': internal(kept),
  'delta.inCommitTimestampEnablementVersion': internal(kept),
  'delta.isolationLevel': oneOf('Serializable', 'WriteSerializable'),
  [logRetention]: interval,
  'delta.minReaderVersion': whole(1, 3),
  'delta.minWriterVersion': whole(1, 7),
  'delta.parquet.compression.codec': oneOf(
    'snappy',
    'zstd',
    'gzip',
    'lz4',
    'lz4_raw',
    'brotli',
    'none',
    'uncompressed',
  ),
  'delta.parquet.format.version': oneOf('1.0.0', '2.12.0'),
  'delta.randomPrefixLength': whole(1),
  'delta.randomizeFilePrefixes': boolean,
  'delta.requireCheckpointProtectionBeforeVersion': internal(byFeature),
  'delta.rowTracking.materializedRowCommitVersionColumnName': internal(kept),
  'delta.rowTracking.materializedRowIdColumnName': internal(kept),
  'delta.rowTrackingSuspended': internal(byFeature),
  'delta.sampleRetentionDuration': interval,
  'delta.setTransactionRetentionDuration': interval,
  'delta.targetFileSize': size,
  'delta.tuneFileSizesForRewrites': boolean,
  'delta.universalFormat.enabledFormats': anything,
  'delta.writePartitionColumnsToParquet': boolean,
};

const keys: ReadonlyMap<string, string> = new Map(Object.keys(rules).map((key) => [key.toLowerCase(), key]));
