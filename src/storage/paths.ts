/** Paths inside a storage: which are allowed, and their order. Pure. */
import { storageErrors } from './errors.ts';

/**
 * `path`, when it names one object inside the root by spelling alone; links are the backend's business.
 *
 * @throws storage.outside-root for an absolute path or one with `..`; storage.bad-path for what names nothing.
 */
export function checkPath(path: string, uri: string): string {
  if (path === '') throw storageErrors['bad-path']({ path, problem: 'it is empty' });
  if (path.includes('\0')) throw storageErrors['bad-path']({ path, problem: 'it holds a NUL byte' });
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || /^[A-Za-z][A-Za-z0-9+.-]*:\//.test(path)) {
    throw storageErrors['outside-root']({ path, uri, problem: 'it is absolute' });
  }
  for (const name of path.split('/')) {
    if (name === '..') throw storageErrors['outside-root']({ path, uri, problem: 'it holds ..' });
    if (name === '' || name === '.') {
      throw storageErrors['bad-path']({ path, problem: 'it has an empty name or . in it' });
    }
  }
  return path;
}

/**
 * `prefix`, when it stays inside the root: like a path, but it may be empty and may end in a slash.
 *
 * @throws storage.outside-root, storage.bad-path
 */
export function checkPrefix(prefix: string, uri: string): string {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (bare !== '' || prefix !== '') checkPath(bare, uri);
  return prefix;
}

/** Orders texts by their UTF-8 bytes, which is by code point; JavaScript's `<` goes by UTF-16 unit. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** `items` in the order of their texts' UTF-8 bytes. A new array. */
export function sortedByUtf8<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  // Without surrogates both orders are one, and the engine's own comparison is many times faster.
  if (items.some((item) => surrogate.test(textOf(item)))) {
    return items.toSorted((a, b) => compareUtf8(textOf(a), textOf(b)));
  }
  return items.toSorted((a, b) => {
    const [x, y] = [textOf(a), textOf(b)];
    if (x === y) return 0;
    return x < y ? -1 : 1;
  });
}

const surrogate = /[\ud800-\udfff]/;

/** Surrogates stand for code points above U+FFFF, so they sort after every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
