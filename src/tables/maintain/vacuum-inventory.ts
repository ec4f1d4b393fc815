/** What a vacuum may delete, found before anything is. */
import { type Clock, systemRandom } from '../../base/index.ts';
import { listLog, readCommits, type Snapshot } from '../../delta/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';
import { maintainErrors } from './errors.ts';
import { readLastVacuum } from './last-vacuum.ts';
import { eachNeeded, pathsOf } from './needed-files.ts';
import { PathMarks } from './path-marks.ts';
import {
  type Folder,
  hiddenNames,
  listFiles,
  type Relative,
  readFolders,
  relativeTo,
} from './table-folder.ts';
import type { VacuumedFile } from './vacuum-spec.ts';

/** What may go. */
export interface Inventory {
  /** The version that was looked at: what was committed since is to be looked at before anything goes. */
  readonly version: number;
  readonly files: readonly VacuumedFile[];
  /** Folders in which nothing was begun since the retention began, each after those it holds. */
  readonly oldFolders: readonly Folder[];
  readonly foldersVisited: number;
}

/** What an inventory goes by. */
export interface InventoryRequest {
  /** Files that are younger stay, whatever names them: they may be those of writers at work. */
  readonly keptSinceMs: number;
  /** The oldest version whose files stay. */
  readonly oldestKept: number;
  readonly clock?: Clock | undefined;
}

/** Files looked at at once. */
const looksMax = 16;

/**
 * The files in the table's folder that nothing kept needs. Those that are live now stay as well, so that of a
 * large table only what may go is held in memory.
 *
 * @param now the state before the folder is listed.
 * @param refresh gives the table's state. It is asked for after the folder was listed: a file that was listed and
 * is in no state read afterwards wasn't in the table.
 * @throws delta.*, storage.*
 */
export async function fullInventory(
  storage: Storage,
  now: Pick<Snapshot, 'metadata' | 'schema' | 'files'>,
  request: InventoryRequest,
  refresh: () => Promise<Snapshot>,
): Promise<Inventory> {
  const isHidden = hiddenNames(now.metadata, now.schema);
  const { folders, linkTargets } = await readFolders(storage, isHidden);
  const relative = await relativeTo(storage);
  const live = new PathMarks(Math.floor(systemRandom.fraction() * 2 ** 32));
  for (const file of now.files.values()) {
    for (const path of pathsOf(file)) {
      const inside = relative(path);
      if (inside !== undefined) live.add(inside);
    }
  }
  const listed = await listFiles(
    storage,
    isHidden,
    (info) => info.modifiedMs < request.keptSinceMs && !linkTargets.has(info.path) && !live.has(info.path),
  );
  const snapshot = await refresh();
  await drop(listed, storage, snapshot, request, relative);
  const removed = new Set<string>();
  for (const file of snapshot.tombstones.values()) {
    for (const path of pathsOf(file)) {
      const inside = relative(path);
      if (inside !== undefined && listed.has(inside)) removed.add(inside);
    }
  }
  return {
    version: snapshot.version,
    files: [...listed.values()].map((info) => ({
      ...info,
      reason: removed.has(info.path) ? 'removed' : 'unreferenced',
    })),
    oldFolders: folders.filter((folder) => folder.modifiedMs < request.keptSinceMs),
    foldersVisited: folders.length + 1,
  };
}

/**
 * The files that commits took out of the table since the last vacuum, and that are there.
 *
 * @param request `lastBefore` is the last version that was committed before the retention began, if there is one.
 * @throws tables.no-lite-vacuum when commits that it would have to read are gone; delta.*, storage.*
 */
export async function liteInventory(
  storage: Storage,
  request: InventoryRequest & { readonly lastBefore: number | undefined },
  refresh: () => Promise<Snapshot>,
): Promise<Inventory> {
  const { lastBefore = -1 } = request;
  const vacuumed = await readLastVacuum(storage);
  const firstCommit = [...(await listLog(storage)).commits.keys()].reduce(
    (a, b) => Math.min(a, b),
    Number.MAX_SAFE_INTEGER,
  );
  if (firstCommit > 0 && (vacuumed ?? -1) < firstCommit) {
    throw maintainErrors['no-lite-vacuum']({ table: storage.uri, first: firstCommit, vacuumed });
  }
  const first = vacuumed === undefined ? firstCommit : vacuumed + 1;
  const snapshot = await refresh();
  const nothing: Inventory = { version: snapshot.version, files: [], oldFolders: [], foldersVisited: 0 };
  if (first > lastBefore) return nothing;
  const relative = await relativeTo(storage);
  const isHidden = hiddenNames(snapshot.metadata, snapshot.schema);
  const listed = new Map<string, FileInfo | undefined>();
  for await (const { actions } of readCommits(storage, { first, last: lastBefore }, request.clock)) {
    for (const action of actions) {
      if (action.kind === 'add') continue;
      for (const path of pathsOf(action)) {
        const inside = relative(path);
        if (inside !== undefined && !isHidden(inside)) listed.set(inside, undefined);
      }
    }
  }
  await drop(listed, storage, snapshot, request, relative);
  const { linkTargets } = await readFolders(storage, isHidden);
  const paths = [...listed.keys()].filter((path) => !linkTargets.has(path));
  const files: VacuumedFile[] = [];
  for (let next = 0; next < paths.length; next += looksMax) {
    const found = await Promise.all(paths.slice(next, next + looksMax).map((path) => storage.stat(path)));
    for (const info of found) if (info !== undefined) files.push({ ...info, reason: 'removed' });
  }
  return { ...nothing, files };
}

/** Takes what is needed out of `listed`. */
async function drop(
  listed: Map<string, unknown>,
  storage: Storage,
  snapshot: Snapshot,
  { oldestKept, keptSinceMs, clock }: InventoryRequest,
  relative: Relative,
): Promise<void> {
  const needs = (path: string): void => {
    listed.delete(path);
  };
  await eachNeeded(storage, snapshot, oldestKept, keptSinceMs, relative, needs, clock);
}
