/** How a command that ran nodes ends: its result for machines, and its code. */
import type { RunResult } from '../workflows/index.ts';
import type { CommandInput } from './command.ts';
import { printJsonLine } from './output/json-lines.ts';

/** Prints the result object under `--json`. @returns dbt's exit code: 0, 1 when a node failed, 130. */
export function endRun(
  command: 'build' | 'run' | 'test' | 'seed' | 'snapshot' | 'retry' | 'clone',
  result: RunResult,
  input: CommandInput,
): number {
  const { flags, terminal } = input;
  input.deliver?.(command, result);
  const exitCode = result.interrupted ? 130 : result.counts.error > 0 ? 1 : 0;
  if (flags.is('json') === true) {
    const { counts, elapsedMs, published, runResultsPath, results } = result;
    printJsonLine(
      { kind: 'result', command, exitCode, counts, elapsedMs, published, runResultsPath, results },
      terminal,
    );
  }
  return exitCode;
}

/** Prints the first rows of what seeds have loaded. */
export async function showSeeds(result: RunResult, input: CommandInput): Promise<void> {
  const { flags, terminal } = input;
  const loaded = result.results.filter(
    ({ uniqueId, status }) => uniqueId.startsWith('seed.') && status === 'success',
  );
  if (loaded.length === 0 || flags.is('json') === true) return;
  const [{ show }, { projectGiven }, { printTable }] = await Promise.all([
    import('../workflows/index.ts'),
    import('./given.ts'),
    import('./output/table.ts'),
  ]);
  // A seed's file may be in a folder, which its id says nothing of.
  const select = loaded.map(({ uniqueId }) => {
    const [, inPackage, ...name] = uniqueId.split('.');
    return `package:${inPackage},${name.join('.')}`;
  });
  const shown = await show({
    ...projectGiven(input),
    emit: undefined,
    select,
    resourceTypes: ['seed'],
    limit: 10,
  });
  for (const grid of shown) {
    terminal.out(`\n${terminal.colors.bold(`First rows of ${grid.name}`)}\n`);
    terminal.out(`${printTable(grid, terminal.columns, terminal.colors)}\n`);
  }
}
