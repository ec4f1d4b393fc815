/** Making folders where the system may refuse in ways that Node doesn't expect. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes `folder` and those above it that are missing.
 *
 * Node's own way never ends where a folder is there and still nothing can be made in it, as below `/proc`.
 *
 * Throws what Node throws: `EACCES`, `ENOTDIR`, `EEXIST` where a file has the name, …
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
