/** How a run opens storage: with what the profile says of each place. */
import type { Compilation } from '../compiler/index.ts';
import {
  configureCache,
  type Mount,
  openMount,
  type StorageAccess,
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
  const { storageOptions, caFile, cache } = profile.lakehouse;
  configureCache(cache);
  return storageAccess({ secrets: profile.secrets, settings: profile.settings, storageOptions, caFile });
}

/** A mount of the buckets that a run reads; undefined when the user wants no copies. */
export async function mountOf(
  profile: Pick<Profile, 'lakehouse'>,
  access: StorageAccess,
): Promise<Mount | undefined> {
  if (profile.lakehouse.cache === false) return undefined;
  return await openMount((uri) => access.optionsFor(uri));
}
