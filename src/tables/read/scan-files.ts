/** The rows of a table's files as SQL, with only the files that can hold what is asked for. */
import { assert } from '../../base/index.ts';
import {
  type AddFile,
  fileKey,
  mayMatch,
  type Predicate,
  readDeletionVectors,
  type Snapshot,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { PickedRows } from './picked-rows.ts';
import { ScanPlan } from './scan-plan.ts';

/** Index of the row's file in `Scan.files`, an INTEGER. */
export const fileColumn = '__boathouse_file';
/** Position of the row in its file, from 0, deleted rows counted; a BIGINT. */
export const rowColumn = '__boathouse_row';
/** The row's id, a BIGINT; null where the table has none for it. */
export const rowIdColumn = '__boathouse_row_id';
/** The version that last changed the row, a BIGINT; null where the table has none for it. */
export const rowVersionColumn = '__boathouse_row_version';

/** Which rows and columns a scan gives. */
export interface ScanRequest {
  /** All live files unless given. */
  readonly files?: Iterable<AddFile>;
  /** Files that can't hold a row for which it is true are left out. The rows of the others all come. */
  readonly predicate?: Predicate;
  /** Logical names, letter case as in the schema; all columns in the schema's order unless given. */
  readonly columns?: readonly string[];
  /** Adds `fileColumn` and `rowColumn`. */
  readonly identity?: boolean;
  /** Adds `rowIdColumn` and `rowVersionColumn`. */
  readonly rowTracking?: boolean;
}

/** Rows as SQL, and the files they come from. */
export interface Scan {
  /** A SELECT over absolute paths; it needs no extension, no session setting and nothing beside the files. */
  readonly sql: string;
  /** The files that are read. */
  readonly files: readonly AddFile[];
}

/**
 * The live rows of `snapshot`, or of some of its files, as SQL.
 *
 * Costs a request for each deletion vector of the files read, and none for data files.
 *
 * @throws delta.bad-deletion-vector, delta.bad-partition-value, tables.unsupported-type
 */
export async function scanFiles(
  snapshot: Snapshot,
  storage: Storage,
  request: ScanRequest = {},
): Promise<Scan> {
  const { predicate } = request;
  const files: AddFile[] = [];
  for (const file of request.files ?? snapshot.files.values()) {
    if (predicate === undefined || mayMatch(predicate, file, snapshot)) files.push(file);
  }
  const deleted = await readDeletionVectors(files, storage);
  const pick = (file: AddFile): PickedRows | undefined => {
    if (file.deletionVector === undefined) return undefined;
    const rows = deleted.get(fileKey(file));
    assert(rows !== undefined, `the deletion vector of ${file.path} was read: its rows would come back`);
    return { rows, keep: 'others' };
  };
  return new ScanPlan(snapshot, storage, request, { pick }).scan(files);
}
