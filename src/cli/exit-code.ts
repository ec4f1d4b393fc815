/** The exit code of a command that an error ended. */
import { isBoathouseError } from '../base/index.ts';

/**
 * Commands of dbt's in which what fails of the work itself is a result, and counted: whatever else ends them ends
 * them with 2, as it does in dbt, also a template that can't be rendered or a statement that can't be run.
 */
const countsFailures: ReadonlySet<string> = new Set([
  'build',
  'clone',
  'compile',
  'docs generate',
  'ls',
  'parse',
  'retry',
  'run',
  'seed',
  'show',
  'snapshot',
  'source freshness',
  'test',
]);

/** What the process that ran `command` ends with after `error`; 1 and 2 as in dbt, 130 when it was stopped. */
export function exitCodeOf(error: unknown, command?: string): number {
  const code = isBoathouseError(error) ? error.exitCode : 2;
  return code === 1 && command !== undefined && countsFailures.has(command) ? 2 : code;
}
