/** Putting the pinned files of an external relation in the user's place again, after the catalog went to them. */
import { basename } from 'node:path';
import type { Random } from '../base/index.ts';
import type { CatalogRelation } from '../catalog/index.ts';
import { copyBetween, inParallel, openStorage } from '../storage/index.ts';
import { bucketOutput, copyIntoPlace } from './bucket-files.ts';
import { swapExternal } from './external-swap.ts';
import type { ExternalOutput } from './plan.ts';
import { isBucketPlace, type StorageAccess } from './storage-access.ts';

/**
 * Makes the files at the relation's location those that it pins. They are linked or copied; the pins stay.
 *
 * @param access to the bucket that the output is in.
 * @param at where the output is; the relation's own location unless given.
 * @throws targets.external-failed, targets.external-overlap
 */
export async function placeExternal(
  relation: Pick<CatalogRelation, 'location' | 'format' | 'pins'>,
  random: Random,
  access: StorageAccess,
  at?: string,
): Promise<void> {
  const location = at ?? relation.location;
  const [first] = relation.pins;
  if (location === null || relation.location === null || first === undefined) return;
  const [, folder = '', inside = ''] =
    /^(.*[\\/]_boathouse[\\/]pins[\\/][^\\/]+[\\/][^\\/]+)[\\/](.*)$/s.exec(first) ?? [];
  const isDirectory = relation.pins.length > 1 || inside !== basename(relation.location);
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
  const staged = { folder, files: relation.pins, rows: 0 };
  if (isBucketPlace(location)) {
    if (at === undefined) await copyIntoPlace(staged, output, access);
    else await copyFiles(staged, output, access);
  } else await swapExternal(staged, output, random.uuid());
}

/** Has the store copy files that stand elsewhere to an output that has none. */
async function copyFiles(
  { folder, files }: { readonly folder: string; readonly files: readonly string[] },
  { location, isDirectory }: ExternalOutput,
  access: StorageAccess,
): Promise<void> {
  const { storage, name } = bucketOutput(location, access);
  const from = openStorage(folder, access.optionsFor(folder));
  await inParallel(files, async (file) => {
    const inside = file.slice(folder.length + 1);
    await copyBetween(from, inside, storage, isDirectory ? `${name}/${inside}` : name);
  });
}
