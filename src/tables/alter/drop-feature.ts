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
  dropFeature,
  type FeatureName,
  featureNamed,
  type Metadata,
  type Protocol,
  parseSchema,
  readCommits,
  readSnapshot,
  rowIdColumnProperty,
  rowTrackingDomain,
  rowVersionColumnProperty,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import type { AlterChange, AlterResult } from './alter-change.ts';
import { featureOf } from './change-properties.ts';
import { clusteringDomain } from './clustering.ts';
import { alterErrors } from './errors.ts';
import { rewriteFiles } from './rewrite-files.ts';
import { truncateHistory, truncationRetention } from './truncate-history.ts';
import { withoutFeature } from './without-feature.ts';

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
      const { metadata, schema, files, described } = withoutFeature(handle.uri, snapshot, name);
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
