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
import { type Action, type AddFile, fileKey } from '../actions.ts';
import type { Snapshot } from '../log/snapshot.ts';

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
    };

/** How strictly concurrent commits are kept apart. `Snapshot` is for commits that only rearrange rows. */
export type IsolationLevel = 'Serializable' | 'WriteSerializable' | 'SnapshotIsolation';

/** The part of a planned commit that decides conflicts. */
export interface Planned {
  /** The state it was planned on; undefined when it creates the table. */
  readonly snapshot: Snapshot | undefined;
  readonly actions: readonly Action[];
  readonly read: ReadSet;
}

/** Why `winner`, a commit made after the plan's snapshot, is in the way of `planned`; empty when it isn't. Pure. */
export function findConflicts(planned: Planned, winner: readonly Action[]): string[] {
  if (!planned.snapshot) return ['the table was created meanwhile'];
  const removed = new Set<string>();
  const applications = new Set<string>();
  const domains = new Set<string>();
  for (const action of planned.actions) {
    if (action.kind === 'remove') removed.add(action.path);
    if (action.kind === 'transaction') applications.add(action.appId);
    if (action.kind === 'domain') domains.add(action.domain);
  }
  const conflicts = new Set<string>();
  for (const action of winner) {
    switch (action.kind) {
      case 'protocol':
        conflicts.add('it changed the protocol');
        break;
      case 'metadata':
        conflicts.add("it changed the table's schema or properties");
        break;
      case 'add':
        if (mayHold(planned.read, action))
          conflicts.add(`it added ${action.path} to what this write had read`);
        break;
      case 'remove': {
        const key = fileKey(action);
        if (removed.has(action.path)) conflicts.add(`both removed ${action.path}`);
        else if (planned.read === 'whole-table' || (planned.read !== 'none' && planned.read.files.has(key)))
          conflicts.add(`it removed ${action.path}, which this write had read`);
        break;
      }
      case 'transaction':
        if (applications.has(action.appId)) conflicts.add(`it also moved application ${action.appId} on`);
        break;
      case 'domain':
        if (domains.has(action.domain)) conflicts.add(`it also changed the domain ${action.domain}`);
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

function mayHold(read: ReadSet, file: AddFile): boolean {
  if (read === 'none') return false;
  return read === 'whole-table' || read.mayHold(file);
}
