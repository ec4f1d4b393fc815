/**
 * A table's schema: Delta's types, and their JSON in `schemaString`.
 *
 * Source: Delta protocol, "Schema Serialization Format".
 */
import { type Json, parseJson, printJson, unreachable } from '../base/index.ts';
import { deltaErrors } from './errors.ts';

/** The primitive types by the protocol's names, but for decimals, which carry numbers. */
export type PrimitiveName = (typeof primitiveNames)[number];

const primitiveNames = [
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'variant',
  'void',
] as const;

/** A type without parts. */
export interface PrimitiveType {
  readonly kind: 'primitive';
  readonly name: PrimitiveName;
}

/** A fixed-point number. */
export interface DecimalType {
  readonly kind: 'decimal';
  /** 1 to 38. */
  readonly precision: number;
  /** 0 to `precision`. */
  readonly scale: number;
}

/** A list. */
export interface ArrayType {
  readonly kind: 'array';
  readonly elementType: DataType;
  readonly containsNull: boolean;
}

/** A map. */
export interface MapType {
  readonly kind: 'map';
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}

/** A record; also the schema of a whole table. */
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly StructField[];
}

/** A type this version doesn't know, as the schema wrote it. Tables that use one are refused. */
export interface UnknownType {
  readonly kind: 'unknown';
  readonly name: string;
}

/** Any type of a column. */
export type DataType = PrimitiveType | DecimalType | ArrayType | MapType | StructType | UnknownType;

/** A column, or a member of a struct. */
export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** As in the log: comments, column mapping, invariants and the like. */
  readonly metadata: Readonly<Record<string, Json>>;
}

/** The primitive type called `name`. */
export function primitive(name: PrimitiveName): PrimitiveType {
  return { kind: 'primitive', name };
}

/** A nullable field without metadata, unless told otherwise. */
export function field(name: string, type: DataType, nullable = true): StructField {
  return { name, type, nullable, metadata: {} };
}

/**
 * The schema that `schemaString` describes.
 *
 * @throws delta.bad-schema when it isn't JSON, isn't a struct type, or has two columns of one name or types in types
 * beyond what the engine takes.
 */
export function parseSchema(schemaString: string): StructType {
  let json: Json;
  try {
    json = parseJson(schemaString);
  } catch (cause) {
    throw deltaErrors['bad-schema']({ problem: 'it is not JSON' }, { cause });
  }
  const type = parseDataType(json);
  if (type.kind !== 'struct') throw deltaErrors['bad-schema']({ problem: 'the top level is not a struct' });
  return type;
}

/** `schema` as the log writes it: one line of JSON. */
export function printSchema(schema: StructType): string {
  return printJson(dataTypeJson(schema));
}

/**
 * The type that a piece of schema JSON describes.
 *
 * @throws delta.bad-schema
 */
export function parseDataType(json: Json): DataType {
  return parseTypeAt(json, 0);
}

/** Types in types that a schema may have: DuckDB's own limit for expressions is met a little further on. */
const typeDepthMax = 100;

function parseTypeAt(json: Json, depth: number): DataType {
  if (typeof json === 'string') return parseTypeName(json);
  if (depth > typeDepthMax)
    throw deltaErrors['bad-schema']({ problem: `types are nested deeper than ${typeDepthMax} levels` });
  if (!isObject(json)) throw deltaErrors['bad-schema']({ problem: `${shown(json)} is not a type` });
  switch (json['type']) {
    case 'struct':
      if (!Array.isArray(json['fields']))
        throw deltaErrors['bad-schema']({ problem: 'a struct has no fields' });
      return { kind: 'struct', fields: parseFields(json['fields'] as readonly Json[], depth + 1) };
    case 'array':
      return {
        kind: 'array',
        elementType: parseTypeAt(json['elementType'] ?? null, depth + 1),
        containsNull: json['containsNull'] !== false,
      };
    case 'map':
      return {
        kind: 'map',
        keyType: parseTypeAt(json['keyType'] ?? null, depth + 1),
        valueType: parseTypeAt(json['valueType'] ?? null, depth + 1),
        valueContainsNull: json['valueContainsNull'] !== false,
      };
    default:
      return { kind: 'unknown', name: shown(json['type'] ?? json) };
  }
}

/** A type as people and the log write it: `decimal(10,2)`, `array<string>`, `struct<a: long>`. */
export function printDataType(type: DataType): string {
  switch (type.kind) {
    case 'primitive':
    case 'unknown':
      return type.name;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${printDataType(type.elementType)}>`;
    case 'map':
      return `map<${printDataType(type.keyType)}, ${printDataType(type.valueType)}>`;
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}: ${printDataType(f.type)}`).join(', ')}>`;
    default:
      return unreachable(type);
  }
}

/** Every field in `schema`, at any depth, with the names that lead to it; list and map parts as the protocol names them. */
export function* walkFields(
  schema: DataType,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly field: StructField }> {
  switch (schema.kind) {
    case 'struct':
      for (const field of schema.fields) {
        yield { path: [...path, field.name], field };
        yield* walkFields(field.type, [...path, field.name]);
      }
      break;
    case 'array':
      yield* walkFields(schema.elementType, [...path, 'element']);
      break;
    case 'map':
      yield* walkFields(schema.keyType, [...path, 'key']);
      yield* walkFields(schema.valueType, [...path, 'value']);
      break;
    case 'primitive':
    case 'decimal':
    case 'unknown':
      break;
    default:
      unreachable(schema);
  }
}

/** Every type in `schema`, itself included, outermost first. */
export function* walkTypes(schema: DataType): Generator<DataType> {
  yield schema;
  if (schema.kind === 'struct') for (const field of schema.fields) yield* walkTypes(field.type);
  if (schema.kind === 'array') yield* walkTypes(schema.elementType);
  if (schema.kind === 'map') {
    yield* walkTypes(schema.keyType);
    yield* walkTypes(schema.valueType);
  }
}

function parseTypeName(name: string): DataType {
  const known = primitiveNames.find((primitiveName) => primitiveName === name);
  if (known) return primitive(known);
  if (name === 'decimal') return { kind: 'decimal', precision: 10, scale: 0 };
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(name);
  if (!decimal) return { kind: 'unknown', name };
  const precision = Number(decimal[1]);
  const scale = Number(decimal[2]);
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw deltaErrors['bad-schema']({ problem: `${name} is outside decimal(38,38)` });
  }
  return { kind: 'decimal', precision, scale };
}

/** @throws delta.bad-schema also for two fields that only differ in letter case: neither Delta nor the engine tells them apart. */
function parseFields(json: readonly Json[], depth: number): readonly StructField[] {
  const fields = json.map((field) => parseField(field, depth));
  const names = new Map<string, string>();
  for (const { name } of fields) {
    const other = names.get(name.toLowerCase());
    if (other !== undefined) {
      const both =
        other === name
          ? `two columns are called '${name}'`
          : `two columns are called '${other}' and '${name}'`;
      throw deltaErrors['bad-schema']({ problem: `${both} (letter case doesn't count)` });
    }
    names.set(name.toLowerCase(), name);
  }
  return fields;
}

/** JSON in a message, however long it is. */
function shown(json: Json): string {
  const text = printJson(json);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function parseField(json: Json, depth: number): StructField {
  if (!isObject(json) || typeof json['name'] !== 'string') {
    throw deltaErrors['bad-schema']({ problem: `${shown(json)} is not a field` });
  }
  const metadata = json['metadata'];
  return {
    name: json['name'],
    type: parseTypeAt(json['type'] ?? null, depth),
    nullable: json['nullable'] !== false,
    metadata: metadata !== undefined && isObject(metadata) ? metadata : {},
  };
}

function dataTypeJson(type: DataType): Json {
  switch (type.kind) {
    case 'primitive':
    case 'decimal':
    case 'unknown':
      return printDataType(type);
    case 'array':
      return { type: 'array', elementType: dataTypeJson(type.elementType), containsNull: type.containsNull };
    case 'map':
      return {
        type: 'map',
        keyType: dataTypeJson(type.keyType),
        valueType: dataTypeJson(type.valueType),
        valueContainsNull: type.valueContainsNull,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map((f) => ({
          name: f.name,
          type: dataTypeJson(f.type),
          nullable: f.nullable,
          metadata: f.metadata,
        })),
      };
    default:
      return unreachable(type);
  }
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
