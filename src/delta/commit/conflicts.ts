/**
 * Whether a commit that got in first changed what ours was planned on.
 *
 * As strict as serializable isolation in Delta Spark: a commit that read something conflicts with
 * any file that was added to, or removed from, what it read. So an overwrite, which reads the whole
 * table, never keeps rows appended meanwhile by accident, and two commits that remove the same file
 * never both succeed. Only what truly commutes is rebased.
 *
 * Source: Delta protocol, "Transaction Identifiers", "Domain Metadata"; Delta Spark's rules for the rest.
 */
import { unreachable } from '../../base/index.ts';
import { type Action, type AddFile, fileKey } from '../actions.ts';
import type { Snapshot } from '../log/snapshot.ts';

/** What a commit's plan rests on: nothing, every row, or the files that `matches` says it looked at. */
export type ReadSet = 'none' | 'whole-table' | ((file: AddFile) => boolean);

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
    if (action.kind === 'remove') removed.add(fileKey(action));
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
        if (wasRead(planned.read, action))
          conflicts.add(`it added ${action.path} to what this write had read`);
        break;
      case 'remove': {
        const key = fileKey(action);
        const file = planned.snapshot.files.get(key);
        if (removed.has(key)) conflicts.add(`both removed ${action.path}`);
        else if (file && wasRead(planned.read, file))
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

function wasRead(read: ReadSet, file: AddFile): boolean {
  if (read === 'none') return false;
  return read === 'whole-table' || read(file);
}
