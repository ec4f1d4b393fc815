/**
 * The files that an external relation consists of before a run changes it: those its catalog pins, or what stands at
 * its place where no catalog knows of it.
 */
import { lstat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { copyBetween, inParallel, openStorage } from '../storage/index.ts';
import { bucketOutput, objectsOf } from './bucket-files.ts';
import { filesBelow, linkOrCopy } from './file-trees.ts';
import type { ExternalOutput } from './plan.ts';
import { isBucketPlace, type StorageAccess } from './storage-access.ts';
import type { RelationFacts } from './working-database.ts';

/** Files of one relation, all below one folder. */
export interface StandingFiles {
  /** Absolute, or a URL. */
  readonly base: string;
  /** In name order. */
  readonly files: readonly string[];
}

/** What the relation is made of now; undefined when there is nothing. Costs a listing where nothing is pinned. */
export async function standingFiles(
  facts: Pick<RelationFacts, 'catalogKind' | 'pins'> | undefined,
  output: ExternalOutput,
  access: StorageAccess,
): Promise<StandingFiles | undefined> {
  const [first] = facts?.catalogKind === 'external' ? facts.pins : [];
  const [, pinned] = /^(.*[\\/]_boathouse[\\/]pins[\\/][^\\/]+[\\/][^\\/]+)[\\/]/s.exec(first ?? '') ?? [];
  if (pinned !== undefined && first !== undefined && (isBucketPlace(first) || (await isThere(first)))) {
    return { base: pinned, files: facts?.pins ?? [] };
  }
  const { location } = output;
  if (isBucketPlace(location)) {
    const { storage, name } = bucketOutput(location, access);
    const paths = output.isDirectory ? await objectsOf(storage, name) : [];
    const files = paths.filter((path) => !path.includes('/_boathouse/')).map((path) => storage.locate(path));
    return files.length === 0 ? undefined : { base: location.replace(/\/+$/, ''), files: files.sort() };
  }
  if (output.isRemote) return undefined;
  const info = await lstat(location).catch(() => undefined);
  if (info === undefined) return undefined;
  if (!output.isDirectory) return { base: dirname(location), files: [location] };
  const files = (await filesBelow(location)).filter((file) => !isHidden(relative(location, file)));
  return files.length === 0 ? undefined : { base: location, files };
}

/** The path of one of the files below their folder, with `/` between its parts. */
export function insideOf({ base }: StandingFiles, file: string): string {
  return file
    .slice(base.length + 1)
    .split(sep)
    .join('/');
}

/** Puts files that stay beside those that were staged. Local ones are linked, those in a bucket are copied by the store. */
export async function keepFiles(
  standing: StandingFiles,
  files: readonly string[],
  folder: string,
  access: StorageAccess,
): Promise<readonly string[]> {
  if (!isBucketPlace(folder)) {
    const kept = files.map((file) => join(folder, insideOf(standing, file)));
    await inParallel(files, (file) => linkOrCopy(file, join(folder, insideOf(standing, file))));
    return kept;
  }
  const from = openStorage(standing.base, access.optionsFor(standing.base));
  const to = openStorage(folder, access.optionsFor(folder));
  await inParallel(files, async (file) => {
    const inside = insideOf(standing, file);
    await copyBetween(from, inside, to, inside);
  });
  return files.map((file) => to.locate(insideOf(standing, file)));
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

function isHidden(path: string): boolean {
  return path.split(sep).includes('_boathouse') || basename(path).startsWith('.');
}
