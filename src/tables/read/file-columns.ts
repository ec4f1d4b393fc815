/**
 * A table's columns as they stand in its data files: what DuckDB is told to look for, and the expressions
 * that turn what it finds into the table's own columns.
 *
 * DuckDB is given every column with its type (`schema = MAP {…}`), so planning opens no file, a file written
 * before a column existed gives null for it, narrower types of older files are widened, and files with
 * mapped columns are read by physical names or by field ids.
 */
import { assert } from '../../base/index.ts';
import {
  type AddFile,
  columnMappingMode,
  type DataType,
  physicalName,
  rowIdColumnProperty,
  rowVersionColumnProperty,
  type Snapshot,
  type StructField,
  type StructType,
  walkTypes,
} from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';

/**
 * How instants stand in files: as the engine writes them, or as Spark may, which writes 96-bit ones that
 * don't say they are UTC. Then each file's own form is looked at row by row, which costs a little. Files of
 * other writers may also hold NaN outside their bounds, and numbers in them aren't judged by those.
 */
export type InstantForm = 'adjusted' | 'either';

/** A column that stands in files and not in the table's schema. */
export interface OtherColumn {
  readonly name: string;
  readonly sqlType: string;
}

/** The columns of one scan. */
export class FileColumns {
  /** The columns that are asked for, in that order. */
  readonly fields: readonly StructField[];
  /** The table's partition columns. */
  readonly partitions: readonly StructField[];
  /** Whether it matters to this scan who wrote a file. */
  readonly dependsOnWriter: boolean;
  readonly #hasInstants: boolean;
  readonly #table: Pick<Snapshot, 'schema' | 'metadata'>;
  readonly #rowTracking: boolean;
  readonly #others: readonly OtherColumn[];
  /** Structs that are read without saying which members they have. */
  readonly #untyped = new Set<DataType>();

  /**
   * @param columns logical names; all when undefined.
   * @param beside what else is read: the columns of row ids, and others by the names they have in files.
   */
  constructor(
    table: Pick<Snapshot, 'schema' | 'metadata'>,
    columns: readonly string[] | undefined,
    beside: { readonly rowTracking: boolean; readonly others: readonly OtherColumn[] },
  ) {
    this.#table = table;
    this.#rowTracking = beside.rowTracking;
    this.#others = beside.others;
    const named = (name: string): StructField => {
      const field = table.schema.fields.find((f) => f.name === name);
      assert(field !== undefined, `the column ${name} is in the schema`);
      return field;
    };
    this.fields = columns?.map(named) ?? table.schema.fields;
    this.partitions = table.metadata.partitionColumns.map(named);
    this.#hasInstants = this.#inFiles().some((field) => hasInstant(field.type));
    this.dependsOnWriter = this.#hasInstants || this.#inFiles().some((field) => holdsReal(field.type));
  }

  /**
   * Says which files are to be read, before anything is asked for.
   *
   * The engine takes a struct for another one when they have a member in common, and nulls for the others. A file
   * may hold none that are left when members were dropped and others added. Structs of which that can't be
   * excluded are read as variants, which costs more.
   */
  settle(files: readonly AddFile[]): void {
    if (columnMappingMode(this.#table.metadata) === 'none') return;
    for (const field of this.#inFiles()) {
      const found = this.#withoutFirstMember(field.type, fieldId(field), [this.physicalName(field)]);
      for (const { type, path } of found) {
        const names = type.fields.map((member) => this.physicalName(member));
        if (!files.every((file) => countsNullsOf(file, path, names))) this.#untyped.add(type);
      }
    }
  }

  /**
   * Structs whose members may all be younger than they are. Ids are given in the order of columns, a struct's before
   * its members': while the first one is there, every file has it.
   */
  *#withoutFirstMember(
    type: DataType,
    id: number | bigint | undefined,
    path: readonly string[] | undefined,
  ): Generator<{ readonly type: StructType; readonly path: readonly string[] | undefined }> {
    switch (type.kind) {
      case 'struct': {
        if (!type.fields.some((member) => Number(fieldId(member)) === Number(id) + 1)) yield { type, path };
        for (const member of type.fields) {
          const inner = path && [...path, this.physicalName(member)];
          yield* this.#withoutFirstMember(member.type, fieldId(member), inner);
        }
        return;
      }
      case 'array':
        return yield* this.#withoutFirstMember(type.elementType, id, undefined);
      case 'map':
        yield* this.#withoutFirstMember(type.keyType, id, undefined);
        return yield* this.#withoutFirstMember(type.valueType, id, undefined);
      default:
    }
  }

  /** The further arguments of `read_parquet`. */
  schemaSql(instants: InstantForm): string {
    const entries: [key: string, alias: string, type: string][] = [];
    const byId = this.#isById();
    for (const field of this.#inFiles()) {
      const key = byId ? String(fieldId(field)) : quoteLiteral(this.physicalName(field));
      entries.push([key, this.#alias(field), this.#fileType(field.type, instants, field.name)]);
    }
    if (this.#rowTracking) {
      const { configuration } = this.#table.metadata;
      const names = [configuration.get(rowIdColumnProperty), configuration.get(rowVersionColumnProperty)];
      names.forEach((name, index) => {
        if (name !== undefined) entries.push([quoteLiteral(name), `r${index}`, 'BIGINT']);
      });
    }
    this.#others.forEach(({ name, sqlType }, index) => {
      entries.push([quoteLiteral(name), `o${index}`, sqlType]);
    });
    // Without any column the engine would open a file to learn what there is.
    if (entries.length === 0) entries.push([quoteLiteral('__boathouse_none'), 'none', 'INTEGER']);
    // The type of null matters: a plain one can't become one of two kinds of instants.
    const nothing = instants === 'either' && this.#hasInstants ? 'CAST(NULL AS TIMESTAMP)' : 'NULL';
    const shown = entries.map(
      ([key, alias, type]) =>
        `${key}: {'name': '${alias}', 'type': ${quoteLiteral(type)}, 'default_value': ${nothing}}`,
    );
    return `schema = MAP {${shown.join(', ')}}`;
  }

  /** The SELECT items. @param partition what a partition column's value is. */
  itemsSql(instants: InstantForm, partition: (field: StructField, index: number) => string): string[] {
    return this.fields.map((field) => {
      const index = this.partitions.indexOf(field);
      const value =
        index < 0
          ? kept(field, this.#logical(this.#alias(field), field.type, instants), instants)
          : partition(field, index);
      return `${value} AS ${quoteIdentifier(field.name)}`;
    });
  }

  /** The materialised row id and row commit version, where the table has such columns. */
  get trackingSql(): readonly [string | undefined, string | undefined] {
    const { configuration } = this.#table.metadata;
    return [
      configuration.has(rowIdColumnProperty) ? 'r0' : undefined,
      configuration.has(rowVersionColumnProperty) ? 'r1' : undefined,
    ];
  }

  /** The column that files call `name`, of those beside the table's. */
  otherSql(name: string): string {
    return `o${this.#others.findIndex((other) => other.name === name)}`;
  }

  /** The name of `field` in files and partition values. */
  physicalName(field: StructField): string {
    return physicalName(field, this.#table.metadata);
  }

  #inFiles(): readonly StructField[] {
    return this.fields.filter((field) => !this.partitions.includes(field));
  }

  #alias(field: StructField): string {
    return `c${this.#table.schema.fields.indexOf(field)}`;
  }

  /**
   * Columns beside the table's have no field id: a scan for them goes by names, which such files have too. So do
   * members of structs, for which the engine takes no ids. Writers must name columns in files, nested ones too, by
   * physical names, and those are static: the two ways find the same, but in files of no Delta writer.
   *
   * Source: Delta protocol, "Writer Requirements for Column Mapping".
   */
  #isById(): boolean {
    return (
      columnMappingMode(this.#table.metadata) === 'id' &&
      !this.#rowTracking &&
      this.#others.length === 0 &&
      this.#inFiles().length > 0 &&
      this.#inFiles().every((field) => fieldId(field) !== undefined)
    );
  }

  /** `type` as the engine is to read it: with the names, and the instants, that stand in the files. */
  #fileType(type: DataType, instants: InstantForm, column: string): string {
    switch (type.kind) {
      case 'struct': {
        if (this.#untyped.has(type)) return 'VARIANT';
        const members = type.fields.map(
          (f) =>
            `${quoteIdentifier(this.physicalName(f))} ${this.#fileType(f.type, instants, `${column}.${f.name}`)}`,
        );
        return `STRUCT(${members.join(', ')})`;
      }
      case 'array':
        return `${this.#fileType(type.elementType, instants, column)}[]`;
      case 'map':
        return `MAP(${this.#fileType(type.keyType, instants, column)}, ${this.#fileType(type.valueType, instants, column)})`;
      default:
        return instants === 'either' && isInstant(type) ? eitherInstant : duckdbTypeOf(type, column);
    }
  }

  /** `expression`, read as it stands in files, as the table's own column. */
  #logical(expression: string, type: DataType, instants: InstantForm, depth = 0): string {
    if (!this.#differs(type, instants)) return expression;
    const item = `x${depth}`;
    switch (type.kind) {
      case 'struct': {
        if (this.#untyped.has(type)) return this.#ofVariant(expression, type, depth);
        const members = type.fields.map((f) => {
          const inner = `${expression}.${quoteIdentifier(this.physicalName(f))}`;
          return `${quoteIdentifier(f.name)} := ${this.#logical(inner, f.type, instants, depth)}`;
        });
        return `CASE WHEN ${expression} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`;
      }
      case 'array': {
        const element = this.#logical(item, type.elementType, instants, depth + 1);
        return `list_transform(${expression}, lambda ${item}: ${element})`;
      }
      case 'map': {
        const key = this.#logical(`${item}.key`, type.keyType, instants, depth + 1);
        const value = this.#logical(`${item}.value`, type.valueType, instants, depth + 1);
        return `map_from_entries(list_transform(map_entries(${expression}), lambda ${item}: struct_pack(k := ${key}, v := ${value})))`;
      }
      default:
        if (isVariant(type)) return variantSql(expression);
        // Bare, an instant without a zone would be taken as local time of the session.
        return `coalesce(${expression}.z, timezone('UTC', ${expression}.n))`;
    }
  }

  /** `value`, a variant of what stands in the file, as the table's own; members that it lacks are null. */
  #ofVariant(value: string, type: DataType, depth: number): string {
    const item = `x${depth}`;
    switch (type.kind) {
      case 'struct': {
        const members = type.fields.map((f) => {
          const inner = `variant_extract(${value}, ${quoteLiteral(this.physicalName(f))})`;
          return `${quoteIdentifier(f.name)} := ${this.#ofVariant(inner, f.type, depth)}`;
        });
        return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`;
      }
      case 'array':
        return `list_transform(CAST(${value} AS VARIANT[]), lambda ${item}: ${this.#ofVariant(item, type.elementType, depth + 1)})`;
      case 'map': {
        const key = this.#ofVariant(`${item}.key`, type.keyType, depth + 1);
        const entry = this.#ofVariant(`${item}.value`, type.valueType, depth + 1);
        return `map_from_entries(list_transform(CAST(${value} AS STRUCT("key" VARIANT, "value" VARIANT)[]), lambda ${item}: struct_pack(k := ${key}, v := ${entry})))`;
      }
      default: {
        if (isVariant(type)) return variantSql(value);
        if (!isInstant(type)) return `CAST(${value} AS ${duckdbTypeOf(type)})`;
        const instant = `CAST(${value} AS TIMESTAMP WITH TIME ZONE)`;
        return `CASE WHEN variant_typeof(${value}) LIKE '%ZONE%' THEN ${instant} ELSE timezone('UTC', CAST(${value} AS TIMESTAMP)) END`;
      }
    }
  }

  #differs(type: DataType, instants: InstantForm): boolean {
    if (this.#untyped.has(type)) return true;
    switch (type.kind) {
      case 'struct':
        return type.fields.some((f) => this.physicalName(f) !== f.name || this.#differs(f.type, instants));
      case 'array':
        return this.#differs(type.elementType, instants);
      case 'map':
        return this.#differs(type.keyType, instants) || this.#differs(type.valueType, instants);
      default:
        return isVariant(type) || (instants === 'either' && isInstant(type));
    }
  }
}

/**
 * `value`, out of reach of the engine's file reader where that would be wrong. It casts what a column is compared
 * with to the type that a file has, and in an older file with narrower values 1.5 becomes 2. And it goes by bounds
 * that other writers leave NaN out of, although NaN is greater than all of them.
 */
function kept(field: StructField, value: string, instants: InstantForm): string {
  const isNarrow = field.metadata['delta.typeChanges'] !== undefined && isFiner(field.type);
  return isNarrow || (instants === 'either' && holdsReal(field.type))
    ? `CASE WHEN ${value} IS NOT NULL THEN ${value} END`
    : value;
}

/** Whether the engine's reader compares `type`, or a member of it, as a number that may be NaN. */
function holdsReal(type: DataType): boolean {
  if (type.kind === 'struct') return type.fields.some((member) => holdsReal(member.type));
  return type.kind === 'primitive' && (type.name === 'double' || type.name === 'float');
}

/** Whether `type` has values between those of the types that are widened to it. */
function isFiner(type: DataType): boolean {
  if (type.kind === 'decimal') return true;
  return type.kind === 'primitive' && (type.name === 'double' || type.name === 'timestamp_ntz');
}

/** Takes an instant in either form, and keeps which. */
const eitherInstant = 'UNION(n TIMESTAMP, z TIMESTAMP WITH TIME ZONE)';

function isInstant(type: DataType): boolean {
  return type.kind === 'primitive' && type.name === 'timestamp';
}

function isVariant(type: DataType): boolean {
  return type.kind === 'primitive' && type.name === 'variant';
}

/** Variants that a file holds as their two parts of bytes, without a mark that they are, come out as structs. */
function variantSql(value: string): string {
  const part = (name: string): string => `variant_extract(${value}, '${name}')`;
  const isBytes = ['metadata', 'value'].map((name) => `variant_typeof(${part(name)}) = 'BLOB'`);
  const isBare = [`variant_typeof(${value}) = 'OBJECT(metadata, value)'`, ...isBytes].join(' AND ');
  return `CASE WHEN ${isBare} THEN variant_bytes_to_variant(${part('metadata')}::BLOB || ${part('value')}::BLOB) ELSE ${value} END`;
}

/** Whether the statistics of `file` say that it has one of the members `names` of the struct at `path`. */
function countsNullsOf(
  file: AddFile,
  path: readonly string[] | undefined,
  names: readonly string[],
): boolean {
  if (path === undefined || file.stats === undefined) return false;
  let at: unknown;
  try {
    at = (JSON.parse(file.stats) as { nullCount?: unknown }).nullCount;
  } catch {
    return false;
  }
  for (const name of path) at = (at as Record<string, unknown> | null | undefined)?.[name];
  return typeof at === 'object' && at !== null && names.some((name) => name in at);
}

function hasInstant(type: DataType): boolean {
  for (const inner of walkTypes(type)) if (isInstant(inner)) return true;
  return false;
}

function fieldId(field: StructField): number | bigint | undefined {
  const id = field.metadata['delta.columnMapping.id'];
  return typeof id === 'number' || typeof id === 'bigint' ? id : undefined;
}
