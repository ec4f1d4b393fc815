/** From a URI to the storage behind it. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { secrets } from '../base/index.ts';
import type { StorageAccess } from './access.ts';
import type { Mount } from './cache/mount.ts';
import { storageErrors } from './errors.ts';
import { LocalStorage } from './local.ts';
import { MemoryStorage } from './memory.ts';
import { RemoteStorage } from './remote.ts';
import { optionsOfPlace } from './remote-stores.ts';
import { placeOf } from './s3/bucket-place.ts';
import type { EngineAccess, FlatSecret } from './s3/engine-access.ts';
import type { Finding } from './s3/examine.ts';
import type { Storage, StorageOptions } from './storage.ts';

/**
 * The storage rooted at `uri`: a plain path, `file://…`, `s3://bucket/…` (`s3a`, `s3n`),
 * or `memory:name` (one per name and process).
 * Nothing is touched until it is used; a folder that isn't there is made by the first write.
 *
 * @param options `AWS_*` names verbatim; ignored for local paths, their secrets are masked in output.
 * @throws storage.unsupported-scheme, storage.bad-path, storage.bad-option
 */
export function openStorage(uri: string, options: StorageOptions = {}): Storage {
  // JavaScript callers may give anything.
  if (typeof uri !== 'string' || uri === '') {
    const problem =
      uri === '' ? 'it is empty' : `it is ${uri === null ? 'null' : `a ${typeof uri}`}, and a text is needed`;
    throw storageErrors['bad-path']({ path: typeof uri === 'object' ? '' : String(uri), problem });
  }
  for (const [name, value] of Object.entries(options)) {
    if (/SECRET|TOKEN|PASSWORD/i.test(name)) secrets.add(value);
  }
  if (/^file:/i.test(uri)) return new LocalStorage(localPathOf(uri));
  if (/^memory:/i.test(uri)) return openMemory(uri.slice('memory:'.length));
  if (/^s3[an]?:\/\//i.test(uri)) {
    const storage = new RemoteStorage(placeOf(uri), options);
    given.set(storage, options);
    return storage;
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(uri)?.[1];
  if (scheme) throw storageErrors['unsupported-scheme']({ uri, scheme: scheme.toLowerCase() });
  return new LocalStorage(resolve(uri));
}

/** With which options each storage in a bucket was opened. */
const given = new WeakMap<Storage, StorageOptions>();

/** The options that `storage` was opened with; none for a folder. */
export function optionsOfStorage(storage: Storage): StorageOptions {
  return given.get(storage) ?? {};
}

/**
 * The storage rooted at `uri`, which something in `storage` names: another folder of the lake, the folder of a file that
 * a table's log names by its address. Opened as `storage` was, or as this process has opened the other bucket before.
 *
 * @throws storage.unsupported-scheme, storage.bad-path
 */
export function openBeside(storage: Storage, uri: string): Storage {
  const own = optionsOfStorage(storage);
  const bucketOf = (place: string): string => /^s3[an]?:\/\/([^/]+)/i.exec(place)?.[1] ?? '';
  const isSame = bucketOf(uri) === bucketOf(storage.uri);
  return openStorage(uri, isSame ? own : (optionsOfPlace(`${uri.replace(/\/+$/, '')}/`)?.options ?? own));
}

/**
 * Copies an object to another storage: by the store itself where both are in one bucket. What has that name is replaced.
 *
 * @throws storage.not-found
 */
export async function copyBetween(from: Storage, path: string, to: Storage, target: string): Promise<void> {
  const [bucket = ''] = /^s3:\/\/[^/]+/.exec(from.uri) ?? [];
  const isOne =
    bucket !== '' &&
    `${to.uri}/`.startsWith(`${bucket}/`) &&
    JSON.stringify(optionsOfStorage(from)) === JSON.stringify(optionsOfStorage(to));
  if (isOne) {
    const inBucket = (storage: Storage, name: string): string =>
      storage.locate(name).slice(bucket.length + 1);
    await openBeside(to, bucket).copy(inBucket(from, path), inBucket(to, target), { replace: true });
    return;
  }
  await to.abandonWrite(target);
  await from.download(path, await to.prepareWrite(target));
  await to.finishWrite(target);
}

/**
 * What DuckDB's httpfs needs for `uri`: with the options that `access` has for it, else with those that this process has
 * opened the place with.
 *
 * @throws storage.bad-option
 */
export async function engineAccess(uri: string, access?: StorageAccess): Promise<EngineAccess> {
  const loaded = await import('./s3/engine-access.ts');
  if (access === undefined) return await loaded.engineAccessToOpened(uri);
  const [bucket = uri] = /^s3[an]?:\/\/[^/]+\//i.exec(uri) ?? [];
  return await loaded.engineAccess(access.scopeFor?.(uri) ?? bucket, access.optionsFor(uri));
}

/** The secret of a profile as httpfs takes it. @throws storage.bad-option */
export async function engineSecret<S extends FlatSecret>(secret: S): Promise<S> {
  return await (await import('./s3/engine-access.ts')).engineSecret(secret);
}

/**
 * A mount on the process's cache: remote files as files of this machine. Undefined when `BOATHOUSE_CACHE` is off.
 *
 * @param optionsFor with which buckets are opened that this process hasn't opened yet; the environment's unless given.
 */
export async function openMount(optionsFor?: (uri: string) => StorageOptions): Promise<Mount | undefined> {
  const { openMountOn } = await import('./cache/open-cached.ts');
  return await openMountOn(optionsFor);
}

/**
 * Goes the whole way to a place in a bucket, step by step, and leaves nothing behind.
 *
 * @param withFile given the URI of a CSV file with the column `id` and two rows, while it is there; says what was found.
 */
export async function examineStore(
  uri: string,
  options: StorageOptions,
  withFile: (uri: string) => Promise<string>,
): Promise<readonly Finding[]> {
  const { examine } = await import('./s3/examine.ts');
  return await examine(uri, options, withFile);
}

/** `file:relative/path` is not a URL that Node takes, but people write it. */
function localPathOf(uri: string): string {
  try {
    return /^file:\/\//i.test(uri)
      ? fileURLToPath(uri)
      : resolve(decodeURIComponent(uri.slice('file:'.length)));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw storageErrors['bad-path']({ path: uri, problem }, { cause });
  }
}

function openMemory(name: string): MemoryStorage {
  const storage = memories.get(name) ?? new MemoryStorage(name);
  memories.set(name, storage);
  return storage;
}

const memories = new Map<string, MemoryStorage>();
