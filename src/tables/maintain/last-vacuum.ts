/** How far back a table was vacuumed: kept beside its log, where Delta Spark keeps it. */
import { isBoathouseError, parseJson, printJson } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';

const lastVacuumPath = '_delta_log/_last_vacuum_info';
const versionKey = 'latestCommitVersionOutsideOfRetentionWindow';

/** The last version whose removed files were all deleted; undefined when that isn't known. */
export async function readLastVacuum(storage: Storage): Promise<number | undefined> {
  try {
    const body = parseJson(new TextDecoder().decode(await storage.read(lastVacuumPath)));
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
    const version = (body as Readonly<Record<string, unknown>>)[versionKey];
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch (error) {
    // A note that is missing or damaged says nothing; only storage's own trouble is told.
    if (error instanceof SyntaxError || isBoathouseError(error, 'storage.not-found')) return undefined;
    throw error;
  }
}

/** Notes that everything removed up to `version` is deleted. */
export async function writeLastVacuum(storage: Storage, version: number): Promise<void> {
  await storage.put(lastVacuumPath, new TextEncoder().encode(printJson({ [versionKey]: version })));
}
