import { afterEach, describe, expect, it } from 'vitest';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

/** What a parse of these files ends with. */
async function failure(
  files: Record<string, string>,
): Promise<{ code: string; message: string; line: number | undefined }> {
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

const model = (config: string): Record<string, string> => ({
  'models/m.sql': `{{ config(${config}) }} select 1 as id`,
});
const test = (listed: string): Record<string, string> => ({
  'models/p.yml': `models:\n  - name: m\n    columns:\n      - name: id\n        data_tests:\n          - ${listed}\n`,
});

describe('a configuration of a type that dbt refuses', () => {
  it.each([
    ['alias=1.5', "config 'alias' has to be a text, not 1.5"],
    ["meta='a'", "config 'meta' has to be a mapping"],
    ["persist_docs='x'", "config 'persist_docs' has to be a mapping"],
    ["full_refresh='yes'", "config 'full_refresh' has to be true or false, not 'yes'"],
    ["unique_key={'a': 1}", "config 'unique_key' has to be the name of a column, or a list of names"],
    ['unique_key=[1]', "config 'unique_key'"],
    ['on_schema_change=1', "config 'on_schema_change' has to be a text"],
    ['incremental_strategy=7', "config 'incremental_strategy' has to be a text"],
    ["docs={'show': 'x'}", "config 'docs.show' has to be true or false"],
    ["contract={'enforced': 'x'}", "config 'contract.enforced' has to be true or false"],
    ["on_configuration_change='x'", 'has to be apply, continue or fail'],
    ['pre_hook=1', "config 'pre-hook' has to be SQL, or a mapping with 'sql', not 1"],
    ["post_hook={'a': 1}", "config 'post-hook' needs its SQL"],
    [
      "materialized='incremental', contract={'enforced': true}",
      "has to be 'append_new_columns' or 'fail' for an incremental model with an enforced contract",
    ],
  ])('is told: %s', async (config, message) => {
    expect(await failure(model(config))).toMatchObject({
      code: 'compiler.bad-config',
      message: expect.stringContaining(message) as string,
      line: 1,
    });
  });

  it.each([
    ['not_null: {config: {where: 1}}', 'compiler.bad-config', "'where' has to be a text"],
    ['not_null: {config: {limit: x}}', 'compiler.bad-config', "'limit' has to be a whole number"],
    ['not_null: {config: {error_if: true}}', 'compiler.bad-config', "'error_if' has to be a text"],
    [
      'not_null: {config: {store_failures: x}}',
      'compiler.bad-config',
      "'store_failures' has to be true or false",
    ],
    ['not_null: {config: {materialized: table}}', 'compiler.bad-config', 'materialized'],
    ['not_null: {config: 1}', 'compiler.bad-property', "'config' of the test 'not_null' has to be a mapping"],
    ['not_null: {name: 1}', 'compiler.bad-property', "'name' of the test 'not_null' has to be a text"],
    ['not_null:', 'compiler.bad-property', 'has a colon, and nothing below it'],
  ])('is told of a test: %s', async (listed, code, message) => {
    expect(await failure(test(listed))).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      line: 6,
    });
  });

  it.each([
    "alias='x', unique_key=['a', 'b'], full_refresh=none, meta={'a': 1}, docs={'node_color': '#fff'}",
    "pre_hook=['select 1', {'sql': 'select 2', 'transaction': false}], post_hook='select 3'",
    "materialized='incremental', contract={'enforced': true}, on_schema_change='fail'",
    "anything={'a': [1]}, merge_update_columns=1",
  ])('is no trouble where dbt takes it: %s', async (config) => {
    expect((await failure(model(config))).code).toBe('none');
  });
});
