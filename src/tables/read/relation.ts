/**
 * A snapshot as SQL: a SELECT over exactly its live files.
 *
 * Partition values come from the log and never from a path. DuckDB is told the columns and types
 * (`schema => MAP {…}`), so planning opens no file, a file written before a column existed gives null
 * for it, and files with mapped columns are read by their physical names.
 */
import { assert } from '../../base/index.ts';
import {
  type AddFile,
  type DataType,
  type DeletedRows,
  physicalName,
  type RowRange,
  type Snapshot,
  type StructField,
} from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { partitionLiteral } from '../partition-values.ts';

/** A relation's column: its name and its type as SQL. */
export interface RelationColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of `snapshot`, in order. Pure. */
export function relationColumns(snapshot: Snapshot): RelationColumn[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type: duckdbTypeOf(type, name) }));
}

/**
 * A SELECT of the table's rows at the snapshot, over absolute paths; it needs no extension and no
 * session setting. A table without files gives no rows, typed.
 *
 * @param deleted from `readDeletionVectors`, for the files that have one.
 */
export function deltaRelationSql(snapshot: Snapshot, storage: Storage, deleted?: DeletedRows): string {
  const { fields } = snapshot.schema;
  assert(fields.length > 0, 'a table has columns');
  if (snapshot.files.size === 0) {
    const nulls = fields.map((f) => `CAST(NULL AS ${duckdbTypeOf(f.type)}) AS ${quoteIdentifier(f.name)}`);
    return `SELECT ${nulls.join(', ')} WHERE false`;
  }
  const plan = new Plan(snapshot, storage, deleted);
  return plan.sql();
}

/** Up to this many partitions are told apart by a branch each, which DuckDB prunes while planning. */
const branchesMax = 64;

class Plan {
  readonly #snapshot: Snapshot;
  readonly #storage: Storage;
  readonly #deleted: DeletedRows | undefined;
  readonly #partitions: readonly StructField[];

  constructor(snapshot: Snapshot, storage: Storage, deleted: DeletedRows | undefined) {
    this.#snapshot = snapshot;
    this.#storage = storage;
    this.#deleted = deleted;
    this.#partitions = snapshot.metadata.partitionColumns.map((name) => {
      const field = snapshot.schema.fields.find((f) => f.name === name);
      assert(field !== undefined, `the partition column ${name} is in the schema`);
      return field;
    });
  }

  sql(): string {
    const plain: AddFile[] = [];
    const branches: string[] = [];
    for (const [key, file] of this.#snapshot.files) {
      const gone = this.#deleted?.get(key)?.ranges() ?? [];
      const isKnown = file.deletionVector === undefined || this.#deleted?.has(key) === true;
      assert(isKnown, `the deletion vector of ${file.path} was read: its rows would come back`);
      if (gone.length > 0) branches.push(this.#branch([file], excluded(gone)));
      else plain.push(file);
    }
    const groups = this.#byPartition(plain);
    if (groups.length <= branchesMax) for (const files of groups) branches.push(this.#branch(files, ''));
    else branches.push(this.#joined(plain));
    return branches.join(' UNION ALL ');
  }

  /** Files that share their partition values: those become constants. */
  #branch(files: readonly AddFile[], where: string): string {
    const values = files[0]?.partitionValues;
    const columns = this.#columns((field) =>
      partitionLiteral(values?.get(physicalName(field, this.#snapshot.metadata)), field.type),
    );
    return `SELECT ${columns} FROM ${this.#scan(files)}${where}`;
  }

  /** Too many partitions for a branch each: their values come from a list of files, joined by name. */
  #joined(files: readonly AddFile[]): string {
    const rows = files.map((file) => {
      const values = this.#partitions.map((field) =>
        partitionLiteral(file.partitionValues.get(physicalName(field, this.#snapshot.metadata)), field.type),
      );
      return `(${[quoteLiteral(this.#storage.locate(file.path)), ...values].join(', ')})`;
    });
    const names = ['file', ...this.#partitions.map((_, i) => `p${i}`)].join(', ');
    const columns = this.#columns((field) => `log.p${this.#partitions.indexOf(field)}`);
    return `SELECT ${columns} FROM ${this.#scan(files)} AS data JOIN (VALUES ${rows.join(', ')}) AS log(${names}) ON data.filename = log.file`;
  }

  #columns(partition: (field: StructField) => string): string {
    return this.#snapshot.schema.fields
      .map((field, index) => {
        const value = this.#partitions.includes(field)
          ? partition(field)
          : this.#logical(`c${index}`, field.type);
        return `${value} AS ${quoteIdentifier(field.name)}`;
      })
      .join(', ');
  }

  /** The files with the columns `c0`, `c1`, … in the order of the schema, partition columns left out. */
  #scan(files: readonly AddFile[]): string {
    const paths = files.map((file) => quoteLiteral(globSafe(this.#storage.locate(file.path))));
    const schema = this.#snapshot.schema.fields.flatMap((field, index) => {
      if (this.#partitions.includes(field)) return [];
      const name = quoteLiteral(physicalName(field, this.#snapshot.metadata));
      const type = quoteLiteral(this.#physicalType(field.type));
      return [`${name}: {'name': 'c${index}', 'type': ${type}, 'default_value': NULL}`];
    });
    // Other writers take every column for partitioning; then only the number of rows is in the files.
    const columns = schema.length === 0 ? '' : `, schema = MAP {${schema.join(', ')}}`;
    return `read_parquet([${paths.join(', ')}], hive_partitioning = false${columns})`;
  }

  /** `type` with the names that stand in the files. */
  #physicalType(type: DataType): string {
    return duckdbTypeOf(this.#physical(type));
  }

  #physical(type: DataType): DataType {
    switch (type.kind) {
      case 'struct':
        return {
          kind: 'struct',
          fields: type.fields.map((f) => ({
            ...f,
            name: physicalName(f, this.#snapshot.metadata),
            type: this.#physical(f.type),
          })),
        };
      case 'array':
        return { ...type, elementType: this.#physical(type.elementType) };
      case 'map':
        return { ...type, keyType: this.#physical(type.keyType), valueType: this.#physical(type.valueType) };
      default:
        return type;
    }
  }

  /** `expression`, read with physical names, under the table's own. */
  #logical(expression: string, type: DataType, depth = 0): string {
    if (!this.#isRenamed(type)) return expression;
    const item = `x${depth}`;
    if (type.kind === 'struct') {
      const members = type.fields.map((f) => {
        const inner = `${expression}.${quoteIdentifier(physicalName(f, this.#snapshot.metadata))}`;
        return `${quoteIdentifier(f.name)} := ${this.#logical(inner, f.type, depth)}`;
      });
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`;
    }
    if (type.kind === 'array') {
      return `list_transform(${expression}, lambda ${item}: ${this.#logical(item, type.elementType, depth + 1)})`;
    }
    if (type.kind === 'map') {
      const key = this.#logical(`${item}.key`, type.keyType, depth + 1);
      const value = this.#logical(`${item}.value`, type.valueType, depth + 1);
      return `map_from_entries(list_transform(map_entries(${expression}), lambda ${item}: struct_pack(k := ${key}, v := ${value})))`;
    }
    return expression;
  }

  #isRenamed(type: DataType): boolean {
    switch (type.kind) {
      case 'struct':
        return type.fields.some(
          (f) => physicalName(f, this.#snapshot.metadata) !== f.name || this.#isRenamed(f.type),
        );
      case 'array':
        return this.#isRenamed(type.elementType);
      case 'map':
        return this.#isRenamed(type.keyType) || this.#isRenamed(type.valueType);
      default:
        return false;
    }
  }

  #byPartition(files: readonly AddFile[]): AddFile[][] {
    const groups = new Map<string, AddFile[]>();
    for (const file of files) {
      const key = JSON.stringify(
        this.#partitions.map(
          (f) => file.partitionValues.get(physicalName(f, this.#snapshot.metadata)) ?? null,
        ),
      );
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [file]);
      else group.push(file);
    }
    return [...groups.values()];
  }
}

/** Positions as a condition; neighbours become ranges, so that a cleared stretch costs one comparison. */
function excluded(ranges: readonly RowRange[]): string {
  const singles = ranges.filter(({ start, end }) => end === start + 1).map(({ start }) => start);
  const spans = ranges.filter(({ start, end }) => end > start + 1);
  const conditions = spans.map(({ start, end }) => `file_row_number NOT BETWEEN ${start} AND ${end - 1}`);
  if (singles.length > 0) conditions.push(`file_row_number NOT IN (${singles.join(', ')})`);
  return ` WHERE ${conditions.join(' AND ')}`;
}

/** A path whose characters mean themselves to DuckDB's glob. */
export function globSafe(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
