/** dbt's column: a name and a type, and what can be asked of a type. */
import {
  bindArguments,
  HostObject,
  hostFunction,
  jinjaErrors,
  type Kwargs,
  type Value,
} from '../../jinja/index.ts';
import type { WarehouseColumn } from '../warehouse.ts';
import { optionalInteger, optionalText, own, requiredText } from './arguments.ts';

/** What makes a column. */
export interface ColumnParts {
  readonly name: string;
  /** The type as the database spells it. */
  readonly dtype: string;
  readonly charSize?: number | null;
  readonly numericPrecision?: number | null;
  readonly numericScale?: number | null;
}

/** A column as templates see it. */
export class Column extends HostObject {
  override readonly typeName = 'DuckDBColumn';
  readonly name: string;
  readonly dtype: string;
  readonly charSize: number | null;
  readonly numericPrecision: number | null;
  readonly numericScale: number | null;

  constructor(parts: ColumnParts) {
    super();
    this.name = parts.name;
    this.dtype = parts.dtype;
    this.charSize = parts.charSize ?? null;
    this.numericPrecision = parts.numericPrecision ?? null;
    this.numericScale = parts.numericScale ?? null;
  }

  /** A column as an engine describes it. Sizes stay in the type's text, `DECIMAL(12,2)`, as dbt-duckdb has them. */
  static ofWarehouse(column: WarehouseColumn): Column {
    return new Column({ name: column.name, dtype: column.type });
  }

  /** How its type is written when a table is made. Text without a size counts as 256 characters long. */
  get dataType(): string {
    if (this.isString()) return stringType(this.stringSize());
    if (this.isNumeric()) return numericType(this.dtype, this.numericPrecision, this.numericScale);
    return this.dtype;
  }

  get quoted(): string {
    return `"${this.name}"`;
  }

  isString(): boolean {
    return isOneOf(this.dtype, ['text', 'character varying', 'character', 'varchar']);
  }

  isInteger(): boolean {
    return isOneOf(this.dtype, integerTypes);
  }

  isFloat(): boolean {
    return isOneOf(this.dtype, ['real', 'float4', 'float', 'double', 'double precision', 'float8']);
  }

  isNumeric(): boolean {
    return isOneOf(this.dtype, ['numeric', 'decimal']);
  }

  isStruct(): boolean {
    return /^struct\s*\(/i.test(this.dtype);
  }

  stringSize(): number {
    if (!this.isString())
      throw jinjaErrors['type-error']({ problem: 'string_size() is for text columns only' });
    return this.dtype.toLowerCase() === 'text' || this.charSize === null ? 256 : this.charSize;
  }

  /** The fields of a STRUCT; none of any other type. */
  get fields(): Column[] {
    if (!this.isStruct()) return [];
    return structFields(this.dtype).map(([name, dtype]) => new Column({ name, dtype }));
  }

  /** The fields of a STRUCT as columns of their own, `name.field`, at every depth; itself otherwise. */
  flatten(): Column[] {
    if (!this.isStruct()) return [this];
    return structFields(this.dtype).flatMap(([field, dtype]) =>
      new Column({ name: `${this.name}.${field}`, dtype }).flatten(),
    );
  }

  override str(): string {
    const fields = this.fields.map((field) => field.str());
    const show = (value: number | null): string => (value === null ? 'None' : String(value));
    return (
      `DuckDBColumn(column='${this.name}', dtype='${this.dtype}', char_size=${show(this.charSize)}, ` +
      `numeric_precision=${show(this.numericPrecision)}, numeric_scale=${show(this.numericScale)}, fields=[${fields.join(', ')}])`
    );
  }

  override equals(other: Value): boolean {
    return other instanceof Column && other.str() === this.str();
  }

  override hashKey(): unknown {
    return `\0column ${this.str()}`;
  }

  override toJs(): unknown {
    return { column: this.name, dtype: this.dtype };
  }

  override getAttr(name: string): Value | undefined {
    const fact = own(facts, name);
    if (fact) return fact(this);
    const method = own(methods, name) ?? own(classMethods, name);
    return method && hostFunction(name, (args, kwargs) => method(this, args, kwargs));
  }
}

const integerTypes: readonly string[] = [
  // What other databases call theirs, and DuckDB's own.
  ...['smallint', 'integer', 'bigint', 'smallserial', 'serial', 'bigserial', 'int', 'int2', 'int4', 'int8'],
  ...['serial2', 'serial4', 'serial8', 'tinyint', 'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint'],
  ...['uhugeint', 'int1', 'int16', 'int32', 'int64', 'int128', 'long', 'short', 'signed'],
];

function isOneOf(dtype: string, names: readonly string[]): boolean {
  return names.includes(dtype.toLowerCase());
}

function stringType(size: number | string): string {
  return `character varying(${size})`;
}

function numericType(dtype: string, precision: number | null, scale: number | null): string {
  return precision === null || scale === null ? dtype : `${dtype}(${precision},${scale})`;
}

/** The fields of `STRUCT(a INTEGER, "b c" STRUCT(…))`, as name and type. */
function structFields(dtype: string): [string, string][] {
  const body = dtype.slice(dtype.indexOf('(') + 1, dtype.lastIndexOf(')'));
  const fields: string[] = [];
  let depth = 0;
  let inQuotes = false;
  let start = 0;
  for (let i = 0; i < body.length; i += 1) {
    const c = body[i];
    if (c === '"') inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (c === '(') depth += 1;
    else if (c === ')') depth -= 1;
    else if (c === ',' && depth === 0) {
      fields.push(body.slice(start, i));
      start = i + 1;
    }
  }
  fields.push(body.slice(start));
  return fields.map((field) => {
    const match = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]*?)\s*$/.exec(field);
    return [match?.[1]?.replaceAll('""', '"') ?? match?.[2] ?? field.trim(), match?.[3] ?? ''];
  });
}

const facts: Readonly<Record<string, (column: Column) => Value>> = {
  name: (c) => c.name,
  column: (c) => c.name,
  quoted: (c) => c.quoted,
  dtype: (c) => c.dtype,
  data_type: (c) => c.dataType,
  expanded_data_type: (c) => c.dataType,
  char_size: (c) => c.charSize,
  numeric_precision: (c) => c.numericPrecision,
  numeric_scale: (c) => c.numericScale,
  fields: (c) => c.fields,
  mode: () => 'NULLABLE',
};

type Method = (column: Column, args: readonly Value[], kwargs: Kwargs) => Value;

const methods: Readonly<Record<string, Method>> = {
  is_string: (c) => c.isString(),
  is_number: (c) => c.isInteger() || c.isNumeric() || c.isFloat(),
  is_float: (c) => c.isFloat(),
  is_integer: (c) => c.isInteger(),
  is_numeric: (c) => c.isNumeric(),
  is_struct: (c) => c.isStruct(),
  string_size: (c) => c.stringSize(),
  flatten: (c) => c.flatten(),
  literal: (c, args, kwargs) => {
    const { values } = bindArguments('literal', ['value'], args, kwargs);
    return `${optionalText('value', values[0]) ?? 'None'}::${c.dataType}`;
  },
  can_expand_to: (c, args, kwargs) => {
    const { values } = bindArguments('can_expand_to', ['other_column'], args, kwargs);
    const other = values[0];
    return c.isString() && other instanceof Column && other.isString() && other.stringSize() > c.stringSize();
  },
};

type ClassMethod = (column: unknown, args: readonly Value[], kwargs: Kwargs) => Value;

/** What `api.Column` and every column offer. */
const classMethods: Readonly<Record<string, ClassMethod>> = {
  create: (_, args, kwargs) => {
    const { values } = bindArguments('create', ['name', 'label_or_dtype'], args, kwargs);
    return new Column({
      name: requiredText('name', values[0]),
      dtype: translateType(requiredText('label_or_dtype', values[1])),
    });
  },
  translate_type: (_, args, kwargs) => {
    const { values } = bindArguments('translate_type', ['dtype'], args, kwargs);
    return translateType(requiredText('dtype', values[0]));
  },
  string_type: (_, args, kwargs) => {
    const { values } = bindArguments('string_type', ['size'], args, kwargs);
    return stringType(optionalText('size', values[0]) ?? 'None');
  },
  numeric_type: (_, args, kwargs) => {
    const { values } = bindArguments('numeric_type', ['dtype', 'precision', 'scale'], args, kwargs);
    return numericType(
      requiredText('dtype', values[0]),
      optionalInteger('precision', values[1]),
      optionalInteger('scale', values[2]),
    );
  },
  from_description: (_, args, kwargs) => {
    const { values } = bindArguments('from_description', ['name', 'raw_data_type'], args, kwargs);
    return fromDescription(requiredText('name', values[0]), requiredText('raw_data_type', values[1]));
  },
};

/** dbt's type name as DuckDB spells it: only `string` differs. */
function translateType(dtype: string): string {
  return dtype.toUpperCase() === 'STRING' ? 'TEXT' : dtype;
}

function fromDescription(name: string, description: string): Column {
  const match = /^([^(]+)(?:\(([^)]+)\))?/.exec(description);
  if (!match) throw jinjaErrors['value-error']({ problem: `'${description}' is no data type` });
  const dtype = match[1] ?? description;
  const sizes = match[2]?.split(',').map((part) => {
    const size = Number(part.trim());
    if (Number.isInteger(size)) return size;
    throw jinjaErrors['value-error']({
      problem: `the data type '${description}' has a size that is no number`,
    });
  });
  if (sizes?.length === 1) return new Column({ name, dtype, charSize: sizes[0]! });
  if (sizes?.length === 2)
    return new Column({ name, dtype, numericPrecision: sizes[0]!, numericScale: sizes[1]! });
  return new Column({ name, dtype });
}

/** `api.Column`: callable as a constructor, with the class methods. */
export class ColumnFactory extends HostObject {
  override readonly typeName = 'type';

  override str(): string {
    return "<class 'dbt.adapters.duckdb.column.DuckDBColumn'>";
  }

  override call(args: readonly Value[], kwargs: Kwargs): Value {
    const { values } = bindArguments(
      'Column',
      ['column', 'dtype', ['char_size', null], ['numeric_precision', null], ['numeric_scale', null]],
      args,
      kwargs,
    );
    return new Column({
      name: requiredText('column', values[0]),
      dtype: requiredText('dtype', values[1]),
      charSize: optionalInteger('char_size', values[2]),
      numericPrecision: optionalInteger('numeric_precision', values[3]),
      numericScale: optionalInteger('numeric_scale', values[4]),
    });
  }

  override getAttr(name: string): Value | undefined {
    const method = own(classMethods, name);
    return method && hostFunction(name, (args, kwargs) => method(undefined, args, kwargs));
  }
}
