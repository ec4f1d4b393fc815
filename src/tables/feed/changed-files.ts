/**
 * Which rows of which files a commit inserted and deleted.
 *
 * A commit that tells its changes in files of their own is taken at its word, and these files alone count.
 * Otherwise rows of added files came, and rows of removed files went; where a file was only given another
 * deletion vector, the difference of the two vectors went, or came back.
 *
 * Source: Delta protocol, "Add CDC File", "Reader Requirements for AddCDCFile".
 */
import {
  type AddFile,
  type CommitRead,
  fileKey,
  type RemoveFile,
  RowSet,
  readDeletionVectors,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { PickedRows } from '../read/picked-rows.ts';

/** Rows of one file that changed in one commit. */
export interface ChangedFile {
  readonly file: AddFile;
  /** `told`: each row of the file says itself how it changed. */
  readonly change: 'insert' | 'delete' | 'told';
  readonly version: number;
  readonly timestampMs: number;
  /** All rows when undefined. */
  readonly pick: PickedRows | undefined;
}

/**
 * The changes that `commit` made, in the order of its actions.
 *
 * @param partitionsOf finds the partition values of a removed file whose action doesn't have them.
 * @throws delta.bad-deletion-vector
 */
export async function changedFiles(
  storage: Storage,
  commit: CommitRead,
  partitionsOf: (removed: RemoveFile, version: number) => Promise<AddFile['partitionValues']>,
): Promise<ChangedFile[]> {
  const { version, timestampMs, actions } = commit;
  const told = actions.filter((action) => action.kind === 'change-file');
  if (told.length > 0) {
    return told.map(({ path, partitionValues, sizeBytes }) => {
      const file = asAdd(path, partitionValues, sizeBytes);
      return { file, change: 'told', version, timestampMs, pick: undefined };
    });
  }
  const added = actions.filter((action) => action.kind === 'add').filter((file) => file.dataChange);
  const removed = await Promise.all(
    actions
      .filter((action) => action.kind === 'remove')
      .filter((file) => file.dataChange)
      .map(async (file) => {
        const values = file.partitionValues ?? (await partitionsOf(file, version));
        return {
          ...asAdd(file.path, values, file.sizeBytes ?? 0),
          ...(file.deletionVector === undefined ? {} : { deletionVector: file.deletionVector }),
        };
      }),
  );
  const deleted = await readDeletionVectors([...added, ...removed], storage);
  const goneFrom = (file: AddFile): RowSet => deleted.get(fileKey(file)) ?? RowSet.empty;
  const before = new Map(removed.map((file) => [file.path, file]));
  const changes: ChangedFile[] = [];
  const push = (file: AddFile, change: 'insert' | 'delete', pick: PickedRows | undefined): void => {
    if (pick?.keep === 'these' && pick.rows.size === 0) return;
    changes.push({ file, change, version, timestampMs, pick });
  };
  const after = new Set(added.map(({ path }) => path));
  for (const file of removed) {
    if (after.has(file.path)) continue;
    push(file, 'delete', without(goneFrom(file)));
  }
  for (const file of added) {
    const old = before.get(file.path);
    if (old === undefined) {
      push(file, 'insert', without(goneFrom(file)));
      continue;
    }
    const [was, is] = [goneFrom(old), goneFrom(file)];
    push(file, 'delete', { rows: is.difference(was), keep: 'these' });
    push({ ...file }, 'insert', { rows: was.difference(is), keep: 'these' });
  }
  return changes;
}

function without(rows: RowSet): PickedRows | undefined {
  return rows.size === 0 ? undefined : { rows, keep: 'others' };
}

function asAdd(path: string, partitionValues: AddFile['partitionValues'], sizeBytes: number): AddFile {
  return { kind: 'add', path, partitionValues, sizeBytes, modifiedMs: 0, dataChange: true };
}
