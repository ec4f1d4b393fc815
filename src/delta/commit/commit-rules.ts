/** The promises a table makes that every commit to it must keep. Pure. */
import { assert } from '../../base/index.ts';
import { type Action, fileKey } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { assertWritable, isEnabled, isSupported, writerFeaturesOf } from '../features.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { parseSchema } from '../schema.ts';
import { isAppendOnly } from '../table-properties.ts';
import type { Planned } from './conflicts.ts';
import { icebergProblems } from './iceberg-rules.ts';

/** What a table is, apart from its files. */
export type TableHead = Pick<Snapshot, 'protocol' | 'metadata' | 'schema'>;

/** What the table is once `actions` happened to it. @throws delta.bad-schema */
export function headAfter(before: TableHead | undefined, actions: readonly Action[]): TableHead {
  const protocol = actions.find((a) => a.kind === 'protocol') ?? before?.protocol;
  const metadata = actions.find((a) => a.kind === 'metadata') ?? before?.metadata;
  assert(protocol && metadata, 'a new table is given a protocol and metadata');
  if (before && metadata.schemaString === before.metadata.schemaString) {
    return { protocol, metadata, schema: before.schema };
  }
  return { protocol, metadata, schema: parseSchema(metadata.schemaString) };
}

/** A planned commit, and what it says about the change feed. */
export interface RuledPlan extends Planned {
  /** The rows that come and go with whole files are just what the feed shall tell. */
  readonly feedFromFiles?: boolean;
}

/**
 * Refuses a commit that would break a promise of the table, as it was or as it becomes.
 *
 * @throws delta.unsupported-feature, delta.append-only, delta.broken-promise
 */
export function assertHonoured(table: string, plan: RuledPlan): void {
  const { snapshot, actions, rowChanges, read } = plan;
  assertWellFormed(plan);
  const after = headAfter(snapshot, actions);
  if (snapshot) assertWritable(table, snapshot.protocol, snapshot);
  if (!snapshot || after.protocol !== snapshot.protocol || after.metadata !== snapshot.metadata) {
    assertWritable(table, after.protocol, after);
    assertCoherent(table, after);
  }
  const broken = (feature: string, problem: string): Error =>
    deltaErrors['broken-promise']({ table, feature, problem });
  const [iceberg] = icebergProblems(snapshot, after, plan);
  if (iceberg) throw broken(iceberg.feature, iceberg.problem);

  if (!snapshot) return;
  const removes = actions.some((a) => a.kind === 'remove' && a.dataChange) || rowChanges.length > 0;
  assert(!removes || read !== 'none', 'what removes rows has read them');
  if (removes && isAppendOnly(snapshot.metadata)) throw deltaErrors['append-only']({ table });
  if (rowChanges.length > 0 && !isEnabled(snapshot, 'deletionVectors')) {
    throw broken(
      'no deletion vectors',
      'rows are deleted by position, and delta.enableDeletionVectors is off',
    );
  }
  if (isEnabled(snapshot, 'changeDataFeed') && hidesChanges(snapshot, plan)) {
    throw broken('a change data feed', 'rows are rewritten, and no change files tell which of them changed');
  }
}

/** Rules of the protocol that only a mistake of ours could break. Source: "Delta Log Entries". */
function assertWellFormed({ snapshot, actions, rowChanges }: Planned): void {
  const seen = new Set<string>();
  const once = (what: string): void => {
    assert(!seen.has(what), `a commit has one action only for ${what}`);
    seen.add(what);
  };
  const metadata = actions.find((a) => a.kind === 'metadata') ?? snapshot?.metadata;
  for (const { file } of rowChanges) {
    once(`remove ${file.path}`);
    once(`add ${file.path}`);
    assert(snapshot?.files.has(fileKey(file)), `${file.path}, whose rows are deleted, was in the table`);
  }
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

/** Features that contradict each other. @throws delta.broken-promise */
function assertCoherent(table: string, after: TableHead): void {
  const broken = (feature: string, problem: string): Error =>
    deltaErrors['broken-promise']({ table, feature, problem });
  for (const name of ['rowTracking', 'clustering'] as const) {
    if (isSupported(after.protocol, name) && !writerFeaturesOf(after.protocol).includes('domainMetadata')) {
      throw broken(name, 'its protocol lacks domainMetadata');
    }
  }
  const suspended = after.metadata.configuration.get('delta.rowTrackingSuspended')?.toLowerCase() === 'true';
  if (suspended && isEnabled(after, 'rowTracking')) {
    throw broken('rowTracking', 'delta.rowTrackingSuspended and delta.enableRowTracking are both true');
  }
  if (isSupported(after.protocol, 'clustering') && after.metadata.partitionColumns.length > 0) {
    throw broken('clustering', `it is partitioned too, by ${after.metadata.partitionColumns.join(', ')}`);
  }
}

/**
 * Whether rows are changed in a way that only change files could tell: not by adding or by removing whole
 * sets of rows, which the feed is read off.
 */
function hidesChanges(snapshot: Snapshot, plan: RuledPlan): boolean {
  if (plan.feedFromFiles === true) return false;
  let adds = 0;
  let removes = 0;
  for (const action of plan.actions) {
    if (action.kind === 'change-file') return false;
    if (action.kind === 'add' && action.dataChange) adds += 1;
    if (action.kind === 'remove' && action.dataChange) removes += 1;
  }
  if (plan.rowChanges.length > 0) return adds > 0;
  // Replacing every file deletes every row and inserts new ones.
  return adds > 0 && removes > 0 && removes < snapshot.files.size;
}
