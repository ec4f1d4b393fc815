/**
 * Paths of data files: URIs in the log, relative paths on disk.
 *
 * Source: Delta protocol, "Add File and Remove File": a path is a URI that needs to be decoded.
 */

/** The path on disk that `logPath` names, or undefined when it isn't well-formed. Absolute ones are left alone. */
export function decodeFilePath(logPath: string): string | undefined {
  if (isAbsoluteFilePath(logPath)) return logPath;
  if (!logPath.includes('%')) return logPath;
  try {
    return decodeURIComponent(logPath);
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
