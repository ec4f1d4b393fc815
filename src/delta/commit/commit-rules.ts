/** The promises a table makes that every commit to it must keep. Pure. */
import { assert } from '../../base/index.ts';
import { type Action, fileKey } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { assertWritable } from '../features.ts';
import { applyActions, finishState, type Snapshot, startState } from '../log/snapshot.ts';
import { isAppendOnly } from '../table-properties.ts';
import type { ReadSet } from './conflicts.ts';

/**
 * Refuses a commit that would break a promise of the table, as it was or as it becomes.
 *
 * @throws delta.unsupported-feature, delta.append-only
 */
export function assertHonoured(
  table: string,
  snapshot: Snapshot | undefined,
  actions: readonly Action[],
  read: ReadSet,
): void {
  assertWellFormed(snapshot, actions);
  if (snapshot) assertWritable(table, snapshot.protocol, snapshot);
  const changesTable = actions.some((a) => a.kind === 'protocol' || a.kind === 'metadata');
  if (!snapshot || changesTable) {
    const state = startState(snapshot);
    applyActions(state, actions);
    const after = finishState(state, { table, version: 0, timestampMs: 0 });
    assert(after, 'a new table is given a protocol and metadata');
    assertWritable(table, after.protocol, after);
  }
  if (!snapshot) return;
  const removed = actions.filter((a) => a.kind === 'remove' && a.dataChange);
  assert(removed.length === 0 || read !== 'none', 'what removes rows has read them');
  if (removed.length > 0 && isAppendOnly(snapshot.metadata)) throw deltaErrors['append-only']({ table });
  if (rewritesRows(snapshot, actions) && keepsChangeFeed(snapshot)) {
    throw deltaErrors['unsupported-feature']({ table, doing: 'write', features: ['changeDataFeed'] });
  }
}

/** Rules of the protocol that only a mistake of ours could break. Source: "Delta Log Entries". */
function assertWellFormed(snapshot: Snapshot | undefined, actions: readonly Action[]): void {
  const seen = new Set<string>();
  const once = (what: string): void => {
    assert(!seen.has(what), `a commit has one action only for ${what}`);
    seen.add(what);
  };
  const metadata = actions.find((a) => a.kind === 'metadata') ?? snapshot?.metadata;
  for (const action of actions) {
    assert(action.kind !== 'commit-info' && action.kind !== 'sidecar', `${action.kind} is not for callers`);
    if (action.kind === 'metadata' || action.kind === 'protocol') once(action.kind);
    if (action.kind === 'transaction') once(`transaction ${action.appId}`);
    if (action.kind === 'domain') once(`domain ${action.domain}`);
    if (action.kind === 'remove') {
      once(`remove ${action.path}`);
      assert(snapshot?.files.has(fileKey(action)), `${action.path}, which is removed, was in the table`);
    }
    if (action.kind === 'add') {
      once(`add ${action.path}`);
      const missing = metadata?.partitionColumns.length !== action.partitionValues.size;
      assert(!missing, `${action.path} has a value for every partition column`);
    }
  }
}

/** Whether rows are changed in a way that only change files could tell: not by adding or by removing whole sets of rows. */
function rewritesRows(snapshot: Snapshot, actions: readonly Action[]): boolean {
  let adds = 0;
  let removes = 0;
  for (const action of actions) {
    if (action.kind === 'change-file') return false;
    if (action.kind === 'add' && action.dataChange) adds += 1;
    if (action.kind === 'remove' && action.dataChange) removes += 1;
  }
  // Replacing every file deletes every row and inserts new ones: the feed can be read off the files.
  return adds > 0 && removes > 0 && removes < snapshot.files.size;
}

function keepsChangeFeed(snapshot: Snapshot): boolean {
  return snapshot.metadata.configuration.get('delta.enableChangeDataFeed')?.toLowerCase() === 'true';
}
