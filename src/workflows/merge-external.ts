/** An external relation of a branch as the branch it is merged into will show it: over copies of its pinned files. */
import { basename, dirname } from 'node:path';
import { systemRandom } from '../base/index.ts';
import { branchLocation, type CatalogRelation, originalLocation, pinName } from '../catalog/index.ts';
import { copyBetween, openStorage } from '../storage/index.ts';
import { type Lake, rootOf } from './lake.ts';

/** Copies the pins beside the other side's output. The files at the output itself are put there afterwards. */
export async function mergedExternal(
  relation: CatalogRelation,
  own: Lake,
  into: Lake,
): Promise<CatalogRelation> {
  if (relation.location === null || relation.sql === null) return relation;
  const original = originalLocation(rootOf(own), relation.location);
  const location =
    into.branch === undefined
      ? original
      : branchLocation({ name: into.branch, root: rootOf(into) }, original);
  if (location === relation.location) return relation;
  const id = pinName(into.log.storage.uri, systemRandom);
  const folder = `${dirname(location)}/_boathouse/pins/${basename(location)}/${id}`;
  const target = openStorage(folder, into.access.optionsFor(folder));
  const pins: string[] = [];
  let { sql } = relation;
  for (const pin of relation.pins) {
    const [, inside = basename(pin)] = /\/_boathouse\/pins\/[^/]+\/[^/]+\/(.+)$/s.exec(pin) ?? [];
    const from = openStorage(dirname(pin), own.access.optionsFor(pin));
    await copyBetween(from, basename(pin), target, inside);
    const copy = `${folder}/${inside}`;
    pins.push(copy);
    sql = sql.replaceAll(literal(pin), literal(copy));
  }
  return { ...relation, location, pins, sql };
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
