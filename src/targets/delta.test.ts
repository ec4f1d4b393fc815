import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable } from '../tables/index.ts';
import { Lake, statuses } from './lake.fixture.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

const table = (): Promise<DeltaTable> => DeltaTable.open(`${lake.root}/lake/inc`);

describe('incremental models on Delta', () => {
  const model = (config: string, body: string): Record<string, string> => ({
    'models/inc.sql': `{{ config(materialized='incremental', file_format='delta', location_root='${lake.root}/lake', ${config}) }}\n${body}`,
  });
  const rows =
    "select * from (values {% if var('batch') == 1 %}(1, 'a'), (2, 'b'){% else %}(2, 'B'), (3, 'C'){% endif %}) as t(id, s)";

  it.each([
    ['append', "incremental_strategy='append'", ['1a', '2B', '2b', '3C']],
    ['delete and insert', "unique_key='id'", ['1a', '2B', '3C']],
    ['delete and insert by several keys', "unique_key=['id']", ['1a', '2B', '3C']],
    [
      'delete and insert where predicates hold',
      "unique_key='id', incremental_predicates=['DBT_INTERNAL_DEST.id > 2']",
      ['1a', '2B', '2b', '3C'],
    ],
    [
      "delete and insert where predicates hold that don't name the table",
      `unique_key='id', incremental_predicates=["id > 2 or s = 'x'"]`,
      ['1a', '2B', '2b', '3C'],
    ],
    [
      'delete and insert where predicates hold that name the table as dbt-duckdb does',
      "unique_key=['id'], incremental_predicates=['DBT_INCREMENTAL_TARGET.id > 2']",
      ['1a', '2B', '2b', '3C'],
    ],
    ['delete and insert by an expression', "unique_key='coalesce(id, -1)'", ['1a', '2B', '3C']],
    ['merge', "unique_key='id', incremental_strategy='merge'", ['1a', '2B', '3C']],
    [
      'merge some columns',
      "unique_key='id', incremental_strategy='merge', merge_exclude_columns=['s']",
      ['1a', '2b', '3C'],
    ],
    [
      'merge with vectors',
      "unique_key='id', incremental_strategy='merge', deletion_vectors=true",
      ['1a', '2B', '3C'],
    ],
    [
      'merge by clauses',
      `unique_key='id', incremental_strategy='merge', merge_clauses={'when_matched': [{'action': 'delete'}]}`,
      ['1a', '3C'],
    ],
    [
      "merge by dbt-databricks' conditions",
      `unique_key='id', incremental_strategy='merge', target_alias='t', source_alias='s', matched_condition="s.s <> t.s and t.id > 2",
       not_matched_condition='s.id = 3', not_matched_by_source_action='delete', not_matched_by_source_condition='t.id = 1'`,
      ['2b', '3C'],
    ],
    [
      'merge that only updates, and what the rows lack',
      `unique_key='id', incremental_strategy='merge', skip_not_matched_step=true, not_matched_by_source_action="update set s = 'gone'"`,
      ['1gone', '2B'],
    ],
    [
      'merge that may add columns',
      `unique_key='id', incremental_strategy='merge', merge_with_schema_evolution=true, skip_matched_step=true`,
      ['1a', '2b', '3C'],
    ],
    [
      'overwrite partitions',
      "incremental_strategy='insert_overwrite', partition_by='id'",
      ['1a', '2B', '3C'],
    ],
    ['overwrite the whole', "incremental_strategy='insert_overwrite'", ['2B', '3C']],
    [
      'replace where',
      "incremental_strategy='replace_where', incremental_predicates=['id >= 2']",
      ['1a', '2B', '3C'],
    ],
  ])('%s, in one commit', async (_, config, expected) => {
    await lake.write(model(config, rows));
    await lake.build({ vars: { batch: 1 } });
    const before = (await table()).version;
    const built = await lake.build({ vars: { batch: 2 } });
    expect(statuses(built.results)).toEqual({ inc: 'success' });
    expect((await lake.query('select id || s from inc order by id, s')).flat()).toEqual(expected);
    expect((await table()).version).toBe(before + 1);
    await lake.build({ vars: { batch: 2 }, fullRefresh: true });
    expect((await lake.query('select id || s from inc order by id')).flat()).toEqual(['2B', '3C']);
  });

  it.each([
    ['ignore', [['1'], ['2']]],
    [
      'append_new_columns',
      [
        ['1', 'NULL'],
        ['2', 'new'],
      ],
    ],
    [
      'sync_all_columns',
      [
        ['1', 'NULL'],
        ['2', 'new'],
      ],
    ],
  ])('answer a new column with %s', async (answer, expected) => {
    const body = "select {{ var('batch') }} as id {% if var('batch') == 2 %}, 'new' as extra{% endif %}";
    await lake.write(model(`on_schema_change='${answer}'`, body));
    await lake.build({ vars: { batch: 1 } });
    expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect(await lake.query('select * from inc order by id')).toEqual(expected);
  });

  it.each([
    [
      'append',
      "incremental_strategy='append'",
      [
        ['1', 'a', 'NULL'],
        ['2', 'NULL', 'new'],
      ],
    ],
    [
      'merge',
      "unique_key='id', incremental_strategy='merge'",
      [
        ['1', 'a', 'NULL'],
        ['2', 'NULL', 'new'],
      ],
    ],
    [
      'delete+insert',
      "unique_key='id'",
      [
        ['1', 'a', 'NULL'],
        ['2', 'NULL', 'new'],
      ],
    ],
    [
      'replace_where',
      "incremental_strategy='replace_where', incremental_predicates=['id = 2']",
      [
        ['1', 'a', 'NULL'],
        ['2', 'NULL', 'new'],
      ],
    ],
  ])('leave columns null that new rows have no more, with %s', async (_, config, expected) => {
    const body =
      "select {{ var('batch') }} as id, {% if var('batch') == 1 %}'a' as old{% else %}'new' as extra{% endif %}";
    await lake.write(model(`on_schema_change='append_new_columns', ${config}`, body));
    await lake.build({ vars: { batch: 1 } });
    expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect(await lake.query('select * from inc order by id')).toEqual(expected);
  });

  it('see what a run wrote that failed afterwards', async () => {
    const body =
      'select i as id from range(3) t(i) {% if is_incremental() %}where i > (select max(id) from {{ this }}){% endif %}';
    await lake.write(
      model(
        `incremental_strategy='append', on_schema_change='append_new_columns', post_hook="{{ var('hook', 'select 1') }}"`,
        body
          .replace('range(3)', "range({{ var('n') }})")
          .replace('i as id', "i as id {% if var('n') > 2 %}, 1 as more{% endif %}"),
      ),
    );
    await lake.build({ vars: { n: 2 } });
    const failed = await lake.build({ vars: { n: 4, hook: "select error('no')" } });
    expect(statuses(failed.results)).toEqual({ inc: expect.stringContaining('no') });
    expect(statuses((await lake.build({ vars: { n: 5 } })).results)).toEqual({ inc: 'success' });
    expect((await lake.query('select id from inc order by id')).flat()).toEqual(['0', '1', '2', '3', '4']);
  });

  it.each([
    ['delete and insert', "unique_key='id'"],
    ['append', "incremental_strategy='append'"],
    [
      'merge, with properties',
      "unique_key='id', incremental_strategy='merge', tblproperties={'my.key': var('hook', '')}",
    ],
  ])('are published as they were when a hook failed after they wrote, with %s', async (_, config) => {
    await lake.write(model(`${config}, post_hook="{{ var('hook', 'select 1') }}"`, rows));
    await lake.build({ vars: { batch: 1 } });
    await lake.build({ vars: { batch: 2, hook: "select error('no')" } });
    expect((await lake.query('select id || s from inc order by id')).flat()).toEqual(['1a', '2b']);
  });

  it.each([
    ['append', "incremental_strategy='append'"],
    ['delete and insert', "unique_key='id'"],
    ['merge', "unique_key='id', incremental_strategy='merge'"],
  ])('take types for the same that Delta keeps as one, and cast the others, with %s', async (_, config) => {
    const body = `select {{ var('batch') }} as id, sum(1) as total, 'a'::enum('a') as e, {'u': 1::uinteger} as s,
      {% if var('batch') == 1 %}1 as n{% else %}2.0::double as n{% endif %}`;
    const answer = "on_schema_change=('fail' if var('n', 0) == 0 else 'append_new_columns')";
    await lake.write(
      model(
        `${config}, ${answer}`,
        body.replace('2.0::double', "{{ '2' if var('n', 0) == 0 else '2.0::double' }}"),
      ),
    );
    await lake.build({ vars: { batch: 1 } });
    expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect(statuses((await lake.build({ vars: { batch: 3, n: 1 } })).results)).toEqual({ inc: 'success' });
    expect((await lake.query('select n from inc order by id')).flat()).toEqual(['1', '2', '2']);
  });

  it('change all of their columns, or none, and properties before', async () => {
    const body = `select {{ var('batch') }}::{{ 'bigint' if var('batch') > 1 else 'integer' }} as id
      {% if var('batch') == 1 %}, 'a' as old{% else %}, 'b' as new{% endif %}`;
    await lake.write(
      model(
        "on_schema_change='sync_all_columns', incremental_strategy='append', tblproperties=var('p')",
        body,
      ),
    );
    const mapped = { 'delta.columnMapping.mode': 'name' };
    await lake.build({ vars: { batch: 1, p: mapped } });
    const before = (await table()).version;
    expect(statuses((await lake.build({ vars: { batch: 2, p: mapped } })).results)).toEqual({
      inc: expect.stringContaining('type widening is off'),
    });
    expect((await table()).version).toBe(before);
    const p = { ...mapped, 'delta.enableTypeWidening': 'true' };
    expect(statuses((await lake.build({ vars: { batch: 2, p } })).results)).toEqual({ inc: 'success' });
    expect((await table()).version).toBe(before + 2);
    expect(await lake.query('select * from inc order by id')).toEqual([
      ['1', 'NULL'],
      ['2', 'b'],
    ]);
  });

  it('keep what a column has that merged rows lack, when changes of columns are ignored', async () => {
    const body =
      "select 1 as id, {{ var('batch') }} as n {% if var('batch') == 1 %}, 'a' as s{% endif %} union all by name select {{ var('batch') }} as id, 0 as n";
    await lake.write(
      model("unique_key='id', incremental_strategy='merge'", `select * from (${body}) where n > 0 or id > 1`),
    );
    await lake.build({ vars: { batch: 1 } });
    expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect(await lake.query('select * from inc order by id')).toEqual([
      ['1', '2', 'a'],
      ['2', '0', 'NULL'],
    ]);
  });

  it.each([
    ['append', "incremental_strategy='append'"],
    ['merge', "unique_key='id', incremental_strategy='merge', partition_by='s'"],
  ])(
    'begin with the rows that DuckDB kept until then, and are not left unsaid, with %s',
    async (_, config) => {
      const body =
        "select i as id, 's' as s from range({{ var('n') }}) t(i) {% if is_incremental() %}where i > (select max(id) from {{ this }}){% endif %}";
      const files = model(config, body);
      const plain = {
        'models/inc.sql': (files['models/inc.sql'] ?? '').replace("file_format='delta', ", ''),
      };
      await lake.write(plain);
      await lake.build({ vars: { n: 2 } });
      await lake.write(files);
      expect(statuses((await lake.build({ vars: { n: 3 } })).results)).toEqual({ inc: 'success' });
      expect((await lake.query('select id from inc order by id')).flat()).toEqual(['0', '1', '2']);
      expect((await table()).version).toBe(1);
      await lake.write(plain);
      expect((await lake.build({ vars: { n: 4 } })).results.get('inc')?.error?.code).toBe(
        'targets.left-delta',
      );
      expect(statuses((await lake.build({ vars: { n: 4 }, fullRefresh: true })).results)).toEqual({
        inc: 'success',
      });
    },
  );

  it('keep the states of a snapshot that DuckDB kept until then', async () => {
    const snapshot = (config: string): Record<string, string> => ({
      'snapshots/states.sql': `{% snapshot states %}{{ config(unique_key='id', strategy='check', check_cols='all', ${config}) }}
select 1 as id, {{ var('n') }} as n {% endsnapshot %}`,
    });
    await lake.write(snapshot("target_schema='main'"));
    await lake.build({ vars: { n: 1 } });
    await lake.write(snapshot("target_schema='main', file_format='delta'"));
    expect(statuses((await lake.build({ vars: { n: 2 } })).results)).toEqual({ states: 'success' });
    expect((await lake.query('select n from states order by n')).flat()).toEqual(['1', '2']);
  });

  it('leave columns null that the rows of a batch have no more', async () => {
    await lake.write(
      model(
        "incremental_strategy='microbatch', event_time='ts', batch_size='day', begin='2026-01-01', on_schema_change='append_new_columns'",
        "select timestamp '2026-01-01' as ts {% if var('n') == 1 %}, 'a' as old{% else %}, 'b' as new{% endif %}",
      ),
    );
    const args = { event_time_start: '2026-01-01', event_time_end: '2026-01-02' };
    await lake.build({ vars: { n: 1 }, args });
    expect(statuses((await lake.build({ vars: { n: 2 }, args })).results)).toEqual({ inc: 'success' });
    expect(await lake.query('select old, new from inc')).toEqual([['NULL', 'b']]);
  });

  it('replace the rows of batches in what DuckDB kept until then', async () => {
    const files = model(
      "incremental_strategy='microbatch', event_time='ts', batch_size='day', begin='2026-01-01', lookback=1",
      "select d::timestamp as ts, {{ var('n') }} as n from range(date '2026-01-01', date '2026-01-04', interval 1 day) t(d)",
    );
    const args = { event_time_start: '2026-01-01', event_time_end: '2026-01-04' };
    await lake.write({
      'models/inc.sql': (files['models/inc.sql'] ?? '').replace("file_format='delta', ", ''),
    });
    await lake.build({ vars: { n: 1 }, args });
    await lake.write(files);
    const two = { ...args, event_time_start: '2026-01-02' };
    expect(statuses((await lake.build({ vars: { n: 2 }, args: two })).results)).toEqual({ inc: 'success' });
    expect((await lake.query('select n from inc order by ts')).flat()).toEqual(['1', '2', '2']);
  });

  it('never append twice what two runs at once computed from one version', async () => {
    const body =
      'select i as id from range({{ var("n") }}) t(i) {% if is_incremental() %}where i > (select max(id) from {{ this }}){% endif %}';
    await lake.write(model("incremental_strategy='append'", body));
    await lake.build({ vars: { n: 1 } });
    for (let n = 2; n <= 5; n += 1) {
      const both = await Promise.all([lake.build({ vars: { n } }), lake.build({ vars: { n } })]);
      const outcomes = both.map(({ results }) => results.get('inc')?.error?.code ?? 'success');
      expect(['success', 'delta.commit-conflict']).toEqual(expect.arrayContaining(outcomes));
      expect(outcomes).toContain('success');
    }
    expect((await lake.query('select id from inc order by id')).flat()).toEqual(['0', '1', '2', '3', '4']);
  });

  it('are computed from what another run left when they lost to it and are tried again', async () => {
    const body =
      'select i as id from range({{ var("n") }}) t(i) {% if is_incremental() %}where i > (select max(id) from {{ this }}){% endif %}';
    await lake.write(model("incremental_strategy='append'", body));
    await lake.build({ vars: { n: 1 } });
    const { target, ids } = await lake.begin({ vars: { n: 3 } });
    const inc = ids[0] ?? '';
    try {
      // The run has looked at the table when the other one writes to it.
      await (await target.session()).execute('select * from inc', { fetch: true });
      await (await table()).append([{ id: 1 }]);
      const first = await target.runNode(inc);
      const error = first.error;
      expect(first.status === 'success' || error?.retryable).toBe(true);
      if (error) expect((await target.runNode(inc)).status).toBe('success');
      await target.publish();
    } finally {
      await target.close();
    }
    expect((await lake.query('select id from inc order by id')).flat()).toEqual(['0', '1', '2']);
  });

  it('write nothing when a merge changes nothing', async () => {
    await lake.write(model("unique_key='id', incremental_strategy='merge'", 'select 1 as id'));
    await lake.build();
    const before = (await table()).version;
    await lake.build();
    expect((await table()).version).toBe(before);
  });

  it('have the properties, constraints and clustering of their configuration', async () => {
    await lake.write({
      ...model(
        "liquid_clustered_by=['id'], tblproperties={'delta.logRetentionDuration': 'interval 60 days'}, on_schema_change='fail', contract={'enforced': true}",
        'select 1 as id, 2 as n',
      ),
      'models/inc.yml': `models:
  - name: inc
    columns:
      - {name: id, data_type: integer, constraints: [{type: not_null}]}
      - {name: n, data_type: integer, constraints: [{type: check, name: positive, expression: n > 0}]}
`,
    });
    expect(statuses((await lake.build()).results)).toEqual({ inc: 'success' });
    const made = await table();
    expect(Object.fromEntries(made.metadata.configuration)).toMatchObject({
      'delta.logRetentionDuration': 'interval 60 days',
      'delta.constraints.positive': 'n > 0',
    });
    expect(made.schema.fields[0]).toMatchObject({ name: 'id', nullable: false });
    await lake.write(
      model("on_schema_change='fail', contract={'enforced': true}", 'select 2 as id, -1 as n'),
    );
    const [failed] = [...(await lake.build()).results.values()];
    expect(failed?.message).toContain('positive');
    expect(await lake.query('select id, n from inc')).toEqual([['1', '2']]);
  });

  it('take statements of hooks', async () => {
    await lake.write(
      model(
        "incremental_strategy='append', post_hook=[\"update {{ this }} set s = 'hooked' where id = 2\", 'optimize {{ this }}']",
        rows,
      ),
    );
    const built = await lake.build({ vars: { batch: 1 } });
    expect(statuses(built.results)).toEqual({ inc: 'success' });
    expect((await lake.query('select id || s from inc order by id')).flat()).toEqual(['1a', '2hooked']);
  });
});

describe('microbatch models on Delta', () => {
  it('replace one stretch of time with each commit', async () => {
    await lake.write({
      'models/inc.sql': `{{ config(materialized='incremental', incremental_strategy='microbatch', file_format='delta', location_root='${lake.root}/lake', event_time='happened', batch_size='day', begin='2025-01-01') }}
select i as id, timestamp '2025-01-01' + i * interval 12 hour as happened, '{{ var("run") }}' as run from range(6) t(i)`,
    });
    const args = { event_time_start: '2025-01-01', event_time_end: '2025-01-04' };
    expect(statuses((await lake.build({ vars: { run: 'a' }, args })).results)).toEqual({ inc: 'success' });
    expect((await table()).version).toBe(2);
    await lake.build({
      vars: { run: 'b' },
      args: { event_time_start: '2025-01-02', event_time_end: '2025-01-03' },
    });
    expect((await lake.query('select id || run from inc order by id')).flat()).toEqual([
      '0a',
      '1a',
      '2b',
      '3b',
      '4a',
      '5a',
    ]);
    expect((await table()).version).toBe(3);
  });
});

describe('snapshots on Delta', () => {
  it.each([['ignore'], ['invalidate'], ['new_record']])(
    'keep every state, gone rows: %s',
    async (hardDeletes) => {
      await lake.write({
        'snapshots/inc.sql': `{% snapshot inc %}{{ config(target_schema='main', file_format='delta', location_root='${lake.root}/lake', strategy='check', check_cols='all', unique_key='id', hard_deletes='${hardDeletes}') }}
select * from (values {% if var('run') == 1 %}(1, 'a'), (2, 'b'), (3, 'c'){% else %}(1, 'a'), (2, 'B'){% endif %}) t(id, s){% endsnapshot %}`,
      });
      await lake.build({ vars: { run: 1 } });
      expect(statuses((await lake.build({ vars: { run: 2 } })).results)).toEqual({ inc: 'success' });
      const gone =
        { ignore: ['3copen'], invalidate: ['3cclosed'], new_record: ['3cclosed', '3copen'] }[hardDeletes] ??
        [];
      expect(
        (
          await lake.query(
            "select id || s || if(dbt_valid_to is null, 'open', 'closed') as x from inc order by x",
          )
        ).flat(),
      ).toEqual(['1aopen', '2Bopen', '2bclosed', ...gone]);
      expect((await table()).version).toBe(1);
      await lake.build({ vars: { run: 2 } });
      expect((await table()).version).toBe(1);
    },
  );
});

describe('a Delta model whose place changes', () => {
  const at = (folder: string): Record<string, string> => ({
    'models/inc.sql': `{{ config(materialized='incremental', file_format='delta', location_root='${lake.root}/${folder}') }}\nselect 1 as id`,
  });

  it('says so, and is built there when it is refreshed', async () => {
    await lake.write(at('lake'));
    await lake.build();
    await lake.write(at('other'));
    const [moved] = [...(await lake.build()).results.values()];
    expect(moved?.message).toContain('is now to be at');
    expect(statuses((await lake.build({ fullRefresh: true })).results)).toEqual({ inc: 'success' });
    expect((await DeltaTable.open(`${lake.root}/other/inc`)).version).toBe(0);
  });
});

describe('a statement of a hook that is wrong', () => {
  it('is told of by the table it is about, not by the engine', async () => {
    await lake.write({
      'models/inc.sql': `{{ config(materialized='table', file_format='delta', location_root='${lake.root}/lake', post_hook='update {{ this }} sett id = 2') }}\nselect 1 as id`,
    });
    const [failed] = [...(await lake.build()).results.values()];
    expect(failed?.message).toContain("UPDATE: expected SET, found 'id'");
  });
});
