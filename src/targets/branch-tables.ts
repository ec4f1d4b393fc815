/**
 * Delta tables of a branch: shallow clones of what the branch's catalog pins, made when one is first written to.
 *
 * Until then a relation of the branch stands at the table that it has on the branch it began on, and nothing here
 * may write to that.
 */
import { branchLocation, isOnBranch } from '../catalog/index.ts';
import type { RelationName } from '../compiler/index.ts';
import type { Session } from '../duckdb/index.ts';
import { cloneTable, TableHandle } from '../tables/index.ts';
import { targetErrors } from './errors.ts';
import { printName } from './relation-sql.ts';
import type { WorkingDatabase } from './working-database.ts';

/**
 * The relation's table is about to be written: on a branch that has none of its own yet, the relation becomes a view
 * over a clone. Costs one commit, however big the table is; nothing on the main branch.
 */
export async function ownTable(
  work: WorkingDatabase,
  session: Session,
  relation: RelationName,
): Promise<void> {
  const { branch } = work;
  const facts = work.factsOf(relation);
  if (branch === undefined || facts?.catalogKind !== 'delta') return;
  const { location, deltaVersion } = facts;
  if (location === null || deltaVersion === null || isOnBranch(branch, location)) return;
  const place = branchLocation(branch, work.delta.resolve(location));
  const source = await TableHandle.open(location, { storageOptions: work.access.optionsFor(location) });
  await cloneTable(source, place, {
    version: deltaVersion,
    ifNotExists: true,
    storageOptions: work.access.optionsFor(place),
  });
  const pinned = await work.delta.open(place);
  await session.run(`create or replace view ${printName(relation)} as ${pinned.sql}`);
  work.note(relation, { ...facts, location: place, deltaVersion: pinned.version, sql: pinned.sql }, false);
}

/** A table that is named by its place is everybody's. @throws targets.not-on-branch unless the place is the branch's */
export function requireOwnPlace({ branch }: WorkingDatabase, uri: string): void {
  if (branch === undefined || isOnBranch(branch, uri)) return;
  throw targetErrors['not-on-branch']({ table: uri, branch: branch.name });
}
