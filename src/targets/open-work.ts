/** Beginning a run: the lease if it keeps tables, the private database, and what was there before. */
import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { markedName } from '../base/index.ts';
import {
  abandonedIn,
  type CatalogRelation,
  createViews,
  fileIn,
  type PublishedPlace,
  readGeneration,
  readsBucket,
} from '../catalog/index.ts';
import type { Compilation } from '../compiler/index.ts';
import { type FoundRelation, listRelations, missingViews } from './changes.ts';
import { engineOptions } from './engine-options.ts';
import { targetErrors } from './errors.ts';
import { type TakenCopy, takeCopy } from './published-copy.ts';
import type { LakehouseSession } from './session.ts';
import { mountOf, type StorageAccess } from './storage-access.ts';
import { keepsTables } from './tables-inside.ts';
import { TablesTurn } from './tables-turn.ts';
import type { TurnInput } from './take-turn.ts';
import { type PrivateCopy, WorkingDatabase } from './working-database.ts';

/** What a run is begun with. */
export interface OpenWorkInput extends Omit<TurnInput, 'log'> {
  readonly compilation: Compilation;
  /** What the run will do, as far as it is known: decides whether it takes turns. */
  readonly uniqueIds: readonly string[];
  /** Where the run publishes; undefined for a target in memory. */
  readonly place: PublishedPlace | undefined;
  readonly access: StorageAccess;
  readonly writes: boolean;
  readonly storeFailures: boolean;
}

/** A private copy of a published file that nothing changes. */
export interface CopiedFile {
  readonly file: string;
  /** What it is a copy of, as generations name it. */
  readonly staged: string;
}

/** What is open between `prepare` and `close`. */
export interface Opened {
  readonly work: WorkingDatabase;
  /** The right to change tables; undefined for a target in memory and for commands that only look. */
  readonly tables: TablesTurn | undefined;
  /** What the published file looked like when it was copied. */
  readonly copiedFrom: string | undefined;
  /** The file as it was copied, where that is kept: the generation that it is of names it. */
  readonly copied: CopiedFile | undefined;
  /** The relations of the database when the run began. */
  readonly before: readonly FoundRelation[];
  /** The relations of the catalog when the run began. */
  readonly published: readonly CatalogRelation[];
  readonly engineVersion: string;
}

/**
 * Opens the private database of a run.
 *
 * @throws catalog.lease-timeout, catalog.unreadable-file, targets.same-database, duckdb.*
 */
export async function openWork(input: OpenWorkInput): Promise<Opened> {
  const { place } = input;
  if (place === undefined) return await openIn(input, undefined, undefined, undefined);
  const { log } = place;
  const tables = input.writes ? new TablesTurn({ ...input, log }, place) : undefined;
  const folder = await makeFolder(input, place);
  try {
    if (tables && mustTakeTurns(input, (await readGeneration(log))?.relations ?? [])) await tables.take();
    const own = join(folder, place.name);
    const taken = await takeCopy(place, own, input.writes);
    tables?.begin(taken.generation);
    await checkName(place, taken);
    return await openIn(input, { folder, file: own, copy: taken.copy, published: place.path }, taken, tables);
  } catch (error) {
    await tables?.release();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function openIn(
  input: OpenWorkInput,
  own: PrivateCopy | undefined,
  taken: TakenCopy | undefined,
  tables: TablesTurn | undefined,
): Promise<Opened> {
  const { profile, root } = input.compilation.project;
  const { ownDatabase: database } = profile;
  const copied = await keepCopy(input, own, taken);
  const work = await WorkingDatabase.open({
    engine: engineOptions(input.compilation.project, own && join(own.folder, 'spill')),
    database,
    root,
    access: input.access,
    mount: () => mountOf(profile, input.access),
    private: own,
    catalogUri: input.place?.log.storage.uri ?? `memory:${root}`,
    onWarning: (code, message) => input.onNotice({ kind: 'warning', code, message }),
  });
  try {
    work.onTablesChange = tables && (() => tables.claim());
    const published = taken?.generation?.relations ?? [];
    const isRemote = published.some(readsBucket);
    for (const relation of published) {
      noteRelation(work, relation);
      // Also those that only read others that do.
      if (isRemote && sameDatabase(relation, database)) work.registerRemote(relation);
    }
    const session = await work.session();
    const before = await relationsIn(session, database, taken).finally(() => session.release());
    work.setIndex(
      before.flatMap(({ kind, schema, name, ...rest }) =>
        kind === 'macro' ? [] : [{ database: rest.database, schema, identifier: name, kind }],
      ),
    );
    const engineVersion = await work.version();
    const copiedFrom = taken?.fingerprint;
    return { work, tables, copiedFrom, copied, before, published, engineVersion };
  } catch (error) {
    await work.close();
    throw error;
  }
}

/**
 * The relations of the copied file, and those views of the catalog that the file lacks and that can be
 * bound again: the files or databases that they read may have come back.
 */
async function relationsIn(
  session: LakehouseSession,
  database: string,
  taken: TakenCopy | undefined,
): Promise<readonly FoundRelation[]> {
  const found = await listRelations(session.connection, database);
  if (taken?.copy === undefined) return found;
  const missing = missingViews(taken.generation?.relations ?? [], found, database);
  if (missing.length === 0) return found;
  await createViews(session.connection, missing);
  return await listRelations(session.connection, database);
}

/** Two files beside each other whose database has one name would be one in the catalog. */
async function checkName(place: PublishedPlace, taken: TakenCopy): Promise<void> {
  const stem = (name: string): string => (name.split('.')[0] ?? '').toLowerCase();
  for (const { name } of taken.generation?.files ?? []) {
    if (name === place.name || stem(name) !== stem(place.name)) continue;
    const other = `${dirname(place.path)}/${name}`;
    if (await place.isThere(name)) throw targetErrors['same-database']({ path: place.path, other });
  }
}

/** Publishing to a bucket begins with the file that this run began with, unless there is a newer one. */
async function keepCopy(
  { place, writes }: OpenWorkInput,
  own: PrivateCopy | undefined,
  taken: TakenCopy | undefined,
): Promise<CopiedFile | undefined> {
  const staged = place && fileIn(taken?.generation, place.name)?.staged;
  if (!writes || place?.isLocal !== false || own?.copy === undefined || staged === undefined)
    return undefined;
  const file = `${own.file}.published`;
  await copyFile(own.file, file, constants.COPYFILE_FICLONE);
  return { file, staged };
}

/** Beside the published file, so that what is built can be renamed into place; else in the system's folder. */
async function makeFolder(input: OpenWorkInput, place: PublishedPlace): Promise<string> {
  const name = markedName(input.random.uuid());
  if (input.writes && place.isLocal) {
    const folder = join(dirname(place.path), '_boathouse', 'work', name);
    await mkdir(folder, { recursive: true });
    return folder;
  }
  // Nothing sweeps there after us, and the folder is everybody's: ours has to be private.
  for (const left of await abandonedIn(join(tmpdir(), `boathouse-${userName()}`), input.clock.nowMs())) {
    await rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
  const shared = join(tmpdir(), `boathouse-${userName()}`);
  await mkdir(shared, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(shared, `${name}-`));
}

function userName(): string {
  return String(process.getuid?.() ?? 'user');
}

function mustTakeTurns(input: OpenWorkInput, published: readonly CatalogRelation[]): boolean {
  const { manifest, project } = input.compilation;
  const { uniqueIds, storeFailures } = input;
  return keepsTables({
    manifest,
    uniqueIds,
    database: project.profile.ownDatabase,
    published,
    storeFailures,
  });
}

function sameDatabase(relation: CatalogRelation, database: string): boolean {
  return relation.database.toLowerCase() === database.toLowerCase();
}

function noteRelation(work: WorkingDatabase, relation: CatalogRelation): void {
  if (relation.kind === 'table' || relation.kind === 'macro') return;
  const name = { database: relation.database, schema: relation.schema, identifier: relation.name };
  work.note(
    name,
    {
      shown: relation.kind === 'delta' ? 'table' : 'view',
      catalogKind: relation.kind,
      location: relation.location,
      format: relation.format,
      deltaVersion: relation.deltaVersion,
      pins: relation.pins,
      sql: relation.sql,
      uniqueId: relation.uniqueId,
    },
    false,
  );
}
