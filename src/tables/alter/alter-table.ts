/** Tables changed: what ALTER TABLE does, as one commit. */
import { type Json, printJson, systemRandom, unreachable } from '../../base/index.ts';
import {
  type Action,
  assertWritable,
  type Metadata,
  type Operation,
  printDataType,
  printSchema,
  protocolUpgradeFor,
  type Snapshot,
} from '../../delta/index.ts';
import { tablesErrors } from '../errors.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, type Planned, transact, wasCommitted } from '../transact.ts';
import type { AlterChange, AlterResult } from './alter-change.ts';
import { type AlterState, withColumnIds } from './alter-state.ts';
import { changeColumnType } from './change-column-type.ts';
import {
  addColumn,
  changeDefault,
  changeNullability,
  commentColumn,
  dropColumn,
  moveColumn,
  renameColumn,
} from './change-columns.ts';
import {
  addConstraint,
  addTableFeature,
  clusterBy,
  dropConstraint,
  setProperties,
  unsetProperties,
  upgradeProtocol,
} from './change-properties.ts';
import { clusteringColumns, clusteringDomain, columnsIn } from './clustering.ts';
import { assertSchema, fieldOf } from './column-fields.ts';
import { pathNames, printPath } from './column-path.ts';
import { dropTableFeature } from './drop-feature.ts';
import { assertExpressions } from './expression-checks.ts';
import { assertRows } from './row-rules.ts';

/**
 * Changes the table as `changes` say, in their order.
 *
 * All of them are one commit, so that others see all or none; but a `drop-feature` is a commit of its own, or
 * several when the feature has left something behind, and parts those before it from those after it. Rows are
 * read only where a new rule has to hold for them; then a row added meanwhile is looked at too.
 *
 * @throws tables.no-such-column, tables.column-exists, tables.bad-column-spec, tables.needs-column-mapping,
 * tables.column-in-use, tables.cannot-change-type, tables.rows-break-constraint, tables.rows-lack-value,
 * tables.constraint-exists, tables.no-such-constraint, tables.unknown-property, tables.bad-property,
 * tables.internal-property, tables.no-such-property, tables.bad-clustering, tables.bad-protocol-upgrade,
 * tables.not-compatible, tables.feature-in-history, tables.bad-expression, tables.bad-option, delta.cannot-drop-feature,
 * delta.unsupported-feature, delta.commit-conflict, tables.pinned-table
 */
export async function alterTable(
  handle: TableHandle,
  changes: readonly AlterChange[],
  options: OperationOptions = {},
): Promise<AlterResult> {
  let result: AlterResult = { version: handle.snapshot.version, kind: 'unchanged' };
  const { transaction, ...partOptions } = options;
  if (transaction !== undefined && wasCommitted(await handle.refresh(), transaction))
    return { version: handle.snapshot.version, kind: 'unchanged' };
  const groups = committedTogether(changes);
  for (const [index, group] of groups.entries()) {
    // The transaction is done when all of it is.
    const own = index === groups.length - 1 ? options : partOptions;
    const next =
      'kind' in group ? await dropTableFeature(handle, group, own) : await commitChanges(handle, group, own);
    result = { version: next.version, kind: result.kind === 'changed' ? 'changed' : next.kind };
  }
  return result;
}

type DropFeature = Extract<AlterChange, { kind: 'drop-feature' }>;

/** The changes that share a commit, and between them the features to drop. */
function committedTogether(changes: readonly AlterChange[]): (DropFeature | readonly AlterChange[])[] {
  const groups: (DropFeature | readonly AlterChange[])[] = [];
  let together: AlterChange[] = [];
  for (const change of changes) {
    if (change.kind === 'drop-feature') {
      groups.push(change);
      together = [];
    } else {
      if (together.length === 0) groups.push(together);
      together.push(change);
    }
  }
  return groups;
}

function commitChanges(
  handle: TableHandle,
  changes: readonly AlterChange[],
  options: OperationOptions,
): Promise<AlterResult> {
  return transact<AlterResult>(
    handle,
    options,
    (snapshot) => planChanges(handle, snapshot, changes, options),
    ({ version }) => ({ version, kind: 'unchanged' }),
  );
}

async function planChanges(
  handle: TableHandle,
  snapshot: Snapshot,
  changes: readonly AlterChange[],
  options: OperationOptions,
): Promise<Planned<AlterResult>> {
  const table = handle.uri;
  assertWritable(table, snapshot.protocol, snapshot);
  let state = startState(table, snapshot);
  for (const change of changes) {
    const next = applyChange(state, change);
    state = withColumnIds(state, next, options.random ?? systemRandom);
  }
  const { protocol, metadata } = finish(state);
  const actions: Action[] = [];
  if (protocol !== snapshot.protocol) actions.push(protocol);
  if (!sameMetadata(metadata, snapshot.metadata)) actions.push(metadata);
  const clusteredBefore = snapshot.domains.get(clusteringDomain);
  if (state.clustering !== undefined && state.clustering !== clusteredBefore) actions.push(state.clustering);
  if (actions.length === 0) {
    return { kind: 'nothing', result: { version: snapshot.version, kind: 'unchanged' } };
  }
  assertSchema(table, state.schema, { protocol, metadata });
  await assertExpressions(table, state.schema, state.expressions);
  await assertRows(state, handle.storage);
  return {
    kind: 'commit',
    draft: {
      actions,
      operation: operationOf(table, changes, state),
      read: state.readsFiles ? 'whole-table' : 'none',
      result: ({ version }) => ({ version, kind: 'changed' }),
      discard: async () => undefined,
    },
  };
}

function startState(table: string, snapshot: Snapshot): AlterState {
  return {
    table,
    snapshot,
    schema: snapshot.schema,
    metadata: snapshot.metadata,
    protocol: snapshot.protocol,
    clustering: snapshot.domains.get(clusteringDomain),
    asked: new Map(),
    features: [],
    expressions: [],
    rules: [],
    readsFiles: false,
  };
}

function applyChange(state: AlterState, change: AlterChange): AlterState {
  switch (change.kind) {
    case 'add-column':
      return addColumn(state, change);
    case 'rename-column':
      return renameColumn(state, change);
    case 'drop-column':
      return dropColumn(state, change);
    case 'move-column':
      return moveColumn(state, change);
    case 'change-type':
      return changeColumnType(state, change);
    case 'set-not-null':
    case 'drop-not-null':
      return changeNullability(state, change);
    case 'comment-column':
      return commentColumn(state, change);
    case 'comment-table':
      return { ...state, metadata: withText(state.metadata, 'description', change.comment) };
    case 'rename-table':
      return { ...state, metadata: withText(state.metadata, 'name', change.name) };
    case 'set-default':
    case 'drop-default':
      return changeDefault(state, change);
    case 'add-constraint':
      return addConstraint(state, change);
    case 'drop-constraint':
      return dropConstraint(state, change);
    case 'set-properties':
      return setProperties(state, change);
    case 'unset-properties':
      return unsetProperties(state, change);
    case 'add-feature':
      return addTableFeature(state, change);
    case 'upgrade-protocol':
      return upgradeProtocol(state, change);
    case 'cluster-by':
      return clusterBy(state, change);
    case 'drop-feature':
      return state;
    default:
      throw unknownChange(change);
  }
}

function withText(metadata: Metadata, key: 'name' | 'description', text: string | undefined): Metadata {
  const { [key]: _, ...rest } = metadata;
  return text === undefined ? rest : { ...rest, [key]: text };
}

/** The protocol and metadata to commit. */
function finish(state: AlterState): { protocol: AlterState['protocol']; metadata: Metadata } {
  const { table, schema } = state;
  const isSame = schema === state.snapshot.schema;
  const metadata = isSame ? state.metadata : { ...state.metadata, schemaString: printSchema(schema) };
  const configuration = new Map([...metadata.configuration, ...state.asked]);
  const wanted = { ...metadata, configuration };
  return { metadata, protocol: protocolUpgradeFor(table, state.protocol, wanted, schema, state.features) };
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  const text = (metadata: Metadata): string =>
    printJson({
      name: metadata.name ?? null,
      description: metadata.description ?? null,
      schemaString: metadata.schemaString,
      partitionColumns: metadata.partitionColumns,
      configuration: [...metadata.configuration].sort(([x], [y]) => (x < y ? -1 : 1)),
    });
  return text(a) === text(b);
}

/** The commit's own account, in the words of Delta Spark. */
function operationOf(table: string, changes: readonly AlterChange[], state: AlterState): Operation {
  const accounts = changes.map((change) => accountOf(table, change, state));
  const [first] = accounts;
  if (accounts.length === 1 && first !== undefined) return first;
  const isSame = accounts.every(({ name }) => name === first?.name);
  const parameters = accounts.map((account) => ({ operation: account.name, ...account.parameters }));
  return {
    name: isSame && first !== undefined ? first.name : 'ALTER TABLE',
    parameters: { changes: parameters },
  };
}

/** In JavaScript any `kind` may come. */
function unknownChange(change: never): Error {
  return tablesErrors['bad-option']({
    option: 'kind',
    value: String((change as AlterChange).kind),
    expected: 'a change that a table knows, such as add-column',
  });
}

function accountOf(
  table: string,
  change: AlterChange,
  state: AlterState,
): { readonly name: string; readonly parameters: Readonly<Record<string, Json>> } {
  const path = (column: Parameters<typeof pathNames>[0]): string => printPath(pathNames(column));
  switch (change.kind) {
    case 'add-column': {
      const field = fieldOf(table, change.column);
      const column = { name: field.name, type: printDataType(field.type), nullable: field.nullable };
      const { position } = change;
      const place =
        position === undefined
          ? {}
          : { position: position === 'first' ? 'FIRST' : `AFTER ${position.after}` };
      return { name: 'ADD COLUMNS', parameters: { columns: [{ column, ...place }] } };
    }
    case 'rename-column': {
      const names = pathNames(change.column);
      const newColumnPath = printPath([...names.slice(0, -1), change.to]);
      return { name: 'RENAME COLUMN', parameters: { oldColumnPath: printPath(names), newColumnPath } };
    }
    case 'drop-column':
      return { name: 'DROP COLUMNS', parameters: { columns: [path(change.column)] } };
    case 'move-column':
    case 'change-type':
    case 'set-not-null':
    case 'drop-not-null':
    case 'comment-column':
    case 'set-default':
    case 'drop-default':
      return { name: 'CHANGE COLUMN', parameters: { column: path(change.column), change: change.kind } };
    case 'comment-table':
      return { name: 'SET TABLE COMMENT', parameters: { comment: change.comment ?? null } };
    case 'rename-table':
      return { name: 'RENAME TABLE', parameters: { name: change.name ?? null } };
    case 'add-constraint':
      return { name: 'ADD CONSTRAINT', parameters: { name: change.name, expr: change.expression } };
    case 'drop-constraint':
      return { name: 'DROP CONSTRAINT', parameters: { name: change.name } };
    case 'set-properties':
      return { name: 'SET TBLPROPERTIES', parameters: { properties: { ...change.properties } } };
    case 'unset-properties':
      return {
        name: 'UNSET TBLPROPERTIES',
        parameters: { properties: [...change.keys], ifExists: change.ifExists ?? false },
      };
    case 'add-feature':
    case 'upgrade-protocol': {
      const { kind: _, ...newProtocol } = state.protocol;
      return { name: 'UPGRADE PROTOCOL', parameters: { newProtocol: newProtocol as unknown as Json } };
    }
    case 'cluster-by': {
      const before = clusteringColumns(state.snapshot) ?? [];
      const after =
        state.clustering === undefined ? [] : columnsIn(state.clustering, state.schema, state.metadata);
      return {
        name: 'CLUSTER BY',
        parameters: {
          oldClusteringColumns: before.map(printPath).join(','),
          newClusteringColumns: after.map(printPath).join(','),
        },
      };
    }
    case 'drop-feature':
      return { name: 'DROP FEATURE', parameters: { featureName: change.feature } };
    default:
      return unreachable(change);
  }
}
