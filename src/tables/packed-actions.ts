/** SQL that packs the files of a checkpoint as `delta/log/packed-row.ts` lays them out. */
import type { SqlType, TypeMember } from '../duckdb/index.ts';
import { quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';

/** A struct of files: the column, its type, and what to take from it. */
export interface PackedColumn {
  readonly column: string;
  readonly type: SqlType;
  /** When the file was made, or removed. */
  readonly timeMember: string;
  /** Whether statistics are taken from their typed columns where there is no text. */
  readonly typedStats: boolean;
}

/** An expression for each member that most files lack, by its name: set where a file has it. */
export function rareMembers({ column, type }: PackedColumn): ReadonlyMap<string, string> {
  const members = new Map(membersOf(type).map((member) => [member.name, member]));
  const tests = new Map<string, string>();
  for (const name of otherMembers) {
    const member = members.get(name);
    if (member) tests.set(name, settingOf(memberOf(column, name), member));
  }
  return tests;
}

/**
 * An expression that is the packed row of a file, as text. Only the members that a snapshot needs are named, so that
 * only these are read.
 *
 * @param present the rare members that some file has.
 */
export function packedRowSql(packed: PackedColumn, present: ReadonlySet<string>): string {
  const { column, type, timeMember, typedStats } = packed;
  const members = new Map(membersOf(type).map((member) => [member.name, member]));
  const of = (name: string): string => memberOf(column, name);
  const has = (name: string): boolean => members.has(name);
  const number = (name: string, as = 'BIGINT'): string => (has(name) ? `${of(name)}::${as}` : "''");
  const json = (name: string): string => `to_json(${of(name)})::VARCHAR`;
  const firstOf = (parts: readonly string[]): string | undefined =>
    parts.length > 1 ? `COALESCE(${parts.join(', ')})` : parts[0];

  const partitions = firstOf([
    ...(has('partitionValues') ? [json('partitionValues')] : []),
    ...(has('partitionValues_parsed') ? [json('partitionValues_parsed')] : []),
  ]);
  const stats = firstOf([
    ...(has('stats') ? [of('stats')] : []),
    ...(has('stats_parsed') && (typedStats || !has('stats')) ? [json('stats_parsed')] : []),
  ]);
  const tests = [...rareMembers(packed)].filter(([name]) => present.has(name));
  const entries = tests.map(([name]) => `${quoteLiteral(name)}: ${of(name)}`).join(', ');
  const isAny = tests.map(([, test]) => `${test} IS NOT NULL`).join(' OR ');
  const extras =
    tests.length === 0 ? undefined : `CASE WHEN ${isAny} THEN to_json({${entries}})::VARCHAR END`;
  const vector = present.has('deletionVector')
    ? vectorIdSql(of('deletionVector'), members.get('deletionVector'))
    : undefined;

  const parts = [of('path'), vector, partitions, extras, stats];
  const header = [
    ...parts.map((part) => (part === undefined ? "''" : `strlen(${part})`)),
    number('size'),
    number(timeMember),
    number('dataChange', 'INTEGER'),
    isSpelledOddly(of('path')),
  ];
  const body = parts.filter((part) => part !== undefined);
  return `concat(${header.join(", ' ', ")}, chr(10), ${body.join(', ')})`;
}

function memberOf(column: string, name: string): string {
  return `${quoteIdentifier(column)}.${quoteIdentifier(name)}`;
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
function settingOf(expression: string, member: TypeMember): string {
  const [first] = membersOf(member.type);
  return first ? `${expression}.${quoteIdentifier(first.name)}` : expression;
}

function vectorIdSql(expression: string, member: TypeMember | undefined): string | undefined {
  const names = member ? membersOf(member.type).map(({ name }) => name) : [];
  if (!names.includes('storageType') || !names.includes('pathOrInlineDv')) return undefined;
  const offset = names.includes('offset') ? `, '@' || ${expression}."offset"` : '';
  return `CASE WHEN ${expression}."storageType" IS NOT NULL THEN concat(${expression}."storageType", ${expression}."pathOrInlineDv"${offset}) END`;
}

/** The members of a struct type; none for another type. */
export function membersOf(type: SqlType): readonly TypeMember[] {
  return type.kind === 'struct' ? type.members : [];
}
