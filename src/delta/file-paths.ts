/**
 * Paths of data files: URIs in the log; here relative paths on disk, or absolute URIs for files elsewhere.
 *
 * Source: Delta protocol, "Add File and Remove File": a path is a URI that needs to be decoded.
 */
import { posix } from 'node:path';

/**
 * What `logPath` names, in the spelling by which files are told apart; undefined when it isn't well-formed.
 *
 * A relative path is decoded, and is what `Storage.locate` takes; one that leaves the table's folder keeps its
 * leading `..` (see `leavesFolder`). An absolute one stays an encoded URI: `s3://…` as it is, and every
 * spelling of a local file (`/a`, `file:/a`, `file:///a`) as `file:///a`.
 */
export function decodeFilePath(logPath: string): string | undefined {
  if (isAbsoluteFilePath(logPath)) return absoluteUri(logPath);
  if (!logPath.includes('%')) return plainPath(logPath);
  try {
    return plainPath(decodeURIComponent(logPath));
  } catch {
    return undefined;
  }
}

/** `path` as the log spells it: every byte outside RFC 2396's safe characters as `%XX`. */
export function encodeFilePath(path: string): string {
  return isAbsoluteFilePath(path)
    ? path
    : path.replace(/[^A-Za-z0-9\-_.!~*'()@&=+$,/]+/g, encodeURIComponent);
}

/** Whether `path` names a file by itself (`/a/b`, `s3://b/k`, `file:/a`), not below the table's folder. */
export function isAbsoluteFilePath(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z][A-Za-z0-9+.-]*:\//.test(path);
}

/** Whether the decoded relative `path` climbs out of the table's folder, which no log may make us follow. */
export function leavesFolder(path: string): boolean {
  return path === '..' || path.startsWith('../');
}

function absoluteUri(logPath: string): string {
  if (logPath.startsWith('/')) return `file://${logPath}`;
  return logPath.replace(/^file:\/+/i, 'file:///');
}

/** A name that only looks absolute once it is decoded is no name of anything. */
function plainPath(path: string): string | undefined {
  if (isAbsoluteFilePath(path)) return undefined;
  return /(?:^|\/)\.{0,2}(?:\/|$)/.test(path) ? posix.normalize(path) : path;
}
