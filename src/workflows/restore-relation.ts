/** Bringing the Delta table of a relation back to the version that a generation pins. */
import { isBoathouseError } from '../base/index.ts';
import { type BranchPlace, branchLocation, type CatalogRelation } from '../catalog/index.ts';
import { fileKey, history, type Snapshot } from '../delta/index.ts';
import { openStorage, type StorageAccess } from '../storage/index.ts';
import { cloneTable, openDeltaRelation, restoreTable, TableHandle } from '../tables/index.ts';

/** A table that got a commit. */
export interface RestoredTable {
  /** Its URI. */
  readonly table: string;
  /** The version whose rows it has again, and the one that the commit made. */
  readonly restoredVersion: number;
  readonly version: number;
}

/**
 * Whether runs go on from the relation's table: then it has to go back with it. A source belongs to whoever lands
 * rows there: only what the lake shows of it goes back.
 */
export function isRestorable({ kind, location, deltaVersion, uniqueId }: CatalogRelation): boolean {
  const isSource = uniqueId?.startsWith('source.') === true;
  return kind === 'delta' && location !== null && deltaVersion !== null && !isSource;
}

/**
 * Restores the relation's table to the version that it pins, unless it holds just that already.
 *
 * @returns the relation over the version that has those rows now, and the commit where there was one.
 * @throws tables.files-are-gone, delta.no-such-version
 */
export async function restoreRelation(
  relation: CatalogRelation,
  access: StorageAccess,
  commitMetadata: Readonly<Record<string, string | number>>,
): Promise<{ readonly relation: CatalogRelation; readonly committed: RestoredTable | undefined }> {
  const { location, deltaVersion } = relation;
  if (location === null || deltaVersion === null) return { relation, committed: undefined };
  const storageOptions = access.optionsFor(location);
  const handle = await TableHandle.open(location, { storageOptions });
  const { snapshot } = await TableHandle.open(location, { storageOptions, version: deltaVersion });
  if (handle.snapshot.version === deltaVersion) return { relation, committed: undefined };
  let committed: RestoredTable | undefined;
  if (!holdsTheSame(handle.snapshot, snapshot)) {
    const { version } = await restoreTable(handle, { version: deltaVersion }, { commitMetadata });
    committed = { table: handle.uri, restoredVersion: deltaVersion, version };
  }
  const version = handle.snapshot.version;
  const { sql } = await openDeltaRelation(location, { storageOptions, version });
  return { relation: { ...relation, sql, deltaVersion: version }, committed };
}

/**
 * On a branch, a relation that goes back to the table of the branch it began on: the branch's own clone of it gets those rows
 * again, because that is what is written to next. The other table is left alone.
 *
 * @returns the commit; undefined where there is no clone, or it holds just that
 */
export async function restoreClone(
  { location, deltaVersion }: CatalogRelation,
  branch: BranchPlace,
  access: StorageAccess,
): Promise<RestoredTable | undefined> {
  if (location === null || deltaVersion === null) return undefined;
  const place = branchLocation(branch, location);
  const storage = openStorage(place, access.optionsFor(place));
  let last: Awaited<ReturnType<typeof history>>;
  try {
    last = await history(storage, { limit: 1 });
  } catch (error) {
    if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
    throw error;
  }
  const source = await TableHandle.open(location, {
    storageOptions: access.optionsFor(location),
    version: deltaVersion,
  });
  const [entry] = last;
  const told = entry?.operationParameters;
  const isThat =
    told?.['source'] === `delta.\`${source.uri}\`` && Number(told['sourceVersion']) === deltaVersion;
  if (isThat && /\bCLONE$/.test(entry?.operation ?? '')) return undefined;
  const storageOptions = access.optionsFor(place);
  const { handle } = await cloneTable(source, place, {
    version: deltaVersion,
    replace: true,
    storageOptions,
  });
  return { table: handle.uri, restoredVersion: deltaVersion, version: handle.snapshot.version };
}

/** Whether both have the same files, with the same rows deleted, and say the same of the table. */
export function holdsTheSame(a: Snapshot, b: Snapshot): boolean {
  const about = ({ metadata }: Snapshot): string =>
    JSON.stringify([metadata.schemaString, metadata.partitionColumns, [...metadata.configuration].sort()]);
  if (about(a) !== about(b)) return false;
  const keys = new Set([...a.files.values()].map(fileKey));
  let count = 0;
  for (const file of b.files.values()) {
    if (!keys.has(fileKey(file))) return false;
    count += 1;
  }
  return count === keys.size;
}
