/** Logical values under the names, and with the ids, that data files have. Pure. */
import { type DataType, physicalName, type StructField } from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import { isMapped, type TableShape } from './table-shape.ts';

/** The SQL of `expression`, a value of the logical type, as data files have it: with their names for members. */
export function physicalSql(expression: string, type: DataType, shape: TableShape, depth = 0): string {
  if (!isRenamed(type, shape)) return expression;
  const item = `x${depth}`;
  switch (type.kind) {
    case 'struct': {
      const members = type.fields.filter(isStored).map((field) => {
        const inner = `${expression}.${quoteIdentifier(field.name)}`;
        return `${quoteIdentifier(physicalName(field, shape.metadata))} := ${physicalSql(inner, field.type, shape, depth)}`;
      });
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`;
    }
    case 'array':
      return `list_transform(${expression}, lambda ${item}: ${physicalSql(item, type.elementType, shape, depth + 1)})`;
    case 'map': {
      const key = physicalSql(`${item}.key`, type.keyType, shape, depth + 1);
      const value = physicalSql(`${item}.value`, type.valueType, shape, depth + 1);
      return `map_from_entries(list_transform(map_entries(${expression}), lambda ${item}: struct_pack(k := ${key}, v := ${value})))`;
    }
    default:
      // Plain bytes: parts of a variant in columns of their own need a feature that few tables have.
      if (!isPlainVariant(type, shape)) return expression;
      return `CASE WHEN ${expression} IS NULL THEN NULL ELSE variant_to_parquet_variant(${expression}) END`;
  }
}

/** Whether files hold the field: what is void holds nothing, and no file has it. */
export function isStored({ type }: StructField): boolean {
  return !(type.kind === 'primitive' && type.name === 'void');
}

function isRenamed(type: DataType, shape: TableShape): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some(
        (field) =>
          !isStored(field) ||
          physicalName(field, shape.metadata) !== field.name ||
          isRenamed(field.type, shape),
      );
    case 'array':
      return isRenamed(type.elementType, shape);
    case 'map':
      return isRenamed(type.keyType, shape) || isRenamed(type.valueType, shape);
    default:
      return isPlainVariant(type, shape);
  }
}

function isPlainVariant(type: DataType, { metadata }: TableShape): boolean {
  if (type.kind !== 'primitive' || type.name !== 'variant') return false;
  return metadata.configuration.get('delta.enableVariantShredding')?.toLowerCase() !== 'true';
}

/** What COPY's FIELD_IDS takes for these top-level fields; undefined where the table keeps no ids. */
export function fieldIdsSql(fields: readonly StructField[], shape: TableShape): string | undefined {
  if (!isMapped(shape)) return undefined;
  const members = fields.flatMap((field) => memberIds(field, shape));
  return members.length === 0 ? undefined : `{${members.join(', ')}}`;
}

/** Ids of list and map parts stand with the nearest field above them. Source: Delta protocol, "IcebergCompatV2". */
interface NestedIds {
  readonly ids: Readonly<Record<string, unknown>>;
  readonly prefix: string;
}

function memberIds(field: StructField, shape: TableShape): string[] {
  const name = physicalName(field, shape.metadata);
  const nested = field.metadata['delta.columnMapping.nested.ids'];
  const ids = typeof nested === 'object' && nested !== null && !Array.isArray(nested) ? nested : {};
  const id = field.metadata['delta.columnMapping.id'];
  const value = idsOf(field.type, id, { ids: ids as NestedIds['ids'], prefix: name }, shape);
  return value === undefined ? [] : [`${quoteIdentifier(name)}: ${value}`];
}

function idsOf(type: DataType, id: unknown, nested: NestedIds, shape: TableShape): string | undefined {
  const own = typeof id === 'number' ? id : undefined;
  const below = partIds(type, nested, shape);
  if (below.length === 0) return own === undefined ? undefined : String(own);
  const members = own === undefined ? below : [`__duckdb_field_id: ${own}`, ...below];
  return `{${members.join(', ')}}`;
}

function partIds(type: DataType, nested: NestedIds, shape: TableShape): string[] {
  const part = (name: string, of: DataType): string[] => {
    const prefix = `${nested.prefix}.${name}`;
    const value = idsOf(of, nested.ids[prefix], { ids: nested.ids, prefix }, shape);
    return value === undefined ? [] : [`${name}: ${value}`];
  };
  if (type.kind === 'struct') return type.fields.filter(isStored).flatMap((f) => memberIds(f, shape));
  if (type.kind === 'array') return part('element', type.elementType);
  if (type.kind === 'map') return [...part('key', type.keyType), ...part('value', type.valueType)];
  return [];
}

/** A part of a row that holds values. */
export interface PhysicalLeaf {
  /** Names as in files; list and map parts as the engine calls them. */
  readonly path: readonly string[];
  /** The same for people. */
  readonly logical: string;
  readonly type: DataType;
}

/** Every leaf of the schema, those inside lists and maps included. */
export function* physicalLeaves(shape: TableShape): Generator<PhysicalLeaf> {
  for (const field of shape.schema.fields) {
    yield* leavesOf(field.type, [physicalName(field, shape.metadata)], field.name, shape);
  }
}

function* leavesOf(
  type: DataType,
  path: readonly string[],
  logical: string,
  shape: TableShape,
): Generator<PhysicalLeaf> {
  const part = (name: string, of: DataType): Generator<PhysicalLeaf> =>
    leavesOf(of, [...path, name], `${logical}.${name}`, shape);
  switch (type.kind) {
    case 'struct':
      for (const field of type.fields) {
        const below = [...path, physicalName(field, shape.metadata)];
        yield* leavesOf(field.type, below, `${logical}.${field.name}`, shape);
      }
      break;
    case 'array':
      yield* part('element', type.elementType);
      break;
    case 'map':
      yield* part('key', type.keyType);
      yield* part('value', type.valueType);
      break;
    default:
      yield { path, logical, type };
  }
}
