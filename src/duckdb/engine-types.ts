/** The engine's type objects as our `SqlType`, and back. */
import type { DuckDBType } from '@duckdb/node-api';
import { assert, unreachable } from '../base/index.ts';
import { duckdbErrors } from './errors.ts';
import type { Native } from './native.ts';
import type { ScalarTypeName, SqlType, TypeMember } from './sql-type.ts';

/** `type` as data. Pure. */
export function fromEngineType(type: DuckDBType): SqlType {
  // The ids are compared by number: naming the engine's enum here would load the native module.
  switch (type.typeId as number) {
    case 19: {
      const decimal = type as DuckDBType & { width: number; scale: number };
      return { kind: 'decimal', width: decimal.width, scale: decimal.scale };
    }
    case 23:
      return { kind: 'enum', values: (type as DuckDBType & { values: readonly string[] }).values };
    case 24:
      return { kind: 'list', element: fromEngineType((type as DuckDBType & Valued).valueType) };
    case 33: {
      const array = type as DuckDBType & Valued & { length: number };
      return { kind: 'array', element: fromEngineType(array.valueType), length: array.length };
    }
    case 25: {
      const struct = type as DuckDBType & {
        entryNames: readonly string[];
        entryTypes: readonly DuckDBType[];
      };
      return { kind: 'struct', members: members(struct.entryNames, struct.entryTypes) };
    }
    case 26: {
      const map = type as DuckDBType & Valued & { keyType: DuckDBType };
      return { kind: 'map', key: fromEngineType(map.keyType), value: fromEngineType(map.valueType) };
    }
    case 28: {
      const union = type as DuckDBType & {
        memberTags: readonly string[];
        memberTypes: readonly DuckDBType[];
      };
      return { kind: 'union', members: members(union.memberTags, union.memberTypes) };
    }
    default: {
      const name = scalarNames.get(type.typeId);
      if (name === undefined) throw duckdbErrors['unsupported-value']({ what: `the type ${String(type)}` });
      return type.alias === undefined
        ? { kind: 'scalar', name }
        : { kind: 'scalar', name, alias: type.alias };
    }
  }
}

/** The engine's object for `type`. */
export function toEngineType(native: typeof Native, type: SqlType): DuckDBType {
  switch (type.kind) {
    case 'scalar':
      return scalarToEngine(native, type.name);
    case 'decimal':
      return native.DECIMAL(type.width, type.scale);
    case 'enum':
      return native.ENUM(type.values);
    case 'list':
      return native.LIST(toEngineType(native, type.element));
    case 'array':
      return native.ARRAY(toEngineType(native, type.element), type.length);
    case 'struct':
      return new native.DuckDBStructType(
        type.members.map((m) => m.name),
        type.members.map((m) => toEngineType(native, m.type)),
      );
    case 'map':
      return native.MAP(toEngineType(native, type.key), toEngineType(native, type.value));
    case 'union':
      return new native.DuckDBUnionType(
        type.members.map((m) => m.name),
        type.members.map((m) => toEngineType(native, m.type)),
      );
    default:
      return unreachable(type);
  }
}

interface Valued {
  readonly valueType: DuckDBType;
}

function members(names: readonly string[], types: readonly DuckDBType[]): TypeMember[] {
  return names.map((name, index) => {
    const type = types[index];
    assert(type !== undefined, 'a member has a type');
    return { name, type: fromEngineType(type) };
  });
}

function scalarToEngine(native: typeof Native, name: ScalarTypeName): DuckDBType {
  switch (name) {
    case 'TIME WITH TIME ZONE':
      return native.TIMETZ;
    case 'TIMESTAMP WITH TIME ZONE':
      return native.TIMESTAMPTZ;
    case 'NULL':
      return native.SQLNULL;
    default:
      return native[name];
  }
}

const scalarNames: ReadonlyMap<number, ScalarTypeName> = new Map<number, ScalarTypeName>([
  [1, 'BOOLEAN'],
  [2, 'TINYINT'],
  [3, 'SMALLINT'],
  [4, 'INTEGER'],
  [5, 'BIGINT'],
  [6, 'UTINYINT'],
  [7, 'USMALLINT'],
  [8, 'UINTEGER'],
  [9, 'UBIGINT'],
  [10, 'FLOAT'],
  [11, 'DOUBLE'],
  [12, 'TIMESTAMP'],
  [13, 'DATE'],
  [14, 'TIME'],
  [15, 'INTERVAL'],
  [16, 'HUGEINT'],
  [17, 'VARCHAR'],
  [18, 'BLOB'],
  [20, 'TIMESTAMP_S'],
  [21, 'TIMESTAMP_MS'],
  [22, 'TIMESTAMP_NS'],
  [27, 'UUID'],
  [29, 'BIT'],
  [30, 'TIME WITH TIME ZONE'],
  [31, 'TIMESTAMP WITH TIME ZONE'],
  [32, 'UHUGEINT'],
  [35, 'BIGNUM'],
  [36, 'NULL'],
  [39, 'TIME_NS'],
  [40, 'GEOMETRY'],
  [41, 'VARIANT'],
]);
