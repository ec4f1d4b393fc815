/**
 * Files written again with the same rows, and put in the place of the old ones by one commit.
 *
 * When the commit loses to another that took some of the files, what was written of the others is kept and
 * committed with the next attempt; only groups that lost a file are written once more without it.
 */
import { systemClock } from '../../base/index.ts';
import {
  type AddFile,
  fileKey,
  isEnabled,
  type Operation,
  removeOf,
  rowCountOf,
  type Snapshot,
} from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { namingDamage } from '../dml/prepare.ts';
import { scanFiles } from '../read/scan-files.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { type Staged, stageTable } from '../write/stage-table.ts';
import { columnSql, type OrderColumn, readCuts } from './curve-columns.ts';
import { type Curve, curveBitsFor, curveColumn, curvedSql } from './curves.ts';
import type { FileGroup, RewriteUnit } from './file-candidates.ts';

/** How files are written again. */
export interface RewriteStyle {
  /** What is being done, for people. */
  readonly phase: string;
  readonly targetSizeBytes: number;
  /** The order of the rows; that of the files unless given. */
  readonly order?: { readonly curve: Curve; readonly columns: readonly OrderColumn[] };
  /** Whether what is left of a group, when others took files of it, is still worth writing. */
  readonly isWorthwhile: (group: FileGroup) => boolean;
  /** The commit's own account, from what it did. */
  readonly operation: (numbers: RewriteNumbers) => Operation;
}

/** What a commit took out and put in. */
export interface RewriteNumbers {
  readonly added: readonly AddFile[];
  readonly removed: readonly AddFile[];
}

/** Further rows stand in one row group at most. */
const rowGroupRowsMax = 122_880;

/** Rows are handled in vectors of so many. */
const vectorRows = 2048;

/**
 * Writes the files of `units` again and commits that, once; undefined when others left nothing to do.
 *
 * @param onUnit called as files have been written again, with their number.
 * @throws delta.commit-conflict, delta.bad-deletion-vector, tables.damaged-file, duckdb.*, storage.*
 */
export async function commitRewrite(
  handle: TableHandle,
  session: Session,
  units: readonly RewriteUnit[],
  style: RewriteStyle,
  options: OperationOptions,
  onUnit: (files: number) => void,
): Promise<RewriteNumbers | undefined> {
  const written = new WrittenUnits(handle, session, style, options);
  try {
    return await transact<RewriteNumbers | undefined>(
      handle,
      options,
      async (snapshot) => {
        const { added, removed } = await written.bringUpTo(snapshot, units, onUnit);
        if (removed.length === 0) return { kind: 'nothing', result: undefined };
        const nowMs = (options.clock ?? systemClock).nowMs();
        written.handedOut();
        return {
          kind: 'commit',
          draft: {
            actions: [...removed.map((file) => removeOf(file, nowMs, false)), ...added],
            operation: style.operation({ added, removed }),
            read: { mayHold: () => false, files: new Set(removed.map(fileKey)) },
            result: () => {
              written.committed();
              return { added, removed };
            },
            discard: async () => written.refused(),
          },
        };
      },
      () => undefined,
    );
  } finally {
    await written.discard();
  }
}

/** A unit as written, from exactly these files. */
interface WrittenUnit {
  readonly files: readonly AddFile[];
  readonly staged: Staged;
}

/** What has been written of a batch, over all attempts to commit it. */
class WrittenUnits {
  readonly #handle: TableHandle;
  readonly #session: Session;
  readonly #style: RewriteStyle;
  readonly #options: OperationOptions;
  readonly #units = new Map<RewriteUnit, WrittenUnit>();
  #shape: string | undefined;
  /** Whether a commit may stand that names what is written. */
  #mayBeNamed = false;

  constructor(handle: TableHandle, session: Session, style: RewriteStyle, options: OperationOptions) {
    this.#handle = handle;
    this.#session = session;
    this.#style = style;
    this.#options = options;
  }

  /** Writes what isn't written yet, or was of files that have gone since. */
  async bringUpTo(
    snapshot: Snapshot,
    units: readonly RewriteUnit[],
    onUnit: (files: number) => void,
  ): Promise<RewriteNumbers> {
    const shape = shapeText(snapshot);
    if (this.#shape !== shape) await this.#drop([...this.#units.keys()]);
    this.#shape = shape;
    const added: AddFile[] = [];
    const removed: AddFile[] = [];
    for (const unit of units) {
      this.#options.signal?.throwIfAborted();
      const files = liveFiles(snapshot, unit, this.#style);
      let made = this.#units.get(unit);
      if (made !== undefined && !sameFiles(made.files, files)) {
        await this.#drop([unit]);
        made = undefined;
      }
      if (files.length === 0) continue;
      if (made === undefined) {
        made = { files, staged: await this.#write(snapshot, unit, files) };
        this.#units.set(unit, made);
        onUnit(files.length);
      }
      for (const file of made.staged.adds) added.push(file);
      for (const file of files) removed.push(file);
    }
    return { added, removed };
  }

  handedOut(): void {
    this.#mayBeNamed = true;
  }

  refused(): void {
    this.#mayBeNamed = false;
  }

  committed(): void {
    this.#units.clear();
  }

  /** Removes what no commit can name. */
  async discard(): Promise<void> {
    if (!this.#mayBeNamed) await this.#drop([...this.#units.keys()]);
  }

  async #drop(units: readonly RewriteUnit[]): Promise<void> {
    for (const unit of units) {
      await this.#units.get(unit)?.staged.discard();
      this.#units.delete(unit);
    }
  }

  async #write(snapshot: Snapshot, unit: RewriteUnit, files: readonly AddFile[]): Promise<Staged> {
    const { storage } = this.#handle;
    const { signal } = this.#options;
    const rowTracking = isEnabled(snapshot, 'rowTracking');
    const scan = await scanFiles(snapshot, storage, { files, rowTracking });
    const target = this.#style.targetSizeBytes;
    const size = liveSize(files);
    return namingDamage(this.#handle, files, async () =>
      stageTable(this.#session, storage, {
        query: await this.#ordered(scan.sql, size.rows),
        shape: snapshot,
        dataChange: false,
        checks: 'skip',
        // What is put together to become one file may come out a little larger than it was.
        targetFileSizeBytes: this.#isOneFile(snapshot, unit, size.bytes) ? target * 2 : target,
        ...this.#rowGroups(size),
        ...(unit.tags === undefined ? {} : { tags: unit.tags }),
        ...(unit.clusteringProvider === undefined ? {} : { clusteringProvider: unit.clusteringProvider }),
        ...(this.#options.random === undefined ? {} : { writeId: this.#options.random.uuid() }),
        signal,
      }),
    );
  }

  #isOneFile(snapshot: Snapshot, unit: RewriteUnit, bytes: number): boolean {
    if (this.#style.order !== undefined || snapshot.metadata.partitionColumns.length > 0) return false;
    return unit.groups.length === 1 && bytes <= this.#style.targetSizeBytes;
  }

  /** Files end with a row group: where rows are wide, or files small, that must not be the usual size. */
  #rowGroups({ rows, bytes }: LiveSize): { rowGroupRows?: number } {
    if (this.#style.order === undefined || rows === 0 || bytes === 0) return {};
    const rowsPerFile = rows / Math.ceil(bytes / this.#style.targetSizeBytes);
    if (rowsPerFile >= rowGroupRowsMax) return {};
    return { rowGroupRows: Math.max(1, Math.round(rowsPerFile / vectorRows)) * vectorRows };
  }

  async #ordered(query: string, rows: number): Promise<string> {
    const { order } = this.#style;
    if (order === undefined) return query;
    const { curve, columns } = order;
    const [only] = columns;
    if (only !== undefined && columns.length === 1) {
      return `SELECT * FROM (${query}\n) ORDER BY ${columnSql(only)} NULLS FIRST`;
    }
    const bits = curveBitsFor(rows, columns.length);
    const ranged = await readCuts(this.#session, query, columns, rows, bits, this.#options.signal);
    return `SELECT * EXCLUDE (${curveColumn}) FROM (${curvedSql(query, ranged, curve, bits)}) ORDER BY ${curveColumn}`;
  }
}

interface LiveSize {
  readonly rows: number;
  readonly bytes: number;
}

function liveSize(files: readonly AddFile[]): LiveSize {
  let rows = 0;
  let bytes = 0;
  for (const file of files) {
    const all = Number(rowCountOf(file.stats) ?? 0);
    const live = Math.max(0, all - Number(file.deletionVector?.cardinality ?? 0));
    rows += live;
    bytes += all > 0 ? (file.sizeBytes * live) / all : file.sizeBytes;
  }
  return { rows, bytes };
}

/** The files of a unit that are still there, in groups that are still worth it. */
function liveFiles(snapshot: Snapshot, unit: RewriteUnit, style: RewriteStyle): readonly AddFile[] {
  return unit.groups.flatMap((group) => {
    const left = group.filter((file) => snapshot.files.has(file.key));
    if (left.length === 0 || !style.isWorthwhile(left)) return [];
    return left.map((file) => snapshot.files.get(file.key) as AddFile);
  });
}

function sameFiles(before: readonly AddFile[], now: readonly AddFile[]): boolean {
  if (before.length !== now.length) return false;
  return before.every((file, index) => fileKey(file) === fileKey(now[index] as AddFile));
}

/** Two states of equal text want the same of their files. */
function shapeText({ protocol, metadata }: Snapshot): string {
  const { schemaString, partitionColumns, configuration } = metadata;
  return JSON.stringify([protocol, schemaString, partitionColumns, [...configuration].sort()]);
}
