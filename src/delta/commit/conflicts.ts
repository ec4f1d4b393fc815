/**
 * Whether a commit that got in first changed what ours was planned on.
 *
 * As Delta Spark judges, and nowhere weaker: rows that a plan has read or removed must not have been
 * removed meanwhile, no file may have come that could hold rows it would have read, and metadata,
 * protocol, application transactions and domains move one writer at a time. Finer in two ways that are
 * safe: whether a new file matters is told by its statistics as well as its partition, and writers that
 * deleted different rows of one file don't disturb each other.
 *
 * Source: Delta protocol, "Transaction Identifiers", "Domain Metadata"; Delta Spark's rules for the rest.
 */
import { unreachable } from '../../base/index.ts';
import { type Action, type AddFile, fileKey, type Metadata } from '../actions.ts';
import type { Snapshot } from '../log/snapshot.ts';
import type { RowSet } from '../vectors/row-set.ts';
import type { RowChange } from './row-changes.ts';

/** What a commit's plan rests on: nothing, every row, or the rows of some files. */
export type ReadSet =
  | 'none'
  | 'whole-table'
  | {
      /** Whether a file added meanwhile could hold rows the plan would have read: by statistics and partition values. */
      readonly mayHold: (file: AddFile) => boolean;
      /**
       * The `fileKey`s of exactly the files whose rows the plan rests on. A file that was looked at, and of
       * which no row mattered, need not be among them.
       */
      readonly files: ReadonlySet<string>;
      /**
       * Whether rows that others only append are in the way too, at any isolation level: for an overwrite of
       * part of the table, which must not keep rows it never saw. False unless given.
       */
      readonly seesAppends?: boolean;
      /**
       * Whether the plan rests on every row of the files, also of those of which it deletes some by position.
       * Unless given, on those that `RowChange` names.
       */
      readonly everyRow?: boolean;
    };

/** How strictly concurrent commits are kept apart. `SnapshotIsolation` is for commits that only rearrange rows. */
export type IsolationLevel = 'Serializable' | 'WriteSerializable' | 'SnapshotIsolation';

/** The part of a planned commit that decides conflicts. */
export interface Planned {
  /** The state it was planned on; undefined when it creates the table. */
  readonly snapshot: Snapshot | undefined;
  readonly actions: readonly Action[];
  readonly rowChanges: readonly RowChange[];
  readonly read: ReadSet;
}

/** How the rows of a file that stayed differ after a commit: by its deletion vector. */
export interface VectorChange {
  readonly gone: RowSet;
  /** Rows that were deleted before and aren't any more. */
  readonly back: RowSet;
}

/** How strictly `planned` is kept apart from others: by what it does, and by `delta.isolationLevel`. Pure. */
export function isolationOf(
  { snapshot, actions, rowChanges }: Omit<Planned, 'read'>,
  metadata: Metadata | undefined = snapshot?.metadata,
): IsolationLevel {
  const files = actions.filter((action) => action.kind === 'add' || action.kind === 'remove');
  const changesRows = rowChanges.length > 0 || files.some((file) => file.dataChange);
  if (files.length > 0 && !changesRows) return 'SnapshotIsolation';
  const level = metadata?.configuration.get('delta.isolationLevel');
  return level?.toLowerCase() === 'serializable' ? 'Serializable' : 'WriteSerializable';
}

/**
 * Why `winner`, a commit made after the plan's snapshot, is in the way of `planned`; empty when it isn't. Pure.
 *
 * @param changes for the files that the winner took out and put back with another vector, by path.
 */
export function findConflicts(
  planned: Planned,
  winner: readonly Action[],
  changes: ReadonlyMap<string, VectorChange> = new Map(),
): string[] {
  if (!planned.snapshot) return ['the table was created meanwhile'];
  const ours = ownPart(planned);
  const kind = kindOf(winner);
  const seesAdds = (): boolean => {
    if (ours.isolation === 'SnapshotIsolation' || kind === 'rearranges') return false;
    if (kind === 'changes' || ours.isolation === 'Serializable' || ours.changesMetadata) return true;
    return planned.read === 'whole-table' || (planned.read !== 'none' && planned.read.seesAppends === true);
  };
  const conflicts = new Set<string>();
  for (const action of winner) {
    switch (action.kind) {
      case 'protocol':
        conflicts.add('it changed the protocol');
        break;
      case 'metadata':
        conflicts.add("it changed the table's schema or properties");
        break;
      case 'add': {
        const change = changes.get(action.path);
        if (change !== undefined && change.back.size === 0) break;
        if (isSame(planned.snapshot, action)) {
          if (ours.removed.has(action.path) || ours.changed.has(action.path))
            conflicts.add(`it described ${action.path} anew`);
        } else if (seesAdds() && mayHold(planned.read, action)) {
          conflicts.add(`it added ${action.path} to what this write had read`);
        }
        break;
      }
      case 'remove': {
        const change = changes.get(action.path);
        const own = ours.changed.get(action.path);
        if (ours.removed.has(action.path)) conflicts.add(`both removed ${action.path}`);
        else if (own !== undefined) {
          if (change === undefined)
            conflicts.add(`it removed ${action.path}, of which this write deletes rows`);
          else if (change.back.size > 0 || touches(own, change.gone))
            conflicts.add(`both changed the same rows of ${action.path}`);
          else if (ours.restsOnAll && change.gone.size > 0)
            conflicts.add(`it removed rows of ${action.path}, which this write had read`);
        } else if (planned.read === 'whole-table' || ours.read.has(action.path)) {
          conflicts.add(`it removed ${action.path}, which this write had read`);
        }
        break;
      }
      case 'transaction':
        if (ours.applications.has(action.appId))
          conflicts.add(`it also moved application ${action.appId} on`);
        break;
      case 'domain':
        if (ours.domains.has(action.domain)) conflicts.add(`it also changed the domain ${action.domain}`);
        break;
      case 'commit-info':
      case 'change-file':
      case 'sidecar':
      case 'unknown':
        break;
      default:
        unreachable(action);
    }
  }
  return [...conflicts];
}

/**
 * The files that `winner` took out and put back with another vector, and whose rows decide whether it is
 * in the way of `planned`. Pure.
 */
export function filesToCompare(planned: Planned, winner: readonly Action[]): readonly AddFile[] {
  const removed = new Set<string>();
  for (const action of winner) if (action.kind === 'remove') removed.add(action.path);
  if (removed.size === 0) return [];
  const changed = new Set(planned.rowChanges.map(({ file }) => file.path));
  return winner.filter(
    (action): action is AddFile =>
      action.kind === 'add' &&
      removed.has(action.path) &&
      (changed.has(action.path) || mayHold(planned.read, action)),
  );
}

interface OwnPart {
  readonly isolation: IsolationLevel;
  readonly changesMetadata: boolean;
  /** Whether every row of the files that were read counts. */
  readonly restsOnAll: boolean;
  readonly removed: ReadonlySet<string>;
  readonly changed: ReadonlyMap<string, RowChange>;
  /** Paths of the files that were read. */
  readonly read: ReadonlySet<string>;
  readonly applications: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
}

function ownPart(planned: Planned): OwnPart {
  const removed = new Set<string>();
  const applications = new Set<string>();
  const domains = new Set<string>();
  let changesMetadata = false;
  for (const action of planned.actions) {
    if (action.kind === 'remove') removed.add(action.path);
    if (action.kind === 'transaction') applications.add(action.appId);
    if (action.kind === 'domain') domains.add(action.domain);
    if (action.kind === 'metadata') changesMetadata = true;
  }
  const read = new Set<string>();
  if (typeof planned.read === 'object') {
    // A file's vector may have changed since; its path hasn't.
    for (const key of planned.read.files) read.add(key.split('\0', 1)[0] as string);
  }
  return {
    isolation: isolationOf(planned),
    changesMetadata,
    restsOnAll:
      planned.read === 'whole-table' || (typeof planned.read === 'object' && planned.read.everyRow === true),
    removed,
    changed: new Map(planned.rowChanges.map((change) => [change.file.path, change])),
    read,
    applications,
    domains,
  };
}

/** What a commit does to the rows: only appends, only rearranges, or anything else. */
function kindOf(winner: readonly Action[]): 'appends' | 'rearranges' | 'changes' {
  let isBlind = false;
  let removes = 0;
  let files = 0;
  let changing = 0;
  for (const action of winner) {
    if (action.kind === 'commit-info') isBlind = action.body['isBlindAppend'] === true;
    if (action.kind === 'remove') removes += 1;
    if (action.kind === 'add' || action.kind === 'remove') {
      files += 1;
      if (action.dataChange) changing += 1;
    }
  }
  // What only rearranges has no row that wasn't in the files it removed, and those are judged by themselves.
  if (files > 0 && changing === 0) return 'rearranges';
  return isBlind && removes === 0 ? 'appends' : 'changes';
}

/** Whether `add` is a live file with the same rows, committed again to say something else about it. */
function isSame(snapshot: Snapshot, add: AddFile): boolean {
  return !add.dataChange && snapshot.files.has(fileKey(add));
}

function touches(change: RowChange, rows: RowSet): boolean {
  return change.deleted.intersects(rows) || change.read?.intersects(rows) === true;
}

function mayHold(read: ReadSet, file: AddFile): boolean {
  if (read === 'none') return false;
  return read === 'whole-table' || read.mayHold(file);
}
