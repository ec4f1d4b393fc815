/**
 * What SET and VALUES give to each column: names resolved against the table, members of structs put into whole
 * values, types checked, casts written out. Pure.
 */
import { type DataType, printDataType, type StructField, type StructType } from '../../delta/index.ts';
import { type Column, printSqlType, quoteIdentifier, type SqlType } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { isAssignable, isMergeable, mergedValue } from './assign-type.ts';
import { dmlErrors } from './errors.ts';
import type { Assignments } from './merge-spec.ts';

/** What assignments are resolved against. */
export interface AssignmentScope {
  readonly table: string;
  /** As it will be, with what schema evolution adds. */
  readonly schema: StructType;
  readonly targetAlias: string;
  readonly sourceAlias: string;
  readonly source: readonly Column[];
  readonly evolves: boolean;
  /** Columns of the row that is assigned to, as SQL; undefined when there is no row yet. */
  readonly current: ((field: StructField) => string) | undefined;
}

/** A value for a column, or for a member of one. */
export interface Assignment {
  /** Names as the schema has them, outermost first. */
  readonly path: readonly string[];
  readonly type: DataType;
  /** SQL over the aliases; undefined asks for the column's default. */
  readonly sql: string | undefined;
}

/**
 * `given` as assignments to columns and members that exist.
 *
 * @param what names the clause in errors.
 * @throws tables.no-such-column, tables.assigned-twice, tables.source-lacks-column, tables.computed-column
 */
export function resolveAssignments(what: string, given: Assignments, scope: AssignmentScope): Assignment[] {
  const assignments = given === 'all' ? everyColumn(what, scope) : namedColumns(what, given, scope);
  for (const { path } of scope.current === undefined ? [] : assignments) {
    const field = findField(scope.schema, path[0] ?? '');
    if (field?.metadata['delta.identity.start'] === undefined) continue;
    throw dmlErrors['computed-column']({
      table: scope.table,
      column: field.name,
      kind: 'an identity column',
    });
  }
  return assignments;
}

function namedColumns(
  what: string,
  given: Readonly<Record<string, string>>,
  scope: AssignmentScope,
): Assignment[] {
  const assignments = Object.entries(given).map(([name, sql]): Assignment => {
    const fields = fieldsAt(name, scope);
    if (fields === undefined) {
      const known = scope.schema.fields.map((field) => field.name);
      throw dmlErrors['no-such-column']({ table: scope.table, column: name, what, known });
    }
    const isDefault = /^\s*default\s*$/i.test(sql) && fields.length === 1;
    const type = (fields.at(-1) as StructField).type;
    return { path: fields.map((field) => field.name), type, sql: isDefault ? undefined : sql };
  });
  const seen = new Map<string, readonly string[]>();
  for (const { path } of assignments) {
    for (const other of seen.values()) {
      if (other.every((name, i) => path[i] === undefined || path[i] === name)) {
        throw dmlErrors['assigned-twice']({ table: scope.table, column: path.join('.'), what });
      }
    }
    seen.set(path.join('\0'), path);
  }
  return assignments;
}

/** `*`: each column from the source's column of that name. */
function everyColumn(what: string, scope: AssignmentScope): Assignment[] {
  const source = new Map(scope.source.map((column) => [column.name.toLowerCase(), column]));
  const missing: string[] = [];
  const assignments = scope.schema.fields.flatMap((field): Assignment[] => {
    const column = source.get(field.name.toLowerCase());
    if (column === undefined) {
      if (!scope.evolves && !isFilledIn(field)) missing.push(`'${field.name}'`);
      return [];
    }
    const name = `${quoteIdentifier(scope.sourceAlias)}.${quoteIdentifier(column.name)}`;
    const sql = scope.evolves ? mergedValue(name, column.sqlType, scope.current?.(field), field.type) : name;
    return [{ path: [field.name], type: field.type, sql }];
  });
  if (missing.length > 0)
    throw dmlErrors['source-lacks-column']({ table: scope.table, columns: missing, what });
  return assignments;
}

/** Whether the table itself has a value for the column when none is given. Pure. */
function isFilledIn({ metadata }: StructField): boolean {
  return (
    metadata['delta.generationExpression'] !== undefined ||
    metadata['delta.identity.start'] !== undefined ||
    metadata['CURRENT_DEFAULT'] !== undefined
  );
}

/**
 * The fields that lead to what `name` means: a column of that very name, or names joined by dots, each
 * quoted by `"` or a backtick where it holds a dot; the table's alias may stand before.
 */
function fieldsAt(name: string, { schema, targetAlias }: AssignmentScope): StructField[] | undefined {
  const whole = findField(schema, name);
  if (whole !== undefined) return [whole];
  const parts = splitPath(name);
  const found = follow(schema, parts);
  if (found !== undefined || parts[0]?.toLowerCase() !== targetAlias.toLowerCase()) return found;
  return follow(schema, parts.slice(1));
}

function follow(schema: StructType, parts: readonly string[]): StructField[] | undefined {
  const fields: StructField[] = [];
  let type: DataType = schema;
  for (const part of parts) {
    const field: StructField | undefined = type.kind === 'struct' ? findField(type, part) : undefined;
    if (field === undefined) return undefined;
    fields.push(field);
    type = field.type;
  }
  return fields.length === 0 ? undefined : fields;
}

function findField(type: StructType, name: string): StructField | undefined {
  return (
    type.fields.find((field) => field.name === name) ??
    type.fields.find((field) => field.name.toLowerCase() === name.toLowerCase())
  );
}

/** The parts of a dotted path; quotes around a part are taken off. Pure. */
export function splitPath(path: string): string[] {
  return [...path.matchAll(/"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([^.]+)/g)].map(
    ([, quoted, ticked, plain]) =>
      quoted?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? (plain ?? '').trim(),
  );
}

/** Whole new values by column. `undefined` as its SQL asks for the default. */
export type ColumnValues = ReadonlyMap<string, string | undefined>;

/** A value that is brought to a column's type, which may fail for a row. */
export interface CastValue {
  readonly column: string;
  readonly sql: string;
  readonly from: string;
  readonly to: DataType;
}

/**
 * `assignments` as one value a column, cast to the columns' types.
 *
 * @param types of the assignments' SQL, as the engine gives them; undefined for defaults.
 * @returns the values, and those of them that are cast.
 * @throws tables.assignment-type
 */
export function columnValues(
  what: string,
  assignments: readonly Assignment[],
  types: readonly (SqlType | undefined)[],
  scope: AssignmentScope,
): { readonly values: ColumnValues; readonly casts: readonly CastValue[] } {
  const casts: CastValue[] = [];
  const values = new Map<string, string | undefined>();
  const nested = new Map<string, Map<string, string>>();
  assignments.forEach((assignment, index) => {
    const [column = '', ...inner] = assignment.path;
    const sql = castTo(what, assignment, types[index], scope, casts);
    if (inner.length === 0) values.set(column, sql);
    else nested.set(column, (nested.get(column) ?? new Map()).set(inner.join('\0'), sql ?? 'NULL'));
  });
  for (const field of scope.schema.fields) {
    const members = nested.get(field.name);
    if (members !== undefined)
      values.set(field.name, withMembers(field.type, scope.current?.(field), members, []));
  }
  return { values, casts };
}

function castTo(
  what: string,
  { path, type, sql }: Assignment,
  from: SqlType | undefined,
  { table, evolves }: AssignmentScope,
  casts: CastValue[],
): string | undefined {
  if (sql === undefined || from === undefined) return undefined;
  const fits = evolves ? isMergeable(from, type) : isAssignable(from, type);
  if (!fits) {
    const column = path.join('.');
    throw dmlErrors['assignment-type']({
      table,
      column,
      from: printSqlType(from),
      to: printDataType(type),
      what,
    });
  }
  const wanted = duckdbTypeOf(type, path.join('.'));
  if (printSqlType(from) === wanted) return `(${sql}\n)`;
  casts.push({ column: path.join('.'), sql, from: printSqlType(from), to: type });
  return `CAST((${sql}\n) AS ${wanted})`;
}

/** A struct with some members replaced; the others are the row's, and null where it has no struct. */
function withMembers(
  type: DataType,
  current: string | undefined,
  members: ReadonlyMap<string, string>,
  path: readonly string[],
): string {
  const own = members.get(path.join('\0'));
  if (own !== undefined && path.length > 0) return own;
  const prefix = path.length === 0 ? '' : `${path.join('\0')}\0`;
  const isTouched = [...members.keys()].some((key) => key.startsWith(prefix));
  if (!isTouched || type.kind !== 'struct') return current ?? `CAST(NULL AS ${duckdbTypeOf(type)})`;
  const parts = type.fields.map((field) => {
    const name = quoteIdentifier(field.name);
    const inner = current === undefined ? undefined : `${current}.${name}`;
    return `${name} := ${withMembers(field.type, inner, members, [...path, field.name])}`;
  });
  return `struct_pack(${parts.join(', ')})`;
}
