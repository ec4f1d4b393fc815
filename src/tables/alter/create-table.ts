/** Tables made from a definition, without rows; and tables that take the place of others. */
import { isBoathouseError, systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  assertWritable,
  commitActions,
  type Operation,
  readSnapshot,
  removeOf,
  type Snapshot,
} from '../../delta/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { clusteringColumns, clusteringDomain } from './clustering.ts';
import { defineTable, type TableDefinition } from './table-definition.ts';
import type { TableSpec } from './table-spec.ts';

/** What became of a table that was to be made. */
export interface CreateResult {
  readonly kind: 'created' | 'replaced' | 'existed';
  /** The version that holds the definition; the one found when it existed. */
  readonly version: number;
  readonly handle: TableHandle;
}

/**
 * Makes a table without rows at `uri`: one commit, so that others see the whole definition or no table.
 *
 * With `orReplace` an existing table is emptied and redefined in one commit; its older versions stay. Losing
 * to another who makes the table at the same time counts as finding it there.
 *
 * @throws tables.already-exists, tables.bad-schema-text, tables.bad-column-spec, tables.column-exists,
 * tables.no-such-column, tables.unknown-property, tables.bad-property, tables.internal-property,
 * tables.bad-clustering, tables.bad-expression, delta.unsupported-feature, delta.broken-promise, delta.append-only
 */
export async function createTable(
  uri: string,
  spec: TableSpec,
  options: OperationOptions = {},
): Promise<CreateResult> {
  const storage = openStorage(uri, spec.storageOptions);
  const { clock = systemClock, random = systemRandom } = options;
  for (let attempt = 1; ; attempt += 1) {
    const existing = await snapshotIfAny(storage);
    if (existing !== undefined) return await becomeOf(storage, existing, spec, options);
    const definition = await defineTable(storage.uri, spec, { nowMs: clock.nowMs(), random });
    try {
      const { version, snapshot } = await commitActions(storage, {
        readSnapshot: undefined,
        actions: definitionActions(definition),
        operation: operationOf('CREATE TABLE', definition),
        isBlindAppend: true,
        read: 'none',
        rows: duckdbParquetRows,
        clock,
        random,
        commitMetadata: options.commitMetadata ?? {},
      });
      return { kind: 'created', version, handle: TableHandle.of(storage, snapshot) };
    } catch (error) {
      if (attempt >= attemptsMax || !isBoathouseError(error, 'delta.commit-conflict')) throw error;
    }
  }
}

/** Makes a table at `uri`, in the place of the one that may be there. As `createTable` with `orReplace`. */
export function createOrReplaceTable(
  uri: string,
  spec: TableSpec,
  options: OperationOptions = {},
): Promise<CreateResult> {
  return createTable(uri, { ...spec, orReplace: true }, options);
}

/** Once the table is there it stays: the second attempt finds it. */
const attemptsMax = 3;

/** The table's state, or undefined where there is none. @throws delta.corrupt-log, storage.* */
export async function snapshotIfAny(storage: Storage): Promise<Snapshot | undefined> {
  try {
    return await readSnapshot(storage, { rows: duckdbParquetRows });
  } catch (error) {
    if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
    throw error;
  }
}

async function becomeOf(
  storage: Storage,
  existing: Snapshot,
  spec: TableSpec,
  options: OperationOptions,
): Promise<CreateResult> {
  const handle = TableHandle.of(storage, existing);
  if (spec.orReplace === true) return await replaceTable(handle, spec, options);
  if (spec.ifNotExists === true) return { kind: 'existed', version: existing.version, handle };
  throw tablesErrors['already-exists'](
    { table: storage.uri, version: existing.version },
    {
      hint: 'IF NOT EXISTS (ifNotExists) leaves it as it is, OR REPLACE (orReplace) puts the new table in its place.',
    },
  );
}

async function replaceTable(
  handle: TableHandle,
  spec: TableSpec,
  options: OperationOptions,
): Promise<CreateResult> {
  const { clock = systemClock, random = systemRandom } = options;
  return await transact<CreateResult>(
    handle,
    options,
    async (snapshot) => {
      assertWritable(handle.uri, snapshot.protocol, snapshot);
      const nowMs = clock.nowMs();
      const definition = await defineTable(handle.uri, spec, { nowMs, random, replaced: snapshot });
      const actions: Action[] = definitionActions(definition, snapshot);
      for (const file of snapshot.files.values()) actions.push(removeOf(file, nowMs));
      return {
        kind: 'commit',
        draft: {
          actions,
          operation: operationOf('CREATE OR REPLACE TABLE', definition),
          read: 'whole-table',
          result: ({ version }) => ({ kind: 'replaced', version, handle }),
          discard: async () => undefined,
        },
      };
    },
    ({ version }) => ({ kind: 'existed', version, handle }),
  );
}

/** The actions that give a table its definition; in the place of `replaced`, when there is one. */
function definitionActions(
  { protocol, metadata, clustering }: TableDefinition,
  replaced?: Snapshot,
): Action[] {
  const actions: Action[] = protocol === replaced?.protocol ? [metadata] : [protocol, metadata];
  if (clustering !== undefined) actions.push(clustering);
  const known = replaced?.domains.get(clusteringDomain);
  if (known !== undefined && clustering === undefined) {
    // A table that has the feature says that it is clustered by nothing.
    const configuration = '{"clusteringColumns":[],"domainName":"delta.clustering"}';
    actions.push({ ...known, configuration });
  }
  return actions;
}

function operationOf(name: string, { metadata, schema, clustering }: TableDefinition): Operation {
  const domains = new Map(clustering === undefined ? [] : [[clusteringDomain, clustering]]);
  const clusterBy = clusteringColumns({ schema, metadata, domains }) ?? [];
  return {
    name,
    parameters: {
      isManaged: 'false',
      description: metadata.description ?? null,
      partitionBy: [...metadata.partitionColumns],
      clusterBy: clusterBy.map((path) => path.join('.')),
      properties: Object.fromEntries(metadata.configuration),
    },
  };
}
