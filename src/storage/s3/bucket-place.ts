/** What an `s3://` URI names. Pure. */
import { storageErrors } from '../errors.ts';

/** A bucket's place. */
export interface BucketPlace {
  readonly bucket: string;
  /** '' or ending in a slash. */
  readonly prefix: string;
}

/** The bucket and prefix in a URI. @throws storage.bad-path */
export function placeOf(uri: string): BucketPlace {
  const [, bucket = '', path = ''] = /^s3[an]?:\/\/([^/]*)\/?(.*)$/i.exec(uri) ?? [];
  const problem =
    bucket === ''
      ? 'a bucket is missing: s3://bucket/path'
      : /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)
        ? undefined
        : `'${bucket}' can't be a bucket's name`;
  if (problem !== undefined) throw storageErrors['bad-path']({ path: uri, problem });
  const names = path.split('/').filter((name, i, all) => name !== '' || i < all.length - 1);
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') {
      throw storageErrors['bad-path']({ path: uri, problem: 'it has an empty name, . or .. in it' });
    }
  }
  return { bucket, prefix: names.length === 0 ? '' : `${names.join('/')}/` };
}
