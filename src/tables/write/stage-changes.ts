/** Row-level changes as files for the change data feed. Source: Delta protocol, "Add CDC File". */
import { systemRandom } from '../../base/index.ts';
import type { ChangeFile } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { removeFiles } from './copy-files.ts';
import { planStage } from './stage-plan.ts';
import { copyPlanned, partitionValuesOf, targetFileSizeOf } from './stage-table.ts';
import type { TableShape } from './table-shape.ts';

/** The column that says what became of a row. */
export const changeTypeColumn = '_change_type';

/** Which changes become files. */
export interface StageChangesRequest {
  /** Yields the table's columns by their logical names, and `_change_type`: insert, delete, update_preimage, update_postimage. */
  readonly query: string;
  readonly shape: TableShape;
  /** In the name of every file. Random unless given. */
  readonly writeId?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Change files that wait for a commit. */
export interface StagedChanges {
  readonly changeFiles: readonly ChangeFile[];
  readonly rows: number;
  /** Removes the files, as far as that is possible. Only for files that no commit names. */
  discard(): Promise<void>;
}

/**
 * Writes the changes of `request.query`, run once, below `_change_data`. The rows aren't checked: those that
 * are inserted are when they are staged themselves.
 *
 * @throws tables.unsupported-type, duckdb.*, storage.*
 */
export async function stageChanges(
  session: Session,
  storage: Storage,
  request: StageChangesRequest,
): Promise<StagedChanges> {
  const { query, shape } = request;
  const plan = planStage(query, await session.describe(query), shape, {
    orderBy: undefined,
    compression: undefined,
    enforce: false,
    further: [],
    tracking: new Map(),
    extra: [changeTypeColumn],
    table: storage.uri,
  });
  const files = await copyPlanned(session, storage, plan, {
    folder: '_change_data',
    prefix: 'cdc',
    writeId: request.writeId ?? systemRandom.uuid(),
    targetFileSizeBytes: targetFileSizeOf(shape.metadata),
    signal: request.signal,
  });
  return {
    changeFiles: files.map((file) => ({
      kind: 'change-file',
      path: file.info.path,
      partitionValues: partitionValuesOf(file, plan),
      sizeBytes: file.info.sizeBytes,
    })),
    rows: files.reduce((sum, { written }) => sum + written.rows, 0),
    discard: () => removeFiles(storage, files),
  };
}
