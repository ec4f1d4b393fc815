/** The Parquet files of a folder: their schemas and footers, read by DuckDB. */
import {
  type DataType,
  type PrimitiveName,
  primitive,
  printDataType,
  type StructField,
  type StructType,
} from '../../delta/index.ts';
import { quoteLiteral, type Session } from '../../duckdb/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';
import { deltaTypeOf, duckdbTypeOf } from '../delta-types.ts';
import { globSafe } from '../read/locate-file.ts';
import type { StatsColumn } from '../write/stats-plan.ts';
import { alterErrors } from './errors.ts';

/** A data file that was there before the table. */
export interface FoundFile {
  readonly info: FileInfo;
  /** Where DuckDB opens it. */
  readonly located: string;
  /** `key=value` folders above it, decoded; null for Hive's name of null. */
  readonly partition: ReadonlyMap<string, string | null>;
}

/** Every Parquet file below the folder, but those that are hidden by a leading `_` or `.`. */
export async function findParquetFiles(storage: Storage): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for await (const info of storage.list('')) {
    const parts = info.path.split('/');
    const isHidden = parts.some((part) => /^[_.]/.test(part) && !part.includes('='));
    if (isHidden || !/\.parquet$/i.test(info.path)) continue;
    const partition = new Map<string, string | null>();
    for (const part of parts.slice(0, -1)) {
      const equals = part.indexOf('=');
      if (equals <= 0) continue;
      const value = decoded(part.slice(equals + 1));
      partition.set(decoded(part.slice(0, equals)), value === '__HIVE_DEFAULT_PARTITION__' ? null : value);
    }
    found.push({ info, located: storage.locate(info.path), partition });
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Files read by one statement. */
const filesAtOnce = 1000;

/**
 * The one schema of the files, without their partition columns. A column that some files lack may be null.
 *
 * @throws tables.mixed-schemas naming columns, types and files; tables.unsupported-type, duckdb.*
 */
export async function commonSchema(
  session: Session,
  folder: string,
  files: readonly FoundFile[],
  partitionColumns: ReadonlySet<string>,
): Promise<StructType> {
  const fields = new Map<string, { readonly field: StructField; readonly file: string }>();
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const batch of batches(files)) {
    const { rows } = await session.query(
      `SELECT signature, min(file_name), first(old) FROM (
         SELECT file_name, list(name ORDER BY column_id) FILTER (WHERE type = 'INT96') AS old,
           string_agg(concat_ws(':', name, type, type_length, repetition_type, num_children, logical_type,
             converted_type, precision, scale), '|' ORDER BY column_id) AS signature
         FROM parquet_schema(${fileList(batch)}) WHERE column_id > 0 GROUP BY file_name)
       GROUP BY signature ORDER BY 2`,
    );
    for (const [signature, file, old] of rows) {
      if (typeof file !== 'string' || seen.has(String(signature))) continue;
      seen.add(String(signature));
      const instants = new Set(Array.isArray(old) ? old.map(String) : []);
      const schema = await schemaOf(session, file, instants);
      for (const field of schema.fields) {
        const key = field.name.toLowerCase();
        if (partitionColumns.has(key)) continue;
        const known = fields.get(key);
        if (known === undefined) fields.set(key, { field, file });
        else if (!agrees(known.field, field)) problems.push(disagreement(known, { field, file }, folder));
      }
    }
  }
  if (problems.length > 0) throw alterErrors['mixed-schemas']({ folder, problems: [...new Set(problems)] });
  return { kind: 'struct', fields: Array.from(fields.values(), ({ field }) => field) };
}

function agrees(a: StructField, b: StructField): boolean {
  return a.name === b.name && printDataType(a.type) === printDataType(b.type);
}

interface Sighting {
  readonly field: StructField;
  readonly file: string;
}

function disagreement(one: Sighting, other: Sighting, folder: string): string {
  const tell = ({ field, file }: Sighting): string =>
    `${printDataType(field.type)} in ${file.startsWith(folder) ? file.slice(folder.length + 1) : file}`;
  const name =
    one.field.name === other.field.name ? one.field.name : `${one.field.name}' or '${other.field.name}`;
  return `column '${name}' is ${tell(one)} and ${tell(other)}`;
}

async function schemaOf(session: Session, file: string, instants: ReadonlySet<string>): Promise<StructType> {
  const columns = await session.describe(
    `SELECT * FROM read_parquet(${quoteLiteral(globSafe(file))}, hive_partitioning = false)`,
  );
  return {
    kind: 'struct',
    fields: columns.map((column) => ({
      name: column.name,
      // The old form of timestamps, of 96 bits, means points in time, which the engine can't see.
      type: instants.has(column.name) ? primitive('timestamp') : deltaTypeOf(column.sqlType, column.name),
      nullable: true,
      metadata: {},
    })),
  };
}

/** A file's footer, as the engine tells it of files that it writes itself. */
export interface FooterStats {
  readonly rows: number;
  readonly columns: readonly {
    readonly path: readonly string[];
    readonly stats: ReadonlyMap<string, string>;
  }[];
}

/** Row counts and bounds of the files, by where they are. Costs a read of each footer. @throws duckdb.* */
export async function readFooters(
  session: Session,
  files: readonly FoundFile[],
  columns: readonly StatsColumn[],
): Promise<ReadonlyMap<string, FooterStats>> {
  const footers = new Map<string, { rows: number; columns: FooterStats['columns'][number][] }>();
  for (const batch of batches(files)) {
    const counts = await session.query(
      `SELECT file_name, num_rows FROM parquet_file_metadata(${fileList(batch)})`,
    );
    for (const [file, rows] of counts.rows) footers.set(String(file), { rows: Number(rows), columns: [] });
    const bounded = columns.map((column) => boundsSql(column));
    if (bounded.length === 0) continue;
    const sql = `WITH footers AS MATERIALIZED (
        SELECT file_name, path_in_schema, type, num_values, stats_null_count AS nulls,
          stats_min_value AS low, stats_max_value AS high
        FROM parquet_metadata(${fileList(batch)}))
      ${bounded.join(' UNION ALL ')}`;
    const { rows } = await session.query(sql);
    for (const [file, index, nulls, low, high] of rows) {
      const stats = new Map<string, string>();
      if (typeof nulls === 'string') stats.set('null_count', nulls);
      if (typeof low === 'string' && typeof high === 'string') stats.set('min', low).set('max', high);
      const column = columns[Number(index)];
      if (column !== undefined) footers.get(String(file))?.columns.push({ path: column.path, stats });
    }
  }
  return footers;

  /** One row a file: counts and bounds of the column over all its row groups. */
  function boundsSql(column: StatsColumn): string {
    const known = hasOrder(column.type)
      ? "coalesce(bool_and(type <> 'INT96' AND (nulls = num_values OR (low IS NOT NULL AND high IS NOT NULL))), false)"
      : 'false';
    const type = duckdbTypeOf(column.type);
    const bound = (of: 'min' | 'max', value: string): string =>
      `CASE WHEN ${known} THEN CAST(${of}(TRY_CAST(${value} AS ${type})) AS VARCHAR) END`;
    return `SELECT file_name, ${columns.indexOf(column)} AS place,
        CASE WHEN bool_and(nulls IS NOT NULL) THEN CAST(sum(nulls) AS VARCHAR) END, ${bound('min', 'low')}, ${bound('max', 'high')}
      FROM footers WHERE path_in_schema = ${quoteLiteral(column.path.join(', '))} GROUP BY file_name`;
  }
}

/** Footers leave NaN out of their bounds without a word, so those of fractions say nothing. */
function hasOrder(type: DataType): boolean {
  if (type.kind === 'decimal') return true;
  const unordered: readonly PrimitiveName[] = ['float', 'double', 'binary', 'boolean', 'variant', 'void'];
  return type.kind === 'primitive' && !unordered.includes(type.name);
}

function* batches(files: readonly FoundFile[]): Generator<readonly FoundFile[]> {
  for (let next = 0; next < files.length; next += filesAtOnce) yield files.slice(next, next + filesAtOnce);
}

function fileList(files: readonly FoundFile[]): string {
  return `[${files.map(({ located }) => quoteLiteral(globSafe(located))).join(', ')}]`;
}
