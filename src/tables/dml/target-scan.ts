/** The table's rows as an operation sees them: with places that mean the same in each of its queries. */
import { type AddFile, isEnabled, rowCountOf, type Snapshot, type StructType } from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbTypeOf, sameType } from '../delta-types.ts';
import { fileColumn, rowColumn, rowIdColumn, rowVersionColumn, scanFiles } from '../read/scan-files.ts';

/** Files that an operation looks at; a row's `fileColumn` is its file's index among them, whichever of them are read. */
export class TargetScan {
  readonly files: readonly AddFile[];
  /** Whether the rows come with their ids and versions. */
  readonly rowTracking: boolean;
  readonly #snapshot: Snapshot;
  readonly #storage: Storage;
  readonly #schema: StructType;
  readonly #known = new Map<string, string>();

  /** @param schema what the rows are to look like: the table's, or one with more columns and members. */
  constructor(snapshot: Snapshot, storage: Storage, files: readonly AddFile[], schema: StructType) {
    this.files = files;
    this.rowTracking = isEnabled(snapshot, 'rowTracking');
    this.#snapshot = snapshot;
    this.#storage = storage;
    this.#schema = schema;
  }

  /** A SELECT of the live rows of some of the files: all columns of the schema, and their places. */
  async sql(indexes: readonly number[] = this.files.map((_, index) => index)): Promise<string> {
    const key = indexes.join(',');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const wanted = new Map(indexes.map((index) => [this.files[index] as AddFile, index]));
    const scan = await scanFiles(this.#snapshot, this.#storage, {
      files: [...wanted.keys()],
      identity: true,
      ...(this.rowTracking ? { rowTracking: true } : {}),
    });
    const places = scan.files.map((file) => wanted.get(file) as number);
    const isPlain = places.every((place, index) => place === index);
    const sql =
      isPlain && this.#schema === this.#snapshot.schema ? scan.sql : this.#adapted(scan.sql, isPlain, places);
    this.#known.set(key, sql);
    return sql;
  }

  #adapted(sql: string, isPlain: boolean, places: readonly number[]): string {
    const place = isPlain
      ? fileColumn
      : `CAST(([${places.join(', ')}])[${fileColumn} + 1] AS INTEGER) AS ${fileColumn}`;
    const columns = [
      ...evolvedColumns(this.#snapshot.schema, this.#schema),
      place,
      rowColumn,
      ...(this.rowTracking ? [rowIdColumn, rowVersionColumn] : []),
    ];
    return `SELECT ${columns.join(', ')} FROM (${sql})`;
  }

  /** The rows of a file that aren't deleted; undefined when its statistics don't say. */
  liveRows(index: number): number | undefined {
    const file = this.files[index];
    return file === undefined ? undefined : liveRowsOf(file);
  }
}

/** The rows of `file` that aren't deleted; undefined when its statistics don't say. Pure. */
export function liveRowsOf({ stats, deletionVector }: AddFile): number | undefined {
  const rows = rowCountOf(stats);
  return rows === undefined ? undefined : rows - Number(deletionVector?.cardinality ?? 0);
}

/** A relation without rows that has the columns of `schema`: what an expression is checked against. Pure. */
export function emptyRelation(schema: StructType): string {
  const columns = schema.fields.map(
    ({ name, type }) => `CAST(NULL AS ${duckdbTypeOf(type, name)}) AS ${quoteIdentifier(name)}`,
  );
  return `SELECT ${columns.join(', ')} WHERE false`;
}

function evolvedColumns(before: StructType, after: StructType): string[] {
  const had = new Map(before.fields.map((field) => [field.name, field.type]));
  return after.fields.map(({ name, type }) => {
    const known = had.get(name);
    const column = quoteIdentifier(name);
    if (known !== undefined && sameType(known, type)) return column;
    return `CAST(${known === undefined ? 'NULL' : column} AS ${duckdbTypeOf(type, name)}) AS ${column}`;
  });
}
