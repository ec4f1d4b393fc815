/** Bytes by path: a local folder, memory, and storage that fails on purpose. */
export { storageErrors } from './errors.ts';
export { type Fault, FaultyStorage, faults } from './faulty.ts';
export { LocalStorage, type LocalStorageOptions } from './local.ts';
export { MemoryStorage } from './memory.ts';
export { openStorage } from './open.ts';
export { compareUtf8 } from './paths.ts';
export type {
  CopyOptions,
  FileInfo,
  LocalFile,
  ObjectMetadata,
  PutOutcome,
  Storage,
  StorageOptions,
} from './storage.ts';
export { storeTimeMs } from './store-time.ts';
export { wrapStorage } from './wrapped.ts';
