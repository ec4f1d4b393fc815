/** Columns as they are asked for, as fields of a schema. Pure. */
import { type Json, nearest } from '../../base/index.ts';
import {
  type DataType,
  isEnabled,
  type Metadata,
  type Protocol,
  printDataType,
  type StructField,
  type StructType,
  walkTypes,
} from '../../delta/index.ts';
import { partitionProblem } from '../partition-values.ts';
import { fieldNamed } from './column-path.ts';
import { alterErrors } from './errors.ts';
import { parseSchemaText } from './schema-text.ts';
import type { ColumnSpec, TableSpec } from './table-spec.ts';
import { parseTypeText } from './type-text.ts';

/** The schema of `spec`, and the constraints that its text holds. @throws tables.bad-schema-text, tables.bad-column-spec */
export function schemaOf(
  table: string,
  spec: TableSpec['schema'],
): { readonly schema: StructType; readonly constraints: ReadonlyMap<string, string> } {
  if (typeof spec === 'string') {
    const { columns, constraints } = parseSchemaText(spec);
    return { schema: structOf(table, columns), constraints };
  }
  const schema = 'kind' in spec ? spec : structOf(table, spec);
  return { schema, constraints: new Map() };
}

function structOf(table: string, columns: readonly ColumnSpec[]): StructType {
  return { kind: 'struct', fields: columns.map((column) => fieldOf(table, column)) };
}

/** `column` as a field. @throws tables.bad-schema-text, tables.bad-column-spec */
export function fieldOf(table: string, column: ColumnSpec): StructField {
  const { name, identity } = column;
  const type = typeof column.type === 'string' ? parseTypeText(column.type) : column.type;
  const bad = (problem: string): Error => alterErrors['bad-column-spec']({ table, column: name, problem });
  const metadata: Record<string, Json> = {};
  if (column.comment !== undefined) metadata['comment'] = column.comment;
  const sources = [column.default, column.generatedAs, identity].filter((source) => source !== undefined);
  if (sources.length > 1)
    throw bad('only one of default, generated and identity can say where its values come from');
  if (column.default !== undefined) metadata['CURRENT_DEFAULT'] = column.default;
  if (column.generatedAs !== undefined) metadata['delta.generationExpression'] = column.generatedAs;
  if (identity !== undefined) {
    if (!(type.kind === 'primitive' && type.name === 'long')) {
      throw bad(`an identity column is a BIGINT, not ${printDataType(type)}`);
    }
    const [start, step] = [BigInt(identity.start ?? 1), BigInt(identity.step ?? 1)];
    if (step === 0n) throw bad('an identity column moves on by a step other than 0');
    metadata['delta.identity.start'] = jsonInteger(start);
    metadata['delta.identity.step'] = jsonInteger(step);
    metadata['delta.identity.allowExplicitInsert'] = identity.allowExplicit ?? false;
  }
  return { name, type, nullable: column.nullable ?? true, metadata };
}

function jsonInteger(value: bigint): Json {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/**
 * Refuses a schema that no table can have: without columns, with two of one name, or with names that the change
 * feed needs for itself.
 *
 * @throws tables.bad-column-spec, tables.column-exists, tables.no-columns
 */
export function assertSchema(
  table: string,
  schema: StructType,
  about: { readonly protocol: Protocol; readonly metadata: Metadata },
): void {
  const bad = (column: string, problem: string): Error =>
    alterErrors['bad-column-spec']({ table, column, problem });
  if (schema.fields.length === 0) throw bad('', 'a table has at least one column');
  for (const type of walkTypes(schema)) {
    if (type.kind === 'unknown') throw bad('', `${type.name} is no type that Delta has`);
    if (type.kind !== 'struct') continue;
    const seen = new Set<string>();
    for (const { name } of type.fields) {
      if (name === '') throw bad('', 'a column has a name');
      if (seen.has(name.toLowerCase())) throw alterErrors['column-exists']({ table, column: name });
      seen.add(name.toLowerCase());
    }
  }
  if (!isEnabled({ ...about, schema }, 'changeDataFeed')) return;
  for (const name of ['_change_type', '_commit_version', '_commit_timestamp']) {
    if (fieldNamed(schema.fields, name)) throw bad(name, 'the change feed has a column of that name');
  }
}

/** The partition columns as the schema spells them. @throws tables.no-such-column, tables.bad-column-spec */
export function partitionColumnsOf(
  table: string,
  schema: StructType,
  partitionBy: readonly string[],
): readonly string[] {
  const names = partitionBy.map((wanted) => {
    const found = fieldNamed(schema.fields, wanted);
    if (found === undefined) {
      const near = nearest(
        wanted,
        schema.fields.map((field) => field.name),
      );
      throw alterErrors['no-such-column']({ table, column: wanted, near });
    }
    const problem = partitionProblem(found.type);
    if (problem === undefined) return found.name;
    throw alterErrors['bad-column-spec']({
      table,
      column: found.name,
      problem: `can't partition by it: ${problem}`,
    });
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw alterErrors['bad-column-spec']({
      table,
      column: twice,
      problem: 'it is named twice to partition by',
    });
  }
  if (names.length > 0 && names.length === schema.fields.length) {
    const problem = 'no column would be left to write';
    throw alterErrors['bad-column-spec']({ table, column: names.join(', '), problem });
  }
  return names;
}

/** The types whose order statistics tell: those that a table can be clustered by. */
export function isOrdered(type: DataType): boolean {
  if (type.kind === 'decimal') return true;
  return type.kind === 'primitive' && !/^(?:boolean|binary|variant|void)$/.test(type.name);
}
