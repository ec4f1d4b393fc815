/** What a write does to a table's schema, decided before any row is written. Pure. */
import {
  type DataType,
  type Metadata,
  printDataType,
  printSchema,
  type Snapshot,
  type StructField,
  type StructType,
} from '../../delta/index.ts';
import { type Column, printSqlType } from '../../duckdb/index.ts';
import { newTableProperties } from '../alter/property-rules.ts';
import { deltaTypeOf, sameType } from '../delta-types.ts';
import { tablesErrors } from '../errors.ts';
import { partitionProblem } from '../partition-values.ts';
import { identityOf } from './identity.ts';
import { generationExpression } from './row-checks.ts';
import { widenerOf } from './widen-types.ts';
import type { WriteOptions } from './write-options.ts';

/** The schema a write leaves behind, and how the rows get there. */
export interface SchemaPlan {
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** Whether the table's metadata changes. */
  readonly changes: boolean;
  /** Columns of the schema that the rows have, by the schema's names, with the rows' own names. */
  readonly sources: ReadonlyMap<string, Column>;
  /** The schema whose fields keep their ids under column mapping; undefined for a new table. */
  readonly previous?: StructType;
}

/**
 * Plans the schema for rows with `columns` written to `snapshot`, or to a new table.
 *
 * @throws tables.schema-mismatch, tables.partition-mismatch, tables.bad-partition-column,
 * tables.unsupported-type, tables.duplicate-column, tables.no-columns
 */
export function planSchema(
  table: string,
  snapshot: Snapshot | undefined,
  columns: readonly Column[],
  options: WriteOptions,
): SchemaPlan {
  if (columns.length === 0) throw tablesErrors['no-columns']({ what: 'what is to be written' });
  const names = new Map<string, Column>();
  for (const column of columns) {
    const key = column.name.toLowerCase();
    if (names.has(key)) throw tablesErrors['duplicate-column']({ column: column.name });
    names.set(key, column);
  }
  const isReplaced =
    snapshot === undefined || (options.mode === 'overwrite' && options.schemaMode === 'overwrite');
  const plan = isReplaced
    ? replaced(columns, options.partitionBy ?? [])
    : fitted(table, snapshot, names, options);
  assertPartitions(plan);
  if (snapshot !== undefined && isReplaced) {
    const changes =
      !sameFields(plan.schema, snapshot.schema) ||
      !sameNames(plan.partitionColumns, snapshot.metadata.partitionColumns);
    return { ...plan, changes };
  }
  return plan;
}

function replaced(columns: readonly Column[], partitionBy: readonly string[]): SchemaPlan {
  const fields = columns.map(
    (column): StructField => ({
      name: column.name,
      type: deltaTypeOf(column.sqlType, column.name),
      nullable: true,
      metadata: {},
    }),
  );
  const partitionColumns = partitionBy.map((wanted) => {
    const found =
      fields.find((f) => f.name === wanted) ??
      fields.find((f) => f.name.toLowerCase() === wanted.toLowerCase());
    if (found === undefined) {
      throw tablesErrors['bad-partition-column']({ column: wanted, problem: 'the rows have no such column' });
    }
    return found.name;
  });
  return {
    schema: { kind: 'struct', fields },
    partitionColumns,
    changes: true,
    sources: new Map(columns.map((column) => [column.name, column])),
  };
}

/** Rows for a table whose schema stays, or grows with schemaMode `merge`. */
function fitted(
  table: string,
  snapshot: Snapshot,
  names: ReadonlyMap<string, Column>,
  options: WriteOptions,
): SchemaPlan {
  const actual = snapshot.metadata.partitionColumns;
  const wanted = options.partitionBy;
  if (wanted !== undefined && !sameNames(wanted, actual)) {
    throw tablesErrors['partition-mismatch']({ table, wanted, actual });
  }
  const widen = widenerOf(snapshot);
  const problems: string[] = [];
  let canMerge = true;
  const left = new Map(names);
  const sources = new Map<string, Column>();
  const fields: StructField[] = [];
  let changes = false;
  for (const field of snapshot.schema.fields) {
    const column = left.get(field.name.toLowerCase());
    left.delete(field.name.toLowerCase());
    if (column === undefined) {
      if (fillsItself(field)) {
        fields.push(field);
        continue;
      }
      if (options.schemaMode !== 'merge') problems.push(`column '${field.name}' is missing`);
      else if (!field.nullable) {
        problems.push(`column '${field.name}' is missing and must not be null`);
        canMerge = false;
      }
      fields.push(field);
      continue;
    }
    sources.set(field.name, column);
    const incoming = deltaTypeOf(column.sqlType, field.name);
    const fit = fitType(field.type, incoming, options.schemaMode === 'merge');
    const wider = options.schemaMode === 'merge' ? widen(field, incoming) : undefined;
    if (wider !== undefined) {
      fields.push(wider);
      changes = true;
      continue;
    }
    if (fit === undefined) {
      canMerge &&= fitType(field.type, incoming, true) !== undefined;
      problems.push(
        `column '${field.name}' is ${printDataType(field.type)} in the table and ${printSqlType(column.sqlType)} in the rows`,
      );
      fields.push(field);
      continue;
    }
    changes ||= fit !== field.type;
    fields.push(fit === field.type ? field : { ...field, type: fit });
  }
  for (const column of left.values()) {
    if (options.schemaMode === 'merge') {
      fields.push({
        name: column.name,
        type: deltaTypeOf(column.sqlType, column.name),
        nullable: true,
        metadata: {},
      });
      sources.set(column.name, column);
      changes = true;
    } else {
      problems.push(`column '${column.name}' (${printSqlType(column.sqlType)}) is not in the table`);
    }
  }
  if (problems.length > 0) throw tablesErrors['schema-mismatch']({ table, problems, canMerge });
  const schema: StructType = { kind: 'struct', fields };
  return { schema, partitionColumns: actual, changes, sources, previous: snapshot.schema };
}

/**
 * The type a column has once values of `incoming` are in it; `field` itself when it stays; undefined when
 * they don't fit. Numbers fit a wider type, since no value changes. Structs may grow when merging.
 */
function fitType(field: DataType, incoming: DataType, merge: boolean): DataType | undefined {
  if (sameType(field, incoming)) return field;
  if (field.kind === 'struct' && incoming.kind === 'struct') return fitStruct(field, incoming, merge);
  if (field.kind === 'array' && incoming.kind === 'array') {
    const elementType = fitType(field.elementType, incoming.elementType, merge);
    if (elementType === undefined) return undefined;
    return elementType === field.elementType ? field : { ...field, elementType };
  }
  if (field.kind === 'map' && incoming.kind === 'map') {
    const keyType = fitType(field.keyType, incoming.keyType, false);
    const valueType = fitType(field.valueType, incoming.valueType, merge);
    if (keyType === undefined || valueType === undefined) return undefined;
    return keyType === field.keyType && valueType === field.valueType
      ? field
      : { ...field, keyType, valueType };
  }
  return widens(incoming, field) ? field : undefined;
}

function fitStruct(field: StructType, incoming: StructType, merge: boolean): DataType | undefined {
  const left = new Map(incoming.fields.map((f) => [f.name.toLowerCase(), f]));
  const fields: StructField[] = [];
  let same = true;
  for (const member of field.fields) {
    const found = left.get(member.name.toLowerCase());
    left.delete(member.name.toLowerCase());
    if (found === undefined) {
      if (!merge) return undefined;
      fields.push(member);
      continue;
    }
    const type = fitType(member.type, found.type, merge);
    if (type === undefined) return undefined;
    same &&= type === member.type;
    fields.push(type === member.type ? member : { ...member, type });
  }
  if (left.size > 0 && !merge) return undefined;
  fields.push(...left.values());
  return same && left.size === 0 ? field : { kind: 'struct', fields };
}

/** Whether every value of `from` is, unchanged, a value of `to`. */
function widens(from: DataType, to: DataType): boolean {
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  }
  if (from.kind !== 'primitive') return false;
  const whole = ['byte', 'short', 'integer', 'long'];
  const rank = whole.indexOf(from.name);
  if (to.kind === 'decimal') return rank >= 0 && to.precision - to.scale >= [3, 5, 10, 19][rank]!;
  if (to.kind !== 'primitive') return false;
  if (rank >= 0) return whole.indexOf(to.name) > rank || (to.name === 'double' && rank <= 2);
  return (from.name === 'float' && to.name === 'double') || (from.name === 'void' && to.kind === 'primitive');
}

function assertPartitions({ schema, partitionColumns }: SchemaPlan): void {
  for (const column of partitionColumns) {
    const field = schema.fields.find((f) => f.name === column);
    const problem = field === undefined ? 'the table has no such column' : partitionProblem(field.type);
    if (problem !== undefined) throw tablesErrors['bad-partition-column']({ column, problem });
  }
  if (partitionColumns.length > 0 && partitionColumns.length === schema.fields.length) {
    throw tablesErrors['bad-partition-column']({
      column: partitionColumns.join(', '),
      problem: 'no column would be left to write',
    });
  }
}

/** Whether the table gives the field a value where the rows don't. Pure. */
export function fillsItself(field: StructField): boolean {
  return (
    typeof field.metadata['CURRENT_DEFAULT'] === 'string' ||
    generationExpression(field) !== undefined ||
    identityOf(field) !== undefined
  );
}

/**
 * The metadata of a table with the plan's schema: a new table's, or `snapshot`'s changed. Pure.
 *
 * @throws tables.unknown-property, tables.bad-property, tables.internal-property
 */
export function plannedMetadata(
  snapshot: Snapshot | undefined,
  plan: SchemaPlan,
  about: {
    readonly table: string;
    readonly id: string;
    readonly nowMs: number;
    readonly options: WriteOptions;
  },
): Metadata {
  const schemaString = printSchema(plan.schema);
  if (snapshot !== undefined) {
    return { ...snapshot.metadata, schemaString, partitionColumns: plan.partitionColumns };
  }
  const { name, description, configuration } = about.options;
  return {
    kind: 'metadata',
    id: about.id,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    format: { provider: 'parquet', options: new Map() },
    schemaString,
    partitionColumns: plan.partitionColumns,
    configuration: newTableProperties(about.table, configuration ?? {}),
    createdAtMs: about.nowMs,
  };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name.toLowerCase() === b[i]?.toLowerCase());
}

function sameFields(a: StructType, b: StructType): boolean {
  return printDataType(a) === printDataType(b) && b.fields.every((field) => field.nullable);
}
