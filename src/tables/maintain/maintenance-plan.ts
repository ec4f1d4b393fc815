/** Which upkeep a table's numbers call for, and why: in words for people. Pure. */
import type { MaintenanceFacts } from './maintenance-facts.ts';
import type { OptimizeSpec } from './optimize-spec.ts';
import type { PurgeSpec } from './purge.ts';
import type { VacuumSpec } from './vacuum-spec.ts';

/** From when on upkeep is worth its cost. */
export interface MaintenanceThresholds {
  /** Putting files together has to make at least so many fewer. */
  readonly filesSavedMin: number;
  /** … or this share of all files fewer. */
  readonly filesSavedRatioMin: number;
  /** This share of a clustered table's bytes has to be unclustered. */
  readonly unclusteredRatioMin: number;
  /** Deleted rows have to take up this share of the table's bytes. */
  readonly deletedRatioMin: number;
  /** So many times the table's checkpoint interval has to be without a checkpoint. */
  readonly checkpointsMissedMin: number;
  /** So many commits have to be read one by one, where the next checkpoint is far. */
  readonly uncompactedCommitsMin: number;
  /** Vacuum has to give back so many bytes. */
  readonly reclaimableBytesMin: number;
  /** … or this share of the table's own size, */
  readonly reclaimableRatioMin: number;
  /** … or so many files. */
  readonly reclaimableFilesMin: number;
  /** Log clean-up has to remove so many files. */
  readonly expiredLogFilesMin: number;
}

/** The thresholds that are used where none are given. */
export const maintenanceThresholds: MaintenanceThresholds = {
  filesSavedMin: 16,
  filesSavedRatioMin: 0.5,
  unclusteredRatioMin: 0.1,
  deletedRatioMin: 0.1,
  checkpointsMissedMin: 2,
  uncompactedCommitsMin: 100,
  reclaimableBytesMin: 256 * 1024 * 1024,
  reclaimableRatioMin: 0.25,
  reclaimableFilesMin: 1000,
  expiredLogFilesMin: 100,
};

/** What a step is expected to give. */
export interface ExpectedSavings {
  /** Fewer files that readers open. */
  readonly files?: number;
  /** Bytes on disk: those that are freed at once. */
  readonly bytes?: number;
  /** Fewer files of the log that readers open. */
  readonly commits?: number;
}

/** The kinds of upkeep, in the order they are done. */
export type MaintenanceKind =
  | 'optimize'
  | 'cluster'
  | 'purge'
  | 'checkpoint'
  | 'compact-log'
  | 'vacuum'
  | 'clean-log';

/** One thing that is worth doing. */
export type MaintenanceStep = {
  /** Plain words: what there is, and what it would become. */
  readonly reason: string;
  readonly saves: ExpectedSavings;
} & (
  | { readonly kind: 'optimize' | 'cluster'; readonly spec: OptimizeSpec }
  | { readonly kind: 'purge'; readonly spec: PurgeSpec }
  | { readonly kind: 'vacuum'; readonly spec: VacuumSpec }
  | { readonly kind: 'checkpoint' | 'compact-log' | 'clean-log' }
);

/** What to do about a table. */
export interface MaintenancePlan {
  readonly table: string;
  /** The version that was looked at. */
  readonly version: number;
  readonly steps: readonly MaintenanceStep[];
  /** What was looked at and isn't worth doing, and why not. */
  readonly passedOver: readonly { readonly kind: MaintenanceKind; readonly reason: string }[];
}

/** One decision. */
type Decision =
  | { readonly kind: 'do'; readonly step: MaintenanceStep }
  | { readonly kind: 'leave'; readonly what: MaintenanceKind; readonly reason: string };

/** What is worth doing about a table of which `facts` are known. */
export function planSteps(
  facts: MaintenanceFacts,
  thresholds: Partial<MaintenanceThresholds> = {},
): Pick<MaintenancePlan, 'steps' | 'passedOver'> {
  const limits = { ...maintenanceThresholds, ...thresholds };
  const decisions = [
    facts.clustering === undefined ? decideOptimize(facts, limits) : decideCluster(facts, limits),
    decidePurge(facts, limits),
    decideCheckpoint(facts, limits),
    decideCompactLog(facts, limits),
    decideVacuum(facts, limits),
    decideCleanLog(facts, limits),
  ];
  return {
    steps: decisions.flatMap((decision) => (decision.kind === 'do' ? [decision.step] : [])),
    passedOver: decisions.flatMap((decision) =>
      decision.kind === 'leave' ? [{ kind: decision.what, reason: decision.reason }] : [],
    ),
  };
}

function decideOptimize({ live, rewrite }: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { files, bytes, becomes } = rewrite;
  if (files === 0) return leave('optimize', `none of the ${counted(live.files, 'file')} is too small`);
  const saved = files - becomes;
  const what = `${counted(files, 'file')} that are small or have deleted rows, ${sizeText(bytes)} together, would become ${becomes}`;
  if (saved >= limits.filesSavedMin || (saved > 0 && saved >= live.files * limits.filesSavedRatioMin)) {
    return { kind: 'do', step: { kind: 'optimize', reason: what, saves: { files: saved }, spec: {} } };
  }
  return leave('optimize', `${what}: too few to be worth it`);
}

function decideCluster(facts: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { live, rewrite, clustering } = facts;
  const { columns = [], unclustered = { files: 0, bytes: 0 } } = clustering ?? {};
  const by = columns.join(', ');
  if (unclustered.files === 0 || rewrite.files === 0)
    return leave('cluster', `every file is clustered by ${by}`);
  const share = live.bytes === 0 ? 0 : unclustered.bytes / live.bytes;
  const what = `${counted(unclustered.files, 'file')} of ${live.files}, ${sizeText(unclustered.bytes)} or ${percent(share)} of the table, aren't clustered by ${by} yet`;
  const saved = rewrite.files - rewrite.becomes;
  if (share < limits.unclusteredRatioMin && saved < limits.filesSavedMin) {
    return leave('cluster', `${what}: less than ${percent(limits.unclusteredRatioMin)}`);
  }
  return {
    kind: 'do',
    step: {
      kind: 'cluster',
      reason: `${what}; ${counted(rewrite.files, 'file')} would become ${rewrite.becomes}`,
      saves: { files: Math.max(0, saved) },
      spec: {},
    },
  };
}

function decidePurge({ live, deleted }: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  if (deleted.files === 0) return leave('purge', 'no file has deleted rows that stay');
  const share = live.bytes === 0 ? 0 : deleted.bytes / live.bytes;
  const what = `deleted rows take up ${sizeText(deleted.bytes)} in ${counted(deleted.files, 'file')}, ${percent(share)} of the table`;
  if (share < limits.deletedRatioMin)
    return leave('purge', `${what}: less than ${percent(limits.deletedRatioMin)}`);
  return {
    kind: 'do',
    step: { kind: 'purge', reason: what, saves: { bytes: Math.round(deleted.bytes) }, spec: {} },
  };
}

function decideCheckpoint(facts: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { commitsSinceCheckpoint: commits, checkpointInterval: interval } = facts;
  const what = `${counted(commits, 'commit')} since the last checkpoint`;
  const wanted = interval * limits.checkpointsMissedMin;
  if (commits < wanted) return leave('checkpoint', `${what}: fewer than ${wanted}`);
  const reason = `${what}, each read by everyone who opens the table; the table wants one every ${interval}`;
  return { kind: 'do', step: { kind: 'checkpoint', reason, saves: { commits } } };
}

/** A checkpoint spares readers every commit before it; a compaction helps where none is due for long. */
function decideCompactLog(facts: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { commitsSinceCheckpoint, checkpointInterval: interval, uncompactedCommits: commits } = facts;
  if (commitsSinceCheckpoint >= interval * limits.checkpointsMissedMin)
    return leave('compact-log', 'a checkpoint stands for the same commits');
  const what = `${counted(Math.max(0, commits), 'commit')} that readers open one by one`;
  const wanted = limits.uncompactedCommitsMin;
  if (commits < wanted) return leave('compact-log', `${what}: fewer than ${wanted}`);
  const reason = `${what} would become 1 file; the next checkpoint is ${interval - commitsSinceCheckpoint > 0 ? `${counted(interval - commitsSinceCheckpoint, 'commit')} away` : 'due with the next commit'}`;
  return { kind: 'do', step: { kind: 'compact-log', reason, saves: { commits: commits - 1 } } };
}

function decideVacuum({ live, reclaimable }: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { files, bytes, retentionMs } = reclaimable;
  const since = `in the last ${hoursText(retentionMs)}`;
  if (files === 0) return leave('vacuum', `every file was needed ${since}`);
  const what = `${counted(files, 'file')}, ${sizeText(bytes)}, that no version needs which was current ${since}`;
  const isWorth =
    bytes >= limits.reclaimableBytesMin ||
    bytes >= live.bytes * limits.reclaimableRatioMin ||
    files >= limits.reclaimableFilesMin;
  if (!isWorth) return leave('vacuum', `${what}: too little to be worth it`);
  return { kind: 'do', step: { kind: 'vacuum', reason: what, saves: { bytes }, spec: {} } };
}

function decideCleanLog({ expiredLog }: MaintenanceFacts, limits: MaintenanceThresholds): Decision {
  const { files, bytes } = expiredLog;
  if (files === 0) return leave('clean-log', 'nothing in the log has expired');
  const what = `${counted(files, 'file')} of the log, ${sizeText(bytes)}, from before what is kept of it`;
  if (files < limits.expiredLogFilesMin)
    return leave('clean-log', `${what}: fewer than ${limits.expiredLogFilesMin}`);
  return { kind: 'do', step: { kind: 'clean-log', reason: what, saves: { bytes } } };
}

function leave(what: MaintenanceKind, reason: string): Decision {
  return { kind: 'leave', what, reason };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function hoursText(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48 && hours % 24 === 0
    ? `${hours / 24} days`
    : counted(Math.round(hours * 10) / 10, 'hour');
}

/** A size as people say it. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
