/**
 * A private copy of a published catalog, for a reader whose lake is in a bucket.
 *
 * Views over files in a bucket are made anew over copies of those files on this machine, once a statement names
 * them. In the published file that can't be done, and the one in a bucket is no file of this machine.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CatalogRelation,
  createStatement,
  type Generation,
  publishedPlace,
  readGeneration,
  readsBucket,
} from '../catalog/index.ts';
import type { RemoteRelation } from '../tables/index.ts';

/** What a reader attaches. */
export interface CatalogCopy {
  /** The file to attach; the published one itself where nothing in it is about a bucket. */
  readonly file: string;
  readonly isOwn: boolean;
  readonly generation: Generation | undefined;
  /** Removes what is the reader's own. */
  release(): Promise<void>;
}

/**
 * The catalog at `path` as a file that a reader can attach.
 *
 * In a bucket it costs a listing and two reads. @returns undefined when nothing is published there.
 */
export async function openCatalogCopy(
  path: string,
  storageOptions: Readonly<Record<string, string>>,
): Promise<CatalogCopy | undefined> {
  const place = publishedPlace(path, storageOptions);
  if (place.isLocal && !existsSync(path)) return undefined;
  const generation = await readGeneration(place.log);
  if (place.isLocal && !(generation?.relations ?? []).some(readsBucket)) {
    return { file: path, isOwn: false, generation, release: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-reader-'));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, place.name);
    if ((await place.copy(generation, file)) !== undefined) return { file, isOwn: true, generation, release };
    await release();
    return undefined;
  } catch (error) {
    await release();
    throw error;
  }
}

/** The catalog's views as relations that are made anew in the database attached as `alias`. */
export function remoteRelations(
  { generation }: CatalogCopy,
  database: string,
  alias: string,
): readonly RemoteRelation[] {
  const isWanted = (relation: CatalogRelation): boolean =>
    relation.database.toLowerCase() === database.toLowerCase() && relation.kind !== 'macro';
  return (generation?.relations ?? []).filter(isWanted).flatMap((relation) => {
    const { sql } = relation;
    if (sql === null) return [];
    const own = { ...relation, database: alias };
    return [{ name: relation.name, sql, create: (text: string) => [createStatement({ ...own, sql: text })] }];
  });
}
