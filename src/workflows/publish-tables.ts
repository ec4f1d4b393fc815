/**
 * Showing what a statement did to Delta tables in the published catalog.
 *
 * A catalog's Delta relations are views over the files of one version, so a table that was changed outside of a
 * run shows its new rows only once the catalog names the new version. As when a run publishes, the file is staged
 * before the generation that names it is created; it begins as a copy of the one that is there, so that whatever
 * else is in it stays, also what can't be bound at this moment.
 */
import { basename, dirname } from 'node:path';
import { systemRandom } from '../base/index.ts';
import {
  acquireLease,
  applyChanges,
  type CatalogColumn,
  type CatalogLog,
  type CatalogRelation,
  fileIn,
  type Generation,
  openCatalog,
  publisher,
  publishGeneration,
  readGeneration,
  settlePublished,
  stageCatalogFile,
} from '../catalog/index.ts';
import { openDeltaRelation } from '../tables/index.ts';
import type { CatalogPlace } from './catalog-tables.ts';
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
  options: { readonly lockTimeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<number | undefined> {
  const runId = systemRandom.uuid();
  const upserts: CatalogRelation[] = [];
  for (const table of tables) {
    const relation = await relationOf(table, runId);
    if (relation.deltaVersion !== table.known?.deltaVersion) upserts.push(relation);
  }
  if (upserts.length === 0) return undefined;
  const log = openCatalog(dirname(place.path));
  const name = `publish-${basename(place.path)}`.replace(/[^\w.-]/g, '_');
  const lease = await acquireLease(log.storage, name, {
    purpose: `boathouse on ${upserts.map((relation) => relation.name).join(', ')}`,
    timeoutMs: options.lockTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const generation = await publishOnce(log, place, upserts, runId);
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
  log: CatalogLog,
  { path, database }: CatalogPlace,
  upserts: readonly CatalogRelation[],
  runId: string,
): Promise<Generation | undefined> {
  const newest = await readGeneration(log);
  await settlePublished(newest, path);
  const replaces = fileIn(newest, basename(path));
  const changes = { upserts, removals: [] };
  const relations = applyChanges(newest?.relations ?? [], changes);
  const staged = await stageCatalogFile({ relations }, { database, path, tablesFrom: path });
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
    });
    if (generation !== undefined) await staged.publish();
    mayBeNamed = false;
    return generation;
  } finally {
    if (!mayBeNamed) await staged.discard();
  }
}

async function relationOf(table: ShownTable, runId: string): Promise<CatalogRelation> {
  const { database, schema, name, location, known } = table;
  const now = await openDeltaRelation(location);
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
