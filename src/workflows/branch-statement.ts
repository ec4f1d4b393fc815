/** Statements of people on a branch: they change the branch's own tables, never those that it began with. */
import { dirname, resolve } from 'node:path';
import { branchLocation, branchPlaceOf, isOnBranch } from '../catalog/index.ts';
import { cloneTable, TableHandle, type TableRef } from '../tables/index.ts';
import type { CatalogPlace, CatalogTables } from './catalog-tables.ts';
import { publishTables } from './publish-tables.ts';

/**
 * Makes the table that `table` names the branch's own: a shallow clone of what the branch shows, which the branch's
 * catalog shows from now on. Nothing happens outside of branches.
 *
 * @throws targets.not-on-branch for a table that is named by a place which isn't the branch's
 */
export async function ownOnBranch(
  tables: CatalogTables,
  table: TableRef,
  options: { readonly lockTimeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { place } = tables;
  const branch = place && branchPlaceOf(dirname(place.path));
  if (place === undefined || branch === undefined) return;
  if (table.kind === 'path') return await requireOwn(place, table.uri);
  const found = await tables.find(table.parts);
  if (found?.kind !== 'delta' || found.location === null || found.deltaVersion === null) return;
  if (isOnBranch(branch, found.location)) return;
  const location = branchLocation(branch, found.location);
  const { access } = tables;
  const source = await TableHandle.open(found.location, {
    storageOptions: access.optionsFor(found.location),
  });
  await cloneTable(source, location, {
    version: found.deltaVersion,
    ifNotExists: true,
    storageOptions: access.optionsFor(location),
  });
  const { database, schema, name } = found;
  // The clone's version may be the number that is known already, of another table.
  const known = { ...found, deltaVersion: null };
  await publishTables(place, [{ database, schema, name, location, known }], {
    ...options,
    access: tables.access,
  });
  tables.reload();
}

/** @throws targets.not-on-branch when a branch is worked on and the table isn't the branch's */
export async function requireOwn(place: CatalogPlace | undefined, uri: string): Promise<void> {
  if (place === undefined || isOwn(place, uri)) return;
  const { targetErrors } = await import('../targets/index.ts');
  throw targetErrors['not-on-branch']({ table: uri, branch: branchPlaceOf(dirname(place.path))?.name ?? '' });
}

/** Whether the catalog's branch may change the table at `uri`: everything, on the main one. */
export function isOwn(place: CatalogPlace, uri: string): boolean {
  const branch = branchPlaceOf(dirname(place.path));
  const absolute = /^[a-z][a-z0-9+]*:\/\//i.test(uri) ? uri : resolve(uri);
  return branch === undefined || isOnBranch(branch, absolute);
}
