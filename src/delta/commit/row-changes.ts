/**
 * Rows deleted in files that stay: planned by position, written as deletion vectors, and put on top of
 * what others deleted in the same file meanwhile.
 */
import { assert, type Random } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { type Action, type AddFile, fileKey, removeOf } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { readDeletionVectors, writeDeletionVectors } from '../vectors/deletion-vectors.ts';
import { RowSet } from '../vectors/row-set.ts';
import type { VectorChange } from './conflicts.ts';
import { rowCountOf, withWideBounds } from './stats-text.ts';

/** Rows newly deleted in one live file. */
export interface RowChange {
  /** The file as the plan's snapshot has it. */
  readonly file: AddFile;
  /** Positions in the file, counted from 0. */
  readonly deleted: RowSet;
  /** Rows of the file that the plan rests on without deleting them. None unless given. */
  readonly read?: RowSet;
  /** Rows in the file, deleted ones included; needed where its statistics don't tell. */
  readonly rowCount?: number;
}

/** The row changes of one commit, through as many attempts as it takes. */
export class RowChanges {
  readonly #storage: Storage;
  readonly #plans: readonly RowChange[];
  /** Each file as it is now, by path: its vector may be newer than the plan's. */
  readonly #files = new Map<string, AddFile>();
  /** Vectors that were read, by `fileKey`. */
  readonly #vectors = new Map<string, RowSet>();
  #written: { readonly actions: readonly Action[]; readonly path: string | undefined } | undefined;

  constructor(storage: Storage, plans: readonly RowChange[]) {
    this.#storage = storage;
    this.#plans = plans.filter(({ deleted }) => deleted.size > 0);
    for (const { file } of this.#plans) {
      assert(!this.#files.has(file.path), `${file.path} has one set of deleted rows`);
      this.#files.set(file.path, file);
    }
  }

  /** How the vectors of `files`, which `winner` took out and put back, differ from those before. */
  async compare(
    files: readonly AddFile[],
    winner: readonly Action[],
  ): Promise<ReadonlyMap<string, VectorChange>> {
    const changes = new Map<string, VectorChange>();
    if (files.length === 0) return changes;
    const gone = new Map(
      winner.filter((action) => action.kind === 'remove').map((file) => [file.path, file]),
    );
    for (const file of files) {
      const removed = gone.get(file.path);
      if (removed === undefined) continue;
      const { deletionVector, ...plain } = file;
      const before = removed.deletionVector ? { ...plain, deletionVector: removed.deletionVector } : plain;
      const [was, is] = [await this.#rowsOf(before), await this.#rowsOf(file)];
      changes.set(file.path, { gone: is.difference(was), back: was.difference(is) });
    }
    return changes;
  }

  /** Goes on from the files as `winner`, which isn't in the way, left them. Vectors written for another state are removed. */
  async rebase(winner: readonly Action[]): Promise<void> {
    let moved = false;
    for (const action of winner) {
      if (action.kind !== 'add' || !this.#files.has(action.path)) continue;
      this.#files.set(action.path, action);
      moved = true;
    }
    if (moved) await this.discard();
  }

  /**
   * The actions that delete the rows, with vectors written for the files as they are now.
   *
   * @throws delta.unknown-row-count, delta.bad-deletion-vector, storage.*
   */
  async actions(nowMs: number, random: Random): Promise<readonly Action[]> {
    if (this.#written === undefined) {
      const rows = new Map<string, RowSet>();
      const actions: ((vector: AddFile['deletionVector']) => Action[])[] = [];
      const paths: string[] = [];
      for (const plan of this.#plans) {
        const file = this.#files.get(plan.file.path) as AddFile;
        const rowCount = plan.rowCount ?? rowCountOf(file.stats);
        if (rowCount === undefined) {
          throw deltaErrors['unknown-row-count']({ table: this.#storage.uri, file: file.path });
        }
        const all = (await this.#rowsOf(file)).union(plan.deleted);
        assert(all.last < rowCount, `the rows deleted in ${file.path} are in it`);
        if (all.size < rowCount) rows.set(file.path, all);
        paths.push(file.path);
        actions.push((vector) => {
          const remove = removeOf(file, nowMs);
          if (vector === undefined) return [remove];
          const stats = withWideBounds(file.stats, rowCount);
          return [remove, { ...file, dataChange: true, stats, deletionVector: vector }];
        });
      }
      const { vectors, path } = await writeDeletionVectors(this.#storage, rows, random);
      this.#written = {
        actions: actions.flatMap((make, index) => make(vectors.get(paths[index] as string))),
        path,
      };
    }
    return this.#written.actions;
  }

  /** Removes vectors that no commit names. What can't be removed is left to vacuum. */
  async discard(): Promise<void> {
    const path = this.#written?.path;
    this.#written = undefined;
    if (path !== undefined) await this.#storage.remove(path).catch(() => undefined);
  }

  async #rowsOf(file: AddFile): Promise<RowSet> {
    if (file.deletionVector === undefined) return RowSet.empty;
    const key = fileKey(file);
    const known = this.#vectors.get(key);
    if (known !== undefined) return known;
    const rows = (await readDeletionVectors([file], this.#storage)).get(key) ?? RowSet.empty;
    this.#vectors.set(key, rows);
    return rows;
  }
}
