/** Where the engine opens a table's data files. */
import { fileURLToPath } from 'node:url';
import { isAbsoluteFilePath } from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';

/**
 * The path or URI that DuckDB opens for a data file: below the table's folder, or elsewhere when the log
 * names it by an absolute URI, as in shallow clones.
 *
 * @throws storage.outside-root, storage.no-local-path
 */
export function locateFile(storage: Storage, path: string): string {
  if (!isAbsoluteFilePath(path)) return storage.locate(path);
  return path.startsWith('file:') ? fileURLToPath(path) : path.startsWith('/') ? path : decodeURI(path);
}

/** A path whose characters mean themselves to DuckDB's glob. */
export function globSafe(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
