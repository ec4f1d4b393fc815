/**
 * Built-in macros against dbt's: one project calls them all, both sides run it on DuckDB, and what the
 * macros gave is compared line by line.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectOptions, run, runOperation } from '../../src/workflows/index.ts';
import { dbt, noDbt } from './dbt.ts';

describe.skipIf(noDbt !== '')('built-in macros (skipped where BOATHOUSE_PEERS_BIN names no dbt)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-macros-'));
  const said = { theirs: new Map<string, string>(), ours: new Map<string, string>() };

  beforeAll(async () => {
    const source = join(import.meta.dirname, 'macros-project');
    const left = join(folder, 'dbt');
    const right = join(folder, 'boathouse');
    for (const copy of [left, right]) cpSync(source, copy, { recursive: true });
    const printed = [
      await dbt(left, '--no-use-colors', 'run-operation', 'probe', '--profiles-dir', '.'),
      await dbt(left, '--no-use-colors', 'run', '--profiles-dir', '.'),
    ];
    said.theirs = casesOf(printed.join('\n'));
    said.ours = await runOurs(right);
  }, 240_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('were all called by both', () => {
    expect(said.theirs.size).toBeGreaterThan(110);
    expect([...said.ours.keys()].sort()).toEqual([...said.theirs.keys()].sort());
  });

  it('give what dbt gives', () => {
    const different = [...said.theirs].flatMap(([name, value]) =>
      said.ours.get(name) === value ? [] : [`${name}\n  dbt  ${value}\n  ours ${said.ours.get(name)}`],
    );
    expect(different).toEqual([]);
  });
});

async function runOurs(projectDir: string): Promise<Map<string, string>> {
  const lines: string[] = [];
  const options: ProjectOptions = {
    projectDir,
    profilesDir: projectDir,
    logPath: null,
    emit: (event) => {
      if (event.kind === 'message') lines.push(event.text);
    },
  };
  await runOperation({ ...options, macro: 'probe' });
  await run(options);
  return casesOf(lines.join('\n'));
}

function casesOf(output: string): Map<string, string> {
  const cases = [...output.matchAll(/CASE\|(\w+)\|(.*)/g)];
  return new Map(cases.map((match) => [match[1] ?? '', (match[2] ?? '').trimEnd()]));
}
