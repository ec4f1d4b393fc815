import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { invoke } from './invoke.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-exit-'));
beforeAll(() => {
  mkdirSync(join(folder, 'models'));
  mkdirSync(join(folder, 'macros'));
  const files = {
    'dbt_project.yml': "name: shop\nprofile: shop\nversion: '1.0'\n",
    'profiles.yml': 'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n',
    'models/bad.sql': "{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}",
    'macros/boom.sql': "{% macro boom() %}{{ exceptions.raise_compiler_error('no') }}{% endmacro %}",
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  [['compile'], 2],
  [['docs', 'generate'], 2],
  [['show', '--select', 'bad'], 2],
  [['show', '--inline', 'select * from nowhere'], 2],
  [['run'], 1],
  [['run-operation', 'boom'], 1],
] as const)('%j ends with %i where a template or a statement fails, as in dbt', async (args, code) => {
  const { exitCode } = await invoke([...args, '--project-dir', folder, '--profiles-dir', folder]);
  expect(exitCode).toBe(code);
});
