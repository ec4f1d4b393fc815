/**
 * The stores that this process has opened buckets of, so that a file named by an `s3://` URI alone can be found.
 *
 * One bucket's name may be in use at two stores. Data files have names that no other file has, so asking one
 * store after the other finds the right one.
 */
import type { CachedStorage } from './cache/cached-storage.ts';
import type { StorageOptions } from './storage.ts';

/** Remembers the storage of a whole bucket. */
export function rememberBucket(bucket: string, storage: CachedStorage): void {
  const known = (buckets.get(bucket) ?? []).filter((other) => other.inner.client !== storage.inner.client);
  buckets.set(bucket, [storage, ...known]);
}

/** The storages of that bucket, rooted at it, the last opened first. */
export function storagesOfBucket(bucket: string): readonly CachedStorage[] {
  return buckets.get(bucket) ?? [];
}

const buckets = new Map<string, readonly CachedStorage[]>();

/** Remembers the options that a place was opened with. */
export function rememberPlace(bucket: string, prefix: string, options: StorageOptions): void {
  places.set(`s3://${bucket}/${prefix}`, options);
}

/** The options of the innermost opened place that `uri` is in, and that place. */
export function optionsOfPlace(
  uri: string,
): { readonly scope: string; readonly options: StorageOptions } | undefined {
  const place = uri.replace(/^s3[an]?:/i, 's3:');
  for (let end = place.lastIndexOf('/'); end > 'https'.length; end = place.lastIndexOf('/', end - 1)) {
    const scope = place.slice(0, end + 1);
    const options = places.get(scope);
    if (options !== undefined) return { scope, options };
  }
  return undefined;
}

const places = new Map<string, StorageOptions>();
