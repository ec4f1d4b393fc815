/** Every command's artifacts, held against dbt's published schemas and read by dbt's own classes. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  build,
  compile,
  docsGenerate,
  parse,
  type RunOptions,
  run,
  runOperation,
  seed,
  snapshot,
  test,
} from '../../src/workflows/index.ts';
import { noDbt } from './dbt.ts';
import { dbtReads } from './dbt-reads.ts';

const projects = process.env['BOATHOUSE_PROJECTS'];
const matrix = join(projects ?? '', 'feature_matrix');

const commands: Readonly<Record<string, (options: RunOptions) => Promise<unknown>>> = {
  parse,
  seed,
  run: (options) => run({ ...options, exclude: ['config.materialized:incremental'] }),
  build,
  snapshot,
  test,
  compile,
  'run-operation': (options) => runOperation({ ...options, macro: 'run_query', args: { sql: 'select 1' } }),
  'docs generate': docsGenerate,
};

/** What a command leaves that speaks of it. */
const written: Readonly<Record<string, readonly string[]>> = {
  parse: ['manifest'],
  'docs generate': ['manifest', 'run_results', 'catalog'],
};

const cases: readonly (readonly [name: string, source: string, profiles: string, skip: string])[] = [
  ['every kind of resource', join(import.meta.dirname, 'docs-project'), '', noDbt],
  ['packages, versions, tests that fail', join(import.meta.dirname, 'wide-project'), '', noDbt],
  [
    'the feature matrix',
    matrix,
    '_oracle',
    noDbt || (projects === undefined ? 'BOATHOUSE_PROJECTS names no folder' : ''),
  ],
];

for (const [name, source, profiles, skip] of cases) {
  const title = `writes artifacts that dbt reads: ${name}${skip && ` (skipped: ${skip})`}`;
  it.skipIf(skip !== '')(title, () => checkAll(source, profiles));
}

async function checkAll(source: string, profiles: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-artifacts-'));
  try {
    const project = join(folder, 'project');
    cpSync(source, project, { recursive: true });
    mkdirSync(join(project, 'ext'), { recursive: true });
    const files: string[] = [];
    for (const [name, command] of Object.entries(commands)) {
      const targetPath = join(folder, name.replace(' ', '-'));
      await command({ projectDir: project, profilesDir: join(project, profiles), env: {}, targetPath });
      for (const artifact of written[name] ?? ['manifest', 'run_results']) {
        const file = join(targetPath, `${artifact}.json`);
        if (existsSync(file)) files.push(file);
        else expect(`${name} wrote ${artifact}`).toBe('');
      }
    }
    expect(files.length).toBeGreaterThan(14);
    expect(await dbtReads(files)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
