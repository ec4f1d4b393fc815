/** A Delta table as SQL, pinned to a version. */
import { assertReadable, type Predicate, readSnapshot, type Snapshot } from '../../delta/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { type RelationColumn, relationColumns } from './relation.ts';
import { type Scan, scanFiles } from './scan-files.ts';

/** A table as SQL, pinned to a version. */
export interface DeltaRelation {
  /** A SELECT over exactly the version's files; see `scanFiles`. */
  readonly sql: string;
  readonly version: number;
  /** The table's folder as a URI. */
  readonly uri: string;
  readonly columns: readonly RelationColumn[];
}

/**
 * The table at `uri` as SQL: the latest version unless one is given.
 *
 * @throws delta.not-a-table, delta.no-such-version, delta.unsupported-feature, tables.no-columns,
 * storage.unsupported-scheme
 */
export async function openDeltaRelation(
  uri: string,
  options: { readonly version?: number; readonly storageOptions?: Readonly<Record<string, string>> } = {},
): Promise<DeltaRelation> {
  const storage = openStorage(uri, options.storageOptions);
  const { version } = options;
  const snapshot = await readSnapshot(storage, {
    rows: duckdbParquetRows,
    ...(version === undefined ? {} : { version }),
  });
  const { sql, columns } = await relationOf(snapshot, storage);
  return { sql, version: snapshot.version, uri: storage.uri, columns };
}

/**
 * `snapshot` as SQL, its deletion vectors read.
 *
 * @param predicate files that can't hold a row for which it is true are left out.
 * @throws delta.unsupported-feature, delta.bad-deletion-vector, tables.no-columns where no column was added yet
 */
export async function relationOf(
  snapshot: Snapshot,
  storage: Storage,
  predicate?: Predicate,
): Promise<DeltaRelation & Pick<Scan, 'files'>> {
  assertReadable(storage.uri, snapshot.protocol, snapshot);
  if (snapshot.schema.fields.length === 0) throw tablesErrors['no-columns']({ what: storage.uri });
  const scan = await scanFiles(snapshot, storage, predicate === undefined ? {} : { predicate });
  return {
    sql: scan.sql,
    version: snapshot.version,
    uri: storage.uri,
    columns: relationColumns(snapshot),
    files: scan.files,
  };
}
