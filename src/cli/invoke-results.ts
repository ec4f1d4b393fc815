/** What each command finds, as `invoke` gives it. */
import type {
  CleanResult,
  CompileResult,
  DebugResult,
  DepsResult,
  DocsResult,
  InitResult,
  ListedResource,
  ParseSummary,
  QueryResult,
  RunOperationResult,
  RunResult,
  Shown,
} from '../workflows/index.ts';

/** The result of each command, by the name it is called by. Commands that aren't here have none. */
export interface CommandResults {
  readonly build: RunResult;
  readonly run: RunResult;
  readonly test: RunResult;
  readonly seed: RunResult;
  readonly snapshot: RunResult;
  readonly retry: RunResult;
  readonly clone: RunResult;
  readonly compile: CompileResult;
  readonly parse: ParseSummary;
  readonly ls: readonly ListedResource[];
  readonly list: readonly ListedResource[];
  readonly show: readonly Shown[];
  readonly query: QueryResult;
  readonly 'run-operation': RunOperationResult;
  readonly 'docs generate': DocsResult;
  readonly debug: DebugResult;
  readonly clean: CleanResult;
  readonly deps: DepsResult;
  readonly init: InitResult;
}

/** The result that `Args` ask for: known where the first word is a command, any of them where it is an option. */
export type ResultOf<Args extends readonly string[]> = Args extends readonly ['docs', 'generate', ...string[]]
  ? DocsResult
  : Args extends readonly [infer Name extends keyof CommandResults, ...string[]]
    ? CommandResults[Name]
    : CommandResults[keyof CommandResults];
