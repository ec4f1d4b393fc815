/** Beginning a run: the lease if it keeps tables, the private database, and what was there before. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { markedName } from '../base/index.ts';
import {
  abandonedIn,
  type CatalogLog,
  type CatalogRelation,
  createViews,
  fingerprint,
  readGeneration,
} from '../catalog/index.ts';
import type { Compilation } from '../compiler/index.ts';
import { type FoundRelation, listRelations, missingViews } from './changes.ts';
import { engineOptions } from './engine-options.ts';
import { targetErrors } from './errors.ts';
import { type TakenCopy, takeCopy } from './published-copy.ts';
import type { LakehouseSession } from './session.ts';
import { keepsTables } from './tables-inside.ts';
import { TablesTurn } from './tables-turn.ts';
import type { TurnInput } from './take-turn.ts';
import { type PrivateCopy, WorkingDatabase } from './working-database.ts';

/** What a run is begun with. */
export interface OpenWorkInput extends Omit<TurnInput, 'log'> {
  readonly compilation: Compilation;
  /** What the run will do, as far as it is known: decides whether it takes turns. */
  readonly uniqueIds: readonly string[];
  /** The published file; undefined for a target in memory. */
  readonly file: string | undefined;
  readonly log: CatalogLog | undefined;
  readonly writes: boolean;
  readonly storeFailures: boolean;
}

/** What is open between `prepare` and `close`. */
export interface Opened {
  readonly work: WorkingDatabase;
  /** The right to change tables; undefined for a target in memory and for commands that only look. */
  readonly tables: TablesTurn | undefined;
  /** What the published file looked like when it was copied. */
  readonly copiedFrom: string | undefined;
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
  const { file, log } = input;
  if (file === undefined || log === undefined) return await openIn(input, undefined, undefined, undefined);
  const tables = input.writes ? new TablesTurn({ ...input, log }, file) : undefined;
  const folder = await makeFolder(input, file);
  try {
    if (tables && mustTakeTurns(input, (await readGeneration(log))?.relations ?? [])) await tables.take();
    const own = join(folder, basename(file));
    const taken = await takeCopy(log, file, own, input.writes);
    tables?.begin(taken.generation);
    await checkName(file, taken);
    return await openIn(input, { folder, file: own, copy: taken.copy, published: file }, taken, tables);
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
  const { database } = profile;
  const work = await WorkingDatabase.open({
    engine: engineOptions(input.compilation.project, own && join(own.folder, 'spill')),
    database,
    root,
    private: own,
    catalogUri: input.log?.storage.uri ?? `memory:${root}`,
    onWarning: (code, message) => input.onNotice({ kind: 'warning', code, message }),
  });
  try {
    work.onTablesChange = tables && (() => tables.claim());
    const published = taken?.generation?.relations ?? [];
    for (const relation of published) noteRelation(work, relation);
    const session = await work.session();
    const before = await relationsIn(session, database, taken).finally(() => session.release());
    work.setIndex(
      before.flatMap(({ kind, schema, name, ...rest }) =>
        kind === 'macro' ? [] : [{ database: rest.database, schema, identifier: name, kind }],
      ),
    );
    const engineVersion = await work.version();
    return { work, tables, copiedFrom: taken?.fingerprint, before, published, engineVersion };
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
async function checkName(file: string, taken: TakenCopy): Promise<void> {
  const stem = (name: string): string => (name.split('.')[0] ?? '').toLowerCase();
  for (const { name } of taken.generation?.files ?? []) {
    if (name === basename(file) || stem(name) !== stem(basename(file))) continue;
    const other = join(dirname(file), name);
    if ((await fingerprint(other)) !== undefined) throw targetErrors['same-database']({ path: file, other });
  }
}

/** Beside the published file, so that what is built can be renamed into place; else in the system's folder. */
async function makeFolder(input: OpenWorkInput, file: string): Promise<string> {
  const name = markedName(input.random.uuid());
  if (input.writes) {
    const folder = join(dirname(file), '_boathouse', 'work', name);
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
  return keepsTables({ manifest, uniqueIds, database: project.profile.database, published, storeFailures });
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
