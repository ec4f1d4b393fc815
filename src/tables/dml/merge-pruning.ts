/**
 * Which files of the table a MERGE can meet: told from its conditions and from the source's own keys.
 *
 * Where a key of the source is compared with a column of the table, the keys' ranges become a condition on that
 * column. A few ranges keep apart what lies far apart; few keys are a range each.
 */
import type { Predicate, Snapshot, StructType } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral, type Session, type SqlType } from '../../duckdb/index.ts';
import { parsePredicate } from '../read/predicate.ts';
import {
  conjunctsOf,
  functionsOf,
  printExpressions,
  type Scope,
  sideOf,
  type Tree,
  targetPathOf,
} from './expressions.ts';
import type { ClauseGroups } from './merge-clauses.ts';
import type { MergeSource } from './merge-source.ts';

/** A column of the table that is compared with something of the source. */
export interface JoinKey {
  /** Names that lead to the column, as the condition has them. */
  readonly path: readonly string[];
  readonly operator: '=' | 'IS NOT DISTINCT FROM' | '<' | '<=' | '>' | '>=';
  /** SQL over the source. */
  readonly source: string;
}

/** The comparisons in `on` that every pair of rows has to fulfil. */
export async function joinKeys(session: Session, on: Tree, scope: Scope): Promise<JoinKey[]> {
  const found = conjunctsOf(on).flatMap((tree) => {
    const operator = operators[String(tree['type'])];
    const [left, right] = [tree['left'] as Tree | undefined, tree['right'] as Tree | undefined];
    if (operator === undefined || left === undefined || right === undefined) return [];
    const one = keyOf(left, right, operator, scope);
    return one === undefined ? (keyOf(right, left, mirrored[operator], scope) ?? []) : one;
  });
  const printed = await printExpressions(
    session,
    found.map(({ tree }) => tree),
  );
  return found.map(({ path, operator }, index) => ({ path, operator, source: printed[index] as string }));
}

const operators: Readonly<Record<string, JoinKey['operator'] | undefined>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

const mirrored: Readonly<Record<JoinKey['operator'], JoinKey['operator']>> = {
  '=': '=',
  'IS NOT DISTINCT FROM': 'IS NOT DISTINCT FROM',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function keyOf(
  target: Tree,
  source: Tree,
  operator: JoinKey['operator'],
  scope: Scope,
): { path: string[]; operator: JoinKey['operator']; tree: Tree } | undefined {
  const path = targetPathOf(target, scope);
  if (path === undefined || sideOf(source, scope) !== 'source') return undefined;
  // What gives another value each time can't be looked at ahead.
  if ([...functionsOf(source)].some((name) => volatile.has(name))) return undefined;
  return { path, operator, tree: source };
}

const volatile: ReadonlySet<string> = new Set([
  'random',
  'uuid',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'nextval',
  'setseed',
]);

/** What is looked at to tell which files matter. */
export interface PruningRequest {
  readonly snapshot: Snapshot;
  readonly on: string;
  readonly keys: readonly JoinKey[];
  readonly groups: ClauseGroups;
  readonly source: MergeSource;
  readonly sourceAlias: string;
  readonly targetAlias: string;
}

/** What a row of the table has to fulfil for the MERGE to take note of it. */
export async function targetPredicate(session: Session, request: PruningRequest): Promise<Predicate> {
  const { snapshot, on, keys, groups, source, targetAlias } = request;
  const parse = (sql: string): Promise<Predicate> =>
    parsePredicate(session, sql, snapshot.schema, { alias: targetAlias });
  const meets: Predicate[] = source.rows === 0 ? [{ kind: 'constant', value: false }] : [await parse(on)];
  for (const key of source.rows === 0 ? [] : keys) {
    const range = await keyRange(session, key, request);
    if (range !== undefined) meets.push(await parse(range));
  }
  // Whether rows met decides about inserts too; else only those matter to which a clause applies.
  const conditions = groups.matched.map(({ condition }) => condition);
  if (groups.notMatched.length === 0 && !conditions.includes(undefined)) {
    meets.push({ kind: 'or', of: await Promise.all(conditions.map((sql) => parse(sql as string))) });
  }
  const alone = await Promise.all(
    groups.notMatchedBySource.map(
      ({ condition }): Promise<Predicate> =>
        condition === undefined ? Promise.resolve({ kind: 'constant', value: true }) : parse(condition),
    ),
  );
  return alone.length === 0
    ? { kind: 'and', of: meets }
    : { kind: 'or', of: [{ kind: 'and', of: meets }, ...alone] };
}

/** Ranges of keys that are kept apart, at most. */
const rangesMax = 64;

/** Beyond so many rows only the least and the greatest key are looked for: sorting them would cost more than it saves. */
const sortedRowsMax = 1_000_000;

async function keyRange(
  session: Session,
  key: JoinKey,
  request: PruningRequest,
): Promise<string | undefined> {
  const alias = quoteIdentifier(request.sourceAlias);
  const keys = `SELECT (${key.source}) AS k FROM (${request.source.sql}) AS ${alias}`;
  const [column] = await session.describe(keys);
  const literal = literalOf(column?.sqlType, typeAt(request.snapshot.schema, key.path));
  if (literal === undefined) return undefined;
  const isEqual = key.operator === '=' || key.operator === 'IS NOT DISTINCT FROM';
  const sorted = `SELECT k, ntile(${rangesMax}) OVER (ORDER BY k) AS part FROM (SELECT DISTINCT k FROM (${keys}) WHERE k IS NOT NULL)`;
  const parts =
    isEqual && request.source.rows <= sortedRowsMax
      ? `SELECT min(k) AS low, max(k) AS high FROM (${sorted}) GROUP BY part ORDER BY low`
      : `SELECT min(k) AS low, max(k) AS high FROM (${keys})`;
  const { rows } = await session.query(`SELECT CAST(low AS VARCHAR), CAST(high AS VARCHAR) FROM (${parts})`);
  const path = `${quoteIdentifier(request.targetAlias)}.${key.path.map(quoteIdentifier).join('.')}`;
  const ranges = rows.flatMap(([low, high]) => {
    if (low === null || high === null || low === undefined || high === undefined) return [];
    const [from, to] = [literal(String(low)), literal(String(high))];
    if (from === undefined || to === undefined) return ['true'];
    if (key.operator === '<' || key.operator === '<=') return [`${path} ${key.operator} ${to}`];
    if (key.operator === '>' || key.operator === '>=') return [`${path} ${key.operator} ${from}`];
    return [from === to ? `${path} = ${from}` : `${path} BETWEEN ${from} AND ${to}`];
  });
  if (key.operator === 'IS NOT DISTINCT FROM') ranges.push(`${path} IS NULL`);
  return ranges.length === 0 ? 'false' : ranges.map((range) => `(${range})`).join(' OR ');
}

/** The type of the column that `path` leads to. Pure. */
function typeAt(schema: StructType, path: readonly string[]): string | undefined {
  let type: StructType['fields'][number]['type'] = schema;
  for (const name of path) {
    const fields: StructType['fields'] = type.kind === 'struct' ? type.fields : [];
    const found = fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) return undefined;
    type = found.type;
  }
  if (type.kind === 'decimal') return 'number';
  return type.kind === 'primitive' ? kinds[type.name] : undefined;
}

const kinds: Readonly<Record<string, string | undefined>> = {
  byte: 'number',
  short: 'number',
  integer: 'number',
  long: 'number',
  string: 'text',
  date: 'date',
  timestamp: 'instant',
  timestamp_ntz: 'time',
};

/** How values print as constants, where comparing them to the column means comparing alike to alike. Pure. */
function literalOf(
  source: SqlType | undefined,
  target: string | undefined,
): ((text: string) => string | undefined) | undefined {
  if (source === undefined || target === undefined) return undefined;
  const name = source.kind === 'scalar' ? source.name : source.kind === 'decimal' ? 'DECIMAL' : '';
  if (target === 'number' && (name === 'DECIMAL' || /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(name)))
    return (text) => text;
  if (target === 'text' && name === 'VARCHAR')
    return (text) => (text.includes('\0') ? undefined : quoteLiteral(text));
  const typed = (type: string) => (text: string) =>
    /infinity|BC/i.test(text) ? undefined : `CAST(${quoteLiteral(text)} AS ${type})`;
  if (target === 'date' && name === 'DATE') return typed('DATE');
  if (target === 'time' && name === 'TIMESTAMP') return typed('TIMESTAMP');
  if (target === 'instant' && name === 'TIMESTAMP WITH TIME ZONE') return typed('TIMESTAMP WITH TIME ZONE');
  return undefined;
}
