/**
 * Nulls that have no type of their own.
 *
 * The engine gives out a bare NULL as an INTEGER, `[]` as INTEGER[]: a column's type in a result tells them from
 * numbers no more. While a query is planned they still give way to any other type, which is how they are found.
 */
import type { Session } from './session.ts';
import { type Column, printSqlType, type SqlType } from './sql-type.ts';

/**
 * `columns` of the query `SELECT items FROM from`, with the type NULL for what is null and nothing else, also within
 * lists, structs and maps. Nothing is run; where `written` holds no such null, nothing is planned again.
 *
 * @param items the columns' expressions, in their order.
 * @param from what stands after FROM.
 * @param written the text in which a null may stand.
 */
export async function withUntypedNulls(
  session: Pick<Session, 'describe'>,
  columns: readonly Column[],
  items: readonly string[],
  from: string,
  written: string,
): Promise<readonly Column[]> {
  const doubtful = columns.flatMap(({ sqlType }, index) => {
    const other = otherThanInteger(sqlType);
    return other === undefined ? [] : [{ index, other }];
  });
  if (doubtful.length === 0 || !/\bnull|\[\s*\]/i.test(written)) return columns;
  const list = doubtful.map(
    ({ index, other }) => `coalesce((${items[index]}\n), CAST(NULL AS ${printSqlType(other)})) AS c${index}`,
  );
  const probed = await session.describe(`SELECT ${list.join(', ')} FROM ${from}`);
  const found = new Map(doubtful.map(({ index }, at) => [index, probed[at]?.sqlType]));
  return columns.map((column, index) => {
    const other = found.get(index);
    return other === undefined ? column : { ...column, sqlType: nullWhereGivenWay(column.sqlType, other) };
  });
}

/** The type with BOOLEAN for INTEGER, to which numbers don't give way; undefined when there is no INTEGER in it. Pure. */
function otherThanInteger(type: SqlType): SqlType | undefined {
  switch (type.kind) {
    case 'scalar':
      return isPlain(type, 'INTEGER') ? { kind: 'scalar', name: 'BOOLEAN' } : undefined;
    case 'list':
    case 'array': {
      const element = otherThanInteger(type.element);
      return element === undefined ? undefined : { ...type, element };
    }
    case 'struct': {
      const members = type.members.map(({ name, type: inner }) => ({ name, type: otherThanInteger(inner) }));
      if (members.every((member) => member.type === undefined)) return undefined;
      return {
        ...type,
        members: members.map(({ name, type: inner }, i) => ({
          name,
          type: inner ?? (type.members[i] as { type: SqlType }).type,
        })),
      };
    }
    case 'map': {
      const [key, value] = [otherThanInteger(type.key), otherThanInteger(type.value)];
      if (key === undefined && value === undefined) return undefined;
      return { ...type, key: key ?? type.key, value: value ?? type.value };
    }
    default:
      return undefined;
  }
}

/** `type` with NULL where it became BOOLEAN. Pure. */
function nullWhereGivenWay(type: SqlType, probed: SqlType): SqlType {
  if (isPlain(type, 'INTEGER')) return isPlain(probed, 'BOOLEAN') ? { kind: 'scalar', name: 'NULL' } : type;
  if ((type.kind === 'list' || type.kind === 'array') && probed.kind === type.kind)
    return { ...type, element: nullWhereGivenWay(type.element, probed.element) };
  if (type.kind === 'map' && probed.kind === 'map') {
    const key = nullWhereGivenWay(type.key, probed.key);
    return { ...type, key, value: nullWhereGivenWay(type.value, probed.value) };
  }
  if (type.kind !== 'struct' || probed.kind !== 'struct') return type;
  const members = type.members.map((member, i) => {
    const other = probed.members[i];
    return other?.name === member.name
      ? { ...member, type: nullWhereGivenWay(member.type, other.type) }
      : member;
  });
  return { ...type, members };
}

function isPlain(type: SqlType, name: 'INTEGER' | 'BOOLEAN'): boolean {
  return type.kind === 'scalar' && type.name === name;
}
