/** Every option of every command of dbt's is taken, or refused by name. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { isBoathouseError } from '../../src/base/index.ts';
import { readCommandLine } from '../../src/cli/program.ts';
import { noDbt } from './dbt.ts';

/** Old spellings that dbt keeps for itself. */
const isInternal = (option: string): boolean => option.startsWith('--deprecated-');

it.skipIf(noDbt !== '')(`knows dbt’s options${noDbt && ` (skipped: ${noDbt})`}`, async () => {
  const python = join(process.env['BOATHOUSE_PEERS_BIN'] ?? '', 'python');
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'flags.py')]);
  const commands = JSON.parse(stdout) as Record<string, [string, string | null][]>;
  expect(Object.keys(commands)).toContain('source freshness');
  const unknown: string[] = [];
  const refused: string[] = [];
  for (const [command, options] of Object.entries(commands)) {
    const words = [...command.split(' '), ...(command === 'run-operation' ? ['a_macro'] : [])];
    for (const [option, value] of options) {
      if (isInternal(option)) continue;
      try {
        readCommandLine([...words, option, ...(value === null ? [] : [value])], {}, { columns: 80 });
      } catch (error) {
        const isRefused = isBoathouseError(error, 'cli.unsupported-option');
        (isRefused ? refused : unknown).push(`${command} ${option}`);
      }
    }
  }
  expect(unknown).toEqual([]);
  expect(refused).toEqual(['clean --no-clean-project-files-only']);
});
