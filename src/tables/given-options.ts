/** What the methods of a table take, in the words of `given.ts`: their types, for callers without a type checker. */

import type { AlterChange } from './alter/alter-change.ts';
import {
  anything,
  assertGiven,
  callback,
  type Expected,
  either,
  finiteNumber,
  flag,
  instant,
  listOf,
  longNumber,
  members,
  objectWith,
  oneOf,
  recordOf,
  someText,
  text,
  wholeNumber,
} from './given.ts';
import { maintenanceThresholds } from './maintain/maintenance-plan.ts';

const sql: Expected = { ...text, words: 'SQL, as a text' };
const texts: Expected = recordOf(text, 'an object whose members are texts');
const names: Expected = listOf(someText, 'a list of names');
const columnPath: Expected = either("a column's name, or a list of names", someText, names);
const columnPaths: Expected = listOf(columnPath, 'a list of columns');

const operationMembers = {
  signal: objectWith('an AbortSignal', 'throwIfAborted', 'addEventListener'),
  clock: objectWith('a clock', 'nowMs', 'sleep'),
  random: objectWith('a source of randomness', 'fraction', 'uuid'),
  commitMetadata: recordOf(anything, 'an object'),
  onProgress: callback,
  transaction: members({ appId: text, version: wholeNumber }, ['appId', 'version']),
};

/** What every operation takes beside its own options. */
export const operationOptions: Expected = members(operationMembers);

const timeMembers = { version: wholeNumber, timestamp: instant };

/** How a table is opened. */
export const openOptions: Expected = members({ ...timeMembers, storageOptions: texts });

/** A version or a time. */
export const pointInTime: Expected = members(timeMembers);

const limit: Expected = {
  words: 'a whole number, 0 or more',
  is: (value) => wholeNumber.is(value) && Number(value) >= 0,
};

/** How many rows are read. */
export const rowLimit: Expected = members({ limit });

/** Which rows are read. */
export const readOptions: Expected = members({ where: sql, columns: listOf(text, 'a list of names'), limit });

/** What a write takes beside its rows. */
export const writeOptions: Expected = members({
  mode: text,
  schemaMode: text,
  partitionBy: names,
  clusterBy: columnPaths,
  storageOptions: texts,
  configuration: texts,
  name: text,
  description: text,
  readVersion: wholeNumber,
  targetFileSizeBytes: finiteNumber,
  compression: text,
  replaceWhere: sql,
  partitionOverwrite: text,
  operation: text,
  ...operationMembers,
});

const rowsMembers = { where: sql, alias: someText, readVersion: wholeNumber };

/** Which rows are deleted. Not even an undefined `where` means all: it is a variable that nobody set. */
export const deleteSpec: Expected = either('a condition, as a text, or { where }', sql, {
  ...members(rowsMembers),
  parts: (value, name) => {
    members(rowsMembers, 'where' in value ? ['where'] : []).parts?.(value, name);
  },
});

const assignments: Expected = recordOf(sql, 'an object: SQL by column');

/** What an update sets. */
export const updateSpec: Expected = {
  ...members({ set: assignments, ...rowsMembers }),
  parts: (value, name) => {
    const needed = 'where' in value ? ['set', 'where'] : ['set'];
    members({ set: assignments, ...rowsMembers }, needed).parts?.(value, name);
  },
};

/** What is merged. The rows are looked at by those who stage them. */
export const mergeInput: Expected = members(
  { source: anything, on: sql, sourceAlias: someText, targetAlias: someText, schemaEvolution: flag },
  ['source', 'on'],
);

/** A clause of a MERGE that only has a condition. */
export const mergeCondition: Expected = members({ when: sql });

const allOrSome: Expected = either("an object: SQL by column, or 'all'", oneOf('all'), assignments);

/** A clause of a MERGE that sets columns. */
export const mergeUpdate: Expected = members({ when: sql, set: allOrSome }, ['set']);

/** A clause of a MERGE that inserts values. */
export const mergeInsert: Expected = members({ when: sql, values: allOrSome }, ['values']);

const dataType: Expected = { words: 'a type, as a text or as Delta has it', is: isTypeOrText };

function isTypeOrText(value: unknown): boolean {
  return typeof value === 'string' || isType(value, 0);
}

/** Types in types end somewhere; a list that holds itself doesn't. */
const typeDepthMax = 100;

function isType(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > typeDepthMax) return false;
  const type = value as Readonly<Record<string, unknown>>;
  switch (type['kind']) {
    case 'primitive':
    case 'unknown':
      return typeof type['name'] === 'string';
    case 'decimal':
      return wholeNumber.is(type['precision']) && wholeNumber.is(type['scale']);
    case 'array':
      return isType(type['elementType'], depth + 1);
    case 'map':
      return isType(type['keyType'], depth + 1) && isType(type['valueType'], depth + 1);
    case 'struct':
      return (
        Array.isArray(type['fields']) &&
        type['fields'].every(
          (field: unknown) =>
            typeof field === 'object' &&
            field !== null &&
            'name' in field &&
            typeof field.name === 'string' &&
            'type' in field &&
            isType(field.type, depth + 1),
        )
      );
    default:
      return false;
  }
}

const column: Expected = members(
  {
    name: text,
    type: dataType,
    nullable: flag,
    comment: text,
    default: sql,
    generatedAs: sql,
    identity: members({ start: longNumber, step: longNumber, allowExplicit: flag }),
  },
  ['name', 'type'],
);

const struct: Expected = {
  words: 'a struct type',
  is: (value) => isType(value, 0) && (value as { readonly kind: string }).kind === 'struct',
};

/** What a table is created with. */
export const tableSpec: Expected = members(
  {
    schema: either('columns as a text, a list of columns, or a struct type', text, listOf(column), struct),
    partitionBy: names,
    clusterBy: columnPaths,
    properties: texts,
    constraints: texts,
    name: text,
    comment: text,
    ifNotExists: flag,
    orReplace: flag,
    storageOptions: texts,
  },
  ['schema'],
);

/** How a folder of Parquet files is converted. */
export const convertOptions: Expected = members({
  partitionSchema: either('columns as a text, or a list of columns', text, listOf(column)),
  properties: texts,
  name: text,
  comment: text,
  statistics: flag,
  storageOptions: texts,
  ...operationMembers,
});

/** How a table is cloned. */
export const cloneOptions: Expected = members({
  ...timeMembers,
  replace: flag,
  ifNotExists: flag,
  properties: texts,
  storageOptions: texts,
  ...operationMembers,
});

/** What OPTIMIZE takes. */
export const optimizeSpec: Expected = members({
  where: sql,
  targetSizeBytes: finiteNumber,
  minFileSizeBytes: finiteNumber,
  zOrderBy: columnPaths,
  full: flag,
  maxDeletedRatio: finiteNumber,
  minCubeSizeBytes: finiteNumber,
  batchSizeBytes: finiteNumber,
  auto: flag,
});

/** What a purge takes. */
export const purgeSpec: Expected = members({
  where: sql,
  minDeletedRatio: finiteNumber,
  targetSizeBytes: finiteNumber,
  batchSizeBytes: finiteNumber,
});

/** What VACUUM takes. */
export const vacuumSpec: Expected = members({
  retentionHours: finiteNumber,
  enforceRetention: flag,
  dryRun: flag,
  mode: text,
});

/** When upkeep is worth it. */
export const thresholds: Expected = members(
  Object.fromEntries(Object.keys(maintenanceThresholds).map((name) => [name, finiteNumber])),
);

const kindsOfUpkeep = {
  optimize: optimizeSpec,
  cluster: optimizeSpec,
  purge: purgeSpec,
  vacuum: vacuumSpec,
  checkpoint: anything,
  'compact-log': anything,
  'clean-log': anything,
};

const step: Expected = {
  ...recordOf(anything, 'a step of a plan'),
  parts: (value, name) => {
    const { kind, spec } = value as { readonly kind?: unknown; readonly spec?: unknown };
    assertKind(kind, name, kindsOfUpkeep);
    const expected = kindsOfUpkeep[kind];
    if (expected !== anything) assertGiven(spec, `${name}.spec`, expected);
  },
};

/** A plan of upkeep. */
export const maintenancePlan: Expected = {
  ...recordOf(anything, 'a plan, as planMaintenance gives it'),
  parts: (value, name) => {
    assertGiven((value as { readonly steps?: unknown }).steps, `${name}.steps`, listOf(step));
  },
};

/** How much of the history is wanted. */
export const historyOptions: Expected = members({ limit });

/** Which changes are wanted. */
export const changeRange: Expected = members({
  fromVersion: wholeNumber,
  toVersion: wholeNumber,
  fromTimestamp: instant,
  toTimestamp: instant,
});

const position: Expected = either(
  "'first' or { after: 'a column' }",
  oneOf('first'),
  members({ after: someText }, ['after']),
);
const byColumn = { column: columnPath };

const alterKinds = {
  'add-column': members({ kind: text, column, parent: columnPath, position, ifNotExists: flag }, ['column']),
  'rename-column': members({ kind: text, ...byColumn, to: text }, ['column', 'to']),
  'drop-column': members({ kind: text, ...byColumn, ifExists: flag }, ['column']),
  'move-column': members({ kind: text, ...byColumn, position }, ['column', 'position']),
  'change-type': members({ kind: text, ...byColumn, type: dataType }, ['column', 'type']),
  'set-not-null': members({ kind: text, ...byColumn }, ['column']),
  'drop-not-null': members({ kind: text, ...byColumn }, ['column']),
  'comment-column': members({ kind: text, ...byColumn, comment: text }, ['column']),
  'comment-table': members({ kind: text, comment: text }),
  'rename-table': members({ kind: text, name: text }),
  'set-default': members({ kind: text, ...byColumn, expression: sql }, ['column', 'expression']),
  'drop-default': members({ kind: text, ...byColumn }, ['column']),
  'add-constraint': members({ kind: text, name: text, expression: sql }, ['name', 'expression']),
  'drop-constraint': members({ kind: text, name: text, ifExists: flag }, ['name']),
  'set-properties': members({ kind: text, properties: texts }, ['properties']),
  'unset-properties': members({ kind: text, keys: names, ifExists: flag }, ['keys']),
  'add-feature': members({ kind: text, feature: text }, ['feature']),
  'drop-feature': members({ kind: text, feature: text, truncateHistory: flag }, ['feature']),
  'upgrade-protocol': members({ kind: text, readerVersion: wholeNumber, writerVersion: wholeNumber }, [
    'readerVersion',
    'writerVersion',
  ]),
  'cluster-by': members({ kind: text, columns: columnPaths }, ['columns']),
} satisfies Record<AlterChange['kind'], Expected>;

const change: Expected = {
  ...recordOf(anything, "a change, as { kind: 'add-column', … }"),
  parts: (value, name) => {
    const { kind } = value as { readonly kind?: unknown };
    assertKind(kind, name, alterKinds);
    alterKinds[kind].parts?.(value, name);
  },
};

/** What is altered. */
export const alterChanges: Expected = either(
  "a change, as { kind: 'add-column', … }, or a list of them",
  change,
  listOf(change),
);

function assertKind<K extends string>(
  kind: unknown,
  name: string,
  kinds: Readonly<Record<K, Expected>>,
): asserts kind is K {
  assertGiven(kind, `${name}.kind`, oneOf(...Object.keys(kinds)));
}
