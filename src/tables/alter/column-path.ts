/** Finding and changing columns by the names that lead to them, in structs, lists and maps. Pure. */
import { nearest } from '../../base/index.ts';
import type { DataType, StructField, StructType } from '../../delta/index.ts';
import { DdlTokens } from './ddl-tokens.ts';
import { alterErrors } from './errors.ts';
import type { ColumnPath } from './table-spec.ts';

/** The names in `path`. @throws tables.bad-schema-text */
export function pathNames(path: ColumnPath): readonly string[] {
  if (typeof path !== 'string') return path;
  if (!/[.`"]/.test(path)) return [path];
  const tokens = new DdlTokens(path);
  const names: string[] = [];
  do {
    const token = tokens.next();
    if (token.kind === 'end' || token.kind === 'text') throw tokens.fail('a name is expected here', token);
    names.push(token.text);
  } while (tokens.takeSymbol('.'));
  if (tokens.peek().kind !== 'end') throw tokens.fail('a dot is expected here');
  return names;
}

/** `names` as people write them: backticks around those with dots. */
export function printPath(names: readonly string[]): string {
  return names.map((name) => (/[.`]/.test(name) ? `\`${name.replaceAll('`', '``')}\`` : name)).join('.');
}

/** A column, and what lies on the way to it. */
export interface FoundColumn {
  /** As the schema spells them. */
  readonly names: readonly string[];
  readonly field: StructField;
  /** The type at the end: the field's own, or that of a list or map part in it. */
  readonly type: DataType;
  /** The fields from the top down to `field`, itself included. */
  readonly fields: readonly StructField[];
  /** What leads from `field` to a part of its list or map: `element`, `value.element`; empty for the field itself. */
  readonly part: readonly string[];
}

/** The column that `path` leads to; letter case doesn't count. @throws tables.no-such-column with the nearest name */
export function findColumn(table: string, schema: StructType, path: ColumnPath): FoundColumn {
  const wanted = pathNames(path);
  const names: string[] = [];
  const fields: StructField[] = [];
  let part: string[] = [];
  let type: DataType = schema;
  for (const name of wanted) {
    const missing = (known: readonly string[]): Error =>
      alterErrors['no-such-column']({ table, column: printPath(wanted), near: nearest(name, known) });
    if (type.kind === 'struct') {
      const found = fieldNamed(type.fields, name);
      if (found === undefined) throw missing(type.fields.map((field) => field.name));
      names.push(found.name);
      fields.push(found);
      part = [];
      type = found.type;
      continue;
    }
    const inner = partNamed(type, name);
    if (inner === undefined) throw missing(partNames(type));
    names.push(inner.name);
    part.push(inner.name);
    type = inner.type;
  }
  const field = fields.at(-1);
  if (field === undefined) throw alterErrors['no-such-column']({ table, column: '', near: undefined });
  return { names, field, type, fields, part };
}

/** The member called `name`, whatever its letter case. */
export function fieldNamed(fields: readonly StructField[], name: string): StructField | undefined {
  const lower = name.toLowerCase();
  return (
    fields.find((field) => field.name === name) ?? fields.find((field) => field.name.toLowerCase() === lower)
  );
}

/** `schema` with `change` done to the type that `names`, as the schema spells them, lead to. */
export function changeType(
  schema: StructType,
  names: readonly string[],
  change: (type: DataType) => DataType,
): StructType {
  return typeChanged(schema, names, change) as StructType;
}

/** `schema` with `change` done to the members beside, and with, the one that `names` lead to. */
export function changeSiblings(
  schema: StructType,
  names: readonly string[],
  change: (fields: readonly StructField[]) => readonly StructField[],
): StructType {
  return changeType(schema, names.slice(0, -1), (type) =>
    type.kind === 'struct' ? { ...type, fields: change(type.fields) } : type,
  );
}

/** `schema` with `change` done to the field that `names` lead to. */
export function changeField(
  schema: StructType,
  names: readonly string[],
  change: (field: StructField) => StructField,
): StructType {
  return changeSiblings(schema, names, (fields) =>
    fields.map((field) => (field.name === names.at(-1) ? change(field) : field)),
  );
}

function typeChanged(
  type: DataType,
  names: readonly string[],
  change: (type: DataType) => DataType,
): DataType {
  const [name, ...rest] = names;
  if (name === undefined) return change(type);
  const below = (inner: DataType): DataType => typeChanged(inner, rest, change);
  switch (type.kind) {
    case 'struct':
      return {
        ...type,
        fields: type.fields.map((field) =>
          field.name === name ? { ...field, type: below(field.type) } : field,
        ),
      };
    case 'array':
      return { ...type, elementType: below(type.elementType) };
    case 'map':
      return name === 'key'
        ? { ...type, keyType: below(type.keyType) }
        : { ...type, valueType: below(type.valueType) };
    default:
      return type;
  }
}

function partNamed(
  type: DataType,
  name: string,
): { readonly name: string; readonly type: DataType } | undefined {
  const lower = name.toLowerCase();
  if (type.kind === 'array' && lower === 'element') return { name: lower, type: type.elementType };
  if (type.kind === 'map' && lower === 'key') return { name: lower, type: type.keyType };
  if (type.kind === 'map' && lower === 'value') return { name: lower, type: type.valueType };
  return undefined;
}

function partNames(type: DataType): readonly string[] {
  if (type.kind === 'array') return ['element'];
  return type.kind === 'map' ? ['key', 'value'] : [];
}
