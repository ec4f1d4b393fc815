/** Storage that is another one but for some methods. */
import type { Storage } from './storage.ts';

/** `inner`, with the methods in `instead` in the place of its own. */
export function wrapStorage(inner: Storage, instead: Partial<Storage>): Storage {
  return {
    uri: inner.uri,
    isLocal: inner.isLocal,
    read: (path) => inner.read(path),
    readRange: (path, startByte, lengthBytes) => inner.readRange(path, startByte, lengthBytes),
    stat: (path) => inner.stat(path),
    putIfAbsent: (path, bytes) => inner.putIfAbsent(path, bytes),
    put: (path, bytes, options) => inner.put(path, bytes, options),
    copy: (from, to, options) => inner.copy(from, to, options),
    list: (prefix, after) => inner.list(prefix, after),
    remove: (path) => inner.remove(path),
    removeAll: (paths) => inner.removeAll(paths),
    download: (path, localFile) => inner.download(path, localFile),
    openLocal: (path) => inner.openLocal(path),
    locate: (path) => inner.locate(path),
    prepareWrite: (path) => inner.prepareWrite(path),
    finishWrite: (path) => inner.finishWrite(path),
    abandonWrite: (path) => inner.abandonWrite(path),
    ...instead,
  };
}
