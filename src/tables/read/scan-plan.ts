/**
 * A scan as SQL: how files are put together so that the engine plans quickly and leaves out what it can.
 *
 * Partition values come from the log and never from a path. Files that share them are one SELECT with the
 * values as constants, by which the engine prunes while it plans. When that would be too many SELECTs,
 * files of neighbouring partitions share one, joined with a list of their values, and a condition on the
 * values' range lets the engine leave out whole SELECTs.
 */
import { isBoathouseError } from '../../base/index.ts';
import {
  type AddFile,
  comparePoints,
  type DataType,
  deltaErrors,
  domainOf,
  type Point,
  parsePartitionValue,
  pointOf,
  type Snapshot,
} from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { partitionCastable, partitionLiteral, textLiteral } from '../partition-values.ts';
import { FileColumns, type InstantForm } from './file-columns.ts';
import { globSafe, locateFile } from './locate-file.ts';
import { fitsBits, joinedPickingSql, type PickedRows, pickingSql, rowBits } from './picked-rows.ts';
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

/** A further column of a scan: the same for all rows of a file, or one that stands in the files under its own name. */
export type ExtraColumn =
  | {
      readonly kind: 'constant';
      readonly name: string;
      readonly type: DataType;
      /** As the log would spell a partition value. */
      readonly textOf: (file: AddFile) => string | null;
      /** Whether files are put together by it, so that conditions on it leave out the others. */
      readonly groups?: boolean;
    }
  | { readonly kind: 'in-file'; readonly name: string; readonly sqlType: string };

/** What a scan may have beside what is asked for. */
export interface ScanExtras {
  /** Which rows of a file are scanned; all of them when undefined. */
  readonly pick: (file: AddFile) => PickedRows | undefined;
  readonly columns?: readonly ExtraColumn[];
}

/** Something that is the same for all rows of a file. */
interface FileConstant {
  /** The column's name, as the table has it. */
  readonly name: string;
  readonly type: DataType;
  readonly textOf: (file: AddFile) => string | null | undefined;
  readonly groups?: boolean;
}

/** One scan of one state of a table. */
export class ScanPlan {
  readonly #storage: Storage;
  readonly #request: ScanRequest;
  readonly #extras: ScanExtras;
  readonly #columns: FileColumns;
  /** The partition columns' values, then the extra columns'. */
  readonly #constants: readonly FileConstant[];
  #bitsChars = bitsCharsMax;
  readonly #files: AddFile[] = [];
  readonly #branches: string[] = [];

  constructor(
    table: Pick<Snapshot, 'schema' | 'metadata'>,
    storage: Storage,
    request: ScanRequest,
    extras: ScanExtras,
  ) {
    this.#storage = storage;
    this.#request = request;
    this.#extras = extras;
    const extra = extras.columns ?? [];
    this.#columns = new FileColumns(table, request.columns, {
      rowTracking: request.rowTracking === true,
      others: extra.filter((column) => column.kind === 'in-file'),
    });
    const partitions = this.#columns.partitions.map((field): FileConstant => {
      const name = this.#columns.physicalName(field);
      return { name: field.name, type: field.type, textOf: (file) => file.partitionValues.get(name) };
    });
    this.#constants = [...partitions, ...extra.filter((column) => column.kind === 'constant')];
  }

  /** The scan of `files`. Call it once. */
  scan(files: readonly AddFile[]): Scan {
    try {
      return this.#scan(files);
    } catch (error) {
      throw this.#withFile(error, files);
    }
  }

  /** A value that isn't of its column's type, with the file that the log gives it to. */
  #withFile(error: unknown, files: readonly AddFile[]): unknown {
    if (!isBoathouseError(error, 'delta.bad-partition-value')) return error;
    for (const file of files) {
      for (const constant of this.#constants) {
        try {
          literalOf(file, constant);
        } catch (cause) {
          if (!isBoathouseError(cause, 'delta.bad-partition-value')) throw cause;
          const details = cause.details as { value: string; type: string };
          return deltaErrors['bad-partition-value'](
            { ...details, column: constant.name, file: file.path },
            { cause },
          );
        }
      }
    }
    return error;
  }

  #scan(files: readonly AddFile[]): Scan {
    if (files.length === 0) return { sql: this.#nothing(), files };
    this.#columns.settle(files);
    const picked = files.filter((file) => this.#extras.pick(file) !== undefined).length;
    this.#bitsChars = bitsCharsMax / Math.max(1, picked);
    const groups = this.#byConstants(files);
    const branches = [...groups.values()].reduce((sum, group) => sum + this.#branchesOf(group), 0);
    if (branches <= branchesMax) for (const group of groups.values()) this.#constantBranches(group);
    else this.#chunks(files);
    return { sql: this.#branches.join(' UNION ALL '), files: this.#files };
  }

  #nothing(): string {
    const { identity, rowTracking } = this.#request;
    const columns: [name: string, type: string][] = this.#columns.fields.map(({ name, type }) => [
      name,
      duckdbTypeOf(type, name),
    ]);
    for (const column of this.#extras.columns ?? []) {
      columns.push([
        column.name,
        column.kind === 'constant' ? duckdbTypeOf(column.type, column.name) : column.sqlType,
      ]);
    }
    if (identity) columns.push([fileColumn, 'INTEGER'], [rowColumn, 'BIGINT']);
    if (rowTracking) columns.push([rowIdColumn, 'BIGINT'], [rowVersionColumn, 'BIGINT']);
    const nulls = columns.map(([name, type]) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
    return `SELECT ${nulls.join(', ')} WHERE false`;
  }

  /** Whether `file` must be told apart from others of its partition. */
  #standsAlone(file: AddFile): boolean {
    return this.#extras.pick(file) !== undefined || this.#request.rowTracking === true;
  }

  #branchesOf(files: readonly AddFile[]): number {
    const alone = files.filter((file) => this.#standsAlone(file)).length;
    return alone + (alone < files.length ? 1 : 0);
  }

  /** Files that share their values: those become constants. */
  #constantBranches(files: readonly AddFile[]): void {
    const together: AddFile[] = [];
    for (const file of files) {
      if (this.#standsAlone(file)) this.#alone(file);
      else together.push(file);
    }
    for (const [instants, some] of this.#byInstants(together)) {
      const items = this.#items(instants, (constant) => literalOf(some[0], constant));
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
    const items = this.#items(instants, (constant) => literalOf(file, constant));
    if (this.#request.identity) {
      items.push(
        `CAST(${this.#files.length} AS INTEGER) AS ${fileColumn}`,
        `file_row_number AS ${rowColumn}`,
      );
    }
    const { baseRowId, defaultRowCommitVersion } = file;
    items.push(...this.#tracking(bigint(baseRowId), bigint(defaultRowCommitVersion)));
    const pick = this.#extras.pick(file);
    const picking = pick && pickingSql(pick, 'file_row_number', this.#bitsChars);
    const where = picking?.condition === undefined ? '' : ` WHERE ${picking.condition}`;
    this.#push(
      [file],
      `SELECT ${items.join(', ')} FROM ${this.#source([file], instants)}${picking?.join ?? ''}${where}`,
    );
  }

  /** @param value what stands for a constant, and for its place among them. */
  #items(instants: InstantForm, value: (constant: FileConstant, index: number) => string): string[] {
    const at = (index: number): string => value(this.#constants[index] as FileConstant, index);
    const items = this.#columns.itemsSql(instants, (_, index) => at(index));
    let index = this.#columns.partitions.length;
    for (const column of this.#extras.columns ?? []) {
      const shown = column.kind === 'constant' ? at(index) : this.#columns.otherSql(column.name);
      if (column.kind === 'constant') index += 1;
      items.push(`${shown} AS ${quoteIdentifier(column.name)}`);
    }
    return items;
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

  /** Too many SELECTs: files are sorted by one of the constants, and neighbours share one. */
  #chunks(files: readonly AddFile[]): void {
    const joined: Record<PickedRows['keep'], AddFile[]> = { others: [], these: [] };
    for (const file of files) {
      const pick = this.#extras.pick(file);
      if (pick !== undefined && pick.rows.size > 0 && !fitsBits(pick.rows, this.#bitsChars))
        this.#alone(file);
      else joined[pick?.keep ?? 'others'].push(file);
    }
    const sorted = this.#constants.find(({ groups }) => groups === true) ?? this.#constants[0];
    for (const keep of ['others', 'these'] as const) {
      for (const [instants, some] of this.#byInstants(joined[keep])) {
        if (sorted === undefined) {
          this.#joined(some, instants, keep, undefined);
          continue;
        }
        const name = `p${this.#constants.indexOf(sorted)}`;
        for (const { range, files: chunk } of chunksBy(some, sorted, name)) {
          this.#joined(chunk, instants, keep, range);
        }
      }
    }
  }

  /** @param range a condition that the chunk's values meet. */
  #joined(
    files: readonly AddFile[],
    instants: InstantForm,
    keep: PickedRows['keep'],
    range: string | undefined,
  ): void {
    const lists = [`unnest(range(${files.length})) AS i`];
    const values = ['CAST(i AS UBIGINT) AS i'];
    this.#constants.forEach((constant, index) => {
      const texts = files.map((file) => constant.textOf(file) ?? null);
      // What all share is written once, where conditions on it can be decided while planning.
      if (texts.every((text) => text === texts[0])) {
        values.push(`${literalOf(files[0], constant)} AS p${index}`);
        return;
      }
      const { type } = constant;
      lists.push(`${textList(texts.map((text) => partitionCastable(text, type)))} AS p${index}`);
      values.push(`CAST(p${index} AS ${duckdbTypeOf(type)}) AS p${index}`);
    });
    const picks = files.map((file) => this.#extras.pick(file)?.rows);
    const hasBits = picks.some((rows) => rows !== undefined);
    if (hasBits) {
      const bits = picks.map((rows) => (rows === undefined || rows.size === 0 ? undefined : rowBits(rows)));
      lists.push(`${textList(bits.map((some) => some?.base64 ?? null))} AS bits`);
      lists.push(`${numberList(bits.map((some) => some?.first))} AS first`);
      values.push('CAST(from_base64(bits) AS BIT) AS bits', 'first');
    }
    if (this.#request.rowTracking === true) {
      lists.push(`${numberList(files.map((file) => file.baseRowId))} AS base`);
      lists.push(`${numberList(files.map((file) => file.defaultRowCommitVersion))} AS version`);
      values.push('base', 'version');
    }
    const items = this.#items(instants, (_, index) => `p${index}`);
    if (this.#request.identity) {
      items.push(
        `CAST(file_index + ${this.#files.length} AS INTEGER) AS ${fileColumn}`,
        `file_row_number AS ${rowColumn}`,
      );
    }
    items.push(...this.#tracking('base', 'version'));
    const log = `(SELECT * FROM (SELECT ${values.join(', ')} FROM (SELECT ${lists.join(', ')}))${range === undefined ? '' : ` WHERE ${range}`}) AS log`;
    const where = hasBits ? ` WHERE ${joinedPickingSql(keep, 'file_row_number')}` : '';
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

  #byInstants(files: readonly AddFile[]): [InstantForm, AddFile[]][] {
    const forms: [InstantForm, AddFile[]][] = [
      ['adjusted', []],
      ['either', []],
    ];
    for (const file of files) forms[this.#instantsOf(file) === 'adjusted' ? 0 : 1]?.[1].push(file);
    return forms.filter(([, some]) => some.length > 0);
  }

  #instantsOf(file: AddFile): InstantForm {
    return !this.#columns.dependsOnWriter || writtenByEngine.test(file.path) ? 'adjusted' : 'either';
  }

  #byConstants(files: readonly AddFile[]): Map<string, AddFile[]> {
    const groups = new Map<string, AddFile[]>();
    for (const file of files) {
      const key = JSON.stringify(this.#constants.map(({ textOf }) => textOf(file) ?? null));
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [file]);
      else group.push(file);
    }
    return groups;
  }
}

function literalOf(file: AddFile | undefined, { type, textOf }: FileConstant): string {
  return partitionLiteral(file && textOf(file), type);
}

function textList(texts: readonly (string | null)[]): string {
  const literals = texts.map((text) => (text === null ? 'NULL' : textLiteral(text)));
  return `unnest(CAST([${literals.join(', ')}] AS VARCHAR[]))`;
}

function numberList(values: readonly (number | bigint | undefined)[]): string {
  return `unnest(CAST('[${values.map((value) => value ?? 'NULL').join(',')}]' AS BIGINT[]))`;
}

/**
 * Names of files that this product or DuckDB wrote: instants in them say that they are UTC. Spark's names
 * begin with a number and end in its codec.
 */
const writtenByEngine =
  /(?:^|\/)(?:part-(?!\d+-[0-9a-f]{8}-)[^/]*-[0-9a-f]{8}-[0-9a-f-]{27}(?:_\d+)?|duckdb-[0-9a-f-]{36})\.parquet$/;

interface Chunk {
  readonly files: readonly AddFile[];
  readonly range: string | undefined;
}

/** @param name what the constant is called where the range stands. */
function* chunksBy(
  files: readonly AddFile[],
  { type, textOf }: FileConstant,
  name: string,
): Generator<Chunk> {
  const domain = domainOf(type);
  const nulls: AddFile[] = [];
  const unordered: AddFile[] = [];
  const ordered: { readonly file: AddFile; readonly point: Point }[] = [];
  for (const file of files) {
    const value = parsePartitionValue(textOf(file) ?? null, type);
    const point = value === null || domain === undefined ? undefined : pointOf(value, domain);
    if (value === null) nulls.push(file);
    else if (point === undefined || Number.isNaN(point)) unordered.push(file);
    else ordered.push({ file, point });
  }
  if (nulls.length > 0) yield { files: nulls, range: undefined };
  if (unordered.length > 0) yield { files: unordered, range: undefined };
  ordered.sort((a, b) => comparePoints(a.point, b.point));
  const size = Math.max(1, Math.ceil(ordered.length / chunksMax));
  for (let at = 0; at < ordered.length; at += size) {
    const chunk = ordered.slice(at, at + size).map(({ file }) => file);
    const [low, high] = [chunk[0], chunk.at(-1)].map((file) => partitionLiteral(file && textOf(file), type));
    yield { files: chunk, range: `${name} BETWEEN ${low} AND ${high}` };
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
