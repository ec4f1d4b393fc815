/** Bytes by path: a local folder, memory, and storage that fails on purpose. */

export {
  isRemote,
  type SecretOptions,
  type StorageAccess,
  s3SecretFor,
  storageAccess,
} from './access.ts';
export { cacheFolder } from './cache/cache-folder.ts';
export { type CacheSettings, type CacheWish, configureCache } from './cache/cache-settings.ts';
export { inParallel } from './cache/in-parallel.ts';
export type { Mount } from './cache/mount.ts';
export { isUnique } from './cache/unique.ts';
export { storageErrors } from './errors.ts';
export { type Fault, FaultyStorage, faults } from './faulty.ts';
export { LocalStorage, type LocalStorageOptions } from './local.ts';
export { MemoryStorage } from './memory.ts';
export {
  copyBetween,
  engineAccess,
  engineSecret,
  examineStore,
  openBeside,
  openMount,
  openStorage,
  optionsOfStorage,
} from './open.ts';
export { compareUtf8 } from './paths.ts';
export type { EngineAccess } from './s3/engine-access.ts';
export type { Finding } from './s3/examine.ts';
export { type RequestCounts, requestCounts, requestsSince } from './s3/request-counts.ts';
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
export { trustBundle } from './trust/bundle.ts';
export { trustOf } from './trust/trust.ts';
export { onStorageWarning, warnOfStorage } from './warnings.ts';
export { wrapStorage } from './wrapped.ts';
