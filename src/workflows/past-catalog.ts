/** A generation of the past as a file that a reader can attach: built for one reader, and gone with it. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import {
  buildCatalogFile,
  type CatalogRelation,
  fileIn,
  fingerprint,
  type Generation,
  isSame,
  relationKey,
} from '../catalog/index.ts';
import { workflowErrors } from './errors.ts';
import { type Lake, ownRelations } from './lake.ts';
import { withLakeEngine } from './lake-engine.ts';

/** The file, until it is removed. */
export interface PastCatalog {
  readonly path: string;
  readonly generation: Generation;
  remove(): Promise<void>;
}

/** A file of this machine that a published file can begin with. It is copied, never written to. */
export interface BaseFile {
  readonly path: string;
  /** The relations whose views it has. */
  readonly views: readonly CatalogRelation[];
}

/** The same, until it is released. */
export interface OpenBase extends BaseFile {
  release(): Promise<void>;
}

/**
 * Builds the file of `generation` in a private folder. Views are over the files that the generation pins; the rows of
 * tables come from the copy that was kept of them. In a bucket it is a copy of the generation's own file.
 *
 * @throws workflows.tables-not-kept
 */
export async function buildPast(lake: Lake, generation: Generation): Promise<PastCatalog> {
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-past-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  let base: OpenBase | undefined;
  try {
    base = await openBase(lake, generation);
    const path = join(folder, basename(lake.file));
    const { database } = lake;
    const from = base;
    if (from?.views === generation.relations) {
      await copyFile(from.path, path);
    } else {
      await withLakeEngine(lake, (engine) =>
        buildCatalogFile(generation, {
          database,
          path,
          engine,
          ...(from === undefined ? {} : { tablesFrom: from.path }),
        }),
      );
    }
    return { path, generation, remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await base?.release();
  }
}

/**
 * The file that `generation` published, or one with the tables that it has; undefined when it has none and nothing is
 * lost by beginning anew. In a bucket each generation's file stays as it is while the generation is kept.
 *
 * @throws workflows.tables-not-kept for generations of a Boathouse that kept none.
 */
export async function openBase(lake: Lake, generation: Generation): Promise<OpenBase | undefined> {
  const { storage } = lake.log;
  const file = fileIn(generation, basename(lake.file));
  if (!storage.isLocal && file !== undefined) {
    try {
      const { path, release } = await storage.openLocal(file.staged);
      return { path, views: generation.relations, release };
    } catch (error) {
      if (!isBoathouseError(error, 'storage.not-found')) throw error;
    }
  }
  if (file?.kept !== undefined) {
    const { path, release } = await storage.openLocal(file.kept);
    return { path, views: [], release };
  }
  const tables = ownRelations(lake, generation).filter(({ kind }) => kind === 'table');
  if (tables.length === 0) return undefined;
  const isUntouched = storage.isLocal && (await fingerprint(lake.file)) === file?.fingerprint;
  if (isUntouched) return { path: lake.file, views: [], release: async () => undefined };
  throw workflowErrors['tables-not-kept']({
    generation: generation.number,
    tables: tables.map((table) => `${table.schema}.${table.name}`),
  });
}

/** Says which relations a file that begins with `base` has already as they should be. */
export function keptIn(base: BaseFile | undefined): (relation: CatalogRelation) => boolean {
  const there = new Map(base?.views.map((relation) => [relationKey(relation), relation]));
  return (relation) => {
    const known = there.get(relationKey(relation));
    return known !== undefined && known.sql === relation.sql && isSame(known, relation);
  };
}
