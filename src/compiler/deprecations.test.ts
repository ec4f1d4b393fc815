import { afterEach, describe, expect, it } from 'vitest';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

/** The codes of what a parse of these files warns of, in order. */
async function codes(files: Record<string, string>): Promise<string[]> {
  project = new ScratchProject({ 'models/m.sql': 'select 1 as id, 2 as n', ...files });
  await project.parse();
  return project.warnings.map(({ code }) => code);
}

const tests = (list: string): Record<string, string> => ({
  'models/p.yml': `models: [{name: m, columns: [{name: id, data_tests: [${list}]}]}]`,
});

const settings = (more: string): string => `name: shop\nversion: "1.0"\nprofile: shop\n${more}\n`;

const versions = (date: string): Record<string, string> => ({
  'models/dim_v1.sql': 'select 1 as id',
  'models/dim_v2.sql': 'select 2 as id',
  'models/p.yml': `models: [{name: dim, latest_version: 2, versions: [{v: 1, deprecation_date: ${date}}, {v: 2}]}]`,
  'models/old.sql': "select * from {{ ref('dim', v=1) }}",
});

describe('a spelling that dbt gives up', () => {
  it.each([
    ['arguments below the name of a test', tests('accepted_values: {values: [1]}'), ['missing-arguments']],
    [
      'configuration beside arguments',
      tests('not_null: {severity: warn, where: "true"}'),
      ['property-moved-to-config'],
    ],
    [
      'arguments that are arguments by the project’s flags',
      {
        ...tests('accepted_values: {arguments: {values: [1]}}'),
        'macros/t.sql':
          '{% test accepted_values(model, column_name, arguments) %}select 1 where false{% endtest %}',
        'dbt_project.yml': settings('flags: {require_generic_test_arguments_property: false}'),
      },
      ['arguments-property'],
    ],
    [
      'the end of a macro that never began',
      { 'macros/m.sql': '{% macro a() %}{% endmacro %}\n{% endmacro %}\n{%- endtest -%}' },
      ['stray-block'],
    ],
    [
      'itertools',
      { 'models/i.sql': '{% set p = modules.itertools.chain([1], [2]) %}select 1 as id' },
      ['itertools'],
    ],
    [
      'a model and a seed of one name, told apart by their schemas',
      { 'seeds/m.csv': 'a\n1', 'dbt_project.yml': settings('seeds: {+schema: raw}') },
      ['same-name'],
    ],
    [
      "the project's own macro for microbatch models",
      {
        'macros/m.sql': '{% macro get_incremental_microbatch_sql(arg_dict) %}select 1{% endmacro %}',
        'models/e.sql':
          "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='d', batch_size='day', begin='2024-01-01') }} select 1 as d",
      },
      ['microbatch-macro'],
    ],
    ['a test that nobody wrote', tests('uniqe'), ['test-not-found']],
    ['an entry in another kind’s section', { 'models/p.yml': 'seeds: [{name: m}]' }, ['wrong-resource-kind']],
    ['an entry of no macro', { 'macros/p.yml': 'macros: [{name: m}]' }, ['unused-macro-patch']],
    [
      'two tests with either, each kind once',
      tests(
        'accepted_values: {values: [1], severity: warn}, accepted_values: {name: b, values: [2], limit: 1}',
      ),
      ['property-moved-to-config', 'missing-arguments'],
    ],
    [
      'none where both are where they belong',
      tests('accepted_values: {arguments: {values: [1]}, config: {severity: warn}, description: d}'),
      [],
    ],
    [
      'an exposure with a space in its name',
      { 'models/e.yml': 'exposures: [{name: the dash, type: dashboard, owner: {name: a}}]' },
      ['exposure-name'],
    ],
    [
      'a model whose day has come, and its child',
      versions('2001-01-01'),
      ['deprecated-model', 'deprecated-reference'],
    ],
    ['a child of a model whose day will come', versions('2999-01-01'), ['upcoming-deprecation']],
  ])('is told: %s', async (_, files, expected) => {
    expect(await codes(files)).toEqual(expected.map((name) => `compiler.${name}`));
  });
});

describe('a deprecated spelling', () => {
  const twice = tests('accepted_values: {values: [1]}, accepted_values: {name: b, values: [2]}');

  it('is counted where only the first one is told', async () => {
    expect(await codes(twice)).toEqual(['compiler.missing-arguments']);
    expect(project?.warnings[0]).toMatchObject({ occurrences: 2 });
  });

  it('is told each time when all are asked for', async () => {
    project = new ScratchProject({ 'models/m.sql': 'select 1 as id', ...twice });
    await project.parse({ showAllDeprecations: true });
    expect(project.warnings.map(({ occurrences }) => occurrences)).toEqual([2, 0]);
  });
});
