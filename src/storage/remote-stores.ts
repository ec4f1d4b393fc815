/**
 * The stores that this process has opened buckets of, so that a file named by an `s3://` URI alone can be found.
 *
 * One bucket's name may be in use at two stores. Data files have names that no other file has, so asking one
 * store after the other finds the right one.
 */
import type { CachedStorage } from './cache/cached-storage.ts';

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
