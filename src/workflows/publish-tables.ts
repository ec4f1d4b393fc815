/**
 * Showing what a statement did to Delta tables in the published catalog.
 *
 * A catalog's Delta relations are views over the files of one version, so a table that was changed outside of a
 * run shows its new rows only once the catalog names the new version. As when a run publishes, the file is staged
 * before the generation that names it is created; it begins as a copy of the one that is there, so that whatever
 * else is in it stays, also what can't be bound at this moment.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { systemClock, systemRandom } from '../base/index.ts';
import {
  acquireLease,
  applyChanges,
  type CatalogColumn,
  type CatalogRelation,
  fileIn,
  type Generation,
  type PublishedPlace,
  publishedPlace,
  publisher,
  publishGeneration,
  readGeneration,
  readsBucket,
  relationKey,
  type StagedCatalogFile,
  stageCatalogFile,
} from '../catalog/index.ts';
import { Database } from '../duckdb/index.ts';
import { engineAccess } from '../storage/index.ts';
import { openDeltaRelation, RemoteRelations } from '../tables/index.ts';
import type { CatalogPlace, ReaderAccess } from './catalog-tables.ts';
import { workflowErrors } from './errors.ts';

/** A relation of the catalog over a Delta table: one that is there, or that is to be. */
export type ShownTable = Pick<CatalogRelation, 'database' | 'schema' | 'name'> & {
  readonly location: string;
  /** What the catalog says of it; undefined for one that is new. */
  readonly known: CatalogRelation | undefined;
};

/**
 * Makes `tables` show the newest versions. Atomic for readers; those who have the file open keep what they see.
 *
 * @returns the generation's number; undefined when the catalog shows them already.
 * @throws catalog.*, delta.*, workflows.not-published
 */
export async function publishTables(
  place: CatalogPlace,
  tables: readonly ShownTable[],
  options: {
    readonly lockTimeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly access: ReaderAccess;
  },
): Promise<number | undefined> {
  const runId = systemRandom.uuid();
  const upserts: CatalogRelation[] = [];
  for (const table of tables) {
    const relation = await relationOf(table, runId, options.access);
    if (relation.deltaVersion !== table.known?.deltaVersion) upserts.push(relation);
  }
  if (upserts.length === 0) return undefined;
  const published = publishedPlace(place.path, options.access.optionsFor(place.path));
  const { log } = published;
  const name = `publish-${basename(place.path)}`.replace(/[^\w.-]/g, '_');
  const lease = await acquireLease(log.storage, name, {
    purpose: `boathouse on ${upserts.map((relation) => relation.name).join(', ')}`,
    timeoutMs: options.lockTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const generation = await publishOnce(published, place, upserts, runId, options.access);
      if (generation !== undefined) return generation.number;
    }
  } finally {
    await lease.release();
  }
  throw workflowErrors['not-published']({ path: place.path });
}

/** Only a publisher that has lost its turn, by standing still, can get in between. */
const attemptsMax = 10;

/** @returns undefined when another publisher of the file was faster. */
async function publishOnce(
  place: PublishedPlace,
  { path, database }: CatalogPlace,
  upserts: readonly CatalogRelation[],
  runId: string,
  access: ReaderAccess,
): Promise<Generation | undefined> {
  const { log } = place;
  const lookedMs = systemClock.nowMs();
  const newest = await readGeneration(log);
  await place.settle(newest);
  const replaces = fileIn(newest, basename(path));
  const changes = { upserts, removals: [] };
  const relations = applyChanges(newest?.relations ?? [], changes);
  const staged = await stageOn(place, newest, { relations, upserts, database, access });
  // A staged file that a generation may name is put in place by the next run, if it wasn't by this one.
  let mayBeNamed = false;
  try {
    const state = {
      ...staged.state,
      name: basename(path),
      tables: replaces?.tables ?? '',
      ...(replaces?.kept === undefined ? {} : { kept: replaces.kept }),
    };
    mayBeNamed = true;
    const generation = await publishGeneration(log, changes, {
      runId,
      by: publisher('table'),
      file: { state, replaces },
      onTopOf: { newest, lookedMs },
    });
    if (generation !== undefined) await staged.publish(generation);
    mayBeNamed = false;
    return generation;
  } finally {
    if (!mayBeNamed) await staged.discard();
  }
}

/** The file, begun with a copy of the one that is there: what else is in it stays as it is. */
async function stageOn(
  place: PublishedPlace,
  newest: Generation | undefined,
  what: {
    readonly relations: readonly CatalogRelation[];
    readonly upserts: readonly CatalogRelation[];
    readonly database: string;
    readonly access: ReaderAccess;
  },
): Promise<StagedCatalogFile> {
  const { relations, upserts, database, access } = what;
  const remote = new RemoteRelations(
    () => access.mount(),
    (uri) => engineAccess(uri, access),
  );
  const engine = await Database.open({ beforeStatement: remote.hook, restoreText: remote.restore });
  const folder = place.isLocal ? undefined : await mkdtemp(join(tmpdir(), 'boathouse-base-'));
  try {
    const copied = folder === undefined ? undefined : join(folder, place.name);
    const isCopied = copied !== undefined && (await place.copy(newest, copied)) !== undefined;
    const tablesFrom = copied === undefined ? place.path : isCopied ? copied : undefined;
    const made = new Set(upserts.map(relationKey));
    return await stageCatalogFile(
      { relations },
      {
        database,
        path: place.path,
        place,
        engine,
        isKept: (relation) => readsBucket(relation) && !made.has(relationKey(relation)),
        ...(tablesFrom === undefined ? {} : { tablesFrom }),
      },
    );
  } finally {
    await engine.close();
    await remote.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function relationOf(table: ShownTable, runId: string, access: ReaderAccess): Promise<CatalogRelation> {
  const { database, schema, name, location, known } = table;
  const now = await openDeltaRelation(location, { storageOptions: access.optionsFor(location) });
  const comments = new Map(known?.columns.map((column) => [column.name.toLowerCase(), column.comment]));
  return {
    comment: null,
    pins: [],
    uniqueId: null,
    ...known,
    database,
    schema,
    name,
    kind: 'delta',
    format: 'delta',
    location,
    sql: now.sql,
    deltaVersion: now.version,
    columns: now.columns.map(
      (column): CatalogColumn => ({
        name: column.name,
        type: column.type,
        comment: comments.get(column.name.toLowerCase()) ?? null,
      }),
    ),
    runId,
  };
}
