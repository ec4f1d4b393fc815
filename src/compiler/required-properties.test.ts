import { afterEach, describe, expect, it } from 'vitest';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

/** The code and message of what a parse ends with, and its line. */
async function failure(
  files: Record<string, string>,
): Promise<{ code: string; message: string; line: unknown }> {
  project = new ScratchProject({ 'models/m.sql': 'select 1 as id', ...files });
  const error: unknown = await project.parse().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const {
    code = 'none',
    message = '',
    location,
  } = (error ?? {}) as {
    code?: string;
    message?: string;
    location?: { line?: number };
  };
  return { code, message, line: location?.line };
}

const yaml = (text: string): Record<string, string> => ({ 'models/p.yml': text });
const snapshot = (config: string): Record<string, string> =>
  yaml(`snapshots:\n  - {name: sn, relation: ref('m'), config: {${config}}}`);

describe('what dbt asks of a description', () => {
  it.each([
    [
      'an exposure without an owner',
      yaml('exposures:\n  - {name: e, type: dashboard}'),
      "'owner' with a 'name'",
    ],
    [
      'an exposure without a type',
      yaml('exposures:\n  - {name: e, owner: {name: a}}'),
      "needs as 'type' one of dashboard, notebook, analysis, ml, application, and has none",
    ],
    [
      'an exposure of a maturity nobody knows',
      yaml('exposures:\n  - {name: e, type: ml, maturity: x, owner: {name: a}}'),
      'needs as \'maturity\' one of low, medium, high, not "x"',
    ],
    ['a group without an owner', yaml('groups:\n  - {name: g}'), "The group 'g' needs an 'owner'"],
    ['a group whose owner has no name', yaml('groups:\n  - {name: g, owner: {nme: x}}'), "The group 'g'"],
    ['a snapshot without a key', snapshot('strategy: check, check_cols: all'), "'unique_key' is missing"],
    ['a snapshot without a strategy', snapshot('unique_key: id'), "'strategy' is missing"],
    [
      'a snapshot by time without a time',
      snapshot('unique_key: id, strategy: timestamp'),
      'must specify an updated_at configuration',
    ],
    [
      'a snapshot that checks one column by its name alone',
      snapshot('unique_key: id, strategy: check, check_cols: v'),
      "Expected 'all' or a list of strings",
    ],
    [
      'a snapshot by time that checks columns',
      snapshot('unique_key: id, strategy: timestamp, updated_at: t, check_cols: all'),
      "should not have 'check_cols'",
    ],
    [
      'a snapshot that does what nobody knows with rows that are gone',
      snapshot('unique_key: id, strategy: check, check_cols: all, hard_deletes: nope'),
      "Invalid value for 'hard_deletes': nope",
    ],
    [
      'a snapshot that is a table',
      snapshot('unique_key: id, strategy: check, check_cols: all, materialized: table'),
      "a materialized value of 'snapshot'",
    ],
    ['a name with a space', { 'models/a b.sql': 'select 1' }, "cannot contain spaces: 'model.shop.a b'"],
    [
      'a public model that is ephemeral',
      { 'models/e.sql': "{{ config(materialized='ephemeral', access='public') }} select 1" },
      "can't be public for an ephemeral model",
    ],
  ])('is missed: %s', async (_, files, message) => {
    const error = await failure(files);
    expect(error.message).toContain(message);
    expect(error.code).toMatch(/^compiler\.bad-(?:property|snapshot|config)$/);
    expect(error.line).toBeGreaterThanOrEqual(1);
  });

  it('lets names have spaces where the project says so, and tells of it', async () => {
    const flags = 'flags: {require_resource_names_without_spaces: false}\n';
    const { code } = await failure({
      'models/a b.sql': 'select 1',
      'dbt_project.yml': `name: shop\nversion: "1.0"\nprofile: shop\n${flags}`,
    });
    expect(code).toBe('none');
    expect(project?.warnings.map((warning) => warning.code)).toEqual(['compiler.spaces-in-name']);
  });
});
