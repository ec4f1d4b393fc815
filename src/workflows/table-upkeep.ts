/** `table vacuum`, `table checkpoint` and `table files`: what is in a Delta table's folder, and what goes. */
import { parseStats } from '../delta/index.ts';
import {
  TableHandle,
  type TimeTravel,
  type VacuumResult,
  type VacuumSpec,
  vacuum,
  checkpointTable as writeCheckpoint,
} from '../tables/index.ts';
import { requireOwn } from './branch-statement.ts';
import { CatalogTables } from './catalog-tables.ts';
import { openReader, type Reader } from './reader.ts';
import { operationOptions, showInCatalog } from './statement.ts';
import type { TableOptions } from './table-statement.ts';

/** Which table, and how. */
export interface VacuumTableOptions extends TableOptions, VacuumSpec {}

/** Which table, and which version of it. */
export interface TableFilesOptions extends TableOptions {
  /** The newest unless given. */
  readonly at?: TimeTravel | undefined;
}

/** A table's place, and what was done. */
export interface VacuumOutcome extends VacuumResult {
  /** The table, as a URI. */
  readonly table: string;
}

/**
 * Deletes the files that no version needs which is kept, and lists them. A catalog that names the table shows its
 * newest version first: rows that only an older one has would be gone for its readers.
 *
 * @throws tables.retention-too-short, tables.no-lite-vacuum, delta.*, storage.*
 */
export function vacuumTable(options: VacuumTableOptions): Promise<VacuumOutcome> {
  return withTable(options, async (reader, uri) => {
    const { retentionHours, enforceRetention, dryRun, mode } = options;
    if (dryRun !== true) await requireOwn(reader.tables.place, uri);
    if (dryRun !== true) await showInCatalog(reader, uri, undefined, options);
    const handle = await TableHandle.open(uri, { storageOptions: reader.tables.access.optionsFor(uri) });
    const given = { retentionHours, enforceRetention, dryRun, mode };
    const spec = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const result = await vacuum(handle, spec, operationOptions(options));
    if (result.changed) await showInCatalog(reader, uri, undefined, options);
    return { table: handle.uri, ...result };
  });
}

/** What a checkpoint came to. */
export interface CheckpointOutcome {
  readonly table: string;
  readonly version: number;
  /** Relative to the table. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** Writes a checkpoint of the newest version, so that opening the table reads less. @throws delta.*, storage.* */
export function checkpointTable(options: TableOptions): Promise<CheckpointOutcome> {
  return withTable(options, async ({ tables }, uri) => {
    const handle = await TableHandle.open(uri, { storageOptions: tables.access.optionsFor(uri) });
    const { version, path, sizeBytes } = await writeCheckpoint(handle, operationOptions(options));
    return { table: handle.uri, version, path, sizeBytes };
  });
}

/** A live data file. */
export interface TableFile {
  /** Relative to the table; a URI for one that stands elsewhere. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Rows that aren't deleted; undefined where the log doesn't say. */
  readonly rows: number | undefined;
  /** Rows that a deletion vector marks. */
  readonly deletedRows: number;
  readonly modified: Date;
  readonly partition: Readonly<Record<string, string | null>>;
}

/** The files of a version. */
export interface TableFiles {
  readonly table: string;
  readonly version: number;
  readonly files: readonly TableFile[];
  readonly sizeBytes: number;
}

/** The live files of a version. @throws delta.not-a-table, delta.no-such-version */
export function tableFiles(options: TableFilesOptions): Promise<TableFiles> {
  return withTable(options, async ({ tables }, uri) => {
    const storageOptions = tables.access.optionsFor(uri);
    const { uri: table, snapshot } = await TableHandle.open(uri, { ...options.at, storageOptions });
    const files = Array.from(snapshot.files.values(), (file): TableFile => {
      const deletedRows = Number(file.deletionVector?.cardinality ?? 0);
      const all = file.stats === undefined ? undefined : parseStats(file.stats, snapshot)?.rowCount;
      return {
        path: file.path,
        sizeBytes: file.sizeBytes,
        rows: all === undefined ? undefined : all - deletedRows,
        deletedRows,
        modified: new Date(file.modifiedMs),
        partition: Object.fromEntries(file.partitionValues),
      };
    });
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { table, version: snapshot.version, files, sizeBytes };
  });
}

/** `work` with the table's place, and a reader that knows the catalog where there is one. */
async function withTable<T>(
  options: TableOptions,
  work: (reader: Reader, uri: string) => Promise<T>,
): Promise<T> {
  const reader = await openReader({ ...options, needsCatalog: false });
  try {
    return await work(reader, await reader.tables.locate(CatalogTables.refOf(options.table), 'this'));
  } finally {
    await reader.close();
  }
}
