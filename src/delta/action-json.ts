/**
 * Actions as the log's JSON: lines of a commit, and rows of a checkpoint, which look alike.
 *
 * Whole numbers beyond 2^53 keep their digits. A row of a checkpoint has nulls where a line leaves a
 * member out, and may hold a map as an array of `{key, value}`; both are taken.
 */
import { parseJson, printJson, unreachable } from '../base/index.ts';
import type { Action, AddFile, ChangeFile, DeletionVector, Metadata, RemoveFile } from './actions.ts';
import { decodeFilePath, encodeFilePath } from './file-paths.ts';
import { isObject, type JsonObject, MalformedAction, Members } from './json-members.ts';

/**
 * The action in one line of a commit.
 *
 * @throws MalformedAction, SyntaxError
 */
export function parseActionLine(line: string): Action {
  const row = parseJson(line);
  const action = isObject(row) ? parseAction(row) : undefined;
  if (!action) throw new MalformedAction('the line holds no action');
  return action;
}

/**
 * The action that `row` holds: the member we know, or else its first that isn't null; undefined when all are null.
 *
 * @throws MalformedAction, also for what is JSON but no action, such as another of the log's files.
 */
export function parseAction(row: JsonObject): Action | undefined {
  let action: Action | undefined;
  for (const [name, body] of Object.entries(row)) {
    if (body === null) continue;
    if (!isObject(body)) throw new MalformedAction(`${name} is not an object`);
    const parse = parsers.get(name);
    if (parse && action && action.kind !== 'unknown') {
      throw new MalformedAction(`${name} stands beside another action`);
    }
    if (parse) action = parse(new Members(name, body));
    else action ??= { kind: 'unknown', name, body };
  }
  return action;
}

/** `action` as one line of a commit, without the line feed. */
export function printAction(action: Action): string {
  return printJson(actionJson(action));
}

/** `action` as the object that the log, or a row of a checkpoint, holds for it. */
export function actionJson(action: Action): JsonObject {
  switch (action.kind) {
    case 'add':
      return { add: addJson(action) };
    case 'remove':
      return { remove: removeJson(action) };
    case 'metadata':
      return { metaData: metadataJson(action) };
    case 'protocol': {
      const { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures } = action;
      return { protocol: defined({ minReaderVersion, minWriterVersion, readerFeatures, writerFeatures }) };
    }
    case 'transaction': {
      const { appId, version, lastUpdatedMs } = action;
      return { txn: defined({ appId, version, lastUpdated: lastUpdatedMs }) };
    }
    case 'domain': {
      const { domain, configuration, removed } = action;
      return { domainMetadata: { domain, configuration, removed } };
    }
    case 'commit-info':
      return { commitInfo: action.body };
    case 'change-file':
      return { cdc: changeFileJson(action) };
    case 'sidecar':
      return {
        sidecar: {
          path: action.path,
          sizeInBytes: action.sizeBytes,
          modificationTime: action.modifiedMs,
        },
      };
    case 'unknown':
      return { [action.name]: action.body };
    default:
      return unreachable(action);
  }
}

const parsers: ReadonlyMap<string, (body: Members) => Action> = new Map<string, (body: Members) => Action>([
  ['add', parseAdd],
  ['remove', parseRemove],
  ['metaData', parseMetadata],
  [
    'protocol',
    (body) => ({
      kind: 'protocol',
      minReaderVersion: body.number('minReaderVersion'),
      minWriterVersion: body.number('minWriterVersion'),
      ...defined({
        readerFeatures: body.texts('readerFeatures'),
        writerFeatures: body.texts('writerFeatures'),
      }),
    }),
  ],
  [
    'txn',
    (body) => ({
      kind: 'transaction',
      appId: body.text('appId'),
      version: body.integer('version'),
      ...defined({ lastUpdatedMs: body.optionalNumber('lastUpdated') }),
    }),
  ],
  [
    'domainMetadata',
    (body) => ({
      kind: 'domain',
      domain: body.text('domain'),
      configuration: body.optionalText('configuration') ?? '',
      removed: body.value('removed') === true,
    }),
  ],
  ['commitInfo', (body) => ({ kind: 'commit-info', body: body.all })],
  [
    'cdc',
    (body) => ({
      kind: 'change-file',
      ...parsePath(body),
      partitionValues: body.optionalMap('partitionValues') ?? new Map(),
      sizeBytes: body.number('size'),
      ...defined({ tags: body.optionalTextMap('tags') }),
    }),
  ],
  [
    'sidecar',
    (body) => ({
      kind: 'sidecar',
      path: body.text('path'),
      sizeBytes: body.number('sizeInBytes'),
      modifiedMs: body.optionalNumber('modificationTime') ?? 0,
    }),
  ],
]);

function parseAdd(body: Members): AddFile {
  const { path, logPath } = parsePath(body);
  const parsedStats = body.value('stats_parsed');
  const stats = body.optionalText('stats') ?? (parsedStats === null ? undefined : printJson(parsedStats));
  return {
    kind: 'add',
    path,
    logPath,
    partitionValues: body.optionalMap('partitionValues') ?? new Map(),
    sizeBytes: body.number('size'),
    modifiedMs: body.optionalNumber('modificationTime') ?? 0,
    dataChange: body.value('dataChange') !== false,
    ...(stats === undefined ? {} : { stats }),
    ...parseFileExtras(body),
  };
}

/** The members of a file that most files don't have. @throws MalformedAction */
export function parseFileExtras(
  body: Members,
): Pick<AddFile, 'tags' | 'deletionVector' | 'baseRowId' | 'defaultRowCommitVersion' | 'clusteringProvider'> {
  return defined({
    tags: body.optionalTextMap('tags'),
    deletionVector: parseDeletionVector(body),
    baseRowId: body.optionalInteger('baseRowId'),
    defaultRowCommitVersion: body.optionalInteger('defaultRowCommitVersion'),
    clusteringProvider: body.optionalText('clusteringProvider'),
  });
}

function parseRemove(body: Members): RemoveFile {
  const { path, logPath } = parsePath(body);
  return {
    kind: 'remove',
    path,
    logPath,
    dataChange: body.value('dataChange') !== false,
    ...defined({
      deletedAtMs: body.optionalNumber('deletionTimestamp'),
      partitionValues: body.optionalMap('partitionValues'),
      sizeBytes: body.optionalNumber('size'),
      tags: body.optionalTextMap('tags'),
      deletionVector: parseDeletionVector(body),
      baseRowId: body.optionalInteger('baseRowId'),
      defaultRowCommitVersion: body.optionalInteger('defaultRowCommitVersion'),
    }),
  };
}

function parsePath(body: Members): { path: string; logPath: string } {
  const logPath = body.text('path');
  const path = decodeFilePath(logPath);
  if (path === undefined) throw new MalformedAction(`${body.name}.path is not a well-formed URI: ${logPath}`);
  return { path, logPath };
}

function parseDeletionVector(parent: Members): DeletionVector | undefined {
  const body = parent.optionalMembers('deletionVector');
  return (
    body && {
      storageType: body.text('storageType'),
      pathOrInlineDv: body.text('pathOrInlineDv'),
      ...defined({ offset: body.optionalNumber('offset') }),
      sizeBytes: body.number('sizeInBytes'),
      cardinality: body.integer('cardinality'),
    }
  );
}

function parseMetadata(body: Members): Metadata {
  const format = body.optionalMembers('format');
  return {
    kind: 'metadata',
    id: body.text('id'),
    ...defined({ name: body.optionalText('name'), description: body.optionalText('description') }),
    format: {
      provider: format?.optionalText('provider') ?? 'parquet',
      options: format?.optionalTextMap('options') ?? new Map(),
    },
    schemaString: body.text('schemaString'),
    partitionColumns: body.texts('partitionColumns') ?? [],
    configuration: body.optionalTextMap('configuration') ?? new Map(),
    ...defined({ createdAtMs: body.optionalNumber('createdTime') }),
  };
}

function addJson(add: AddFile): JsonObject {
  return defined({
    path: add.logPath ?? encodeFilePath(add.path),
    partitionValues: Object.fromEntries(add.partitionValues),
    size: add.sizeBytes,
    modificationTime: add.modifiedMs,
    dataChange: add.dataChange,
    stats: add.stats,
    tags: add.tags && Object.fromEntries(add.tags),
    deletionVector: add.deletionVector && deletionVectorJson(add.deletionVector),
    baseRowId: add.baseRowId,
    defaultRowCommitVersion: add.defaultRowCommitVersion,
    clusteringProvider: add.clusteringProvider,
  });
}

function removeJson(remove: RemoveFile): JsonObject {
  const { partitionValues, sizeBytes } = remove;
  return defined({
    path: remove.logPath ?? encodeFilePath(remove.path),
    deletionTimestamp: remove.deletedAtMs,
    dataChange: remove.dataChange,
    extendedFileMetadata: partitionValues !== undefined && sizeBytes !== undefined,
    partitionValues: partitionValues && Object.fromEntries(partitionValues),
    size: sizeBytes,
    tags: remove.tags && Object.fromEntries(remove.tags),
    deletionVector: remove.deletionVector && deletionVectorJson(remove.deletionVector),
    baseRowId: remove.baseRowId,
    defaultRowCommitVersion: remove.defaultRowCommitVersion,
  });
}

function changeFileJson(file: ChangeFile): JsonObject {
  return defined({
    path: file.logPath ?? encodeFilePath(file.path),
    partitionValues: Object.fromEntries(file.partitionValues),
    size: file.sizeBytes,
    dataChange: false,
    tags: file.tags && Object.fromEntries(file.tags),
  });
}

function deletionVectorJson(vector: DeletionVector): JsonObject {
  const { storageType, pathOrInlineDv, offset, sizeBytes, cardinality } = vector;
  return defined({ storageType, pathOrInlineDv, offset, sizeInBytes: sizeBytes, cardinality });
}

function metadataJson(metadata: Metadata): JsonObject {
  const { id, name, description, format, schemaString, partitionColumns, configuration, createdAtMs } =
    metadata;
  return defined({
    id,
    name,
    description,
    format: { provider: format.provider, options: Object.fromEntries(format.options) },
    schemaString,
    partitionColumns,
    configuration: Object.fromEntries(configuration),
    createdTime: createdAtMs,
  });
}

/** `members` without those that are undefined. */
function defined<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
