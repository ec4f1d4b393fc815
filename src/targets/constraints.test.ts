import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lake, statuses } from './lake.fixture.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

const contract = (name: string, id: string): string => `- name: ${name}
  config: {contract: {enforced: true}}
  columns:
  - {name: id, data_type: integer${id}}
`;

describe('constraints of a contract', () => {
  it.each([
    ['not_null', 'null::int', 'NOT NULL constraint failed'],
    ['unique', 'unnest([1, 1])', 'unique constraint'],
    ["check, expression: 'id > 0'", '-1', 'CHECK constraint failed'],
  ])('are held where rows are files: %s', async (constraint, value, problem) => {
    await lake.write({
      'models/m.sql': "{{ config(materialized='external') }}\nselect {{ var('v') }}::integer as id",
      'models/s.yml': `models:\n${contract('m', `, constraints: [{type: ${constraint}}]`)}`,
    });
    expect(statuses((await lake.build({ vars: { v: '7' } })).results)).toEqual({ m: 'success' });
    const { results } = await lake.build({ vars: { v: value } });
    expect(results.get('m')?.message.toLowerCase()).toContain(problem.toLowerCase());
    expect(await lake.query('select id from m')).toEqual([['7']]);
  });

  it('are held in an incremental model, which has to say what a new column means', async () => {
    const model = (answer: string): Record<string, string> => ({
      'models/m.sql': `{{ config(materialized='incremental', format='parquet', location='out/m.parquet'${answer}) }}\nselect {{ var('v') }}::integer as id`,
      'models/s.yml': `models:\n${contract('m', ', constraints: [{type: not_null}]')}`,
    });
    await lake.write(model(''));
    await expect(lake.build({ vars: { v: '1' } })).rejects.toMatchObject({ code: 'compiler.bad-config' });
    await lake.write(model(", on_schema_change='append_new_columns'"));
    expect(statuses((await lake.build({ vars: { v: '1' } })).results)).toEqual({ m: 'success' });
    const { results } = await lake.build({ vars: { v: 'null' } });
    expect(results.get('m')?.message).toContain('NOT NULL constraint failed');
    expect(statuses((await lake.build({ vars: { v: '2' } })).results)).toEqual({ m: 'success' });
    expect(await lake.query('select id from m order by id')).toEqual([['1'], ['2']]);
  });

  it.each([
    ['that is built, too', undefined],
    ['that is not built', ['parent']],
  ])('let a table be built anew that another one refers to, %s', async (_, select) => {
    await lake.write({
      'models/parent.sql': "{{ config(materialized='table') }}\nselect 1::integer as id",
      'models/child.sql':
        "{{ config(materialized='table') }}\n-- depends_on: {{ ref('parent') }}\nselect 1::integer as id",
      'models/s.yml': `models:\n${contract('parent', ', constraints: [{type: primary_key}]')}${contract('child', ", constraints: [{type: foreign_key, to: ref('parent'), to_columns: [id]}]")}`,
    });
    expect(statuses((await lake.build()).results)).toEqual({ parent: 'success', child: 'success' });
    const again = await lake.build(select === undefined ? {} : { select });
    expect(new Set(Object.values(statuses(again.results)))).toEqual(new Set(['success']));
    expect(
      await lake.query(
        "select table_name, (select count(*) from child) from duckdb_constraints() where constraint_type = 'FOREIGN KEY'",
      ),
    ).toEqual([['child', '1']]);
  });
});
