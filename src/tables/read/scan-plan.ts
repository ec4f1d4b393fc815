/**
 * A scan as SQL: how files are put together so that the engine plans quickly and leaves out what it can.
 *
 * Partition values come from the log and never from a path. Files that share them are one SELECT with the
 * values as constants, by which the engine prunes while it plans. When that would be too many SELECTs,
 * files of neighbouring partitions share one, joined with a list of their values, and a condition on the
 * values' range lets the engine leave out whole SELECTs.
 */
import {
  type AddFile,
  comparePoints,
  type DeletedRows,
  domainOf,
  fileKey,
  type Point,
  parsePartitionValue,
  pointOf,
  type Snapshot,
  type StructField,
} from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { partitionCastable, partitionLiteral, textLiteral } from '../partition-values.ts';
import { deletedBits, fitsBits, keptRows } from './deleted-rows.ts';
import { FileColumns, type InstantForm } from './file-columns.ts';
import { globSafe, locateFile } from './locate-file.ts';
import {
  fileColumn,
  rowColumn,
  rowIdColumn,
  rowVersionColumn,
  type Scan,
  type ScanRequest,
} from './scan-files.ts';

/** Up to this many SELECTs with constants. */
const branchesMax = 128;

/** Otherwise about so many with lists. */
const chunksMax = 64;

/** Characters of SQL that strings of bits may take together, where lists would be shorter. */
const bitsCharsMax = 4 * 1024 * 1024;

/** One scan of one state of a table. */
export class ScanPlan {
  readonly #storage: Storage;
  readonly #deleted: DeletedRows;
  readonly #request: ScanRequest;
  readonly #columns: FileColumns;
  readonly #bitsChars: number;
  readonly #files: AddFile[] = [];
  readonly #branches: string[] = [];

  /** @param deleted of all files to be scanned that have a deletion vector. */
  constructor(
    table: Pick<Snapshot, 'schema' | 'metadata'>,
    storage: Storage,
    deleted: DeletedRows,
    request: ScanRequest,
  ) {
    this.#storage = storage;
    this.#deleted = deleted;
    this.#request = request;
    this.#columns = new FileColumns(table, request.columns, request.rowTracking === true);
    this.#bitsChars = bitsCharsMax / Math.max(1, deleted.size);
  }

  /** The scan of `files`. Call it once. */
  scan(files: readonly AddFile[]): Scan {
    if (files.length === 0) return { sql: this.#nothing(), files };
    const groups = this.#byPartition(files);
    const branches = [...groups.values()].reduce((sum, group) => sum + this.#branchesOf(group), 0);
    if (branches <= branchesMax) for (const group of groups.values()) this.#constantBranches(group);
    else this.#chunks(files);
    return { sql: this.#branches.join(' UNION ALL '), files: this.#files };
  }

  #nothing(): string {
    const { identity, rowTracking } = this.#request;
    const nulls = this.#columns.fields.map(
      ({ name, type }) => `CAST(NULL AS ${duckdbTypeOf(type, name)}) AS ${quoteIdentifier(name)}`,
    );
    if (identity)
      nulls.push(`CAST(NULL AS INTEGER) AS ${fileColumn}`, `CAST(NULL AS BIGINT) AS ${rowColumn}`);
    if (rowTracking) {
      nulls.push(`CAST(NULL AS BIGINT) AS ${rowIdColumn}`, `CAST(NULL AS BIGINT) AS ${rowVersionColumn}`);
    }
    return `SELECT ${nulls.join(', ')} WHERE false`;
  }

  /** Whether `file` must be told apart from others of its partition. */
  #standsAlone(file: AddFile): boolean {
    return file.deletionVector !== undefined || this.#request.rowTracking === true;
  }

  #branchesOf(files: readonly AddFile[]): number {
    const alone = files.filter((file) => this.#standsAlone(file)).length;
    return alone + (alone < files.length ? 1 : 0);
  }

  /** Files that share their partition values: those become constants. */
  #constantBranches(files: readonly AddFile[]): void {
    const together: AddFile[] = [];
    for (const file of files) {
      if (this.#standsAlone(file)) this.#alone(file);
      else together.push(file);
    }
    for (const [instants, some] of this.#byInstants(together)) {
      const items = this.#columns.itemsSql(instants, (field) => this.#partitionOf(some[0], field));
      if (this.#request.identity) {
        items.push(
          `CAST(file_index + ${this.#files.length} AS INTEGER) AS ${fileColumn}`,
          `file_row_number AS ${rowColumn}`,
        );
      }
      this.#push(some, `SELECT ${items.join(', ')} FROM ${this.#source(some, instants)}`);
    }
  }

  #alone(file: AddFile): void {
    const instants = this.#instantsOf(file);
    const items = this.#columns.itemsSql(instants, (field) => this.#partitionOf(file, field));
    if (this.#request.identity) {
      items.push(
        `CAST(${this.#files.length} AS INTEGER) AS ${fileColumn}`,
        `file_row_number AS ${rowColumn}`,
      );
    }
    const { baseRowId, defaultRowCommitVersion } = file;
    items.push(...this.#tracking(bigint(baseRowId), bigint(defaultRowCommitVersion)));
    const deleted = this.#deletedIn(file);
    const kept = deleted && keptRows(deleted, 'file_row_number', this.#bitsChars);
    const where = kept?.condition === undefined ? '' : ` WHERE ${kept.condition}`;
    this.#push(
      [file],
      `SELECT ${items.join(', ')} FROM ${this.#source([file], instants)}${kept?.join ?? ''}${where}`,
    );
  }

  #tracking(baseRowId: string, version: string): string[] {
    if (this.#request.rowTracking !== true) return [];
    const [ownId, ownVersion] = this.#columns.trackingSql;
    const id = `${baseRowId} + file_row_number`;
    return [
      `${ownId === undefined ? id : `coalesce(${ownId}, ${id})`} AS ${rowIdColumn}`,
      `${ownVersion === undefined ? version : `coalesce(${ownVersion}, ${version})`} AS ${rowVersionColumn}`,
    ];
  }

  /** Too many SELECTs: files are sorted by partition, and neighbours share one. */
  #chunks(files: readonly AddFile[]): void {
    const joined: AddFile[] = [];
    const loners: AddFile[] = [];
    for (const file of files) {
      const deleted = this.#deletedIn(file);
      const fits = deleted === undefined || deleted.size === 0 || fitsBits(deleted, this.#bitsChars);
      (fits ? joined : loners).push(file);
    }
    for (const file of loners) this.#alone(file);
    const first = this.#columns.partitions[0];
    for (const [instants, some] of this.#byInstants(joined)) {
      if (first === undefined) {
        this.#joined(some, instants, undefined);
        continue;
      }
      for (const { range, files: chunk } of chunksBy(some, (file) => this.#keyOf(file, first), first)) {
        this.#joined(chunk, instants, range);
      }
    }
  }

  #joined(files: readonly AddFile[], instants: InstantForm, range: string | undefined): void {
    const { partitions } = this.#columns;
    const list = (texts: readonly (string | null)[]): string =>
      `unnest([${texts.map((text) => (text === null ? 'NULL' : textLiteral(text))).join(', ')}]::VARCHAR[])`;
    const numbers = (values: readonly (number | bigint | undefined)[]): string =>
      `unnest(CAST('[${values.map((value) => value ?? 'NULL').join(',')}]' AS BIGINT[]))`;
    const lists = [`unnest(range(${files.length})) AS i`];
    const values = ['CAST(i AS UBIGINT) AS i'];
    partitions.forEach((field, index) => {
      const texts = files.map((file) => partitionCastable(this.#textOf(file, field), field.type));
      lists.push(`${list(texts)} AS p${index}`);
      values.push(`CAST(p${index} AS ${duckdbTypeOf(field.type, field.name)}) AS p${index}`);
    });
    const bits = files.map((file) => {
      const deleted = this.#deletedIn(file);
      return deleted === undefined || deleted.size === 0 ? undefined : deletedBits(deleted);
    });
    const hasBits = bits.some((some) => some !== undefined);
    if (hasBits) {
      lists.push(`${list(bits.map((some) => some?.base64 ?? null))} AS bits`);
      lists.push(`${numbers(bits.map((some) => some?.first))} AS first`);
      values.push('CAST(from_base64(bits) AS BIT) AS bits', 'first');
    }
    if (this.#request.rowTracking === true) {
      lists.push(`${numbers(files.map((file) => file.baseRowId))} AS base`);
      lists.push(`${numbers(files.map((file) => file.defaultRowCommitVersion))} AS version`);
      values.push('base', 'version');
    }
    const items = this.#columns.itemsSql(instants, (_, index) => `p${index}`);
    if (this.#request.identity) {
      items.push(
        `CAST(file_index + ${this.#files.length} AS INTEGER) AS ${fileColumn}`,
        `file_row_number AS ${rowColumn}`,
      );
    }
    items.push(...this.#tracking('base', 'version'));
    const log = `(SELECT * FROM (SELECT ${values.join(', ')} FROM (SELECT ${lists.join(', ')}))${range === undefined ? '' : ` WHERE ${range}`}) AS log`;
    const where = hasBits
      ? ` WHERE CASE WHEN file_row_number - first BETWEEN 0 AND bit_length(bits) - 1 THEN get_bit(bits, CAST(file_row_number - first AS INTEGER)) = 0 ELSE true END`
      : '';
    this.#push(
      files,
      `SELECT ${items.join(', ')} FROM ${this.#source(files, instants)} AS data JOIN ${log} ON data.file_index = log.i${where}`,
    );
  }

  #push(files: readonly AddFile[], sql: string): void {
    for (const file of files) this.#files.push(file);
    this.#branches.push(sql);
  }

  #source(files: readonly AddFile[], instants: InstantForm): string {
    const paths = files.map((file) => quoteLiteral(globSafe(locateFile(this.#storage, file.path))));
    return `read_parquet([${paths.join(', ')}], hive_partitioning = false, ${this.#columns.schemaSql(instants)}${expectedRows(files)})`;
  }

  #deletedIn(file: AddFile): ReturnType<DeletedRows['get']> {
    return file.deletionVector === undefined ? undefined : this.#deleted.get(fileKey(file));
  }

  #byInstants(files: readonly AddFile[]): [InstantForm, AddFile[]][] {
    const forms: [InstantForm, AddFile[]][] = [
      ['adjusted', []],
      ['either', []],
    ];
    for (const file of files) forms[this.#instantsOf(file) === 'adjusted' ? 0 : 1]?.[1].push(file);
    return forms.filter(([, some]) => some.length > 0);
  }

  #instantsOf(file: AddFile): InstantForm {
    return !this.#columns.hasInstants || writtenByEngine.test(file.path) ? 'adjusted' : 'either';
  }

  #byPartition(files: readonly AddFile[]): Map<string, AddFile[]> {
    const groups = new Map<string, AddFile[]>();
    for (const file of files) {
      const key = JSON.stringify(this.#columns.partitions.map((field) => this.#textOf(file, field) ?? null));
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [file]);
      else group.push(file);
    }
    return groups;
  }

  #textOf(file: AddFile | undefined, field: StructField): string | null | undefined {
    return file?.partitionValues.get(this.#columns.physicalName(field));
  }

  #partitionOf(file: AddFile | undefined, field: StructField): string {
    return partitionLiteral(this.#textOf(file, field), field.type);
  }

  #keyOf(file: AddFile, field: StructField): PartitionSortKey {
    const text = this.#textOf(file, field) ?? null;
    const value = parsePartitionValue(text, field.type);
    const domain = domainOf(field.type);
    const point = value === null || domain === undefined ? undefined : pointOf(value, domain);
    return { point, isNull: value === null, text };
  }
}

/**
 * Names of files that this product or DuckDB wrote: instants in them say that they are UTC. Spark's names
 * begin with a number and end in its codec.
 */
const writtenByEngine =
  /(?:^|\/)(?:part-(?!\d+-[0-9a-f]{8}-)[^/]*-[0-9a-f]{8}-[0-9a-f-]{27}(?:_\d+)?|duckdb-[0-9a-f-]{36})\.parquet$/;

interface PartitionSortKey {
  readonly point: Point | undefined;
  readonly isNull: boolean;
  readonly text: string | null;
}

interface Chunk {
  readonly files: readonly AddFile[];
  /** A condition that the chunk's values of the first partition column meet, as `p0`. */
  readonly range: string | undefined;
}

function* chunksBy(
  files: readonly AddFile[],
  keyOf: (file: AddFile) => PartitionSortKey,
  field: StructField,
): Generator<Chunk> {
  const keyed = files.map((file) => ({ file, ...keyOf(file) }));
  const nulls = keyed.filter((entry) => entry.isNull);
  if (nulls.length > 0) yield { files: nulls.map(({ file }) => file), range: 'p0 IS NULL' };
  const rest = keyed.filter((entry) => !entry.isNull);
  const unordered = rest.filter(({ point }) => point === undefined || Number.isNaN(point));
  if (unordered.length > 0) yield { files: unordered.map(({ file }) => file), range: undefined };
  const ordered = rest.filter(({ point }) => point !== undefined && !Number.isNaN(point));
  ordered.sort((a, b) => comparePoints(a.point as Point, b.point as Point));
  const size = Math.max(1, Math.ceil(ordered.length / chunksMax));
  for (let at = 0; at < ordered.length; at += size) {
    const chunk = ordered.slice(at, at + size);
    const low = partitionLiteral(chunk[0]?.text, field.type);
    const high = partitionLiteral(chunk.at(-1)?.text, field.type);
    yield { files: chunk.map(({ file }) => file), range: `p0 BETWEEN ${low} AND ${high}` };
  }
}

/**
 * The rows that the log counts, for the engine's plans: told the schema, it opens no file to count them, and
 * would build joins on the larger side.
 */
function expectedRows(files: readonly AddFile[]): string {
  let total = 0;
  for (const { stats } of files) {
    const rows = /"numRecords"\s*:\s*(\d{1,15})/.exec(stats ?? '')?.[1];
    if (rows === undefined) return '';
    total += Number(rows);
  }
  return total === 0 ? '' : `, explicit_cardinality = ${total}`;
}

function bigint(value: number | bigint | undefined): string {
  return `CAST(${value ?? 'NULL'} AS BIGINT)`;
}
