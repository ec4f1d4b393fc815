/**
 * Features taken out of a table: turned off, what they left behind removed, and then out of the protocol, so that
 * programs that don't know them can read or write it again.
 *
 * Source: Delta protocol, "Table Features", "Supported Features", "Active Features".
 */
import { systemClock } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  deltaErrors,
  dropFeature,
  type FeatureName,
  featureNamed,
  type Metadata,
  type Protocol,
  parseSchema,
  printSchema,
  readCommits,
  readSnapshot,
  rowIdColumnProperty,
  rowTrackingDomain,
  rowVersionColumnProperty,
  type Snapshot,
  type StructField,
  type StructType,
  walkFields,
  withoutColumnIds,
} from '../../delta/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import type { AlterChange, AlterResult } from './alter-change.ts';
import { featureOf } from './change-properties.ts';
import { clusteringDomain } from './clustering.ts';
import { alterErrors } from './errors.ts';
import { mapFields } from './map-fields.ts';
import { constraintPrefix } from './property-rules.ts';
import { rewriteFiles } from './rewrite-files.ts';
import { truncateHistory, truncationRetention } from './truncate-history.ts';

/**
 * Drops a feature of the table.
 *
 * Files are rewritten where they need it: those with deletion vectors, those written before a column was widened,
 * and all of them for column mapping. When readers had to know the feature, the log must not reach back to versions
 * that use it: then this stops after the clean-up, with an error that says when to drop it again.
 *
 * @throws delta.cannot-drop-feature, tables.feature-in-history, delta.commit-conflict
 */
export async function dropTableFeature(
  handle: TableHandle,
  change: Extract<AlterChange, { kind: 'drop-feature' }>,
  options: OperationOptions,
): Promise<AlterResult> {
  const name = featureOf(change.feature) ?? change.feature;
  // The transaction is done when the feature is gone.
  const { transaction: _, ...cleanUpOptions } = options;
  const cleaned = await cleanUp(handle, name, cleanUpOptions);
  const feature = featureNamed(name);
  if (feature?.readers === true && leavesTraces.has(feature.name)) {
    const snapshot = await handle.refresh();
    // What the clean-up can't remove is told before any history goes.
    dropFeature(handle.uri, snapshot.protocol, name, snapshot, tracesOf(snapshot, name));
    if (change.truncateHistory === true) await truncateHistory(handle.storage, snapshot, options);
    const version = await lastUse(handle, feature.name);
    if (version !== undefined) {
      const retention = truncationRetention(snapshot).text;
      throw alterErrors['feature-in-history']({ table: handle.uri, feature: name, version, retention });
    }
  }
  return await transact<AlterResult>(
    handle,
    options,
    async (snapshot) => {
      const use = { metadata: snapshot.metadata, schema: snapshot.schema };
      const traces = tracesOf(snapshot, name);
      const { protocol } = dropFeature(handle.uri, snapshot.protocol, name, use, traces);
      const metadata = withoutLeftovers(snapshot.metadata, name);
      return {
        kind: 'commit',
        draft: {
          actions: [
            protocol,
            ...(metadata === snapshot.metadata ? [] : [metadata]),
            ...domainsGone(snapshot, name),
          ],
          operation: operationOf(name, change.truncateHistory === true),
          read: 'whole-table',
          result: ({ version }) => ({ version, kind: 'changed' }),
          discard: async () => undefined,
        },
      };
    },
    ({ version }) => ({ version, kind: cleaned ? 'changed' : 'unchanged' }),
  );
}

/** Features whose use in an older version would mislead readers that don't know them. */
const leavesTraces: ReadonlySet<FeatureName> = new Set<FeatureName>([
  'columnMapping',
  'deletionVectors',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'variantType',
  'variantType-preview',
  'timestampNtz',
]);

/** Turns the feature off and rewrites what needs it, in one commit; whether there was anything to do. */
function cleanUp(handle: TableHandle, name: string, options: OperationOptions): Promise<boolean> {
  return transact<boolean>(
    handle,
    options,
    async (snapshot) => {
      const { metadata, schema, files, described } = cleaned(handle.uri, snapshot, name);
      if (metadata === undefined && files.length === 0 && described.length === 0)
        return { kind: 'nothing', result: false };
      const nowMs = (options.clock ?? systemClock).nowMs();
      const shape = { protocol: snapshot.protocol, metadata: metadata ?? snapshot.metadata, schema };
      const rewritten = await rewriteFiles(snapshot, handle.storage, files, shape, { nowMs, options });
      return {
        kind: 'commit',
        draft: {
          actions: [...(metadata === undefined ? [] : [metadata]), ...described, ...rewritten.actions],
          operation: {
            name: rewritten.filesRemoved > 0 ? 'REORG' : 'UNSET TBLPROPERTIES',
            parameters: { featureName: name },
            metrics: { numRemovedFiles: rewritten.filesRemoved, numAddedFiles: rewritten.filesAdded },
          },
          read: 'whole-table',
          result: () => true,
          discard: rewritten.discard,
        },
      };
    },
    () => false,
  );
}

/** What the table is without using the feature. */
interface Cleaned {
  /** Undefined when it stays. */
  readonly metadata: Metadata | undefined;
  readonly schema: StructType;
  /** To be written anew. */
  readonly files: readonly AddFile[];
  /** Files that stay, as the log is to describe them. */
  readonly described: readonly AddFile[];
}

function cleaned(table: string, snapshot: Snapshot, name: string): Cleaned {
  const { metadata, schema } = snapshot;
  const cannot = (problem: string, hint: string): Error =>
    deltaErrors['cannot-drop-feature']({ table, feature: name, problem }, { hint });
  // What isn't there, isn't known or is required by another is refused before anything is rewritten.
  dropFeature(table, snapshot.protocol, name, unused(snapshot));
  const nothing: Cleaned = { metadata: undefined, schema, files: [], described: [] };
  const unset = (...keys: readonly string[]): Cleaned => {
    const kept = [...metadata.configuration].filter(([key]) => !keys.includes(key));
    return kept.length === metadata.configuration.size
      ? nothing
      : { ...nothing, metadata: { ...metadata, configuration: new Map(kept) } };
  };
  const stripped = (base: Cleaned, keys: readonly string[]): Cleaned => {
    const without = withoutKeys(schema, keys);
    if (printSchema(without) === printSchema(schema)) return base;
    const changed = { ...(base.metadata ?? metadata), schemaString: printSchema(without) };
    return { ...base, metadata: changed, schema: without };
  };
  const property = offProperties[name];
  if (property !== undefined && name !== 'deletionVectors' && name !== 'typeWidening') return unset(property);
  switch (name) {
    case 'checkConstraints': {
      const names = [...metadata.configuration.keys()].filter((key) => key.startsWith(constraintPrefix));
      if (names.length === 0) return nothing;
      const list = names.map((key) => key.slice(constraintPrefix.length)).join(', ');
      throw cannot(`it has the constraints ${list}`, 'Drop these constraints first.');
    }
    case 'allowColumnDefaults': {
      const list = fieldsWith(schema, 'CURRENT_DEFAULT');
      if (list.length === 0) return nothing;
      throw cannot(`the columns ${list.join(', ')} have defaults`, 'Drop these defaults first.');
    }
    case 'invariants':
      return stripped(nothing, ['delta.invariants']);
    case 'generatedColumns':
      return stripped(nothing, ['delta.generationExpression']);
    case 'identityColumns':
      return stripped(nothing, identityKeys);
    case 'deletionVectors': {
      const files = [...snapshot.files.values()].filter((file) => file.deletionVector !== undefined);
      return { ...unset('delta.enableDeletionVectors'), files };
    }
    case 'typeWidening':
    case 'typeWidening-preview': {
      const wasWidened = fieldsWith(schema, 'delta.typeChanges').length > 0;
      const off = stripped(unset('delta.enableTypeWidening'), ['delta.typeChanges']);
      return { ...off, files: wasWidened ? [...snapshot.files.values()] : [] };
    }
    case 'inCommitTimestamp':
      return unset(
        'delta.enableInCommitTimestamps',
        'delta.inCommitTimestampEnablementVersion',
        'delta.inCommitTimestampEnablementTimestamp',
      );
    case 'rowTracking': {
      const isOn = metadata.configuration.get('delta.enableRowTracking')?.toLowerCase() === 'true';
      const described: AddFile[] = [];
      for (const file of snapshot.files.values()) {
        const { baseRowId, defaultRowCommitVersion: _, ...rest } = file;
        if (baseRowId !== undefined) described.push({ ...rest, dataChange: false });
      }
      if (!isOn && described.length === 0) return nothing;
      const configuration = new Map(metadata.configuration)
        .set('delta.enableRowTracking', 'false')
        .set('delta.rowTrackingSuspended', 'true');
      return { ...nothing, metadata: { ...metadata, configuration }, described };
    }
    case 'columnMapping':
      return unmapped(snapshot);
    default:
      return nothing;
  }
}

/** Features that one property turns on, and nothing else. */
const offProperties: Readonly<Record<string, string>> = {
  appendOnly: 'delta.appendOnly',
  changeDataFeed: 'delta.enableChangeDataFeed',
  deletionVectors: 'delta.enableDeletionVectors',
  typeWidening: 'delta.enableTypeWidening',
  v2Checkpoint: 'delta.checkpointPolicy',
  icebergCompatV1: 'delta.enableIcebergCompatV1',
  icebergCompatV2: 'delta.enableIcebergCompatV2',
  materializePartitionColumns: 'delta.enableMaterializePartitionColumnsFeature',
  variantShredding: 'delta.enableVariantShredding',
};

const identityKeys = ['start', 'step', 'highWaterMark', 'allowExplicitInsert'].map(
  (key) => `delta.identity.${key}`,
);

/** Every file is written anew under the names that the columns have now. */
function unmapped({ metadata, schema, files }: Snapshot): Cleaned {
  const mode = metadata.configuration.get('delta.columnMapping.mode');
  if (mode === undefined || mode === 'none') return { metadata: undefined, schema, files: [], described: [] };
  const configuration = new Map(metadata.configuration);
  configuration.delete('delta.columnMapping.mode');
  configuration.delete('delta.columnMapping.maxColumnId');
  const plain = withoutColumnIds(schema);
  return {
    metadata: { ...metadata, configuration, schemaString: printSchema(plain) },
    schema: plain,
    files: [...files.values()],
    described: [],
  };
}

/** A table in which no feature is used: `dropFeature` then only judges the protocol. */
function unused({ metadata }: Snapshot): { metadata: Metadata; schema: StructType } {
  return { metadata: { ...metadata, configuration: new Map() }, schema: { kind: 'struct', fields: [] } };
}

/** What only the feature explains, in the current version. */
function tracesOf(snapshot: Snapshot, name: string): string[] {
  const count = (is: (file: AddFile) => boolean): number => {
    let files = 0;
    for (const file of snapshot.files.values()) if (is(file)) files += 1;
    return files;
  };
  if (name === 'deletionVectors') {
    const files = count((file) => file.deletionVector !== undefined);
    return files === 0 ? [] : [`${files} files have deletion vectors`];
  }
  if (name === 'domainMetadata' && snapshot.domains.size > 0) {
    return [`it has the domains ${[...snapshot.domains.keys()].join(', ')}`];
  }
  return [];
}

function withoutLeftovers(metadata: Metadata, name: string): Metadata {
  if (name !== 'rowTracking') return metadata;
  const configuration = new Map(metadata.configuration);
  for (const key of [
    'delta.enableRowTracking',
    'delta.rowTrackingSuspended',
    rowIdColumnProperty,
    rowVersionColumnProperty,
  ]) {
    configuration.delete(key);
  }
  return { ...metadata, configuration };
}

function domainsGone(snapshot: Snapshot, name: string): Action[] {
  const owned: Readonly<Record<string, string>> = {
    rowTracking: rowTrackingDomain,
    clustering: clusteringDomain,
  };
  const domain = snapshot.domains.get(owned[name] ?? '');
  return domain === undefined ? [] : [{ ...domain, removed: true }];
}

/** The last version that uses the feature and can still be read; undefined when there is none. */
async function lastUse(handle: TableHandle, name: FeatureName): Promise<number | undefined> {
  const { storage } = handle;
  let last: number | undefined;
  let state: { metadata: Metadata; schema: StructType; protocol: Protocol } | undefined;
  for await (const { version, actions } of readCommits(storage)) {
    if (state === undefined) {
      const first = await readSnapshot(storage, { version, rows: duckdbParquetRows }).catch(() => undefined);
      if (first === undefined) continue;
      state = first;
      if (usesNow(first, name)) last = version;
    }
    for (const action of actions) {
      if (action.kind === 'protocol') state = { ...state, protocol: action };
      if (action.kind === 'metadata') {
        state = { ...state, metadata: action, schema: parseSchema(action.schemaString) };
      }
    }
    const vectors =
      name === 'deletionVectors' &&
      actions.some((action) => action.kind === 'add' && action.deletionVector !== undefined);
    if (vectors || featureNamed(name)?.isUsed?.(state) === true) last = version;
  }
  return last;
}

function usesNow(snapshot: Snapshot, name: FeatureName): boolean {
  return featureNamed(name)?.isUsed?.(snapshot) === true || tracesOf(snapshot, name).length > 0;
}

function operationOf(
  featureName: string,
  truncates: boolean,
): {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
} {
  return { name: 'DROP FEATURE', parameters: { featureName, truncateHistory: String(truncates) } };
}

function fieldsWith(schema: StructType, key: string): string[] {
  const found: string[] = [];
  for (const { path, field } of walkFields(schema)) {
    if (field.metadata[key] !== undefined) found.push(path.join('.'));
  }
  return found;
}

function withoutKeys(schema: StructType, keys: readonly string[]): StructType {
  return mapFields(schema, (field): StructField => {
    const kept = Object.entries(field.metadata).filter(([key]) => !keys.includes(key));
    return { ...field, metadata: Object.fromEntries(kept) };
  });
}
