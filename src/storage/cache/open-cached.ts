/** Opening a bucket behind this machine's cache. */
import { rememberBucket, rememberPlace, storagesOfBucket } from '../remote-stores.ts';
import type { BucketPlace } from '../s3/bucket-place.ts';
import { openS3 } from '../s3/open-s3.ts';
import { S3Storage } from '../s3/s3-storage.ts';
import type { Storage, StorageOptions } from '../storage.ts';
import { CachedStorage, sharedCache } from './cached-storage.ts';
import { Mount } from './mount.ts';

/** The storage of a bucket's place. Asks nothing. @throws storage.bad-option */
export function openCached(place: BucketPlace, options: StorageOptions): Storage {
  const storage = openS3(place, options);
  rememberPlace(place.bucket, place.prefix, options);
  const cache = sharedCache();
  if (cache === undefined) return storage;
  const { bucket } = place;
  if (!storagesOfBucket(bucket).some(({ inner }) => inner.client === storage.client)) {
    rememberBucket(bucket, new CachedStorage(new S3Storage(storage.client, { bucket, prefix: '' }), cache));
  }
  return new CachedStorage(storage, cache);
}

/** A mount on the process's cache, of the buckets that it has opened; undefined without a cache. */
export async function openMountOn(
  optionsFor: ((uri: string) => StorageOptions) | undefined,
): Promise<Mount | undefined> {
  const cache = sharedCache();
  if (cache === undefined) return undefined;
  const bucket = (name: string): readonly CachedStorage[] => {
    // A place that nobody has opened yet: with what is known of it, else by the environment.
    if (optionsFor !== undefined || storagesOfBucket(name).length === 0) {
      openCached({ bucket: name, prefix: '' }, optionsFor?.(`s3://${name}/`) ?? {});
    }
    return storagesOfBucket(name);
  };
  return await Mount.open({ cache, bucket });
}
