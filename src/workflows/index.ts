/** The verbs of the product: what the command line, the library and a scheduler ask for. */
export { build } from './build.ts';
export { clean, type CleanResult } from './clean.ts';
export { compile, type CompiledText, type CompileOptions, type CompileResult } from './compile.ts';
export { type Check, debug, type DebugResult } from './debug.ts';
export { workflowErrors } from './errors.ts';
export { type Cell, csvRow, type Grid, type GridColumn, jsonRow } from './grid.ts';
export { init, type InitOptions, type InitResult } from './init.ts';
export { land, type LandOptions, type LandResult } from './land.ts';
export { type ListedResource, ls, type LsOptions } from './ls.ts';
export type { ProjectOptions, RunOptions, SelectOptions } from './options.ts';
export { parse, type ParseResult } from './parse.ts';
export { type NodePlan, plan } from './plan.ts';
export {
  type ExportFormat,
  exportFormats,
  type ExportOptions,
  exportQuery,
  type ExportResult,
  query,
  type QueryOptions,
} from './query.ts';
export type { Reader, ReaderOptions } from './reader.ts';
export { run } from './run.ts';
export type { RunResult } from './run-nodes.ts';
export { runOperation, type RunOperationOptions, type RunOperationResult } from './run-operation.ts';
export { seed } from './seed.ts';
export { show, type Shown, type ShowOptions } from './show.ts';
export { test } from './test.ts';
// What a caller needs to read events and results.
export { DbtLog, type Emit, plural, type RunCounts, type RunEvent, summaryLine } from '../runner/index.ts';
export type { NodeResult, NodeStatus } from '../targets/index.ts';
