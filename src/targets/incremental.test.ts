import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuildOptions, Lake, statuses } from './lake.fixture.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

describe('incremental models on tables', () => {
  const model = (config: string, body: string): Record<string, string> => ({
    'models/inc.sql': `{{ config(materialized='incremental', ${config}) }}\n${body}`,
  });
  const rows =
    "select * from (values {% if var('batch') == 1 %}(1, 'a'), (2, 'b'){% else %}(2, 'B'), (3, 'C'){% endif %}) as t(id, s)";

  it.each([
    ['append', "incremental_strategy='append'", ['1a', '2B', '2b', '3C']],
    ['delete and insert', "unique_key='id'", ['1a', '2B', '3C']],
    ['delete and insert by several keys', "unique_key=['id']", ['1a', '2B', '3C']],
    ['merge', "unique_key='id', incremental_strategy='merge'", ['1a', '2B', '3C']],
    [
      'merge some columns',
      "unique_key='id', incremental_strategy='merge', merge_exclude_columns=['s']",
      ['1a', '2b', '3C'],
    ],
  ])('%s', async (_, config, expected) => {
    await lake.write(model(config, rows));
    await lake.build({ vars: { batch: 1 } });
    expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect((await lake.query('select id || s from inc order by id, s')).flat()).toEqual(expected);
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

  it('leave the table as it was when they fail halfway', async () => {
    await lake.write(model("unique_key='id', post_hook='select error(1)'", rows));
    const failing = await lake.build({ vars: { batch: 1 } });
    expect(failing.results.get('inc')?.status).toBe('error');
    await lake.write(model("unique_key='id'", rows));
    await lake.build({ vars: { batch: 1 } });
    await lake.write(model("unique_key='id', post_hook='select error(1)'", rows));
    expect((await lake.build({ vars: { batch: 2 } })).results.get('inc')?.status).toBe('error');
    expect((await lake.query('select id || s from inc order by id')).flat()).toEqual(['1a', '2b']);
  });
});

describe('snapshots', () => {
  const snapshot = (config: string): Record<string, string> => ({
    'snapshots/people.sql': `{% snapshot people_states %}
{{ config(unique_key='id', ${config}) }}
{% if var('batch') == 1 %}
select * from (values (1, 'ann', timestamp '2025-01-01'), (2, 'bob', timestamp '2025-01-01')) as t(id, name, ts)
{% else %}
select * from (values (1, 'anna', timestamp '2025-02-01'), (3, 'cat', timestamp '2025-02-01')) as t(id, name, ts)
{% endif %}
{% endsnapshot %}`,
  });
  const states =
    'select id, name, dbt_valid_from::date, dbt_valid_to is null as is_current from people_states order by id, name';

  it.each([
    ['timestamp', "strategy='timestamp', updated_at='ts'", 'true'],
    [
      'timestamp, closing what is gone',
      "strategy='timestamp', updated_at='ts', hard_deletes='invalidate'",
      'false',
    ],
    ['check', "strategy='check', check_cols=['name'], updated_at='ts'", 'true'],
  ])('keep every state by %s', async (_, config, bobIsCurrent) => {
    await lake.write(snapshot(config));
    await lake.build({ vars: { batch: 1 } });
    for (let time = 0; time < 2; time += 1) {
      expect(statuses((await lake.build({ vars: { batch: 2 } })).results)).toEqual({
        people_states: 'success',
      });
      expect(await lake.query(states)).toEqual([
        ['1', 'ann', '2025-01-01', 'false'],
        ['1', 'anna', '2025-02-01', 'true'],
        ['2', 'bob', '2025-01-01', bobIsCurrent],
        ['3', 'cat', '2025-02-01', 'true'],
      ]);
    }
  });

  it('follow what is gone by a state that says so, once', async () => {
    await lake.write(snapshot("strategy='timestamp', updated_at='ts', hard_deletes='new_record'"));
    await lake.build({ vars: { batch: 1 } });
    await lake.build({ vars: { batch: 2 } });
    await lake.build({ vars: { batch: 2 } });
    const bob = 'select dbt_is_deleted, dbt_valid_to is null from people_states where id = 2 order by 1';
    expect(await lake.query(bob)).toEqual([
      ['False', 'false'],
      ['True', 'true'],
    ]);
    await lake.build({ vars: { batch: 1 } });
    expect(await lake.query(bob)).toEqual([
      ['False', 'false'],
      ['False', 'true'],
      ['True', 'false'],
    ]);
  });
});

describe('snapshots of a project with macros of its own', () => {
  const snapshot = (strategy: string): Record<string, string> => ({
    'snapshots/s.sql': `{% snapshot s %}{{ config(unique_key='id', strategy='${strategy}', check_cols=['name'], updated_at='ts') }}
select 1 as id, '{{ var('name') }}' as name, timestamp '{{ var('ts') }}' as ts{{ ", 5 as more" if var('more', false) }}{% endsnapshot %}`,
  });
  const states = async (): Promise<string[]> =>
    (await lake.query("select name || ' ' || (dbt_valid_to is null) from s order by dbt_valid_from")).flat();

  it('tell changes by its own strategy', async () => {
    await lake.write({
      ...snapshot('first_letter'),
      'macros/strategy.sql': `{% macro snapshot_first_letter_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
{{ return({'unique_key': model_config['unique_key'], 'updated_at': 'ts', 'row_changed': snapshotted_rel ~ '.name[1] <> ' ~ current_rel ~ '.name[1]', 'scd_id': snapshot_hash_arguments(['id', 'ts']), 'hard_deletes': 'ignore', 'invalidate_hard_deletes': false}) }}{% endmacro %}`,
    });
    const seen: string[][] = [];
    for (const [name, ts] of [
      ['ann', '2025-01-01'],
      ['anna', '2025-01-02'],
      ['bob', '2025-01-03'],
    ]) {
      const more = name === 'bob';
      expect(statuses((await lake.build({ vars: { name, ts, more } })).results)).toEqual({ s: 'success' });
      seen.push(await states());
    }
    expect(seen).toEqual([['ann true'], ['ann true'], ['ann false', 'bob true']]);
    expect(await lake.query('select more from s order by name')).toEqual([['NULL'], ['5']]);
  });

  it('are written by its own macros', async () => {
    await lake.write({
      ...snapshot('check'),
      'macros/merge.sql': `{% macro snapshot_merge_sql(target, source, insert_cols) %}delete from {{ target }};
insert into {{ target }} ({{ insert_cols | join(', ') }}) select {{ insert_cols | join(', ') }} from {{ source }} where dbt_change_type = 'insert'{% endmacro %}`,
    });
    await lake.build({ vars: { name: 'ann', ts: '2025-01-01' } });
    const { results } = await lake.build({ vars: { name: 'bob', ts: '2025-01-02' } });
    expect(statuses(results)).toEqual({ s: 'success' });
    expect(await states()).toEqual(['bob true']);
  });

  it("are refused where the strategy is nobody's", async () => {
    await lake.write(snapshot('of_nobody'));
    const { results } = await lake.build({ vars: { name: 'ann', ts: '2025-01-01' } });
    expect(results.get('s')?.error).toMatchObject({ code: 'targets.unsupported-strategy' });
  });
});

describe('microbatch models', () => {
  it('replace stretches of time, and see only their part of their parents', async () => {
    const files = (rows: string): Record<string, string> => ({
      'models/events.sql': `{{ config(event_time='ts') }}\nselect * from (values ${rows}) as t(n, ts)`,
      'models/daily.sql': `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2025-01-01') }}
select ts::date as day, sum(n) as total, (select count(*) from {{ ref('events') }}) as seen from {{ ref('events') }} group by 1`,
    });
    const between = (start: string, end: string): BuildOptions => ({
      args: { event_time_start: start, event_time_end: end },
    });
    await lake.write(
      files(
        "(1, timestamp '2025-01-01 10:00'), (2, timestamp '2025-01-01 11:00'), (5, timestamp '2025-01-02 10:00')",
      ),
    );
    expect(statuses((await lake.build(between('2025-01-01', '2025-01-03'))).results)).toEqual({
      events: 'success',
      daily: 'success',
    });
    const daily = 'select day, total, seen from daily order by day';
    expect(await lake.query(daily)).toEqual([
      ['2025-01-01', '3', '2'],
      ['2025-01-02', '5', '1'],
    ]);
    await lake.write(files("(9, timestamp '2025-01-02 10:00'), (7, timestamp '2025-01-03 10:00')"));
    await lake.build(between('2025-01-02', '2025-01-04'));
    expect(await lake.query(daily)).toEqual([
      ['2025-01-01', '3', '2'],
      ['2025-01-02', '9', '1'],
      ['2025-01-03', '7', '1'],
    ]);
  });

  const settings =
    "materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2025-01-01'";
  const days: BuildOptions = { args: { event_time_start: '2025-01-01', event_time_end: '2025-01-04' } };

  it('know the batch they are in, by model.batch', async () => {
    await lake.write({
      'models/daily.sql': `{{ config(${settings}, pre_hook="create temp table if not exists hooked as select 1", post_hook="insert into {{ this }} values (date '2030-01-01', 'after', null, null)") }}
{% if model.batch %}select date '{{ model.batch.event_time_start.strftime('%Y-%m-%d') }}' as day, '{{ model.batch.id }}' as id, '{{ model.batch.event_time_end }}' as until, '{{ config.get('__dbt_internal_microbatch_event_time_start') }}' as since{% endif %}`,
    });
    expect(statuses((await lake.build(days)).results)).toEqual({ daily: 'success' });
    expect(await lake.query('select day, id, until, since from daily order by day')).toEqual([
      ['2025-01-01', '20250101', '2025-01-02 00:00:00+00:00', '2025-01-01 00:00:00+00:00'],
      ['2025-01-02', '20250102', '2025-01-03 00:00:00+00:00', '2025-01-02 00:00:00+00:00'],
      ['2025-01-03', '20250103', '2025-01-04 00:00:00+00:00', '2025-01-03 00:00:00+00:00'],
      ['2030-01-01', 'after', 'NULL', 'NULL'],
    ]);
  });

  it('keep the batches that succeed when one fails, and say which', async () => {
    const model = (failing: string): Record<string, string> => ({
      'models/daily.sql': `{{ config(${settings}) }}
select date '{{ model.batch.event_time_start.date() if model.batch else "2025-01-01" }}' as day, {{ "error('torn')" if model.batch and model.batch.id == '${failing}' else 1 }} as n`,
    });
    await lake.write(model('20250102'));
    const { results } = await lake.build(days);
    const result = results.get('daily');
    expect(result).toMatchObject({
      status: 'partial success',
      message: 'PARTIAL SUCCESS (2/3)',
      failures: 0,
    });
    expect(result?.error).toMatchObject({ code: 'targets.batches-failed' });
    expect(result?.error?.message).toContain('1 of 3 batches of model.shop.daily failed (20250102)');
    expect(result?.batchResults?.failed).toEqual([
      { start: new Date('2025-01-02T00:00:00Z'), end: new Date('2025-01-03T00:00:00Z') },
    ]);
    expect((await lake.query('select day from daily order by day')).flat()).toEqual([
      '2025-01-01',
      '2025-01-03',
    ]);
    await lake.write(model(''));
    const again = await lake.build({
      previousBatches: new Map([
        ['model.shop.daily', result?.batchResults ?? { successful: [], failed: [] }],
      ]),
      fullRefresh: true,
    });
    const { batchResults, message } = again.results.get('daily') ?? {};
    expect([message, batchResults?.successful.length, batchResults?.failed.length]).toEqual([
      'SUCCESS',
      3,
      0,
    ]);
    expect((await lake.query('select count(*) from daily')).flat()).toEqual(['3']);
  });

  it('are not begun after the first one has failed', async () => {
    await lake.write({
      'models/daily.sql': `{{ config(${settings}) }}
select date '2025-01-01' as day, {{ "error('torn')" if model.batch and model.batch.id == '20250101' else 1 }} as n`,
    });
    const { results } = await lake.build(days);
    const { status, message, batchResults } = results.get('daily') ?? {};
    expect([status, message, batchResults?.failed.length]).toEqual(['error', 'ERROR', 3]);
  });

  it('run at once where there are threads, and each row comes once', async () => {
    await lake.write({
      'models/events.sql': `{{ config(event_time='day', materialized='table') }}\nselect timestamp '2025-01-01' + interval 1 hour * range as day, range as n from range(2400)`,
      'models/daily.sql': `{{ config(${settings}, concurrent_batches=true) }}\nselect * from {{ ref('events') }}`,
    });
    const all: BuildOptions = { args: { event_time_start: '2025-01-01', event_time_end: '2025-04-11' } };
    for (const _ of [1, 2]) {
      expect(statuses((await lake.build(all)).results)).toEqual({ events: 'success', daily: 'success' });
      expect(await lake.query('select count(*), count(distinct n) from daily')).toEqual([['2400', '2400']]);
    }
  });

  it("call the user's own macro for each batch", async () => {
    await lake.write({
      'macros/m.sql': `{% macro get_incremental_microbatch_sql(arg_dict) %}insert into {{ arg_dict['target_relation'] }} select day, 'mine' from {{ arg_dict['temp_relation'] }}{% endmacro %}`,
      'models/daily.sql': `{{ config(${settings}) }}
select date '{{ model.batch.event_time_start.date() if model.batch else "2025-01-01" }}' as day, 'ours' as who`,
    });
    await lake.build(days);
    expect((await lake.query('select who from daily order by day')).flat()).toEqual(['ours', 'mine', 'mine']);
  });
});
