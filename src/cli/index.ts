/** The command line, as a function: what `main.ts` runs and tests call. */
export { cliErrors } from './errors.ts';
export { type InvokeOptions, type InvokeResult, invoke } from './invoke.ts';
export type { CommandResults, ResultOf } from './invoke-results.ts';
export { type Asked, type ProgramOptions, readCommandLine } from './program.ts';
export { runCli } from './run-cli.ts';
