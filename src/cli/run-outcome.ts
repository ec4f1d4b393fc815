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
