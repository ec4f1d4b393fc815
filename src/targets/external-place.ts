/** Putting the pinned files of an external relation in the user's place again, after the catalog went to them. */
import { basename, relative, sep } from 'node:path';
import type { Random } from '../base/index.ts';
import type { CatalogRelation } from '../catalog/index.ts';
import { swapExternal } from './external-swap.ts';
import { pinFolderOf } from './output-leftovers.ts';
import type { ExternalOutput } from './plan.ts';

/**
 * Makes the files at the relation's location those that it pins. They are linked or copied; the pins stay.
 *
 * @param at where the output is; the relation's own location unless given.
 * @throws targets.external-failed, targets.external-overlap
 */
export async function placeExternal(
  relation: Pick<CatalogRelation, 'location' | 'format' | 'pins'>,
  random: Random,
  at?: string,
): Promise<void> {
  const location = at ?? relation.location;
  const [first] = relation.pins;
  if (location === null || relation.location === null || first === undefined) return;
  const pins = pinFolderOf(relation.location);
  const [id = ''] = relative(pins, first).split(sep);
  const folder = `${pins}${sep}${id}`;
  const isDirectory = relation.pins.length > 1 || relative(folder, first) !== basename(relation.location);
  const format = relation.format === 'csv' || relation.format === 'json' ? relation.format : 'parquet';
  const output: ExternalOutput = {
    location,
    isRemote: /^[a-z][a-z0-9+]+:\/\//i.test(location),
    isDirectory,
    format,
    copyOptions: '',
    readOptions: [],
    partitionBy: [],
    append: false,
    extension: `.${format}`,
  };
  await swapExternal({ folder, files: relation.pins, rows: 0 }, output, random.uuid());
}
