import { describe, expect, it } from 'vitest';
import type { ManifestNode, NodeConfig } from '../compiler/index.ts';
import { externalOutput } from './external-output.ts';
import { printPlan } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import { planNode } from './plan-node.ts';

const target = { database: 'lake', schema: 'main', identifier: 'orders' };

function node(config: Partial<NodeConfig>, more: Partial<ManifestNode> = {}): ManifestNode {
  return {
    resource_type: 'model',
    unique_id: 'model.shop.orders',
    name: 'orders',
    alias: 'orders',
    database: 'lake',
    schema: 'main',
    description: '',
    original_file_path: 'models/orders.sql',
    columns: {},
    ...more,
    config: {
      materialized: 'table',
      'pre-hook': [],
      'post-hook': [],
      persist_docs: {},
      unique_key: null,
      incremental_strategy: null,
      on_schema_change: 'ignore',
      full_refresh: null,
      ...config,
    },
  } as unknown as ManifestNode;
}

function plan(
  config: Partial<NodeConfig>,
  input: Partial<PlanInput> = {},
  more: Partial<ManifestNode> = {},
): string {
  return printPlan(
    planNode({
      node: node(config, more),
      code: 'select 1 as id, 2 as n',
      target,
      existing: undefined,
      existingColumns: [],
      newColumns: [],
      fullRefresh: false,
      overridden: () => false,
      defined: () => false,
      ...input,
    }),
  );
}

const isTable = { existing: { ...target, kind: 'table' } } as const;
const isView = { existing: { ...target, kind: 'view' } } as const;
const columns = [
  { name: 'id', type: 'INTEGER' },
  { name: 'n', type: 'INTEGER' },
];

describe('the plan of a view', () => {
  it('is one statement, and no transaction', () => {
    expect(plan({ materialized: 'view' })).toBe(`sql main
    create or replace view "lake"."main"."orders" as (
    select 1 as id, 2 as n
    )
made view lake.main.orders
`);
  });

  it('drops a table of its name in the same transaction', () => {
    const text = plan({ materialized: 'view' }, isTable);
    expect(text.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      'begin',
      'sql',
      'sql main',
      'made view lake.main.orders',
      'commit',
      '',
    ]);
    expect(text).toContain('drop table "lake"."main"."orders" cascade');
  });
});

describe('the plan of a table', () => {
  it('puts hooks, comments and indexes where dbt has them', () => {
    const config = {
      'pre-hook': [
        { sql: 'select 1', transaction: true, index: null },
        { sql: 'select 2', transaction: false, index: null },
      ],
      'post-hook': [{ sql: 'select 3', transaction: true, index: null }],
      persist_docs: { relation: true, columns: true },
      indexes: [{ columns: ['id'], unique: true }],
    };
    const described = {
      description: "what's ordered",
      columns: { id: { name: 'id', description: 'the key' } },
    };
    const text = plan(config, {}, described as never);
    expect(text).toMatch(
      /^hook pre outside the transaction\n {4}select 2\nbegin\nhook pre\n {4}select 1\nsql main/,
    );
    expect(text).toMatch(/create unique index "idx_[0-9a-f]{32}" on "lake"."main"."orders" \(id\)/);
    expect(text).toContain(`comment on table "lake"."main"."orders" is 'what''s ordered'`);
    expect(text).toContain('describe-column lake.main.orders.id');
    expect(text).toMatch(/hook post\n {4}select 3\ncommit\n$/);
  });

  it('makes a contract of constraints, and fills it by name', () => {
    const text = plan({ contract: { enforced: true } }, {}, {
      columns: {
        id: { name: 'id', data_type: 'integer', description: '', constraints: [{ type: 'primary_key' }] },
        n: { name: 'n', data_type: 'integer', description: '', constraints: [{ type: 'not_null' }] },
      },
      constraints: [{ type: 'check', name: 'ck', expression: 'n > 0' }],
    } as never);
    expect(text).toContain(`create or replace table "lake"."main"."orders" (
      "id" integer primary key,
      "n" integer not null,
      constraint "ck" check (n > 0)
    )`);
    expect(text).toContain('insert into "lake"."main"."orders" ("id", "n")');
  });

  it("lets a user's create_table_as make another table first", () => {
    const text = plan({}, { ...isTable, overridden: (macro) => macro === 'create_table_as' });
    expect(text).toContain('macro create_table_as(false, lake.main.orders__dbt_tmp, <sql>)');
    expect(text).toContain('alter table "lake"."main"."orders__dbt_tmp" rename to "orders"');
  });
});

describe('the plan of an incremental model', () => {
  const known = { ...isTable, existingColumns: columns, newColumns: columns };
  const incremental = { materialized: 'incremental' };

  it.each([
    ['the table is not there', {}],
    ['it is a view', isView],
    ['it is to be refreshed', { ...known, fullRefresh: true }],
  ])('builds the table when %s', (_, input) => {
    expect(plan(incremental, input)).toContain('create or replace table "lake"."main"."orders"');
  });

  it('appends in one statement', () => {
    expect(plan({ ...incremental, incremental_strategy: 'append' }, known)).toBe(`sql main
    insert into "lake"."main"."orders" ("id", "n")
    select "id", "n" from (
    select 1 as id, 2 as n
    ) as new_rows
made table lake.main.orders
`);
  });

  it('deletes by a semi-join on the key before it inserts', () => {
    const text = plan({ ...incremental, unique_key: 'id', incremental_predicates: ['n > 1'] }, known);
    expect(text).toContain(`delete from "lake"."main"."orders"
    where (id) in (select (id) from "orders__dbt_tmp") and (n > 1)`);
    expect(text).toMatch(
      /create or replace temporary table[\s\S]*delete from[\s\S]*insert into[\s\S]*drop table/,
    );
  });

  it('joins on every column of a key of several', () => {
    const text = plan(
      { ...incremental, unique_key: ['id', 'n'], incremental_strategy: 'delete+insert' },
      known,
    );
    expect(text).toContain(
      'where "orders__dbt_tmp".id = DBT_INCREMENTAL_TARGET.id and "orders__dbt_tmp".n = DBT_INCREMENTAL_TARGET.n',
    );
  });

  it('merges by name, or as the settings say', () => {
    const merge = { ...incremental, incremental_strategy: 'merge', unique_key: 'id' };
    expect(plan(merge, known)).toContain(`on (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
    when matched then update by name
    when not matched then insert by name`);
    expect(
      plan({ ...merge, merge_exclude_columns: ['id'], merge_update_condition: 'a > b' }, known),
    ).toContain('when matched and (a > b) then update set "n" = DBT_INTERNAL_SOURCE."n"');
    const clauses = {
      when_matched: [
        { action: 'delete', condition: 'x' },
        {
          action: 'update',
          mode: 'explicit',
          update: { include: ['n'], set_expressions: { hits: 'DBT_INTERNAL_DEST.hits + 1' } },
        },
      ],
      when_not_matched: [{ action: 'delete', by: 'source' }],
    };
    expect(plan({ ...merge, merge_clauses: clauses }, known)).toContain(`when matched and (x) then delete
    when matched then update set hits = DBT_INTERNAL_DEST.hits + 1, n = DBT_INTERNAL_SOURCE.n
    when not matched by source then delete`);
  });

  it('computes the rows before it changes the columns', () => {
    const more = [...columns, { name: 'extra', type: 'VARCHAR' }];
    const text = plan(
      { ...incremental, incremental_strategy: 'append', on_schema_change: 'append_new_columns' },
      { ...known, newColumns: more },
    );
    expect(text).toMatch(
      /temporary table "orders__dbt_tmp"[\s\S]*add column "extra" VARCHAR[\s\S]*insert into "lake"."main"."orders" \("id", "n", "extra"\)/,
    );
  });

  it('drops and retypes columns only when all are to be in step', () => {
    const other = [{ name: 'id', type: 'BIGINT' }];
    const change = (answer: string): string =>
      plan({ ...incremental, on_schema_change: answer }, { ...known, newColumns: other });
    expect(change('sync_all_columns')).toMatch(
      /drop column "n"[\s\S]*alter column "id" set data type BIGINT/,
    );
    expect(change('append_new_columns')).not.toContain('alter');
    expect(() => change('fail')).toThrow(expect.objectContaining({ code: 'targets.schema-changed' }));
  });

  it('refuses a strategy that nobody defines, and calls one that somebody does', () => {
    const own = { ...incremental, incremental_strategy: 'mine' };
    expect(() => plan(own, known)).toThrow(expect.objectContaining({ code: 'targets.unsupported-strategy' }));
    expect(plan(own, { ...known, defined: () => true })).toContain('macro get_incremental_mine_sql(');
  });
});

describe('the plan of a Delta table', () => {
  const delta = { location: '/lake/orders.delta', exists: true };

  it('overwrites by one commit, and then pins the version', () => {
    expect(
      plan({ materialized: 'external', format: 'delta', options: { partition_by: 'a, b' } }, { delta }),
    ).toBe(`begin
write-delta overwrite schema overwrite partitioned by a, b /lake/orders.delta
    select 1 as id, 2 as n
pin-delta lake.main.orders at /lake/orders.delta
commit
`);
  });

  it('appends when it is incremental and there', () => {
    const config = { materialized: 'incremental', file_format: 'delta' };
    expect(plan(config, { delta })).toContain('write-delta append /lake/orders.delta');
    expect(plan(config, { delta, fullRefresh: true })).toContain('write-delta overwrite');
    expect(plan(config, { delta: { ...delta, exists: false } })).toContain('write-delta overwrite');
    expect(() => plan({ ...config, incremental_strategy: 'mine' }, { delta })).toThrow(
      expect.objectContaining({ code: 'targets.unsupported-strategy' }),
    );
  });
});

describe('an external output', () => {
  const output = (
    config: Record<string, unknown>,
    options: Record<string, never | string | boolean> = {},
    location = 'out/x.parquet',
  ) => externalOutput({ node: node(config), location, options, root: '/root' });

  it.each([
    ['the format set', output({ format: 'csv' }), 'csv', 'format csv, header true'],
    ['the ending', output({}, {}, 'out/x.csv.gz'), 'csv', 'compression gzip, format csv, header true'],
    ['a delimiter', output({ delimiter: '|' }, {}, 'out/x'), 'csv', "delimiter '|', format csv, header true"],
    [
      'nothing else',
      output({}, { codec: 'zstd', row_group_size: '1000' }),
      'parquet',
      'codec zstd, row_group_size 1000, format parquet',
    ],
  ])('takes its format from %s', (_, made, format, copyOptions) => {
    expect(made).toMatchObject({ format, copyOptions });
  });

  it('is a folder when it is partitioned, and stages without asking to overwrite', () => {
    expect(output({}, { partition_by: 'kind, day', overwrite_or_ignore: true }, 'out/x')).toMatchObject({
      isDirectory: true,
      partitionBy: ['kind', 'day'],
      location: '/root/out/x',
      copyOptions: 'partition_by (kind, day), format parquet',
    });
  });
});

describe('external settings of Glue', () => {
  it.each(['glue_register', 'glue_database', 'plugin'])('refuse %s by name', (key) => {
    const output = externalOutput({ node: node({}), location: 'x.parquet', options: {}, root: '/r' });
    expect(() => plan({ materialized: 'external', [key]: 'x' }, { output })).toThrow(
      expect.objectContaining({ code: 'targets.unsupported-config', message: expect.stringContaining(key) }),
    );
  });
});

describe('the plan of a seed', () => {
  const seed = { file: '/p/seeds/orders.csv', delimiter: ',', quote: '"', columns, rows: 2, isRagged: false };

  it('makes the table the first time, and empties it after that', () => {
    expect(plan({ materialized: 'seed' }, { seed })).toContain(
      'create or replace table "lake"."main"."orders" ("id" INTEGER, "n" INTEGER)',
    );
    const again = plan({ materialized: 'seed' }, { seed, ...isTable, existingColumns: columns });
    expect(again).toContain('truncate "lake"."main"."orders"');
    expect(again).toContain('load-seed lake.main.orders from /p/seeds/orders.csv (id, n)');
  });

  it('asks for a refresh when the columns are others', () => {
    expect(() =>
      plan(
        { materialized: 'seed' },
        { seed, ...isTable, existingColumns: [{ name: 'old', type: 'INTEGER' }] },
      ),
    ).toThrow(expect.objectContaining({ code: 'targets.seed-columns-changed' }));
  });
});
