/**
 * Column mapping: the name and the number under which data files know each field, so that fields can be
 * renamed and dropped without a file being rewritten.
 *
 * Source: Delta protocol, "Column Mapping", "Iceberg Compatibility V2". Pure.
 */
import { type Json, type Random, systemRandom, unreachable } from '../base/index.ts';
import type { Metadata } from './actions.ts';
import { columnMappingMode } from './features.ts';
import { type DataType, printSchema, type StructField, type StructType } from './schema.ts';

/** A schema and the metadata that goes with it. */
export interface MappedTable {
  readonly schema: StructType;
  /** With the schema as text, and the highest id given so far. */
  readonly metadata: Metadata;
}

/**
 * `schema`, every field of it with an id and a name for files, at any depth, and `metadata` to match. Without
 * column mapping the schema stays as it is, and only its text is put into the metadata.
 *
 * A field that has both keeps them. One that lacks them, and stood in `previous` at the same place under the
 * same name, takes over what it had there; where `previous` had no mapping, its name for files stays its name, since
 * the files that are there know it by that. Every other field gets a name that no file has.
 *
 * @param previous the schema before, when the table exists; letter case doesn't count.
 */
export function assignColumnIds(
  schema: StructType,
  metadata: Metadata,
  previous?: StructType,
  random: Random = systemRandom,
): MappedTable {
  if (columnMappingMode(metadata) === 'none') {
    return { schema, metadata: { ...metadata, schemaString: printSchema(schema) } };
  }
  const known = Number(metadata.configuration.get(maxColumnIdProperty) ?? 0);
  const ids = { max: Math.max(known, maxId(schema), previous === undefined ? 0 : maxId(previous)) };
  const named = mapStruct(schema, previous, (field, before) => mapField(field, before, ids, random));
  const compat = metadata.configuration.get('delta.enableIcebergCompatV2')?.toLowerCase() === 'true';
  const mapped = compat ? mapStruct(named, undefined, (field) => withNestedIds(field, ids)) : named;
  const configuration = new Map(metadata.configuration).set(maxColumnIdProperty, String(ids.max));
  return { schema: mapped, metadata: { ...metadata, configuration, schemaString: printSchema(mapped) } };
}

/** `schema` with the ids and names for files taken out, for a table that gives up column mapping. */
export function withoutColumnIds(schema: StructType): StructType {
  return mapStruct(schema, undefined, (field) => {
    const kept = Object.entries(field.metadata).filter(([key]) => !mappingKeys.has(key));
    return { ...field, metadata: Object.fromEntries(kept) };
  });
}

/** Holds the highest id ever given; kept by writers alone. */
export const maxColumnIdProperty = 'delta.columnMapping.maxColumnId';

const idKey = 'delta.columnMapping.id';
const nameKey = 'delta.columnMapping.physicalName';
const nestedIdsKey = 'delta.columnMapping.nested.ids';
/** The last is how some writers hand the nested ids to their Parquet library. */
const mappingKeys: ReadonlySet<string> = new Set([idKey, nameKey, nestedIdsKey, 'parquet.field.nested.ids']);

/** The ids given so far. */
interface Ids {
  max: number;
}

function mapField(
  field: StructField,
  before: StructField | undefined,
  ids: Ids,
  random: Random,
): StructField {
  const inherited: Record<string, Json> = {};
  if (before !== undefined) {
    for (const key of mappingKeys) {
      const value = before.metadata[key];
      if (value !== undefined) inherited[key] = value;
    }
  }
  const metadata: Record<string, Json> = { ...inherited, ...field.metadata };
  if (typeof metadata[idKey] !== 'number') {
    ids.max += 1;
    metadata[idKey] = ids.max;
  }
  if (typeof metadata[nameKey] !== 'string') {
    metadata[nameKey] = before === undefined ? `col-${random.uuid()}` : before.name;
  }
  return { ...field, metadata };
}

/** `field` with an id for each list and map part that has no field of its own above it. */
function withNestedIds(field: StructField, ids: Ids): StructField {
  const paths = [...partPaths(field.type, String(field.metadata[nameKey]))];
  if (paths.length === 0) return field;
  const known = field.metadata[nestedIdsKey];
  const had = typeof known === 'object' && known !== null && !Array.isArray(known) ? known : {};
  const nested: Record<string, Json> = {};
  for (const path of paths) {
    const id = (had as Readonly<Record<string, Json>>)[path];
    nested[path] = typeof id === 'number' ? id : ++ids.max;
  }
  return { ...field, metadata: { ...field.metadata, [nestedIdsKey]: nested } };
}

function* partPaths(type: DataType, prefix: string): Generator<string> {
  if (type.kind === 'array') {
    yield `${prefix}.element`;
    yield* partPaths(type.elementType, `${prefix}.element`);
  }
  if (type.kind === 'map') {
    yield `${prefix}.key`;
    yield* partPaths(type.keyType, `${prefix}.key`);
    yield `${prefix}.value`;
    yield* partPaths(type.valueType, `${prefix}.value`);
  }
}

/** The highest id in `schema`, those of list and map parts included. */
function maxId(schema: StructType): number {
  let max = 0;
  mapStruct(schema, undefined, (field) => {
    const id = field.metadata[idKey];
    if (typeof id === 'number') max = Math.max(max, id);
    const nested = field.metadata[nestedIdsKey];
    if (typeof nested === 'object' && nested !== null) {
      for (const value of Object.values(nested)) if (typeof value === 'number') max = Math.max(max, value);
    }
    return field;
  });
  return max;
}

/** `schema` with `map` done to each field, the outer before the inner, beside the field that stood there `before`. */
function mapStruct(
  schema: StructType,
  before: StructType | undefined,
  map: (field: StructField, before: StructField | undefined) => StructField,
): StructType {
  const fields = schema.fields.map((given): StructField => {
    const lower = given.name.toLowerCase();
    const old = before?.fields.find((candidate) => candidate.name.toLowerCase() === lower);
    const field = map(given, old);
    return { ...field, type: mapType(field.type, old?.type, map) };
  });
  return { kind: 'struct', fields };
}

function mapType(
  type: DataType,
  before: DataType | undefined,
  map: (field: StructField, before: StructField | undefined) => StructField,
): DataType {
  switch (type.kind) {
    case 'struct':
      return mapStruct(type, before?.kind === 'struct' ? before : undefined, map);
    case 'array': {
      const old = before?.kind === 'array' ? before : undefined;
      return { ...type, elementType: mapType(type.elementType, old?.elementType, map) };
    }
    case 'map': {
      const old = before?.kind === 'map' ? before : undefined;
      return {
        ...type,
        keyType: mapType(type.keyType, old?.keyType, map),
        valueType: mapType(type.valueType, old?.valueType, map),
      };
    }
    case 'primitive':
    case 'decimal':
    case 'unknown':
      return type;
    default:
      return unreachable(type);
  }
}
