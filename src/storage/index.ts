/** Bytes by path: a local folder, memory, and storage that fails on purpose. */

export {
  isRemote,
  type SecretOptions,
  type StorageAccess,
  s3SecretFor,
  storageAccess,
} from './access.ts';
export { cacheFolder } from './cache/cache-folder.ts';
export { CachedStorage, isUnique, sharedCache } from './cache/cached-storage.ts';
export { type CachedObject, FileCache, type FileCacheOptions } from './cache/file-cache.ts';
export { inParallel, Mount, type MountOptions } from './cache/mount.ts';
export { storageErrors } from './errors.ts';
export { type Fault, FaultyStorage, faults } from './faulty.ts';
export { LocalStorage, type LocalStorageOptions } from './local.ts';
export { MemoryStorage } from './memory.ts';
export { bucketStorages, openStorage } from './open.ts';
export { compareUtf8 } from './paths.ts';
export { type RequestCounts, requestCounts, requestsSince } from './s3/request-counts.ts';
export { S3Storage } from './s3/s3-storage.ts';
export type {
  CopyOptions,
  FileInfo,
  LocalFile,
  ObjectMetadata,
  PutOutcome,
  Storage,
  StorageOptions,
} from './storage.ts';
export { cautiousNowMs, storeTimeMs } from './store-time.ts';
export { onStorageWarning, warnOfStorage } from './warnings.ts';
export { wrapStorage } from './wrapped.ts';
