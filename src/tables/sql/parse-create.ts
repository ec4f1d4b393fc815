/** CREATE TABLE, with columns, from a query, or as a shallow clone. Pure. */
import { Cursor } from './cursor.ts';
import type { DeltaStatement } from './statement.ts';

const grammar =
  "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] table (columns) [USING DELTA] [PARTITIONED BY (…)] [CLUSTER BY (…)] [COMMENT '…'] [TBLPROPERTIES (…)] [LOCATION '…'] [AS query]";

/** `CREATE [OR REPLACE] TABLE …`, `REPLACE TABLE …`, `CREATE TABLE … SHALLOW CLONE …`. @throws tables.bad-statement */
export function parseCreate(sql: string): DeltaStatement {
  const at = new Cursor(sql, 'CREATE TABLE', grammar);
  const isReplace = at.take('replace');
  if (!isReplace) at.expect('create');
  const orReplace = isReplace || at.take('or', 'replace');
  at.expect('table');
  const ifNotExists = at.take('if', 'not', 'exists');
  const table = at.table();
  if (at.sees('deep', 'clone') || at.sees('clone'))
    throw at.bad('only SHALLOW CLONE is known; AS SELECT copies rows');
  if (at.take('shallow', 'clone')) return parseClone(at, { table, orReplace, ifNotExists });
  let columns = at.sees('(') ? at.parenthesised('columns') : undefined;
  let partitionBy: readonly string[] | undefined;
  let clusterBy: readonly (readonly string[])[] | undefined;
  let comment: string | undefined;
  let location: string | undefined;
  let properties: Readonly<Record<string, string>> = {};
  let query: string | undefined;
  while (!at.isDone && query === undefined) {
    if (at.take('using')) at.expect('delta');
    else if (at.take('partitioned', 'by')) {
      const partition = at.list(() => ({
        name: at.name('a column'),
        type: at.sees(',') || at.sees(')') ? undefined : at.typeUntil([','], [')']),
      }));
      partitionBy = partition.map(({ name }) => name);
      // Hive's form: columns that stand only here.
      const added = partition.flatMap(({ name, type }) =>
        type === undefined ? [] : [`"${name.replaceAll('"', '""')}" ${type}`],
      );
      if (added.length > 0) columns = [...(columns === undefined ? [] : [columns]), ...added].join(', ');
    } else if (at.take('cluster', 'by')) clusterBy = at.take('none') ? [] : at.list(() => at.columnPath());
    else if (at.take('comment')) comment = at.string('a comment in quotes');
    else if (at.take('location')) location = at.string('a path in quotes');
    else if (at.take('tblproperties')) properties = { ...properties, ...parseProperties(at) };
    else {
      at.expect('as');
      query = at.rest('a query');
    }
  }
  if (columns === undefined && query === undefined && location === undefined) {
    throw at.wrong('columns, AS query, or LOCATION of a table that is there');
  }
  if (columns !== undefined && query !== undefined) throw at.bad('the columns are those of the query');
  return {
    kind: 'create',
    table,
    location,
    columns,
    query,
    spec: {
      orReplace,
      ifNotExists,
      properties,
      ...(partitionBy === undefined ? {} : { partitionBy }),
      ...(clusterBy === undefined ? {} : { clusterBy }),
      ...(comment === undefined ? {} : { comment }),
    },
  };
}

function parseClone(
  at: Cursor,
  about: Pick<Extract<DeltaStatement, { kind: 'clone' }>, 'table' | 'orReplace' | 'ifNotExists'>,
): DeltaStatement {
  const source = at.table();
  const travel = at.timeTravel() ?? {};
  let location: string | undefined;
  let properties: Readonly<Record<string, string>> = {};
  while (!at.isDone) {
    if (at.take('location')) location = at.string('a path in quotes');
    else {
      at.expect('tblproperties');
      properties = parseProperties(at);
    }
  }
  return { kind: 'clone', ...about, source, at: travel, location, properties };
}

/** `('key' = 'value', key.part = value)`. */
export function parseProperties(at: Cursor): Record<string, string> {
  return Object.fromEntries(
    at.list(() => {
      const key = parseKey(at);
      at.take('=');
      const sign = at.take('-') ? '-' : '';
      return [key, sign + at.next('a value').text] as const;
    }),
  );
}

/** A property's name: a text, or names with dots. */
export function parseKey(at: Cursor): string {
  if (at.seesString()) return at.string('a key');
  const parts = [at.name('a key')];
  while (at.take('.')) parts.push(at.name('a key'));
  return parts.join('.');
}
