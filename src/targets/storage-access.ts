/** How a run opens storage: with what the profile says of each place. */
import type { Compilation } from '../compiler/index.ts';
import {
  bucketStorages,
  Mount,
  openStorage,
  type StorageAccess,
  sharedCache,
  storageAccess,
} from '../storage/index.ts';

export type { StorageAccess } from '../storage/index.ts';

type Profile = Compilation['project']['profile'];

/** Whether a place is in a bucket. */
export function isBucketPlace(place: string): boolean {
  return /^s3[an]?:\/\//i.test(place);
}

/** The access that a profile gives. */
export function accessOf(profile: Pick<Profile, 'lakehouse' | 'secrets' | 'settings'>): StorageAccess {
  const { storageOptions, caFile } = profile.lakehouse;
  return storageAccess({ secrets: profile.secrets, settings: profile.settings, storageOptions, caFile });
}

/** A mount of the buckets that a run reads; undefined when the user wants no copies. */
export async function mountOf(
  profile: Pick<Profile, 'lakehouse'>,
  access: StorageAccess,
): Promise<Mount | undefined> {
  const cache = profile.lakehouse.cache === false ? undefined : sharedCache();
  if (cache === undefined) return undefined;
  const bucket = (name: string): ReturnType<typeof bucketStorages> => {
    // Opened, so that the bucket is known by the profile's keys and not by the environment's.
    openStorage(`s3://${name}`, access.optionsFor(`s3://${name}`));
    return bucketStorages(name);
  };
  return await Mount.open({ cache, bucket });
}
