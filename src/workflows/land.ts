/** `land`: files of others into a Delta table, in one commit. */
import { keepSecrets, systemClock } from '../base/index.ts';
import {
  landFiles,
  type LandOptions as TableLandOptions,
  type LandResult as TableLandResult,
} from '../tables/index.ts';

/** What to land, and where. */
export interface LandOptions extends TableLandOptions {
  /** A file, a glob, a URL, or `-` for standard input: CSV, JSON, NDJSON or Parquet. */
  readonly source: string;
  /** The Delta table's folder. */
  readonly table: string;
}

/** What landing did. */
export interface LandResult extends TableLandResult {
  readonly elapsedMs: number;
}

/** Lands `source` in `table`. Atomic: readers see all of it or none. @throws tables.*, delta.*, duckdb.* */
export async function land(options: LandOptions): Promise<LandResult> {
  const startedMs = systemClock.nowMs();
  keepSecrets(process.env);
  const { source, table, ...rest } = options;
  const result = await landFiles(source, table, rest);
  return { ...result, elapsedMs: systemClock.nowMs() - startedMs };
}
