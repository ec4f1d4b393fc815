/** How a query's rows become files: the SELECT, the COPY's options and what the log will say. Pure. */
import type { StructField } from '../../delta/index.ts';
import { type Column, printSqlType, quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { partitionTextSql } from '../partition-values.ts';
import { fieldIdsSql, isStored, physicalSql } from './physical-columns.ts';
import { fieldNamed, guarded, planChecks, type RowCheck } from './row-checks.ts';
import {
  compressionOf,
  materializesPartitions,
  partitionFields,
  physicalPath,
  type TableShape,
} from './table-shape.ts';

/** A column that decides the folder of a row, and the text in the log. */
export interface PartitionKey {
  readonly field: StructField;
  /** In the log. */
  readonly physical: string;
  /** In the COPY and so in the folder's name. */
  readonly copied: string;
}

/** The plan of a staging. Two plans of equal `text` write the same files. */
export interface StagePlan {
  readonly select: string;
  readonly partition: readonly PartitionKey[];
  readonly copyOptions: readonly string[];
  readonly checks: readonly RowCheck[];
  readonly text: string;
}

/** What is asked of a plan beside the rows. */
export interface StageWishes {
  readonly orderBy: string | undefined;
  readonly compression: string | undefined;
  readonly enforce: boolean;
  readonly further: readonly { readonly predicate: string; fail(row: string): Error }[];
  /** SQL names of the row-tracking columns among the rows, with the names they have in files. */
  readonly tracking: ReadonlyMap<string, string>;
  /** Columns of a change file, behind the table's own. */
  readonly extra: readonly string[];
  readonly table: string;
}

/**
 * Plans the files for the rows of `query`, which has `columns`.
 *
 * @throws tables.bad-expression, tables.unsupported-type
 */
export function planStage(
  query: string,
  columns: readonly Column[],
  shape: TableShape,
  wishes: StageWishes,
): StagePlan {
  const given = givenColumns(columns, shape);
  const { fields } = shape.schema;
  const typed = fields.map((field) => {
    const type = duckdbTypeOf(field.type, field.name);
    const column = given.get(field.name);
    const name = quoteIdentifier(field.name);
    if (column === undefined) return `CAST(NULL AS ${type}) AS ${name}`;
    const plain = `given.${quoteIdentifier(column.name)}`;
    return `${printSqlType(column.sqlType) === type ? plain : `CAST(${plain} AS ${type})`} AS ${name}`;
  });
  const others = [...wishes.tracking.keys(), ...wishes.extra].map((name) => `given.${quoteIdentifier(name)}`);
  const value = (field: StructField): string => `staged.${quoteIdentifier(field.name)}`;
  const checks = [
    ...(wishes.enforce ? planChecks(wishes.table, shape, value) : []),
    ...wishes.further.map(({ predicate, fail }) => ({ broken: `(${predicate}) IS NOT TRUE`, fail })),
  ];
  const isPartition = (field: StructField): boolean => shape.metadata.partitionColumns.includes(field.name);
  const stored = fields.filter((f) => isStored(f) && given.has(f.name) && !isPartition(f));
  // Rows that bring nothing but partition values still need a file to be counted in.
  const spare = stored.length > 0 ? undefined : fields.find((f) => isStored(f) && !isPartition(f));
  if (spare !== undefined) stored.push(spare);
  const inBoth = materializesPartitions(shape) ? partitionFields(shape) : [];
  // Source: Delta protocol, "IcebergCompatV1": partition columns come after the data columns.
  const written = [...stored, ...inBoth];
  const items: Item[] = written.map((field) => ({
    sql: physicalSql(value(field), field.type, shape),
    name: physicalOf(field, shape),
  }));
  for (const [name, physical] of wishes.tracking) {
    items.push({ sql: `CAST(staged.${quoteIdentifier(name)} AS BIGINT)`, name: physical });
  }
  for (const name of wishes.extra) items.push({ sql: `staged.${quoteIdentifier(name)}`, name });
  const partition = partitionFields(shape).map((field): PartitionKey => {
    const physical = physicalOf(field, shape);
    return { field, physical, copied: inBoth.length > 0 ? `_partition_${physical}` : physical };
  });
  for (const { field, copied } of partition) {
    items.push({ sql: partitionTextSql(value(field), field.type), name: copied });
  }
  const row = rowText(fields);
  const select = items
    .map(
      ({ sql, name }, index) =>
        `${index === 0 ? guarded(sql, checks, row) : sql} AS ${quoteIdentifier(name)}`,
    )
    .join(', ');
  const sorted = [...partition.map(({ field }) => value(field)), wishes.orderBy];
  const order = wishes.orderBy === undefined ? '' : ` ORDER BY ${sorted.join(', ')}`;
  // On a line of its own, the parenthesis outlives a comment that ends the query.
  const from = `(SELECT ${[...typed, ...others].join(', ')} FROM (${query.replace(/[\s;]+$/, '')}\n) AS given) AS staged`;
  const ids = fieldIdsSql(written, shape);
  const copyOptions = [
    `COMPRESSION ${quoteLiteral(compressionOf(shape, wishes.compression))}`,
    ...(ids === undefined ? [] : [`FIELD_IDS ${ids}`]),
  ];
  return {
    select: `SELECT ${select} FROM ${from}${order}`,
    partition,
    copyOptions,
    checks,
    text: JSON.stringify([
      items.map(({ sql, name }) => `${sql} ${name}`).sort(),
      typed.filter((_, i) => given.has(fields[i]?.name ?? '')).sort(),
      checks.map((check) => check.broken),
      [others, order, copyOptions, partition.map((key) => key.copied)],
    ]),
  };
}

/** The columns of the rows by the names the table has for them. Pure. */
function givenColumns(
  columns: readonly Column[],
  { schema }: Pick<TableShape, 'schema'>,
): ReadonlyMap<string, Column> {
  const given = new Map<string, Column>();
  for (const column of columns) {
    const field = fieldNamed(schema.fields, column.name);
    if (field !== undefined) given.set(field.name, column);
  }
  return given;
}

function physicalOf(field: StructField, shape: TableShape): string {
  return physicalPath([field], shape)[0] ?? field.name;
}

interface Item {
  readonly sql: string;
  readonly name: string;
}

/** A row as text, for the error about it. */
function rowText(fields: readonly StructField[]): string {
  const shown = fields
    .filter(({ type }) => !(type.kind === 'primitive' && type.name === 'variant'))
    .map(({ name }) => `${quoteLiteral(name)}: staged.${quoteIdentifier(name)}`);
  return `to_json({${shown.join(', ')}})::VARCHAR`;
}
