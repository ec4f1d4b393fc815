/** `land`: files of others into a Delta table, in one commit. */
import { keepSecrets, systemClock } from '../base/index.ts';
import { isRemote } from '../storage/index.ts';
import {
  landFiles,
  type LandOptions as TableLandOptions,
  type LandResult as TableLandResult,
} from '../tables/index.ts';
import type { ProjectOptions } from './options.ts';

/** What to land, and where. */
export interface LandOptions extends TableLandOptions {
  /** A file, a glob, a URL, or `-` for standard input: CSV, JSON, NDJSON or Parquet. */
  readonly source: string;
  /** The Delta table's folder. */
  readonly table: string;
  /** Whose profile says how buckets are opened, under `storageOptions`. The project here unless given. */
  readonly project?: ProjectOptions | undefined;
}

/** What landing did. */
export interface LandResult extends TableLandResult {
  readonly elapsedMs: number;
}

/**
 * Lands `source` in `table`. Atomic: readers see all of it or none.
 *
 * @throws tables.*, delta.*, duckdb.*, storage.*; project.* when something is in a bucket; targets.not-on-branch
 */
export async function land(options: LandOptions): Promise<LandResult> {
  const startedMs = systemClock.nowMs();
  keepSecrets(process.env);
  const { source, table, project, ...rest } = options;
  if (project !== undefined && (await isOnBranch(project))) await requireOnBranch(table, project);
  const result = await landFiles(source, table, {
    ...rest,
    ...(isRemote(source) || isRemote(table) ? await storageFor(options) : {}),
  });
  return { ...result, elapsedMs: systemClock.nowMs() - startedMs };
}

/** Whether a branch is asked for, by its name or as the target. */
async function isOnBranch(project: ProjectOptions): Promise<boolean> {
  if (project.branch !== undefined || project.target === undefined) return project.branch !== undefined;
  const { projectOf } = await import('./reader.ts');
  return (await projectOf(project))?.profile.lakehouse.branch !== undefined;
}

/**
 * What is landed is everybody's: sources are read by their places, on every branch.
 *
 * @throws targets.not-on-branch unless the table is the branch's own
 */
async function requireOnBranch(table: string, project: ProjectOptions): Promise<void> {
  const [{ openLake }, { requireOwn }] = await Promise.all([
    import('./lake.ts'),
    import('./branch-statement.ts'),
  ]);
  const { file, database } = await openLake(project);
  await requireOwn({ path: file, database, schemas: [] }, table);
}

/** The profile's storage, and what was given over it. */
async function storageFor({
  source,
  table,
  project,
  storageOptions = {},
}: LandOptions): Promise<Pick<TableLandOptions, 'storageOptions' | 'sourceOptions'>> {
  const { accessFor, projectOf } = await import('./reader.ts');
  const access = accessFor(await projectOf(project ?? {}));
  return {
    storageOptions: { ...access.optionsFor(table), ...storageOptions },
    sourceOptions: { ...access.optionsFor(source), ...storageOptions },
  };
}
