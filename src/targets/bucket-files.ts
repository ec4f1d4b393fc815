/**
 * The files of external relations in a bucket.
 *
 * As in a folder, a query's rows become objects below `_boathouse/pins/<output>/<id>/` beside the output, which
 * never change and which the catalog's views read. Then the store copies them to the output's own place, for
 * everybody who reads that. DuckDB writes to this machine, and the files are uploaded: no extension is needed.
 */
import { dirname, relative, sep } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import { quoteLiteral, type Session } from '../duckdb/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { targetErrors } from './errors.ts';
import { overwriting, type StagedExternal } from './external-files.ts';
import { filesBelow } from './file-trees.ts';
import type { ExternalOutput } from './plan.ts';
import type { StorageAccess } from './storage-access.ts';

/** An output's name, and the storage of the folder that it is in. */
export interface BucketOutput {
  readonly storage: Storage;
  readonly name: string;
}

/** Where an output in a bucket is. @throws targets.external-failed for a location that is a whole bucket */
export function bucketOutput(location: string, access: StorageAccess): BucketOutput {
  const [, folder, name] = /^s3[an]?:\/\/(.+)\/([^/]+)\/*$/i.exec(location) ?? [];
  if (folder === undefined || name === undefined) {
    const problem = 'it is a whole bucket; name a file or a folder in it';
    throw targetErrors['external-failed']({ location, problem });
  }
  return { storage: openStorage(`s3://${folder}`, access.optionsFor(location)), name };
}

/**
 * Streams the query once into objects that never change.
 *
 * Costs one PUT for each file; an append also a listing and a copy of each file that is there.
 *
 * @param id never used before for this output.
 */
export async function stageInBucket(
  session: Session,
  query: string,
  output: ExternalOutput,
  id: string,
  access: StorageAccess,
): Promise<StagedExternal> {
  const { storage, name } = bucketOutput(output.location, access);
  const pins = `_boathouse/pins/${name}/${id}`;
  const inPlace = `${pins}/${name}`;
  const begun = output.isDirectory ? `${pins}/begun` : inPlace;
  const local = await storage.prepareWrite(begun);
  const folder = output.isDirectory ? dirname(local) : local;
  const done: string[] = [];
  try {
    const options = [output.copyOptions, ...overwriting(output)];
    const { rowsChanged } = await session.run(
      `copy (\n${query}\n) to ${quoteLiteral(folder)} (${options.join(', ')})`,
    );
    const written = output.isDirectory
      ? (await filesBelow(folder)).map((file) => `${pins}/${relative(folder, file).split(sep).join('/')}`)
      : [inPlace];
    if (output.append) done.push(...(await pinWhatIsThere(storage, name, pins)));
    const sizes = new Map<string, number>();
    await eachOf(written, async (path) => {
      const { sizeBytes } = await storage.finishWrite(path);
      done.push(path);
      sizes.set(storage.locate(path), sizeBytes);
    });
    return {
      folder: storage.locate(pins),
      files: done.map((path) => storage.locate(path)).sort(),
      rows: Number(rowsChanged ?? 0),
      sizes,
    };
  } catch (error) {
    await storage.removeAll(done).catch(() => undefined);
    await storage.abandonWrite(begun).catch(() => undefined);
    throw error;
  }
}

/** Removes what was staged: its node failed. */
export async function discardInBucket(
  staged: StagedExternal,
  output: ExternalOutput,
  access: StorageAccess,
): Promise<void> {
  const { storage } = bucketOutput(output.location, access);
  await storage.removeAll(staged.files.map((file) => pathIn(storage, file)));
}

/**
 * Has the store copy the staged objects to the output's place. Each object of it is replaced at once; an output
 * of several for a moment has old ones beside new ones. Objects that aren't part of it any more are removed.
 *
 * @throws targets.external-failed, targets.external-overlap when a folder holds what isn't the output's.
 */
export async function copyIntoPlace(
  staged: StagedExternal,
  output: ExternalOutput,
  access: StorageAccess,
): Promise<void> {
  const { storage, name } = bucketOutput(output.location, access);
  try {
    const [file] = staged.files;
    if (!output.isDirectory) {
      if (file !== undefined) await storage.copy(pathIn(storage, file), name, { replace: true });
      return;
    }
    const old = await objectsOf(storage, name);
    checkReplaceable(old, name, output);
    const base = pathIn(storage, `${staged.folder ?? ''}/x`).slice(0, -1);
    const fresh = new Map(
      staged.files.map((pin) => [`${name}/${pathIn(storage, pin).slice(base.length)}`, pathIn(storage, pin)]),
    );
    await eachOf([...fresh], ([to, from]) => storage.copy(from, to, { replace: true }));
    const gone = old.filter((path) => !fresh.has(path));
    if (gone.length > 0) await storage.removeAll(gone);
  } catch (cause) {
    if (isBoathouseError(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw targetErrors['external-failed']({ location: output.location, problem }, { cause });
  }
}

/** Whether there is an object of that name, or any below it. Costs one listing. */
export async function somethingInBucket(location: string, access: StorageAccess): Promise<boolean> {
  // What stands before a pattern, up to a whole name, is all that can be listed.
  const plain = location.replace(/[*?[{].*$/s, '');
  const { storage, name } = bucketOutput(plain.endsWith('/') ? `${plain}x` : plain, access);
  const start = plain.endsWith('/') ? '' : name;
  for await (const { path } of storage.list(start)) {
    if (path.startsWith('_boathouse/')) continue;
    if (plain !== location || path === name || path.startsWith(`${name}/`)) return true;
  }
  return false;
}

/** An append keeps what was there: copied beside the new files, so that one folder of pins has everything. */
async function pinWhatIsThere(storage: Storage, name: string, pins: string): Promise<string[]> {
  const pinned: string[] = [];
  await eachOf(await objectsOf(storage, name), async (path) => {
    const to = `${pins}/${path.slice(name.length + 1)}`;
    await storage.copy(path, to);
    pinned.push(to);
  });
  return pinned;
}

/** Every object of an output that is a folder. */
export async function objectsOf(storage: Storage, name: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list(`${name}/`)) paths.push(path);
  return paths;
}

function checkReplaceable(old: readonly string[], name: string, output: ExternalOutput): void {
  const endings = [output.extension, '.parquet', '.csv', '.json', '.gz', '.zst'];
  const overlap = (problem: string): Error =>
    targetErrors['external-overlap']({ location: output.location, problem });
  for (const path of old) {
    const below = path.slice(name.length + 1);
    if (below.split('/').includes('_boathouse')) {
      throw overlap('another relation has its files inside that folder');
    }
    const last = below.slice(below.lastIndexOf('/') + 1);
    if (!endings.some((ending) => last.endsWith(ending)) && !last.startsWith('.')) {
      throw overlap(`it holds ${last}, which no relation wrote`);
    }
  }
}

/** The path in `storage` of what is called `uri` in SQL. */
function pathIn(storage: Storage, uri: string): string {
  return uri.slice(storage.locate('x').length - 1);
}

/** Does `work` for each of `items`, a few at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const open = [...items];
  const worker = async (): Promise<void> => {
    for (let item = open.pop(); item !== undefined; item = open.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
