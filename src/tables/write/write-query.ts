/**
 * A query's rows into a Delta table: staged as Parquet by one streaming COPY, then committed.
 *
 * The query runs once and its rows pass straight into files: nothing is materialised before. Until the
 * commit nobody sees the files; when anything fails they are removed. An append that loses to a commit
 * which changed or created the table is planned again on the new state, and keeps its files as long as
 * they are what the new plan would write; else it writes others from them.
 */
import { isBoathouseError, type Json, systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  type CommitResult,
  commitActions,
  deltaErrors,
  type Operation,
  type Snapshot,
} from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { pathNames, printPath } from '../alter/column-path.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { everyRow, type Planned, saysNothingCommitted, transact } from '../transact.ts';
import {
  areAssumed,
  assumedSource,
  assumeNoMore,
  mayHaveOtherColumns,
  type Source,
} from './assumed-source.ts';
import { beginWrite, modeOf } from './begin-write.ts';
import { type Replacement, replaceAll, replaceMatching, replacePartitions } from './replace-rows.ts';
import { restaged } from './restage.ts';
import { type Staged, stageTable } from './stage-table.ts';
import { describeRows } from './typed-nulls.ts';
import { draftWrite, type WriteDraft } from './write-draft.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';

/**
 * Writes the rows of `query`, run in `session`, to the table at `tableUri`.
 *
 * Atomic: readers see all of the rows or none, and a failed write leaves the table as it was. Appends
 * commute with other appends, also with those that create the table or add columns to it; an overwrite
 * loses to any commit made since it began that changed what it replaces.
 *
 * @throws tables.already-exists, tables.schema-mismatch, tables.partition-mismatch, tables.unsupported-type,
 * tables.missing-value, tables.constraint-violated, tables.bad-option, delta.commit-conflict,
 * delta.unsupported-feature, delta.append-only, duckdb.*, storage.*
 */
export async function writeQueryToDelta(
  session: Session,
  query: string,
  tableUri: string,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const storage = openStorage(tableUri, options.storageOptions);
  const start = await beginWrite(storage, options);
  if (start.kind === 'ignored') return start.result;
  const source = await describeRows(session, query, start.snapshot?.schema);
  return withStaged(session, storage, source, options, async (write) => {
    if (start.snapshot !== undefined) return write.onto(TableHandle.of(storage, start.snapshot));
    try {
      return await write.create();
    } catch (error) {
      if (!isBoathouseError(error, 'delta.commit-conflict') || modeOf(options) === 'overwrite') throw error;
      const again = await beginWrite(storage, options);
      if (again.kind === 'ignored') return again.result;
      if (again.snapshot === undefined) throw error;
      return write.onto(TableHandle.of(storage, again.snapshot));
    }
  });
}

/**
 * Writes the rows of `query` to an open table, mode `append` or `overwrite`. The handle ends at the version made.
 *
 * @param how `asksColumns` plans the query before it is run, for those that cost more to run twice; `skipsNothing`
 * makes no version of an append that brings no row and changes no column.
 * @throws as `writeQueryToDelta`
 */
export async function writeQueryToHandle(
  session: Session,
  query: string,
  handle: TableHandle,
  options: WriteOptions,
  how: { readonly asksColumns?: boolean; readonly skipsNothing?: boolean } = {},
): Promise<WriteResult> {
  const { asksColumns = false, skipsNothing = false } = how;
  const assumed = asksColumns ? undefined : await assumedSource(session, query, handle.snapshot, options);
  const source = assumed ?? (await describeRows(session, query, handle.snapshot.schema));
  // Appends rest on nothing, so they needn't look first; an overwrite replaces what is there now, or what was read.
  const isRead = options.readVersion !== undefined && options.readVersion === handle.snapshot.version;
  const startsFrom = modeOf(options) === 'append' || isRead ? 'known' : 'now';
  const given = assumed === undefined ? source : { ...source, given: query };
  return withStaged(session, handle.storage, given, options, (write) =>
    write.onto(handle, startsFrom, skipsNothing),
  );
}

/** Rows to be written; `given` is their query where their columns are only assumed. */
type MaybeAssumed = Source & { readonly given?: string };

/** A write whose files are removed when it fails for certain. */
async function withStaged(
  session: Session,
  storage: Storage,
  source: MaybeAssumed,
  options: WriteOptions,
  work: (write: Write) => Promise<WriteResult>,
): Promise<WriteResult> {
  const write = new Write(session, storage, source, options);
  try {
    const result = await work(write);
    // Another has landed the same batch, after these files were written.
    if (result.kind === 'ignored') await write.discard(true);
    return result;
  } catch (error) {
    await write.discard(saysNothingCommitted(error));
    throw error;
  }
}

/** One write: its files are staged once, whatever becomes of the first plans. */
class Write {
  readonly #session: Session;
  readonly #storage: Storage;
  #source: MaybeAssumed;
  readonly #options: WriteOptions;
  #made: { readonly draft: WriteDraft; readonly staged: Staged } | undefined;
  /** Whether a commit may stand that names the files. */
  #mayBeNamed = false;

  constructor(session: Session, storage: Storage, source: MaybeAssumed, options: WriteOptions) {
    this.#session = session;
    this.#storage = storage;
    this.#source = source;
    this.#options = options;
  }

  /** Creates the table with the rows. @throws delta.commit-conflict when another created it meanwhile. */
  async create(): Promise<WriteResult> {
    const draft = await this.#draft(undefined);
    const staged = await this.#stage(draft);
    const { clock = systemClock, random = systemRandom, transaction, commitMetadata } = this.#options;
    this.#mayBeNamed = true;
    const moved: readonly Action[] =
      transaction === undefined
        ? []
        : [{ kind: 'transaction', ...transaction, lastUpdatedMs: clock.nowMs() }];
    const committed = await commitActions(this.#storage, {
      readSnapshot: undefined,
      actions: [...moved, ...draft.changes(staged), ...staged.adds],
      operation: this.#operation(draft, staged, undefined),
      isBlindAppend: false,
      read: modeOf(this.#options) === 'overwrite' ? 'whole-table' : 'none',
      rows: duckdbParquetRows,
      clock,
      random,
      commitMetadata: (commitMetadata ?? {}) as Readonly<Record<string, Json>>,
    });
    return this.#result(committed, staged, undefined, 'created');
  }

  /**
   * Appends to the table, or replaces what it has.
   *
   * @param startsFrom `known` plans on the handle's own state, which the rows may rest on.
   * @param skipsNothing whether an append of nothing is left at that.
   */
  onto(
    handle: TableHandle,
    startsFrom: 'known' | 'now' = 'known',
    skipsNothing = false,
  ): Promise<WriteResult> {
    const { signal, clock, random, commitMetadata, transaction } = this.#options;
    const about = {
      signal,
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
      ...(commitMetadata === undefined ? {} : { commitMetadata }),
      ...(transaction === undefined ? {} : { transaction }),
    };
    const plan = (snapshot: Snapshot, attempt: number) => this.#plan(snapshot, attempt, skipsNothing);
    const nothing = { rows: 0, filesAdded: 0, filesRemoved: 0, bytesAdded: 0, uri: this.#storage.uri };
    const skipped = ({ version }: Snapshot): WriteResult => ({
      version,
      kind: 'ignored',
      skipped: true,
      ...nothing,
    });
    return transact(handle, about, plan, skipped, startsFrom);
  }

  /** Removes the files that were staged, unless a commit may name them. @param isCertain that none was made. */
  async discard(isCertain: boolean): Promise<void> {
    if (this.#mayBeNamed && !isCertain) return;
    const made = this.#made;
    this.#made = undefined;
    await made?.staged.discard();
  }

  async #plan(snapshot: Snapshot, attempt: number, skipsNothing: boolean): Promise<Planned<WriteResult>> {
    const mode = modeOf(this.#options);
    const { replaceWhere, partitionOverwrite, readVersion } = this.#options;
    const replacesAll =
      mode === 'overwrite' && replaceWhere === undefined && partitionOverwrite !== 'dynamic';
    if (attempt > 1 && replacesAll) {
      // The rows it would now remove are rows nobody had seen when its query ran.
      throw conflictWith(snapshot, 'the table was changed while it was being overwritten');
    }
    if (readVersion !== undefined && snapshot.version !== readVersion)
      throw conflictWith(snapshot, 'the table was changed after the rows were computed from it');
    const { draft, staged } = (await this.#stageAssumed(snapshot)) ?? (await this.#stageNow(snapshot));
    const replaced = mode === 'overwrite' ? await this.#replace(snapshot, draft, staged) : undefined;
    const changes = draft.changes(staged);
    const isNothing = replaced === undefined && changes.length === 0 && staged.rows === 0;
    if (skipsNothing && isNothing && this.#options.transaction === undefined) {
      await this.discard(true);
      return { kind: 'nothing', result: this.#result(snapshot, staged, undefined, 'written') };
    }
    this.#mayBeNamed = true;
    return {
      kind: 'commit',
      draft: {
        actions: [...changes, ...(replaced?.actions ?? []), ...staged.adds],
        ...(replaced === undefined ? {} : { rowChanges: replaced.rowChanges }),
        operation: this.#operation(draft, staged, replaced),
        isBlindAppend: replaced === undefined && changes.length === 0 && readVersion === undefined,
        read: replaced?.read ?? (readVersion === undefined ? 'none' : everyRow(snapshot)),
        feedFromFiles: true,
        result: (committed) => this.#result(committed, staged, replaced, 'written'),
        // The staged rows outlive a lost attempt: the query isn't run again.
        discard: async () => {
          this.#mayBeNamed = false;
          await replaced?.discard();
        },
      },
    };
  }

  async #stageNow(snapshot: Snapshot): Promise<{ draft: WriteDraft; staged: Staged }> {
    const draft = await this.#draft(snapshot);
    return { draft, staged: await this.#stage(draft) };
  }

  /** The files where the rows have the columns they were assumed to have; else these are known afterwards. */
  async #stageAssumed(snapshot: Snapshot): Promise<{ draft: WriteDraft; staged: Staged } | undefined> {
    const { given, ...assumed } = this.#source;
    if (given === undefined) return undefined;
    let failure: unknown;
    try {
      const { draft, staged } = await this.#stageNow(snapshot);
      // Without a row nothing was held against what was assumed.
      if (staged.rows > 0) {
        this.#source = assumed;
        return { draft, staged };
      }
      await this.discard(true);
    } catch (error) {
      if (!mayHaveOtherColumns(error)) throw error;
      failure = error;
    }
    this.#source = await describeRows(this.#session, given, snapshot.schema);
    const { query, columns } = this.#source;
    const isOther = query !== given || !areAssumed(columns, assumed.columns);
    if (isOther) assumeNoMore(snapshot);
    else if (failure !== undefined) throw failure;
    return undefined;
  }

  #replace(snapshot: Snapshot, draft: WriteDraft, staged: Staged): Promise<Replacement> {
    const { replaceWhere, partitionOverwrite, clock = systemClock, signal } = this.#options;
    const nowMs = clock.nowMs();
    if (replaceWhere !== undefined) {
      const about = { condition: replaceWhere, nowMs, signal };
      return replaceMatching(this.#session, this.#storage, snapshot, draft.shape, staged, about);
    }
    if (partitionOverwrite === 'dynamic') return Promise.resolve(replacePartitions(snapshot, staged, nowMs));
    return Promise.resolve(replaceAll(snapshot, nowMs));
  }

  #draft(snapshot: Snapshot | undefined): Promise<WriteDraft> {
    return draftWrite(this.#session, this.#storage.uri, snapshot, this.#source, this.#options);
  }

  /**
   * The files of the draft. Those of an earlier one are kept when they are the same; else they are written
   * anew from those, since the table's columns changed, or identity values were given to other rows.
   */
  async #stage(draft: WriteDraft): Promise<Staged> {
    const made = this.#made;
    let staged: Staged;
    if (made === undefined) {
      const writeId = (this.#options.random ?? systemRandom).uuid();
      staged = await stageTable(this.#session, this.#storage, { ...draft.request, writeId });
    } else if (made.draft.files === draft.files) staged = made.staged.describeAs(draft.shape);
    else {
      staged = await restaged(this.#session, this.#storage, made, draft);
      await made.staged.discard();
    }
    this.#made = { draft, staged };
    return staged;
  }

  #operation(draft: WriteDraft, staged: Staged, replaced: Replacement | undefined): Operation {
    const { operation, replaceWhere, clusterBy } = this.#options;
    return {
      name: operation ?? (draft.snapshot === undefined ? 'CREATE TABLE AS SELECT' : 'WRITE'),
      parameters: {
        mode: modeNames[modeOf(this.#options)],
        partitionBy: [...draft.plan.partitionColumns],
        ...(clusterBy === undefined
          ? {}
          : { clusterBy: clusterBy.map((column) => printPath(pathNames(column))) }),
        ...(replaceWhere === undefined ? {} : { predicate: replaceWhere }),
      },
      metrics: {
        numFiles: staged.adds.length,
        numOutputRows: staged.rows,
        numOutputBytes: staged.bytes,
        numRemovedFiles: replaced?.filesRemoved ?? 0,
        ...(replaced === undefined || replaced.rowsCopied === 0
          ? {}
          : { numCopiedRows: replaced.rowsCopied }),
      },
    };
  }

  #result(
    { version }: Pick<CommitResult, 'version'>,
    staged: Staged,
    replaced: Replacement | undefined,
    kind: 'created' | 'written',
  ): WriteResult {
    return {
      version,
      kind,
      rows: staged.rows,
      filesAdded: staged.adds.length,
      filesRemoved: replaced?.filesRemoved ?? 0,
      bytesAdded: staged.bytes,
      uri: this.#storage.uri,
    };
  }
}

function conflictWith(snapshot: Snapshot | undefined, conflict: string): Error {
  const [table, version] = [snapshot?.table ?? '', snapshot?.version ?? 0];
  return deltaErrors['commit-conflict']({ table, version, conflicts: [conflict] });
}

const modeNames = {
  append: 'Append',
  overwrite: 'Overwrite',
  error: 'ErrorIfExists',
  ignore: 'Ignore',
} as const;
