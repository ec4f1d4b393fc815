/** Which data file a reading failed on: the engine's own words often don't say. */
import { isBoathouseError } from '../../base/index.ts';
import type { AddFile } from '../../delta/index.ts';
import { quoteLiteral } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { withScratchSession } from '../scratch.ts';
import { globSafe, locateFile } from './locate-file.ts';

/** Kinds of trouble that bytes can cause; an interrupt, a lock or a full memory is none of the files'. */
const causedByBytes =
  /^duckdb\.(?:io|invalid-input|failed|internal|out-of-range|conversion|not-implemented)$/;

/**
 * `error`, which reading rows of `files` ended with, or the damaged file that is the reason for it.
 *
 * Costs a reading of every file up to the damaged one, and only when the engine failed and named no file.
 */
export async function explainReadError(
  error: unknown,
  files: Iterable<Pick<AddFile, 'path'>>,
  storage: Storage,
): Promise<unknown> {
  if (!isBoathouseError(error) || !causedByBytes.test(error.code)) return error;
  const paths = Array.from(files, (file) => file.path);
  const damaged = (file: string, problem: string): Error =>
    tablesErrors['damaged-file']({ table: storage.uri, file, problem }, { cause: error });
  const named = paths.find((path) => error.message.includes(locateFile(storage, path)));
  // A file that may not be read is whole; the engine's own error says so, and what helps.
  if (named !== undefined) return isForbidden(error) ? error : damaged(named, error.message);
  return withScratchSession(async (session) => {
    for (const path of paths) {
      const file = quoteLiteral(globSafe(locateFile(storage, path)));
      try {
        // A hash of the whole row needs every page of every column.
        await session.run(`SELECT count(hash(t)) FROM read_parquet(${file}, hive_partitioning = false) AS t`);
      } catch (cause) {
        if (isForbidden(cause)) return cause;
        return damaged(path, cause instanceof Error ? cause.message : String(cause));
      }
    }
    return error;
  });
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && /permission denied/i.test(error.message);
}
