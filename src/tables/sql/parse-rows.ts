/** MERGE, UPDATE, DELETE and INSERT. Pure. */

import { columnKey } from '../../delta/index.ts';
import type { Assignments, MergeClause } from '../dml/merge-spec.ts';
import { Cursor } from './cursor.ts';
import type { DeltaStatement } from './statement.ts';
import { tokenize } from './tokens.ts';

const mergeGrammar =
  'MERGE INTO table [AS t] USING source [AS s] ON condition WHEN [NOT] MATCHED [BY SOURCE] [AND condition] THEN UPDATE SET … | DELETE | INSERT …';

/** `MERGE [WITH SCHEMA EVOLUTION] INTO …`. @throws tables.bad-statement */
export function parseMerge(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'MERGE', mergeGrammar);
  at.expect('merge');
  const schemaEvolution = at.take('with', 'schema', 'evolution');
  at.expect('into');
  const table = at.table();
  const targetAlias = at.alias('using');
  at.expect('using');
  const { source, sourceAlias } = parseSource(at);
  const on = parseOn(at, targetAlias, sourceAlias, table, source);
  const parsed: ParsedClause[] = [];
  while (!at.isDone) parsed.push(parseClause(at));
  if (parsed.length === 0) throw at.wrong('WHEN');
  const clauses = withoutIdle(parsed);
  return { kind: 'merge', table, targetAlias, source, sourceAlias, on, clauses, schemaEvolution };
}

type MergeStatement = Extract<DeltaStatement, { kind: 'merge' }>;

/** A query, a table (of the past, too), a function or file that the engine reads; `[AS] alias [(columns)]`. */
function parseSource(at: Cursor): Pick<MergeStatement, 'source' | 'sourceAlias'> {
  const start = at.peek()?.start ?? 0;
  let source: MergeStatement['source'];
  let name: string | undefined;
  if (at.sees('(')) source = { kind: 'query', sql: at.parenthesised('a query') };
  else {
    const isFile = at.peek()?.kind === 'string';
    const table = at.table(true);
    const isFunction = at.sees('(');
    if (isFunction) at.parenthesised('arguments');
    const isPast = at.timeTravel() !== undefined;
    name = lastPart(table);
    source =
      isFile || isFunction || isPast
        ? { kind: 'query', sql: `SELECT * FROM ${at.sql.slice(start, at.lastEnd)}` }
        : { kind: 'table', table };
  }
  const end = at.lastEnd;
  const alias = at.alias('on', 'using');
  if (!at.sees('(')) {
    const sourceAlias = alias ?? (source.kind === 'query' ? name : undefined);
    return { source, sourceAlias };
  }
  const columns = at.list(() => quoted(at.name('a column'))).join(', ');
  const renamed = `SELECT * FROM ${at.sql.slice(start, end)} AS ${quoted(alias ?? 'source')}(${columns})`;
  return { source: { kind: 'query', sql: renamed }, sourceAlias: alias };
}

/** `ON condition`, or `USING (a, b)` for columns that both sides have. */
function parseOn(
  at: Cursor,
  targetAlias: string | undefined,
  sourceAlias: string | undefined,
  table: MergeStatement['table'],
  source: MergeStatement['source'],
): string {
  if (at.take('using')) {
    const left = quoted(targetAlias ?? lastPart(table) ?? 'target');
    const right = quoted(
      sourceAlias ?? (source.kind === 'table' ? lastPart(source.table) : undefined) ?? 'source',
    );
    const columns = at.list(() => quoted(at.name('a column')));
    return columns.map((column) => `${left}.${column} = ${right}.${column}`).join(' AND ');
  }
  at.expect('on');
  return withNullSafe(at.sqlUntil('a condition', ['when']));
}

/** Spark's `<=>`, which to the engine is a distance of vectors: nothing that a condition could be. */
function withNullSafe(condition: string): string {
  let out = '';
  let copied = 0;
  const tokens = tokenize(condition);
  tokens.forEach((token, i) => {
    const next = tokens[i + 1];
    if (token.text !== '<=' || token.kind !== 'symbol' || next?.text !== '>' || next.start !== token.end)
      return;
    out += `${condition.slice(copied, token.start)}IS NOT DISTINCT FROM`;
    copied = next.end;
  });
  return out + condition.slice(copied);
}

/** A clause as written: DO NOTHING is no clause of Delta's, and takes its rows from those after it. */
type ParsedClause =
  | MergeClause
  | { readonly kind: 'idle'; readonly group: string; readonly condition?: string };

function withoutIdle(parsed: readonly ParsedClause[]): MergeClause[] {
  const taken = new Map<string, string[]>();
  return parsed.flatMap((clause): MergeClause[] => {
    const group =
      clause.kind === 'idle' ? clause.group : clause.kind.replace(/-(?:update|delete|insert)$/, '');
    const before = taken.get(group) ?? [];
    if (clause.kind === 'idle') {
      taken.set(group, [...before, clause.condition ?? 'true']);
      return [];
    }
    if (before.length === 0) return [clause];
    const left = before.map((condition) => `((${condition}) IS NOT TRUE)`);
    const own = clause.condition === undefined ? [] : [`(${clause.condition})`];
    return [{ ...clause, condition: [...left, ...own].join(' AND ') }];
  });
}

function parseClause(at: Cursor): ParsedClause {
  at.expect('when');
  const isMatched = !at.take('not');
  at.expect('matched');
  const bySource = !isMatched && at.take('by', 'source');
  if (!isMatched && !bySource) at.take('by', 'target');
  const when = at.take('and') ? { condition: withNullSafe(at.sqlUntil('a condition', ['then'])) } : {};
  at.expect('then');
  if (at.take('do', 'nothing')) {
    return {
      kind: 'idle',
      group: isMatched ? 'matched' : bySource ? 'not-matched-by-source' : 'not-matched',
      ...when,
    };
  }
  if (at.sees('error')) throw at.bad('THEN ERROR is not for Delta tables; give the table a CHECK constraint');
  if (isMatched || bySource) {
    if (at.take('delete'))
      return { kind: isMatched ? 'matched-delete' : 'not-matched-by-source-delete', ...when };
    at.expect('update');
    if (isMatched) {
      const isAll =
        at.sees('when') || at.isDone || at.take('set', '*') || at.take('*') || at.take('by', 'name');
      if (at.sees('by', 'position')) throw byPosition(at);
      return { kind: 'matched-update', ...when, set: isAll ? 'all' : parseSet(at) };
    }
    return { kind: 'not-matched-by-source-update', ...when, set: parseSet(at) };
  }
  at.expect('insert');
  return { kind: 'not-matched-insert', ...when, values: parseValues(at) };
}

function byPosition(at: Cursor): Error {
  return at.bad('columns of Delta tables are met by name; say BY NAME, or name the columns');
}

function parseSet(at: Cursor): Record<string, string> {
  at.expect('set');
  const set: Record<string, string> = {};
  do {
    const path = at.columnPath();
    at.expect('=');
    const key = columnKey(path);
    if (Object.hasOwn(set, key)) throw at.bad(`${key} is given twice`);
    set[key] = at.sqlUntil('a value', [','], ['where'], ['when'], ['from'], ['returning']);
    // `a IS DISTINCT FROM b` is a value, too.
    while (at.sees('from') && /\bdistinct$/i.test(set[key])) {
      at.expect('from');
      set[key] += ` FROM ${at.sqlUntil('a value', [','], ['where'], ['when'], ['from'], ['returning'])}`;
    }
  } while (at.take(','));
  return set;
}

function parseValues(at: Cursor): Assignments {
  if (at.sees('when') || at.isDone || at.take('*') || at.take('by', 'name')) return 'all';
  if (at.sees('by', 'position')) throw byPosition(at);
  const columns = at.list(() => columnKey(at.columnPath()));
  at.expect('values');
  const values = at.list(() => at.sqlUntil('a value', [','], [')']));
  if (values.length !== columns.length) {
    throw at.bad(`${columns.length} columns are named, and ${values.length} values given`);
  }
  return Object.fromEntries(columns.map((column, i) => [column, values[i] as string]));
}

/** `UPDATE table [AS t] SET a = …, b.c = … [WHERE …]`. @throws tables.bad-statement */
export function parseUpdate(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'UPDATE', 'UPDATE table [AS t] SET column = value, … [WHERE condition]');
  at.expect('update');
  const table = at.table();
  const alias = at.alias('set', 'where');
  const set = parseSet(at);
  if (at.sees('from'))
    throw at.bad('FROM is not for Delta tables; use MERGE INTO … WHEN MATCHED THEN UPDATE');
  const where = parseWhere(at);
  return { kind: 'update', table, alias, set, where };
}

function parseWhere(at: Cursor): string | undefined {
  const where = at.take('where') ? at.sqlUntil('a condition', ['returning']) : undefined;
  if (at.sees('returning')) throw returning(at);
  at.end();
  return where;
}

function returning(at: Cursor): Error {
  return at.bad('RETURNING is not for Delta tables; read the rows, or the change data feed');
}

/** `DELETE FROM table [AS t] [WHERE …]`. @throws tables.bad-statement */
export function parseDelete(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'DELETE', 'DELETE FROM table [AS t] [WHERE condition]');
  at.expect('delete', 'from');
  const table = at.table();
  const alias = at.alias('where', 'using');
  if (at.sees('using'))
    throw at.bad('USING is not for Delta tables; use MERGE INTO … WHEN MATCHED THEN DELETE');
  const where = parseWhere(at);
  return { kind: 'delete', table, alias, where, truncate: false };
}

/** `TRUNCATE [TABLE] table`. @throws tables.bad-statement */
export function parseTruncate(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'TRUNCATE', 'TRUNCATE TABLE table');
  at.expect('truncate');
  at.take('table');
  const table = at.table();
  at.end();
  return { kind: 'delete', table, alias: undefined, where: undefined, truncate: true };
}

/**
 * `INSERT [WITH SCHEMA EVOLUTION] INTO | OVERWRITE [TABLE] table [PARTITION (…)] [(columns)] [BY NAME]
 * [REPLACE WHERE …] query`. A query is whatever DuckDB takes there: SELECT, VALUES, FROM.
 *
 * @throws tables.bad-statement
 */
export function parseInsert(sql: string): DeltaStatement {
  const grammar =
    'INSERT INTO | OVERWRITE table [PARTITION (column = value, …)] [(columns)] [BY NAME] [REPLACE WHERE condition] SELECT … | VALUES …';
  const at = new Cursor(sql, 'INSERT', grammar);
  at.expect('insert');
  const schemaEvolution = at.take('with', 'schema', 'evolution');
  const mode = at.take('overwrite') ? 'overwrite' : 'append';
  if (mode === 'append' || at.sees('into')) at.expect('into');
  at.take('table');
  const table = at.table();
  const partition = at.take('partition') ? parsePartition(at) : undefined;
  const columns = at.sees('(') && !isQuery(at, 1) ? at.list(() => at.name('a column')) : undefined;
  const byName = at.take('by', 'name');
  const replaceWhere = at.take('replace', 'where')
    ? at.sqlUntil('a condition', ['select'], ['values'], ['with'], ['from'])
    : undefined;
  if (columns !== undefined && byName) throw at.bad('give the columns, or say BY NAME');
  const twice = columns?.find((name, i) => columns.findIndex((one) => isSame(one, name)) !== i);
  if (twice !== undefined) throw at.bad(`${twice} is named twice`);
  if (at.sees('default', 'values'))
    throw at.bad('DEFAULT VALUES is not for Delta tables; say DEFAULT for a value');
  const isTable = at.take('table');
  const rows = at.sqlUntil('a query', ['returning'], ['on', 'conflict']);
  const query = isTable ? `SELECT * FROM ${rows}` : rows;
  if (at.sees('returning')) throw returning(at);
  if (at.sees('on')) throw at.bad('ON CONFLICT is not for Delta tables, which have no keys; use MERGE INTO');
  at.end();
  return {
    kind: 'insert',
    table,
    columns,
    byName,
    mode,
    replaceWhere,
    query,
    ...(partition === undefined ? {} : { partition }),
    ...(schemaEvolution ? { schemaEvolution } : {}),
  };
}

/** `(day = '2024-01-01', region)`: a partition column without a value gets the query's. */
function parsePartition(at: Cursor): ReadonlyMap<string, string | undefined> {
  return new Map(
    at.list(() => {
      const name = at.name('a partition column');
      return [name, at.take('=') ? at.sqlUntil('a value', [','], [')']) : undefined] as const;
    }),
  );
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isQuery(at: Cursor, ahead: number): boolean {
  return /^(?:select|with|values|from|\()$/i.test(at.peek(ahead)?.text ?? '');
}

function lastPart(table: { readonly kind: string; readonly parts?: readonly string[] }): string | undefined {
  return table.kind === 'name' ? table.parts?.at(-1) : undefined;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
