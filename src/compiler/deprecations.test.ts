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
