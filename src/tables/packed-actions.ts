/** SQL that packs the files of a checkpoint as `delta/log/packed-row.ts` lays them out. */
import type { SqlType, TypeMember } from '../duckdb/index.ts';
import { quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';

/**
 * An expression that is the packed row of the file in the struct `column`, as text; undefined when the struct has no
 * path. Only the members that a snapshot needs are named, so that only these are read.
 *
 * @param timeMember when the file was made, or removed.
 * @param typedStats whether statistics are taken from their typed columns where there is no text.
 */
export function packedRowSql(
  column: string,
  type: SqlType,
  timeMember: string,
  typedStats: boolean,
): string | undefined {
  const members = new Map(membersOf(type).map((member) => [member.name.toLowerCase(), member]));
  const has = (name: string): boolean => members.has(name.toLowerCase());
  const of = (name: string): string => `${quoteIdentifier(column)}.${quoteIdentifier(name)}`;
  if (!has('path')) return undefined;

  const number = (name: string): string => (has(name) ? `${of(name)}::BIGINT` : "''");
  const json = (name: string): string => `to_json(${of(name)})::VARCHAR`;
  const firstOf = (parts: readonly string[]): string =>
    parts.length > 1 ? `COALESCE(${parts.join(', ')})` : (parts[0] ?? 'NULL::VARCHAR');

  const partitions = firstOf([
    ...(has('partitionValues') ? [json('partitionValues')] : []),
    ...(has('partitionValues_parsed') ? [json('partitionValues_parsed')] : []),
  ]);
  const stats = firstOf([
    ...(has('stats') ? [of('stats')] : []),
    ...(has('stats_parsed') && (typedStats || !has('stats')) ? [json('stats_parsed')] : []),
  ]);
  const others = otherMembers.filter(has);
  const entries = others.map((name) => `${quoteLiteral(name)}: ${of(name)}`);
  const isAny = others.map((name) => `${isSet(of(name), members.get(name.toLowerCase()))}`).join(' OR ');
  const extras =
    others.length === 0
      ? 'NULL::VARCHAR'
      : `CASE WHEN ${isAny} THEN to_json({${entries.join(', ')}})::VARCHAR END`;
  const vector = vectorIdSql(of('deletionVector'), members.get('deletionvector'));

  const text = [of('path'), vector, partitions, extras, stats];
  const header = [
    ...text.map((part) => `strlen(${part})`),
    number('size'),
    number(timeMember),
    has('dataChange') ? `${of('dataChange')}::INTEGER` : "''",
    isSpelledOddly(of('path')),
  ];
  return `concat(${header.join(", ' ', ")}, chr(10), ${text.join(', ')})`;
}

/** Whether a path may be another one once it is decoded: 1 or 0. */
function isSpelledOddly(path: string): string {
  const signs = ['%', ':', '//', '/.'].map((sign) => `contains(${path}, '${sign}')`);
  const starts = ['/', '.'].map((start) => `starts_with(${path}, '${start}')`);
  return `(${[...signs, ...starts].join(' OR ')})::INTEGER`;
}

/** What an action holds of a struct beside what has a place of its own in a packed row. */
const otherMembers = ['tags', 'deletionVector', 'baseRowId', 'defaultRowCommitVersion', 'clusteringProvider'];

/** A struct counts by its first member: whether a struct as a whole is null can only be told by reading all of it. */
function isSet(expression: string, member: TypeMember | undefined): string {
  const [first] = member ? membersOf(member.type) : [];
  return first ? `${expression}.${quoteIdentifier(first.name)} IS NOT NULL` : `${expression} IS NOT NULL`;
}

function vectorIdSql(expression: string, member: TypeMember | undefined): string {
  const names = member ? membersOf(member.type).map(({ name }) => name) : [];
  if (!names.includes('storageType') || !names.includes('pathOrInlineDv')) return 'NULL::VARCHAR';
  const offset = names.includes('offset') ? `, '@' || ${expression}."offset"` : '';
  return `CASE WHEN ${expression}."storageType" IS NOT NULL THEN concat(${expression}."storageType", ${expression}."pathOrInlineDv"${offset}) END`;
}

/** The members of a struct type; none for another type. */
export function membersOf(type: SqlType): readonly TypeMember[] {
  return type.kind === 'struct' ? type.members : [];
}
