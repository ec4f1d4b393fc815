/** Opening a bucket behind this machine's cache. */
import { rememberBucket, rememberPlace, storagesOfBucket } from '../remote-stores.ts';
import type { BucketPlace } from '../s3/bucket-place.ts';
import type { S3Client } from '../s3/client.ts';
import { openS3, s3Client } from '../s3/open-s3.ts';
import { S3Storage } from '../s3/s3-storage.ts';
import type { Storage, StorageOptions } from '../storage.ts';
import { CachedStorage, sharedCache } from './cached-storage.ts';
import type { FileCache } from './file-cache.ts';
import { Mount } from './mount.ts';

/** The storage of a bucket's place. Asks nothing. @throws storage.bad-option */
export function openCached(place: BucketPlace, options: StorageOptions): Storage {
  const storage = openS3(place, options);
  rememberPlace(place.bucket, place.prefix, options);
  const cache = sharedCache();
  if (cache === undefined) return storage;
  wholeBucket(place.bucket, storage.client, cache);
  return new CachedStorage(storage, cache);
}

/**
 * A mount on the process's cache, of the buckets that it has opened; undefined without a cache.
 *
 * @param optionsFor asked for each file: a secret's scope may be narrower than a bucket.
 */
export async function openMountOn(
  optionsFor: ((uri: string) => StorageOptions) | undefined,
): Promise<Mount | undefined> {
  const cache = sharedCache();
  if (cache === undefined) return undefined;
  const bucket = (name: string, key: string): readonly CachedStorage[] => {
    const known = storagesOfBucket(name).filter((one) => one.isOn(cache));
    if (optionsFor === undefined && known.length > 0) return known;
    // With what is known of the place, else by the environment.
    const uri = `s3://${name}/${key}`;
    const own = wholeBucket(name, s3Client(uri, optionsFor?.(uri) ?? {}), cache);
    return [own, ...known.filter((other) => other !== own)];
  };
  return await Mount.open({ cache, bucket });
}

function wholeBucket(bucket: string, client: S3Client, cache: FileCache): CachedStorage {
  const known = storagesOfBucket(bucket).find((one) => one.inner.client === client && one.isOn(cache));
  if (known !== undefined) return known;
  const storage = new CachedStorage(new S3Storage(client, { bucket, prefix: '' }), cache);
  rememberBucket(bucket, storage);
  return storage;
}
