/** Rows deleted in files that stay: planned by position, written as deletion vectors by the commit. */
import type { AddFile } from '../actions.ts';
import type { RowSet } from '../vectors/row-set.ts';

/** Rows newly deleted in one live file. */
export interface RowChange {
  /** The file as the plan's snapshot has it. */
  readonly file: AddFile;
  /** Positions in the file, none of which its own vector holds already. */
  readonly deleted: RowSet;
  /** Rows of the file that the plan rests on without deleting them. None unless given. */
  readonly read?: RowSet;
  /** Rows in the file, deleted ones included; needed where its statistics don't tell. */
  readonly rowCount?: number;
}
