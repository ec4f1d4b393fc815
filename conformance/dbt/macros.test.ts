/**
 * Built-in macros against dbt's: one project calls them all, both sides run it on DuckDB, and what the
 * macros gave is compared line by line.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOperation } from '../../src/workflows/index.ts';

const peers = process.env['BOATHOUSE_PEERS_BIN'];

describe.skipIf(peers === undefined)('built-in macros (skipped where BOATHOUSE_PEERS_BIN names no dbt)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-macros-'));
  let theirs = new Map<string, string>();
  let ours = new Map<string, string>();

  beforeAll(async () => {
    const source = join(import.meta.dirname, 'macros-project');
    const [left, right] = ['dbt', 'boathouse'].map((name) => join(folder, name));
    for (const copy of [left!, right!]) cpSync(source, copy, { recursive: true });
    theirs = casesOf(
      execFileSync(join(peers ?? '', 'dbt'), ['--no-use-colors', 'run-operation', 'probe', '--profiles-dir', '.'], {
        cwd: left,
        encoding: 'utf8',
      }),
    );
    const said: string[] = [];
    await runOperation({
      projectDir: right,
      profilesDir: right,
      macro: 'probe',
      logPath: null,
      emit: (event) => {
        if (event.kind === 'message') said.push(event.text);
      },
    });
    ours = casesOf(said.join('\n'));
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('were all called by both', () => {
    expect(theirs.size).toBeGreaterThan(100);
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
  });

  it('give what dbt gives', () => {
    const different = [...theirs].flatMap(([name, value]) =>
      ours.get(name) === value ? [] : [`${name}\n  dbt  ${value}\n  ours ${ours.get(name)}`],
    );
    expect(different).toEqual([]);
  });
});

function casesOf(output: string): Map<string, string> {
  const cases = [...output.matchAll(/CASE\|(\w+)\|(.*)/g)];
  return new Map(cases.map((match) => [match[1] ?? '', (match[2] ?? '').trimEnd()]));
}
