/** Mistakes as users make them: each is named, located and answered with what to do; nothing is lost. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Folder, project } from './command.ts';

let folder = new Folder();
afterEach(() => {
  folder.remove();
  folder = new Folder();
});

interface Mistake {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly args?: string[];
  readonly code: number;
  readonly says: (string | RegExp)[];
}

const fine = { 'models/orders.sql': 'select 1 as id' };

const mistakes: Mistake[] = [
  {
    name: 'a misspelt ref names the nearest model and the place',
    files: { ...fine, 'models/daily.sql': "select *\nfrom {{ ref('ordres') }}" },
    code: 2,
    says: ['ordres', "Did you mean 'orders'?", /models\/daily\.sql:2/],
  },
  {
    name: 'a misspelt source names the nearest one',
    files: {
      'models/s.yml': 'version: 2\nsources:\n  - name: landing\n    tables: [{name: trades}]\n',
      'models/daily.sql': "select * from {{ source('landing', 'trade') }}",
    },
    code: 2,
    says: ["source('landing', 'trade')", /trades/, /models\/daily\.sql:1/],
  },
  {
    name: 'a Jinja block that never ends is located',
    files: { ...fine, 'models/bad.sql': 'select 1\n{% if true %}\nas x' },
    code: 2,
    says: [/models\/bad\.sql:\d+/, /endif/],
  },
  {
    name: 'an unknown macro is located',
    files: {
      ...fine,
      'macros/tools.sql': '{% macro cents(x) %}{{ x }}{% endmacro %}',
      'models/bad.sql': '\n\nselect {{ cent(1) }}',
    },
    code: 1,
    says: [/models\/bad\.sql:3/, "'cent'", /cents/],
  },
  {
    name: 'broken YAML is located',
    files: { ...fine, 'models/bad.yml': 'version: 2\nmodels:\n  - name: orders\n   description: x\n' },
    code: 2,
    says: [/models\/bad\.yml:\d+:\d+/],
  },
  {
    name: 'a value of the wrong type is located and says what was expected',
    files: { ...fine, 'models/bad.yml': 'version: 2\nmodels:\n  orders: {description: x}\n' },
    code: 2,
    says: [/models\/bad\.yml:3/, /list/],
  },
  {
    name: 'a cycle names its path',
    files: { 'models/a.sql': "select * from {{ ref('b') }}", 'models/b.sql': "select * from {{ ref('a') }}" },
    code: 2,
    says: [/cycle/i, /a.*b.*a|b.*a.*b/s],
  },
  {
    name: 'two models of one name are both named',
    files: { 'models/x/orders.sql': 'select 1 as a', 'models/y/orders.sql': 'select 2 as a' },
    code: 2,
    says: ['models/x/orders.sql', 'models/y/orders.sql'],
  },
  {
    name: 'a missing profile says where it looked',
    files: { ...fine, 'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: shopp\n' },
    code: 2,
    says: ['shopp', "Did you mean 'shop'?"],
  },
  {
    name: 'a missing target names those there are',
    files: fine,
    args: ['build', '--target', 'prd'],
    code: 2,
    says: ['prd', 'dev'],
  },
  {
    name: 'a missing environment variable is named',
    files: { ...fine, 'models/bad.sql': "select '{{ env_var('NO_SUCH_VARIABLE_HERE') }}' as x" },
    code: 2,
    says: ['NO_SUCH_VARIABLE_HERE', /models\/bad\.sql:1/],
  },
  {
    name: 'SQL that DuckDB rejects fails its node with the compiled path',
    files: { ...fine, 'models/bad.sql': 'select no_such_column from {{ ref("orders") }}' },
    code: 1,
    says: ['no_such_column', /target\/(compiled|run)\/shop\/models\/bad\.sql/, /ERROR=1/],
  },
  {
    name: 'an unknown configuration key warns with the nearest one, and builds',
    files: { 'models/orders.sql': "{{ config(materialised='table') }} select 1 as id" },
    code: 0,
    says: ['materialised', 'materialized'],
  },
  {
    name: 'a CSV with a row too long is located',
    files: { ...fine, 'seeds/people.csv': 'id,name\n1,a\n2,b,c\n' },
    code: 1,
    says: ['people', /line|row/i],
  },
  {
    name: 'a Delta table whose log is torn is refused, and named',
    files: {
      'lake/t/_delta_log/00000000000000000000.json': '{"protocol":{"minReaderVersion":1,"minWr',
      'models/bad.sql': "{{ config(materialized='table') }} select * from delta_scan('lake/t')",
    },
    code: 1,
    says: ['lake/t', /00000000000000000000\.json/],
  },
  {
    name: 'a setting that DuckDB does not know is named, and the file is not blamed',
    files: {
      ...fine,
      ...project('shop', { output: '      settings: {memory_limt: 1GB}\n' }),
    },
    code: 2,
    says: ['memory_limt', 'memory_limit', /^(?!.*Move the file)/s],
  },
  {
    name: 'an unknown selector method is named',
    files: fine,
    args: ['ls', '--select', 'tagg:nightly'],
    code: 2,
    says: ['tagg', 'tag'],
  },
  {
    name: 'an unknown flag is named with the nearest one',
    files: fine,
    args: ['build', '--selct', 'x'],
    code: 2,
    says: ['--selct', '--select'],
  },
];

describe('a mistake', () => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))('%s', async (_, mistake) => {
    folder.put({ ...project('shop'), ...mistake.files });
    const result = await folder.run(...(mistake.args ?? ['build']));
    for (const part of mistake.says) {
      if (typeof part === 'string') expect(result.output).toContain(part);
      else expect(result.output).toMatch(part);
    }
    expect(result.code, result.output).toBe(mistake.code);
    expect(result.output, 'no stack trace').not.toMatch(/\n\s+at .+:\d+:\d+\)?\n/);
  });

  it.skipIf(process.platform === 'win32')(
    'a folder without permission is named (only on macOS and Linux)',
    async () => {
      folder.put({
        ...project('shop'),
        'models/x.sql': "{{ config(materialized='external', location='shut/x.parquet') }} select 1 as a",
      });
      mkdirSync(join(folder.path, 'shut'));
      folder.dropRights();
      chmodSync(join(folder.path, 'shut'), 0o500);
      const result = await folder.run('build');
      chmodSync(join(folder.path, 'shut'), 0o700);
      expect(result.code, result.output).toBe(1);
      expect(result.output).toContain('shut');
      expect(result.output).toMatch(/permission/i);
    },
  );

  it('leaves the earlier output in place when a model fails', async () => {
    folder.put({
      ...project('shop'),
      'models/x.sql': "{{ config(materialized='external', location='out/x.parquet') }} select 42 as answer",
    });
    await folder.ok('build');
    writeFileSync(
      join(folder.path, 'models/x.sql'),
      "{{ config(materialized='external', location='out/x.parquet') }} select cast('no' as integer) as answer from range(10)",
    );
    expect((await folder.run('build')).code).toBe(1);
    expect(await folder.rows('select answer from x')).toEqual([{ answer: 42 }]);
    expect(await folder.rows("select answer from 'out/x.parquet'")).toEqual([{ answer: 42 }]);
  });
});
