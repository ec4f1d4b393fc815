import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuildOptions, Lake, statuses } from './lake.fixture.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

const rowsOf =
  "select * from (values (1, 1, 'a', 10), (1, 2, 'a', 20), (1, 3, 'b', 30), (2, 2, 'a', 21), (2, 4, 'c', 40), (3, 3, 'c', 31)) as t(step, id, part, v)";
const model = (config: string, where = "where step = {{ var('step') }}"): Record<string, string> => ({
  'models/m.sql': `{{ config(${config}) }}\nselect id, part, v from (${rowsOf}) {% if is_incremental() %}${where}{% else %}where step <= {{ var('step') }}{% endif %}`,
});
const step = (n: number, more: BuildOptions = {}): BuildOptions => ({ ...more, vars: { step: n } });
const build = async (n: number, more: BuildOptions = {}): Promise<unknown> =>
  statuses((await lake.build(step(n, more))).results)['m'];
const rows = async (): Promise<string[]> =>
  (await lake.query('select id, part, v from m order by all')).map((row) => row.join(' '));
const files = async (): Promise<string[]> =>
  (await readdir(join(lake.root, 'out/m'), { recursive: true })).filter((name) =>
    /\.(parquet|csv|json)$/.test(name),
  );
const partitions = async (): Promise<string[]> =>
  [...new Set((await files()).map((name) => name.split('/')[0] ?? ''))].sort();

const folder = "options={'partition_by': 'part'}";

describe.each([
  ['a folder of partitions', `format='parquet', location='out/m', ${folder}`],
  ['a folder of CSV', `format='csv', location='out/m', options={'partition_by': 'part', 'header': true}`],
  ['a folder without partitions', "format='parquet', location='out/m', options={'per_thread_output': true}"],
  ['a file', "format='parquet', location='out/m.parquet'"],
  ['a file of JSON', "format='json', location='out/m.json'"],
])('incremental models whose rows are %s', (_, place) => {
  it.each([
    ['append', '', ['1 a 10', '2 a 20', '2 a 21', '3 b 30', '4 c 40']],
    ['delete+insert', ", unique_key='id'", ['1 a 10', '2 a 21', '3 b 30', '4 c 40']],
    ['delete+insert', ", unique_key=['id', 'part']", ['1 a 10', '2 a 21', '3 b 30', '4 c 40']],
    ['delete+insert', '', ['1 a 10', '2 a 20', '2 a 21', '3 b 30', '4 c 40']],
    ['merge', ", unique_key='id'", ['1 a 10', '2 a 21', '3 b 30', '4 c 40']],
    ['merge', ", unique_key='id', merge_update_columns=['part']", ['1 a 10', '2 a 20', '3 b 30', '4 c 40']],
    [
      'merge',
      ", unique_key='id', merge_clauses={'when_matched': [{'action': 'delete'}], 'when_not_matched': [{'action': 'insert', 'mode': 'by_name'}, {'action': 'delete', 'by': 'source', 'condition': 'DBT_INTERNAL_DEST.v > 20'}]}",
      ['1 a 10', '4 c 40'],
    ],
  ])('change them with %s%s', async (strategy, more, wanted) => {
    await lake.write(
      model(`materialized='incremental', incremental_strategy='${strategy}', ${place}${more}`),
    );
    expect([await build(1), await build(2)]).toEqual(['success', 'success']);
    expect(await rows()).toEqual(wanted);
  });

  it('are written anew when asked', async () => {
    await lake.write(model(`materialized='incremental', unique_key='id', ${place}`));
    await build(1);
    expect([await build(2, { fullRefresh: true }), await rows()]).toEqual([
      'success',
      ['1 a 10', '2 a 20', '2 a 21', '3 b 30', '4 c 40'],
    ]);
  });

  it('add columns, drop them and change their types', async () => {
    const changed = (columns: string): Record<string, string> => ({
      'models/m.sql': `{{ config(materialized='incremental', unique_key='id', on_schema_change='sync_all_columns', ${place}) }}\nselect ${columns}`,
    });
    await lake.write(changed("1 as id, 'a' as part, 5 as gone, 7 as wide"));
    expect(await build(1)).toBe('success');
    await lake.write(changed("2 as id, 'b' as part, 'x' as wide, true as new"));
    expect(await build(2)).toBe('success');
    expect(await lake.query('select id, part, wide, new from m order by id')).toEqual([
      ['1', 'a', '7', 'NULL'],
      ['2', 'b', 'x', 'true'],
    ]);
    expect((await lake.query('describe m')).map(([name]) => name).sort()).toEqual([
      'id',
      'new',
      'part',
      'wide',
    ]);
  });
});

describe('incremental models whose rows are partitions', () => {
  const partitioned = `materialized='incremental', format='parquet', location='out/m', ${folder}`;

  it('replace the partitions that the run touches, keep the others and leave no stale file', async () => {
    await lake.write(model(partitioned));
    await build(1);
    const before = await stat(
      join(
        lake.root,
        'out/m/part=b',
        (await files()).find((name) => name.startsWith('part=b'))?.split('/')[1] ?? '',
      ),
    );
    expect(await build(2)).toBe('success');
    expect(await rows()).toEqual(['2 a 21', '3 b 30', '4 c 40']);
    expect(await partitions()).toEqual(['part=a', 'part=b', 'part=c']);
    expect(await files()).toHaveLength(3);
    const [kept = ''] = (await files()).filter((name) => name.startsWith('part=b'));
    expect((await stat(join(lake.root, 'out/m', kept))).ino).toBe(before.ino);
  });

  it('lose a partition that has no row any more', async () => {
    await lake.write(model(`${partitioned}, unique_key='id', incremental_strategy='delete+insert'`));
    await build(1);
    await build(3);
    expect([await rows(), await partitions()]).toEqual([
      ['1 a 10', '2 a 20', '3 c 31'],
      ['part=a', 'part=c'],
    ]);
  });

  it('keep only files that no row of the run touches', async () => {
    await lake.write(model(`${partitioned}, unique_key='id', incremental_strategy='merge'`));
    await build(1);
    const [kept = ''] = (await files()).filter((name) => name.startsWith('part=b'));
    await build(2);
    expect(await files()).toContain(kept);
    expect((await files()).filter((name) => name.startsWith('part=a'))).toHaveLength(1);
  });

  it('stay as they were when the run fails', async () => {
    await lake.write(
      model(`${partitioned}, post_hook="{{ 'select error(1)' if var('step') == 2 else 'select 1' }}"`),
    );
    await build(1);
    const before = await files();
    expect(await build(2)).not.toBe('success');
    expect([await rows(), await files()]).toEqual([['1 a 10', '2 a 20', '3 b 30'], before]);
  });

  it('can be external by name, when the model says how it grows', async () => {
    await lake.write(
      model(`materialized='external', incremental_strategy='append', location='out/m', ${folder}`),
    );
    await build(1);
    await build(2);
    expect(await rows()).toEqual(['1 a 10', '2 a 20', '2 a 21', '3 b 30', '4 c 40']);
  });

  it('go on from the files at their place where no catalog knows of them', async () => {
    await lake.write(model(`${partitioned}, incremental_strategy='append'`));
    await build(1);
    await writeFile(join(lake.root, 'lake.duckdb'), '');
    const elsewhere: BuildOptions = {
      project: {
        profile: {
          path: 'other.duckdb',
          databaseFile: join(lake.root, 'other.duckdb'),
          catalogPlace: join(lake.root, 'fresh/lake.duckdb'),
        },
      },
    };
    expect(await build(2, elsewhere)).toBe('success');
    expect(await files()).toHaveLength(4);
  });

  it('begin with the rows that DuckDB kept until then', async () => {
    await lake.write(model("materialized='incremental', incremental_strategy='append'"));
    await build(1);
    await lake.write(model(`${partitioned}, incremental_strategy='append'`));
    expect(await build(2)).toBe('success');
    expect(await rows()).toEqual(['1 a 10', '2 a 20', '2 a 21', '3 b 30', '4 c 40']);
  });

  it('know a strategy of the user', async () => {
    await lake.write({
      ...model(`${partitioned}, incremental_strategy='mine'`),
      'macros/mine.sql': `{% macro get_incremental_mine_sql(arg_dict) %}insert into {{ arg_dict['target_relation'] }} (id, part, v) select id + 100, part, v from {{ arg_dict['temp_relation'] }}{% endmacro %}`,
    });
    await build(1);
    expect(await build(3)).toBe('success');
    expect(await rows()).toEqual(['1 a 10', '2 a 20', '3 b 30', '103 c 31']);
  });

  it('refuse a strategy that nobody knows', async () => {
    await lake.write(model(`${partitioned}, incremental_strategy='nope'`));
    await build(1);
    const { results } = await lake.build(step(2));
    expect(results.get('m')?.error).toMatchObject({ code: 'targets.unsupported-strategy' });
  });

  it('lose nothing when two runs change them at once', async () => {
    await lake.write(model(`${partitioned}, incremental_strategy='append'`));
    await build(1);
    await Promise.all([lake.build(step(2)), lake.build(step(3))]);
    expect(await rows()).toEqual(['1 a 10', '2 a 20', '2 a 21', '3 b 30', '3 c 31', '4 c 40']);
    expect(await files()).toHaveLength(5);
  });
});

describe('microbatch models whose rows are files', () => {
  it('replace the files of their batches', async () => {
    await lake.write({
      'models/events.sql': `{{ config(event_time='ts') }}\nselect timestamp '2025-01-01' + interval 6 hour * range as ts, {{ var('v') }} as v from range(20)`,
      'models/m.sql': `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='day', begin='2025-01-01', format='parquet', location='out/m', options={'partition_by': 'day'}) }}\nselect *, ts::date as day from {{ ref('events') }}`,
    });
    const between = (start: string, end: string, v: number): BuildOptions => ({
      vars: { v },
      args: { event_time_start: start, event_time_end: end },
    });
    expect(statuses((await lake.build(between('2025-01-01', '2025-01-06', 1))).results)['m']).toBe('success');
    expect(await files()).toHaveLength(5);
    expect(statuses((await lake.build(between('2025-01-02', '2025-01-04', 2))).results)['m']).toBe('success');
    expect(await lake.query('select v, count(*) from m group by v order by v')).toEqual([
      ['1', '12'],
      ['2', '8'],
    ]);
    expect(await files()).toHaveLength(5);
    expect(
      await readFile(join(lake.root, 'out/m', (await files())[0] ?? '')).then((bytes) => bytes.length > 0),
    ).toBe(true);
  });
});
