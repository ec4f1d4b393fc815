/**
 * The verbs of the product: what the command line, the library and a scheduler ask for.
 *
 * Each verb's file is loaded when the verb is first called, and with it only what that verb needs: `ls`
 * never loads DuckDB's side, `land` never loads the compiler.
 */
import type { AliasOptions, AliasResult } from './alias.ts';
import type { CreateBranchOptions, CreatedBranch } from './branch-create.ts';
import type { DeleteBranchOptions, DeletedBranch, ListedBranch } from './branch-list.ts';
import type { MergeBranchOptions, MergedBranch } from './branch-merge.ts';
import type { RegisterOptions, RegisterResult } from './catalog-register.ts';
import type { CleanResult } from './clean.ts';
import type { CompileOptions, CompileResult } from './compile.ts';
import type { DebugResult } from './debug.ts';
import type { DepsOptions, DepsResult } from './deps/deps.ts';
import type { DevOptions } from './dev/dev.ts';
import type { DocsGenerateOptions, DocsResult } from './docs/docs-generate.ts';
import type { DocsServeOptions, DocsServer } from './docs/docs-serve.ts';
import type { DoctorOptions, DoctorResult } from './doctor.ts';
import type { FreshnessOptions, FreshnessResult } from './freshness.ts';
import type { Grid } from './grid.ts';
import type { InitOptions, InitResult } from './init.ts';
import type { LakeOptions } from './lake.ts';
import type { LakeDiff, LakeDiffOptions } from './lake-diff.ts';
import type { LakeLog, LakeLogOptions } from './lake-log.ts';
import type { LandOptions, LandResult } from './land.ts';
import type { ListedResource, LsOptions } from './ls.ts';
import type { MaintainOptions, MaintainResult } from './maintain.ts';
import type { ProjectOptions, RunOptions } from './options.ts';
import type { ParseResult, ParseSummary } from './parse.ts';
import type { NodePlan } from './plan.ts';
import type { PromptSession } from './prompt-session.ts';
import type { ExportOptions, ExportResult, QueryOptions } from './query.ts';
import type { QueryResult } from './question.ts';
import type { RetryOptions } from './retry.ts';
import type { RollbackOptions, RollbackResult } from './rollback.ts';
import type { RunResult } from './run-nodes.ts';
import type { RunOperationOptions, RunOperationResult } from './run-operation.ts';
import type { Shown, ShowOptions } from './show.ts';
import type { StatementOptions, StatementOutcome } from './statement.ts';
import type { ShowTableOptions, TableChangesOptions } from './table-rows.ts';
import type { TableOptions, TableVerb } from './table-statement.ts';
import type {
  CheckpointOutcome,
  TableFiles,
  TableFilesOptions,
  VacuumOutcome,
  VacuumTableOptions,
} from './table-upkeep.ts';

// What a caller needs to read events and results.
export {
  DbtLog,
  type DbtLogLine,
  type Emit,
  plural,
  type RunCounts,
  type RunEvent,
  summaryLine,
  textOfLine,
} from '../runner/index.ts';
export type { MaintenancePlan, Progress } from '../tables/index.ts';
export type { NodeResult, NodeStatus } from '../targets/index.ts';
export type { AliasOptions, AliasResult } from './alias.ts';
export type { CreateBranchOptions, CreatedBranch } from './branch-create.ts';
export type { DeleteBranchOptions, DeletedBranch, ListedBranch } from './branch-list.ts';
export type { MergeBranchOptions, MergedBranch } from './branch-merge.ts';
export type { RegisteredTable, RegisterOptions, RegisterResult } from './catalog-register.ts';
export type { TrinoServer } from './catalog-register-client.ts';
export type { CleanResult } from './clean.ts';
export type { CompiledText, CompileOptions, CompileResult } from './compile.ts';
export type { Check, DebugResult } from './debug.ts';
export type { DepsOptions, DepsResult, InstalledPackage } from './deps/deps.ts';
export type { DevOptions, DevUpdate } from './dev/dev.ts';
export type { Finding } from './dev/look.ts';
export type { DocsGenerateOptions, DocsResult } from './docs/docs-generate.ts';
export type { DocsServeOptions, DocsServer } from './docs/docs-serve.ts';
export type { DoctorCheck, DoctorOptions, DoctorResult } from './doctor.ts';
export { workflowErrors } from './errors.ts';
export type { FreshnessOptions, FreshnessResult, FreshnessStatus, SourceFreshness } from './freshness.ts';
export type { Cell, Grid, GridColumn } from './grid.ts';
export type { InitOptions, InitResult } from './init.ts';
export type { LakeOptions } from './lake.ts';
export type { ColumnDiff, LakeDiff, LakeDiffOptions, RelationDiff } from './lake-diff.ts';
export type { LakeLog, LakeLogOptions, LoggedGeneration } from './lake-log.ts';
export type { LandOptions, LandResult } from './land.ts';
export type { ListedResource, LsOptions } from './ls.ts';
export type { MaintainedTable, MaintainOptions, MaintainResult } from './maintain.ts';
export type { ProjectOptions, RunOptions, SelectOptions, StateOptions } from './options.ts';
export type { ParseResult, ParseSummary } from './parse.ts';
export type { NodePlan } from './plan.ts';
export type { AskOptions, PromptSession } from './prompt-session.ts';
export type { ExportFormat, ExportOptions, ExportResult, QueryOptions } from './query.ts';
export type { QueryResult } from './question.ts';
export type { ReaderOptions } from './reader.ts';
export type { RestoredTable } from './restore-relation.ts';
export type { RetryOptions } from './retry.ts';
export type { RollbackOptions, RollbackResult } from './rollback.ts';
export type { RunResult } from './run-nodes.ts';
export type { RunOperationOptions, RunOperationResult } from './run-operation.ts';
export type { Shown, ShowOptions } from './show.ts';
export type { StatementOptions, StatementOutcome } from './statement.ts';
export type { ShowTableOptions, TableChangesOptions } from './table-rows.ts';
export type { TableOptions, TableVerb } from './table-statement.ts';
export type {
  CheckpointOutcome,
  TableFile,
  TableFiles,
  TableFilesOptions,
  VacuumOutcome,
  VacuumTableOptions,
} from './table-upkeep.ts';
export { csvRow, jsonRow, withOwnNames } from './text-rows.ts';

/** Runs the selected seeds, models, snapshots and tests in graph order, and publishes: see `build.ts`. */
export async function build(options?: RunOptions): Promise<RunResult> {
  return (await import('./build.ts')).build(options);
}

/** What `build` would do, node by node, without doing it. */
export async function plan(options?: RunOptions): Promise<readonly NodePlan[]> {
  return (await import('./plan.ts')).plan(options);
}

/** Runs the selected models in graph order, and publishes. */
export async function run(options?: RunOptions): Promise<RunResult> {
  return (await import('./run.ts')).run(options);
}

/** Runs the selected tests. */
export async function test(options?: RunOptions): Promise<RunResult> {
  return (await import('./test.ts')).test(options);
}

/** Loads the selected seeds, and publishes. */
export async function seed(options?: RunOptions): Promise<RunResult> {
  return (await import('./seed.ts')).seed(options);
}

/** Takes the selected snapshots, and publishes. */
export async function snapshot(options?: RunOptions): Promise<RunResult> {
  return (await import('./snapshot.ts')).snapshot(options);
}

/** How fresh the selected sources are. */
export async function sourceFreshness(options?: FreshnessOptions): Promise<FreshnessResult> {
  return (await import('./freshness.ts')).sourceFreshness(options);
}

/** Makes the selected relations from those of another environment, and publishes. */
export async function clone(options?: RunOptions): Promise<RunResult> {
  return (await import('./clone.ts')).clone(options);
}

/** The last run again, for what failed in it. */
export async function retry(options?: RetryOptions): Promise<RunResult> {
  return (await import('./retry.ts')).retry(options);
}

/** Compiles the selected nodes, or a text, to SQL. */
export async function compile(options?: CompileOptions): Promise<CompileResult> {
  return (await import('./compile.ts')).compile(options);
}

/** Reads the project and writes its manifest. */
export async function parse(options?: ProjectOptions): Promise<ParseResult> {
  return (await import('./parse.ts')).parse(options);
}

/** `parse` for those who don't look at the manifest: an unchanged project isn't even read. */
export async function checkProject(options?: ProjectOptions): Promise<ParseSummary> {
  return (await import('./parse.ts')).checkProject(options);
}

/** The selected resources, in dbt's spellings. */
export async function ls(options?: LsOptions): Promise<readonly ListedResource[]> {
  return (await import('./ls.ts')).ls(options);
}

/** The first rows of selected nodes, or of a text, as their SQL is now. */
export async function show(options?: ShowOptions): Promise<readonly Shown[]> {
  return (await import('./show.ts')).show(options);
}

/** The rows of a query over what has been published, in memory; or a statement on a Delta table, run. */
export async function query(options: QueryOptions): Promise<QueryResult> {
  return (await import('./query.ts')).query(options);
}

/** Opens what has been published for one statement after another. */
export async function openPrompt(options: StatementOptions): Promise<PromptSession> {
  return (await import('./prompt-session.ts')).openPrompt(options);
}

/** The whole statements at the beginning of a text, and what follows the last semicolon. */
export async function takeStatements(
  text: string,
): Promise<{ readonly statements: readonly string[]; readonly rest: string }> {
  return (await import('./prompt-session.ts')).takeStatements(text);
}

/** Writes the rows of a query over what has been published to a file or a callback. */
export async function exportQuery(options: ExportOptions): Promise<ExportResult> {
  return (await import('./query.ts')).exportQuery(options);
}

/** Changes a Delta table, or tells of it: see `table-statement.ts`. */
export async function changeTable(verb: TableVerb, options: TableOptions): Promise<StatementOutcome> {
  return (await import('./table-statement.ts')).changeTable(verb, options);
}

/** The first rows of a Delta table, now or at a version of the past. */
export async function showTable(options: ShowTableOptions): Promise<Grid> {
  return (await import('./table-rows.ts')).showTable(options);
}

/** The rows that came and went, from a Delta table's change data feed. */
export async function tableChanges(options: TableChangesOptions): Promise<Grid> {
  return (await import('./table-rows.ts')).tableChanges(options);
}

/** The live files of a Delta table. */
export async function tableFiles(options: TableFilesOptions): Promise<TableFiles> {
  return (await import('./table-upkeep.ts')).tableFiles(options);
}

/** Deletes the files of a Delta table that no kept version needs. */
export async function vacuumTable(options: VacuumTableOptions): Promise<VacuumOutcome> {
  return (await import('./table-upkeep.ts')).vacuumTable(options);
}

/** Writes a checkpoint of a Delta table. */
export async function checkpointTable(options: TableOptions): Promise<CheckpointOutcome> {
  return (await import('./table-upkeep.ts')).checkpointTable(options);
}

/** Finds what is worth doing for Delta tables, and does it. */
export async function maintain(options: MaintainOptions): Promise<MaintainResult> {
  return (await import('./maintain.ts')).maintain(options);
}

/** Lands files in a Delta table, in one commit. */
export async function land(options: LandOptions): Promise<LandResult> {
  return (await import('./land.ts')).land(options);
}

/** The generations of a lake that are kept, newest first. */
export async function lakeLog(options?: LakeLogOptions): Promise<LakeLog> {
  return (await import('./lake-log.ts')).lakeLog(options);
}

/** What differs between two generations, or between a branch and what it began with. */
export async function lakeDiff(options: LakeDiffOptions): Promise<LakeDiff> {
  return (await import('./lake-diff.ts')).lakeDiff(options);
}

/** Publishes the state of an older generation as a new one. */
export async function rollback(options: RollbackOptions): Promise<RollbackResult> {
  return (await import('./rollback.ts')).rollback(options);
}

/** Makes a branch of a lake: nothing but the catalog is copied. */
export async function createBranch(options: CreateBranchOptions): Promise<CreatedBranch> {
  return (await import('./branch-create.ts')).createBranch(options);
}

/** The branches of a lake. */
export async function listBranches(options?: LakeOptions): Promise<readonly ListedBranch[]> {
  return (await import('./branch-list.ts')).listBranches(options);
}

/** Brings what a branch changed to the branch that it began on, as one generation. */
export async function mergeBranch(options: MergeBranchOptions): Promise<MergedBranch> {
  return (await import('./branch-merge.ts')).mergeBranch(options);
}

/** Deletes a branch; its files go once nobody reads them any more. */
export async function deleteBranch(options: DeleteBranchOptions): Promise<DeletedBranch> {
  return (await import('./branch-list.ts')).deleteBranch(options);
}

/** Gives the Delta tables of a lake their names in a Trino server. */
export async function registerCatalog(options: RegisterOptions): Promise<RegisterResult> {
  return (await import('./catalog-register.ts')).registerCatalog(options);
}

/** Checks what a build needs. */
export async function debug(options?: ProjectOptions): Promise<DebugResult> {
  return (await import('./debug.ts')).debug(options);
}

/** Installs the packages that a project asks for: see `deps/deps.ts`. */
export async function deps(options?: DepsOptions): Promise<DepsResult> {
  return (await import('./deps/deps.ts')).deps(options);
}

/** Gives the command another name. */
export async function alias(options: AliasOptions): Promise<AliasResult> {
  return (await import('./alias.ts')).alias(options);
}

/** Watches a project while somebody works on it. */
export async function dev(options: DevOptions): Promise<void> {
  return (await import('./dev/dev.ts')).dev(options);
}

/** Goes every step to the places of a profile: see `doctor.ts`. */
export async function doctor(options?: DoctorOptions): Promise<DoctorResult> {
  return (await import('./doctor.ts')).doctor(options);
}

/** Writes the project's artifacts and its documentation site. */
export async function docsGenerate(options?: DocsGenerateOptions): Promise<DocsResult> {
  return (await import('./docs/docs-generate.ts')).docsGenerate(options);
}

/** Serves the documentation site that was written. */
export async function docsServe(options?: DocsServeOptions): Promise<DocsServer> {
  return (await import('./docs/docs-serve.ts')).docsServe(options);
}

/** Writes a small project that builds at once. */
export async function init(options: InitOptions): Promise<InitResult> {
  return (await import('./init.ts')).init(options);
}

/** Removes the folders of `clean-targets`. */
export async function clean(options?: ProjectOptions): Promise<CleanResult> {
  return (await import('./clean.ts')).clean(options);
}

/** Calls a macro with a connection of its own. */
export async function runOperation(options: RunOperationOptions): Promise<RunOperationResult> {
  return (await import('./run-operation.ts')).runOperation(options);
}
