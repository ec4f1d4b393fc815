/** Column lineage of DuckDB's SQL, and that no column whose value matters is left out. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnLineage, type LineageParent, serializeProblem } from './index.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

const tables: Readonly<Record<string, readonly string[]>> = {
  orders: ['id', 'customer_id', 'amount', 'tags', 'address'],
  customers: ['id', 'name', 'region'],
  rates: ['region', 'rate'],
};
const parents: readonly LineageParent[] = [
  ...Object.entries(tables).map(([name, columns]) => ({
    uniqueId: name,
    path: ['lake', 'main', name],
    columns,
  })),
  { uniqueId: 'events', path: ['lake', 'raw', 'events'], columns: undefined },
  { uniqueId: 'files', path: ['data/*.parquet'], columns: ['a', 'b'] },
];

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function serialized(sql: string): Promise<unknown> {
  const text = sql.replaceAll("'", "''");
  const options = 'skip_null := true, skip_empty := true, skip_default := true';
  const reader = await connection.runAndReadAll(`select json_serialize_sql('${text}', ${options})`);
  return JSON.parse(String(reader.getRows()[0]?.[0]));
}

/** `name: table.column, …` for each column. */
async function lineage(sql: string, names?: readonly string[]): Promise<readonly string[]> {
  const tree = await serialized(sql);
  expect(serializeProblem(tree)).toBe('');
  return (columnLineage(tree, parents, names) ?? []).map(
    ({ name, from }) => `${name}: ${from.map((origin) => `${origin.unique_id}.${origin.column}`).join(', ')}`,
  );
}

describe('columns are followed', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['by name', 'select id, amount as total from orders', ['id: orders.id', 'total: orders.amount']],
    [
      'through aliases of tables',
      'select o.id, c.name from lake.main.orders o join customers c on c.id = o.customer_id',
      ['id: orders.id', 'name: customers.name'],
    ],
    [
      'through names of any length, whatever their case',
      'select Lake.Main.ORDERS.Amount from "lake"."main"."orders"',
      ['Amount: orders.amount'],
    ],
    [
      'into expressions, not out of conditions on rows',
      'select amount * 2 + id as x, 1 as one from orders where customer_id > 3 group by tags having count(address) > 1',
      ['x: orders.amount, orders.id', 'one: '],
    ],
    [
      'into CASE with its conditions',
      "select case when region = 'x' then name else 'other' end as y from customers",
      ['y: customers.name, customers.region'],
    ],
    [
      'into windows with their partitions',
      'select row_number() over (partition by customer_id order by id) as n from orders',
      ['n: orders.customer_id, orders.id'],
    ],
    [
      'into aggregates with their filters and orders',
      "select list(name order by id) filter (region = 'x') as names, count(*) as n from customers",
      ['names: customers.id, customers.name, customers.region', 'n: '],
    ],
    [
      'through stars',
      'select * from customers',
      ['id: customers.id', 'name: customers.name', 'region: customers.region'],
    ],
    [
      'through stars with exceptions',
      'select * exclude (name) replace (region || id as region) rename (id as key) from customers',
      ['key: customers.id', 'region: customers.id, customers.region'],
    ],
    [
      'through stars of one table',
      'select c.*, o.amount from orders o join customers c on true',
      ['id: customers.id', 'name: customers.name', 'region: customers.region', 'amount: orders.amount'],
    ],
    ['through COLUMNS', "select max(columns('^r')) from customers", ['region: customers.region']],
    ['through a listed COLUMNS', "select columns(['name']) from customers", ['name: customers.name']],
    [
      'through a star that is like',
      "select * like 'r%' from rates",
      ['region: rates.region', 'rate: rates.rate'],
    ],
    [
      'through WITH, in order',
      'with a as (select id as k, amount from orders), b(x, y) as (select k, amount from a) select y, x from b',
      ['y: orders.amount', 'x: orders.id'],
    ],
    [
      'through WITH that hides a table',
      'with orders as (select name as id from customers) select id from orders',
      ['id: customers.name'],
    ],
    [
      'through queries in FROM',
      'select t.b from (select id as a, amount as b from orders) t',
      ['b: orders.amount'],
    ],
    [
      'through queries as values, with those around them',
      'select (select max(rate) from rates r where r.region = c.region) as rate, exists(select 1 from orders) as e from customers c',
      ['rate: rates.rate', 'e: '],
    ],
    [
      'through names of the query around',
      'select (select c.name || max(region) from rates) as x from customers c',
      ['x: customers.name, rates.region'],
    ],
    [
      'through IN',
      'select id in (select customer_id from orders) as has from customers',
      ['has: customers.id, orders.customer_id'],
    ],
    [
      'through UNION by place',
      'select id, name from customers union all select amount, tags from orders',
      ['id: customers.id, orders.amount', 'name: customers.name, orders.tags'],
    ],
    [
      'through UNION by name',
      'select id, name from customers union all by name select amount, id from orders',
      ['id: customers.id, orders.id', 'name: customers.name', 'amount: orders.amount'],
    ],
    [
      'of the first query of EXCEPT',
      'select id from customers except select id from orders',
      ['id: customers.id'],
    ],
    [
      'through three queries of one UNION',
      'select id from customers union select id from orders union select rate from rates',
      ['id: customers.id, orders.id, rates.rate'],
    ],
    [
      'through recursion',
      'with recursive r(n, m) as (select id, 0 from orders union all select m, n + 1 from r) select * from r',
      ['n: orders.id', 'm: orders.id'],
    ],
    [
      'through USING and NATURAL once',
      'select * from customers join rates using (region)',
      ['id: customers.id', 'name: customers.name', 'region: customers.region', 'rate: rates.rate'],
    ],
    [
      'through the outer USING from both sides',
      'select region from customers full join rates using (region)',
      ['region: customers.region, rates.region'],
    ],
    [
      'not through SEMI joins',
      'select * from rates semi join customers using (region)',
      ['region: rates.region', 'rate: rates.rate'],
    ],
    [
      'through earlier columns of the same SELECT',
      'select amount * 2 as doubled, doubled + 1 as more from orders',
      ['doubled: orders.amount', 'more: orders.amount'],
    ],
    [
      'through fields',
      "select address.city, o.address.street, address['zip'] as zip from orders o",
      ['city: orders.address', 'street: orders.address', 'zip: orders.address'],
    ],
    ['through rows', 'select c from customers c', ['c: customers.id, customers.name, customers.region']],
    [
      'through lambdas, whose parameters are no columns',
      'select list_transform(tags, lambda id: id || region) as t from orders, rates',
      ['t: orders.tags, rates.region'],
    ],
    ['through unnest', 'select unnest(tags) as tag from orders', ['tag: orders.tags']],
    ['through lateral functions', 'select t.tag from orders, unnest(tags) as t(tag)', ['tag: orders.tags']],
    [
      'through VALUES and lateral queries',
      'select v.a, l.x from orders o, (values (1, 2)) v(a, b), lateral (select o.amount + v.a as x) l',
      ['a: ', 'x: orders.amount'],
    ],
    [
      'through PIVOT',
      "select * from (select region, name, id from customers) pivot (sum(id) for name in ('a', 'b'))",
      ['region: customers.region', 'a: customers.id, customers.name', 'b: customers.id, customers.name'],
    ],
    [
      'through UNPIVOT',
      'from customers unpivot (v for n in (name, region))',
      ['id: customers.id', 'n: ', 'v: customers.name, customers.region'],
    ],
    [
      'of tables nobody described',
      'select day, e.who from raw.events e',
      ['day: events.day', 'who: events.who'],
    ],
    ['of files', "select a from read_parquet('data/*.parquet')", ['a: files.a']],
    ['of files named alone', "select b from 'data/*.parquet'", ['b: files.b']],
    ['FROM first', 'from rates select rate', ['rate: rates.rate']],
    ['of nothing', "select 'x' as x, now() as at", ['x: ', 'at: ']],
  ];
  it.each(cases)('%s', async (_, sql, expected) => {
    expect(await lineage(sql)).toEqual(expected);
  });

  it('under the names that the relation has', async () => {
    expect(
      await lineage('select max(amount), id + 1 from orders group by 2', ['max(amount)', '(id + 1)']),
    ).toEqual(['max(amount): orders.amount', '(id + 1): orders.id']);
    expect(await lineage('select * from raw.events', ['at', 'who'])).toEqual([
      'at: events.at',
      'who: events.who',
    ]);
  });

  it('not where there is no single query', async () => {
    expect(columnLineage(await serialized('select 1; select 2'), parents)).toBeUndefined();
    const broken = await serialized('selec 1');
    expect(columnLineage(broken, parents)).toBeUndefined();
    expect(serializeProblem(broken)).toContain('syntax error');
    for (const nonsense of [undefined, null, 1, [], {}, { statements: [{ node: { type: 'SHOW_REF' } }] }])
      expect(columnLineage(nonsense, parents) ?? []).toEqual([]);
  });
});

/** Numbers from a seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) & 0xffff) % below;
  };
}

/** A query of random shape over three tables. Which rows it gives depends on the column `r` alone. */
function randomQuery(seed: number): string {
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const value = (columns: readonly string[], depth: number): string => {
    const column = pick(columns);
    if (depth === 0) return column;
    const inner = (): string => value(columns, depth - 1);
    switch (random(6)) {
      case 0:
        return `${inner()} + ${inner()}`;
      case 1:
        return `case when ${inner()} > 3 then ${inner()} else ${inner()} end`;
      case 2:
        return `coalesce(${inner()}, ${inner()})`;
      case 3:
        return `(select ${inner()} + max(z.c) from t2 z where z.r <= x.r)`;
      case 4:
        return `list_sum(list_transform([${column}, 1], lambda q: q + ${column}))`;
      default:
        return column;
    }
  };
  const query = (depth: number): { sql: string; columns: number } => {
    const joined = random(2) === 1;
    const left = depth > 0 && random(2) === 1 ? query(depth - 1) : undefined;
    const first = left === undefined ? pick(['t0', 't1', 't2']) : `(${left.sql})`;
    const own =
      left === undefined ? ['a', 'b', 'c'] : Array.from({ length: left.columns }, (_, i) => `o${i}`);
    const columns = [...own.map((name) => `x.${name}`), ...(joined ? ['y.a', 'y.b'] : [])];
    const from = joined ? `${first} x join ${pick(['t0', 't1'])} y on y.r = x.r` : `${first} x`;
    const count = 1 + random(3);
    const items = Array.from({ length: count }, (_, i) => `${value(columns, 2)} as o${i}`);
    const sql = `select x.r as r, ${items.join(', ')} from ${from}`;
    if (depth === 0 || random(3) > 0) return { sql, columns: count };
    const other = Array.from({ length: count }, (_, i) => `${pick(['a', 'b', 'c'])} as o${i}`);
    return { sql: `(${sql}) union all (select r, ${other.join(', ')} from t1)`, columns: count };
  };
  const { sql } = query(2);
  return random(2) === 1 ? `with w as (${sql}) select * from w` : sql;
}

describe('a column that changes the result is in its lineage', () => {
  const names = ['t0', 't1', 't2'];
  const own: readonly LineageParent[] = names.map((name) => ({
    uniqueId: name,
    path: ['memory', 'main', name],
    columns: ['r', 'a', 'b', 'c'],
  }));
  const fill = async (changed?: string): Promise<void> => {
    for (const name of names) {
      const columns = ['a', 'b', 'c'].map((column, i) =>
        changed === `${name}.${column}`
          ? `(r * ${7 + i}) % 11 + 100 as ${column}`
          : `(r * ${3 + i}) % 7 as ${column}`,
      );
      await connection.run(
        `create or replace table ${name} as select r, ${columns.join(', ')} from range(5) t(r)`,
      );
    }
  };
  const byColumn = async (sql: string): Promise<readonly string[]> => {
    const reader = await connection.runAndReadAll(sql);
    const rows = reader.getRows();
    // Rows come in any order: each value is told by the row that it is of.
    return reader.columnNames().map((_, i) =>
      rows
        .map((row) => `${row[0]}: ${row[i]}`)
        .sort()
        .join(),
    );
  };

  it('for 60 queries of random shape', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const sql = randomQuery(seed);
      const found = columnLineage(await serialized(sql), own);
      await fill();
      const before = await byColumn(sql);
      expect(found, sql).toHaveLength(before.length);
      for (const changed of names.flatMap((name) => ['a', 'b', 'c'].map((column) => `${name}.${column}`))) {
        await fill(changed);
        const after = await byColumn(sql);
        for (const [i, text] of after.entries()) {
          if (text === before[i]) continue;
          const from = found?.[i]?.from.map((origin) => `${origin.unique_id}.${origin.column}`);
          expect(from, `column ${i} of ${sql}`).toContain(changed);
        }
      }
    }
  }, 60_000);
});
