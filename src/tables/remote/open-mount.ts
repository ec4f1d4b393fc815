/** A mount on the process's cache, of the buckets that it has opened. */
import { bucketStorages, Mount, sharedCache } from '../../storage/index.ts';

/** A new mount; undefined when the user wants no cache, so that DuckDB reads buckets by itself. */
export async function openMount(): Promise<Mount | undefined> {
  const cache = sharedCache();
  return cache === undefined ? undefined : await Mount.open({ cache, bucket: bucketStorages });
}
