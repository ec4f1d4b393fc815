/** Selections from seeds hold what they hold for dbt, which is asked in one process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../../src/base/index.ts';
import { readCommandLine } from '../../src/cli/program.ts';
import { ls } from '../../src/workflows/index.ts';
import { JsonProcess } from '../delta/json-process.ts';
import { noDbt } from './dbt.ts';
import { selectionFrom, writeSelectionProject } from './selection-project.ts';

const count = Number(process.env['BOATHOUSE_SELECTIONS'] ?? 200);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-selection-'));
  writeSelectionProject(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The ids that our own command would list for these arguments. */
async function ours(args: readonly string[]): Promise<readonly string[] | 'refused'> {
  const asked = readCommandLine(['ls', ...args], {}, { columns: 100 });
  if (asked.kind !== 'command') throw new Error(`no command: ${args.join(' ')}`);
  const { flags } = asked;
  try {
    const found = await ls({
      projectDir: folder,
      profilesDir: folder,
      logPath: null,
      env: {},
      select: flags.texts('select'),
      exclude: flags.texts('exclude'),
      selector: flags.text('selector'),
      indirectSelection: flags.text('indirectSelection') as 'eager' | undefined,
      resourceTypes: flags.texts('resourceType'),
    });
    return found.map(({ uniqueId }) => uniqueId).sort();
  } catch (error) {
    if (!isBoathouseError(error)) throw error;
    return 'refused';
  }
}

describe.skipIf(noDbt !== '')(`selections${noDbt && ` (skipped: ${noDbt})`}`, () => {
  it(`hold what they hold for dbt, ${count} of them`, async () => {
    const python = join(process.env['BOATHOUSE_PEERS_BIN'] ?? '', 'python');
    const script = join(import.meta.dirname, 'selection.py');
    const judge = new JsonProcess('sh', ['-c', `cd '${folder}' && exec '${python}' '${script}'`], {
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      DBT_PROFILES_DIR: folder,
    });
    const differences: string[] = [];
    let held = 0;
    try {
      const seeds = Array.from({ length: count }, (_, i) => i + 1);
      const answers = seeds.map((seed) =>
        judge.ask(selectionFrom(seed)).then(
          (ids) => ids as readonly string[],
          () => 'refused' as const,
        ),
      );
      for (const [i, seed] of seeds.entries()) {
        const args = selectionFrom(seed);
        const theirs = await (answers[i] as Promise<readonly string[] | 'refused'>);
        const found = await ours(args);
        if (theirs !== 'refused') held += theirs.length;
        if (JSON.stringify(found) === JSON.stringify(theirs)) continue;
        const [a, b] = [new Set(theirs), new Set(found)];
        const missing = [...a].filter((id) => !b.has(id)).slice(0, 5);
        const extra = [...b].filter((id) => !a.has(id)).slice(0, 5);
        differences.push(`ls ${args.join(' ')}: missing ${missing.join(' ')}; too many ${extra.join(' ')}`);
      }
    } finally {
      await judge[Symbol.asyncDispose]();
    }
    expect(differences).toEqual([]);
    expect(held).toBeGreaterThan(count * 5);
  }, 300_000);
});
