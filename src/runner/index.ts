/** Running a graph on a target: order, threads, retries, skips, results, and one stream of events. */
export { countResults, isFailure } from './counts.ts';
export { plural, printerWidth, summaryLine } from './dbt-lines.ts';
export { DbtLog, type DbtLogLine } from './dbt-log.ts';
export { isDeprecation, isToldOnce, warningName, warningNames, warningNumber } from './dbt-names.ts';
export { textOfLine } from './dbt-text.ts';
export { runnerErrors } from './errors.ts';
export type { Emit, MessageLevel, NodeFacts, RunCounts, RunEvent } from './events.ts';
export {
  errorResult,
  type GraphResult,
  type NodeRunner,
  type RunGraphOptions,
  refuseThreads,
  runGraph,
  skippedResult,
  stoppedByFailure,
} from './run-graph.ts';
export { isoMicros, type RunResultsHeader, runResultsArtifact, threadName } from './run-results.ts';
export { type Outcome, Schedule, type Skip, type WorkItem } from './schedule.ts';
export { type ProjectGraph, planWorkItems } from './work-items.ts';
