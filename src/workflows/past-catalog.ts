/** A generation of the past as a file that a reader can attach: built for one reader, and gone with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildCatalogFile, fileIn, fingerprint, type Generation } from '../catalog/index.ts';
import { workflowErrors } from './errors.ts';
import { type Lake, ownRelations } from './lake.ts';

/** The file, until it is removed. */
export interface PastCatalog {
  readonly path: string;
  readonly generation: Generation;
  remove(): Promise<void>;
}

/**
 * Builds the file of `generation` in a private folder. Views are over the files that the generation pins; the rows of
 * tables come from the copy that was kept of them.
 *
 * @throws workflows.tables-not-kept
 */
export async function buildPast(lake: Lake, generation: Generation): Promise<PastCatalog> {
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-past-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const tables = await openTables(lake, generation);
  try {
    const path = join(folder, basename(lake.file));
    await buildCatalogFile(generation, {
      database: lake.database,
      path,
      ...(tables === undefined ? {} : { tablesFrom: tables.path }),
    });
    return { path, generation, remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await tables?.release();
  }
}

/**
 * A local file with the tables that the generation has inside its published file; undefined when it has none.
 *
 * @throws workflows.tables-not-kept for generations of a Boathouse that kept none.
 */
export async function openTables(
  lake: Lake,
  generation: Generation,
): Promise<{ readonly path: string; release(): Promise<void> } | undefined> {
  const name = basename(lake.file);
  const file = fileIn(generation, name);
  if (file?.kept !== undefined) return await lake.log.storage.openLocal(file.kept);
  const tables = ownRelations(lake, generation).filter(({ kind }) => kind === 'table');
  if (tables.length === 0) return undefined;
  const isUntouched = lake.log.storage.isLocal && (await fingerprint(lake.file)) === file?.fingerprint;
  if (isUntouched) return { path: lake.file, release: async () => undefined };
  throw workflowErrors['tables-not-kept']({
    generation: generation.number,
    tables: tables.map((table) => `${table.schema}.${table.name}`),
  });
}
