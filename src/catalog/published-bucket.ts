/**
 * A published file in a bucket.
 *
 * `_boathouse/catalog/files/<unique>.duckdb` never changes; a generation names it. The object under the file's
 * own name is a copy that the store makes, and says in its metadata which one it is of. A publisher that dies
 * or is overtaken between the two leaves an older copy there: the next one mends it.
 */
import { basename, dirname } from 'node:path';
import { isBoathouseError, type Random } from '../base/index.ts';
import type { Storage, StorageOptions } from '../storage/index.ts';
import { branchOf } from './branch-place.ts';
import { catalogErrors } from './errors.ts';
import { fileIn, type Generation } from './generation.ts';
import { type CatalogLog, listGenerations, openCatalog, readGeneration } from './generation-log.ts';
import type { PublishedDraft, PublishedPlace } from './published-place.ts';

/** The place of the file at `uri`, `s3://bucket/…/name.duckdb`. */
export function bucketPlaceOf(uri: string, options: StorageOptions, given?: CatalogLog): PublishedPlace {
  return bucketPlaceIn(given ?? openCatalog(parentOf(uri), options), basename(uri), uri);
}

/** As `bucketPlaceOf`, in storage that is open already, whose objects are no files that others write to in place. */
export function bucketPlaceIn(log: CatalogLog, name: string, path: string): PublishedPlace {
  const { storage } = log;
  const settle = (generation: Generation | undefined): Promise<void> => settleCopy(storage, name, generation);
  return {
    path,
    name,
    isLocal: false,
    log,
    settle,
    copy: async (generation, to) => {
      const from = fileIn(generation, name)?.staged ?? name;
      try {
        await storage.download(from, to);
        return { hasLog: false };
      } catch (cause) {
        if (isBoathouseError(cause, 'storage.not-found') && from === name) return undefined;
        if (isBoathouseError(cause) && cause.code.startsWith('storage.')) throw cause;
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw catalogErrors['unreadable-file']({ path, problem }, { cause });
      }
    },
    look: async (generation) => {
      const state = fileIn(generation, name);
      if (state !== undefined) return state.fingerprint;
      const found = await storage.stat(name);
      return found && (found.etag ?? `${found.sizeBytes}-${found.modifiedMs}`);
    },
    isThere: async (other) => (await storage.stat(other)) !== undefined,
    draft: (random) => draft(log, name, random, settle),
  };
}

async function draft(
  log: CatalogLog,
  name: string,
  random: Random,
  settle: (generation: Generation | undefined) => Promise<void>,
): Promise<PublishedDraft> {
  const { storage } = log;
  const staged = `${branchOf(log) === undefined ? '_boathouse/' : ''}catalog/files/${random.uuid()}.duckdb`;
  const file = await storage.prepareWrite(staged);
  let isUploaded = false;
  let isPublished = false;
  return {
    file,
    finish: async () => {
      const { etag, sizeBytes } = await storage.finishWrite(staged);
      isUploaded = true;
      return { staged, fingerprint: etag ?? `${staged} ${sizeBytes}` };
    },
    publish: async (generation) => {
      isPublished = true;
      await storage.copy(staged, name, { replace: true, metadata: { [stagedKey]: staged } });
      // Whoever published after us may have put theirs in place before us.
      const newest = (await listGenerations(log)).at(-1);
      if (newest !== undefined && newest !== generation?.number) await settle(await readGeneration(log));
    },
    discard: async () => {
      if (isPublished) return;
      if (isUploaded) await storage.remove(staged);
      else await storage.abandonWrite(staged);
    },
  };
}

async function settleCopy(storage: Storage, name: string, generation: Generation | undefined): Promise<void> {
  const state = fileIn(generation, name);
  if (state === undefined) return;
  const there = await storage.stat(name);
  const isOf = there?.metadata?.[stagedKey];
  // A store that keeps no metadata still tells one object's bytes from another's.
  if (isOf === state.staged || (there?.etag !== undefined && there.etag === state.fingerprint)) return;
  await storage.copy(state.staged, name, { replace: true, metadata: { [stagedKey]: state.staged } });
}

/** The folder of an object, as a URI. */
function parentOf(uri: string): string {
  return `s3://${dirname(uri.replace(/^s3[an]?:\/\//i, ''))}`;
}

const stagedKey = 'boathouse-staged';
