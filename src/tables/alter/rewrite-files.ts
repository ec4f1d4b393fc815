/** Files written anew with the same rows, for a table whose shape changes or whose deleted rows are to go. */
import {
  type Action,
  type AddFile,
  isEnabled,
  type Metadata,
  type Protocol,
  removeOf,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import { scanFiles } from '../read/scan-files.ts';
import { withScratchSession } from '../scratch.ts';
import type { OperationOptions } from '../transact.ts';
import { stageTable } from '../write/stage-table.ts';

/** Files that wait for a commit, and the actions that put them in the place of others. */
export interface RewrittenFiles {
  readonly actions: readonly Action[];
  readonly filesRemoved: number;
  readonly filesAdded: number;
  discard(): Promise<void>;
}

/**
 * Writes the rows of `files` anew, as a table of `shape` has them. No row changes, so the change feed tells
 * nothing of it, and rows keep their ids.
 *
 * @throws delta.bad-deletion-vector, tables.damaged-file, duckdb.*, storage.*
 */
export async function rewriteFiles(
  snapshot: Snapshot,
  storage: Storage,
  files: readonly AddFile[],
  shape: { readonly protocol: Protocol; readonly metadata: Metadata; readonly schema: StructType },
  about: { readonly nowMs: number; readonly options: OperationOptions },
): Promise<RewrittenFiles> {
  const { nowMs, options } = about;
  if (files.length === 0) {
    return { actions: [], filesRemoved: 0, filesAdded: 0, discard: async () => undefined };
  }
  const rowTracking = isEnabled(snapshot, 'rowTracking') && isEnabled(shape, 'rowTracking');
  const scan = await scanFiles(snapshot, storage, { files, rowTracking });
  const staged = await withScratchSession((session) =>
    stageTable(session, storage, {
      query: scan.sql,
      shape,
      dataChange: false,
      checks: 'skip',
      signal: options.signal,
      ...(options.random === undefined ? {} : { writeId: options.random.uuid() }),
    }),
  );
  return {
    actions: [...files.map((file) => removeOf(file, nowMs, false)), ...staged.adds],
    filesRemoved: files.length,
    filesAdded: staged.adds.length,
    discard: () => staged.discard(),
  };
}
