/**
 * Whether a value of one type may be given to a column of another, and how.
 *
 * Numbers may narrow and texts may be parsed: then each value is checked as it is written, and one that doesn't
 * fit stops the operation. What could only be a mistake (a struct for a number) is refused before any row is read.
 */
import type { DataType, StructField } from '../../delta/index.ts';
import { quoteIdentifier, type SqlType } from '../../duckdb/index.ts';

/** Whether `from` may be assigned to `to`. Members of structs meet by name; all must be in both. Pure. */
export function isAssignable(from: SqlType, to: DataType): boolean {
  if (from.kind === 'scalar' && from.name === 'NULL') return true;
  switch (to.kind) {
    case 'primitive':
      if (from.kind === 'enum') return to.name === 'string';
      if (from.kind === 'decimal') return numbers.has(to.name) || to.name === 'string';
      if (to.name === 'variant') return true;
      if (from.kind !== 'scalar') return false;
      return scalarFits(from.name, to.name);
    case 'decimal':
      return (
        from.kind === 'decimal' ||
        (from.kind === 'scalar' && (isNumber(from.name) || from.name === 'VARCHAR'))
      );
    case 'array':
      return (from.kind === 'list' || from.kind === 'array') && isAssignable(from.element, to.elementType);
    case 'map':
      return (
        from.kind === 'map' && isAssignable(from.key, to.keyType) && isAssignable(from.value, to.valueType)
      );
    case 'struct': {
      if (from.kind !== 'struct') return false;
      const left = new Map(from.members.map((member) => [member.name.toLowerCase(), member.type]));
      const fits = to.fields.every((field) => {
        const member = left.get(field.name.toLowerCase());
        left.delete(field.name.toLowerCase());
        return member !== undefined && isAssignable(member, field.type);
      });
      return fits && left.size === 0;
    }
    case 'unknown':
      return false;
  }
}

const numbers: ReadonlySet<string> = new Set(['byte', 'short', 'integer', 'long', 'float', 'double']);

function isNumber(name: string): boolean {
  return /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$|^FLOAT$|^DOUBLE$|^BIGNUM$/.test(name);
}

function scalarFits(from: string, to: string): boolean {
  if (to === 'string') return from !== 'BLOB' && from !== 'VARIANT';
  if (from === 'VARCHAR') return to !== 'binary' && to !== 'void';
  if (numbers.has(to)) return isNumber(from);
  if (to === 'boolean') return from === 'BOOLEAN';
  if (to === 'binary') return from === 'BLOB';
  if (to === 'date' || to === 'timestamp' || to === 'timestamp_ntz')
    return from === 'DATE' || from.startsWith('TIMESTAMP');
  return false;
}

/**
 * The value of a struct column when the source's struct lacks some of its members: those keep what the target
 * has. `target` undefined is a row that isn't there yet. Pure.
 */
export function mergedValue(source: string, from: SqlType, target: string | undefined, to: DataType): string {
  if (from.kind !== 'struct' || to.kind !== 'struct') return source;
  const members = new Map(from.members.map((member) => [member.name.toLowerCase(), member]));
  if (to.fields.every((field) => isWhole(field, members.get(field.name.toLowerCase())?.type))) return source;
  const parts = to.fields.map((field) => {
    const name = quoteIdentifier(field.name);
    const kept = target === undefined ? undefined : `${target}.${name}`;
    const member = members.get(field.name.toLowerCase());
    const value =
      member === undefined
        ? (kept ?? 'NULL')
        : mergedValue(`${source}.${quoteIdentifier(member.name)}`, member.type, kept, field.type);
    return `${name} := ${value}`;
  });
  return `CASE WHEN ${source} IS NULL THEN NULL ELSE struct_pack(${parts.join(', ')}) END`;
}

function isWhole(field: StructField, from: SqlType | undefined): boolean {
  if (from === undefined) return false;
  if (from.kind !== 'struct' || field.type.kind !== 'struct') return true;
  const members = new Map(from.members.map((member) => [member.name.toLowerCase(), member.type]));
  return field.type.fields.every((inner) => isWhole(inner, members.get(inner.name.toLowerCase())));
}

/**
 * As `isAssignable`, but members of structs may be missing on the side of the value, at any depth: schema
 * evolution keeps what the row has, or null. Pure.
 */
export function isMergeable(from: SqlType, to: DataType): boolean {
  if (from.kind === 'struct' && to.kind === 'struct') {
    const fields = new Map(to.fields.map((field) => [field.name.toLowerCase(), field]));
    return from.members.every((member) => {
      const field = fields.get(member.name.toLowerCase());
      return field !== undefined && isMergeable(member.type, field.type);
    });
  }
  if ((from.kind === 'list' || from.kind === 'array') && to.kind === 'array')
    return isMergeable(from.element, to.elementType);
  if (from.kind === 'map' && to.kind === 'map')
    return isMergeable(from.key, to.keyType) && isMergeable(from.value, to.valueType);
  return isAssignable(from, to);
}
