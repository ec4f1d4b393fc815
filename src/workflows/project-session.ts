/**
 * What every verb on a project begins with: read it, compile it, and know who is told.
 *
 * Options win over `flags:` in dbt_project.yml, which win over dbt's defaults.
 */
import { dirname, resolve } from 'node:path';
import { adapterVersion, dbtVersion, systemClock, systemRandom } from '../base/index.ts';
import {
  type Compilation,
  compileProject,
  type Invocation,
  type Plain,
  type PreviousState,
} from '../compiler/index.ts';
import type { IndirectSelection, Project } from '../project/index.ts';
import { type Emit, type RunEvent, refuseThreads } from '../runner/index.ts';
import { onStorageWarning } from '../storage/index.ts';
import type { Target, TargetNotice, TargetOptions } from '../targets/index.ts';
import type { Deferral } from './defer.ts';
import { Deprecations, deprecatedOptions, summaryText } from './deprecations.ts';
import { workflowErrors } from './errors.ts';
import { foundInProject } from './found-in-project.ts';
import { LogFile } from './log-file.ts';
import { logFileOf } from './log-options.ts';
import type { RunOptions } from './options.ts';
import { parseRequest } from './parse-request.ts';
import { readProjectOnly, readVars } from './read-project.ts';
import { parseSample } from './sample-window.ts';
import { writingTo } from './target-folder.ts';
import { readWarningRules, type WarningRules } from './warning-rules.ts';

/** Options with every default filled in. */
export interface Settings {
  readonly threads: number;
  readonly fullRefresh: boolean;
  readonly failFast: boolean;
  /** Whether all warnings are failures. */
  readonly warnErrorGiven: boolean;
  /** Whether a test's warning is a failure. */
  readonly warnError: boolean;
  /** Which warnings are failures. */
  readonly warnings: WarningRules;
  readonly introspect: boolean;
  readonly storeFailures: boolean | undefined;
  readonly empty: boolean;
  readonly defer: boolean;
  readonly favorState: boolean;
  readonly indirectSelection: IndirectSelection;
  readonly partialParse: boolean;
  readonly writeJson: boolean;
  readonly lockTimeoutMs: number;
}

/** How a session opens its target. */
export interface OpenOptions extends Pick<TargetOptions, 'previousBatches' | 'batchesUntil'> {
  readonly writes: boolean;
}

/** A compiled project and the surroundings of one command. */
export interface ProjectSession {
  readonly project: Project;
  readonly compilation: Compilation;
  readonly settings: Settings;
  /** Absolute path of `target/`. */
  readonly targetPath: string;
  /** What `--state` names; undefined without it. */
  readonly previous: PreviousState | undefined;
  readonly startedAtMs: number;
  readonly emit: Emit;
  /** Tells of what stops nothing. @throws workflows.warning-as-error under `warnError` */
  warn(warning: Warning): void;
  /** Opens the target. `writes: false` for verbs that only look. */
  openTarget(options: OpenOptions): Promise<Target>;
  /** Closes the log. */
  close(): void;
}

/**
 * Reads and compiles the project that `options` name.
 *
 * @param command dbt's name of the verb, as templates see it.
 * @throws runner.bad-threads; project.*, compiler.*, jinja.* with the place of the mistake.
 */
export async function openProject(command: string, options: RunOptions): Promise<ProjectSession> {
  const startedAtMs = systemClock.nowMs();
  const env = options.env ?? process.env;
  const read = await readProjectOnly(options);
  const settings = settle(options, read);
  refuseThreads(settings.threads);
  const targetPath = resolve(read.root, options.targetPath ?? read.config.targetPath);
  const state = await stateOf(read, targetPath, command, options, settings);
  const project = state.project;
  const id = systemRandom.uuid();
  const log =
    options.logPath === null
      ? undefined
      : new LogFile(
          resolve(project.root, options.logPath ?? project.config.logPath),
          id,
          logFileOf(options, project.config.flags),
        );
  const emit: Emit = (event) => {
    log?.write(event);
    options.emit?.(event);
  };
  const { flags } = project.config;
  emit({
    kind: 'invoked',
    atMs: startedAtMs,
    invocationId: id,
    command,
    dbtVersion,
    adapterVersion,
    flags,
  });
  const stopListening = onStorageWarning((code, message) => emit(warningEvent({ code, message })));
  const close = (): void => {
    stopListening();
    const { summaries } = deprecations;
    if (summaries.length > 0 && settings.warnings.verdict('DeprecationsSummary') !== 'silence') {
      emit({
        ...warningEvent({ code: 'workflows.deprecations', message: summaryText(summaries, showsAll) }),
        data: { summaries, show_all_hint: !showsAll },
      });
    }
    log?.close();
  };
  const showsAll = options.showAllDeprecations ?? flags['show_all_deprecations'] === true;
  const deprecations = new Deprecations(showsAll);
  const warn = (warning: Warning): void => {
    if (!deprecations.tells(warning)) return;
    const verdict = settings.warnings.verdict(warning.code);
    if (verdict === 'silence') return;
    if (verdict === 'error') {
      throw workflowErrors['warning-as-error'](
        { message: warning.message },
        warning.location === undefined ? {} : { location: warning.location },
      );
    }
    emit(warningEvent(warning));
  };
  try {
    for (const warning of project.warnings) warn(warning);
    for (const warning of deprecatedOptions(options, flags)) warn(warning);
    const invocation: Invocation = {
      id,
      startedAt: new Date(startedAtMs),
      command,
      args: invocationArgs(command, options, settings, project),
      threads: settings.threads,
      fullRefresh: settings.fullRefresh,
      vars: project.vars,
      flags: templateFlags(command, options, settings, project),
      env,
      empty: settings.empty,
      showAllDeprecations: showsAll,
      ...(options.sample === undefined ? {} : { sample: parseSample(options.sample, new Date(startedAtMs)) }),
      say: (text, kind, code = 'jinja.warning') => {
        if (kind === 'warn') return warn({ code, message: text });
        emit({
          kind: 'message',
          atMs: systemClock.nowMs(),
          level: kind === 'log' ? 'debug' : 'info',
          text,
          printed: kind === 'print',
        });
      },
      warn,
    };
    const compilation = await compileProject(project, {
      invocation,
      targetPath,
      // A kept parse has the first of each kind alone.
      partialParse: settings.partialParse && !showsAll,
      request: parseRequest(options),
    });
    emit({ kind: 'parsed', atMs: systemClock.nowMs(), found: foundInProject(compilation) });
    return {
      project,
      compilation,
      settings,
      targetPath,
      startedAtMs,
      emit,
      warn,
      previous: state.previous && { ...state.previous, tell: onceEach(warn) },
      openTarget: async ({ writes, previousBatches, batchesUntil }) => {
        const { openTarget } = await import('../targets/index.ts');
        const opening = openTarget(compilation, {
          writes,
          lockTimeoutMs: settings.lockTimeoutMs,
          ...(previousBatches === undefined ? {} : { previousBatches }),
          ...(batchesUntil === undefined ? {} : { batchesUntil }),
          ...(settings.storeFailures === undefined ? {} : { storeFailures: settings.storeFailures }),
          onNotice: (notice) => emit(noticeEvent(notice)),
        });
        const target = await writingTo(project.root, () => opening);
        if (state.deferral !== undefined) await deferWhenReady(target, compilation, state.deferral);
        return target;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

interface State {
  readonly project: Project;
  readonly previous: PreviousState | undefined;
  readonly deferral: Deferral | undefined;
}

/** Commands that make what they select. */
const building: ReadonlySet<string> = new Set(['build', 'run', 'seed', 'snapshot', 'clone']);

/** Reads what `--state` and `--defer-state` name. @throws workflows.state-unreadable, workflows.no-deferral */
async function stateOf(
  project: Project,
  targetPath: string,
  command: string,
  options: RunOptions,
  settings: Settings,
): Promise<State> {
  const { state, deferState } = options;
  if (state === undefined && deferState === undefined && !settings.defer) {
    return { project, previous: undefined, deferral: undefined };
  }
  const { readPreviousState, readStateManifest, stateFolder } = await import('./previous-state.ts');
  const comparesUnrendered = project.config.flags['state_modified_compare_more_unrendered_values'] === true;
  const previous =
    state === undefined
      ? undefined
      : { ...readPreviousState(stateFolder(project.root, state), targetPath), comparesUnrendered };
  if (!settings.defer) return { project, previous, deferral: undefined };
  const place = deferState ?? state;
  const manifest =
    deferState === undefined ? previous?.manifest : readStateManifest(stateFolder(project.root, deferState));
  if (manifest === undefined) throw workflowErrors['no-deferral']({ path: place });
  const { withDeferredDatabases } = await import('./defer.ts');
  return {
    project: withDeferredDatabases(project, manifest, options),
    previous,
    deferral: {
      manifest,
      favorState: settings.favorState,
      builds: building.has(command),
      notes: command !== 'clone',
    },
  };
}

/** Has deferral decided as soon as the target is ready, whoever makes it ready. */
async function deferWhenReady(target: Target, compilation: Compilation, deferral: Deferral): Promise<void> {
  const { applyDeferral } = await import('./defer.ts');
  const prepare = target.prepare.bind(target);
  Object.assign(target, {
    prepare: async (ids: readonly string[]) => {
      await prepare(ids);
      await applyDeferral({ compilation }, deferral, target, ids);
    },
  });
}

/** Something a person should know, that stops nothing. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly location?: { readonly file: string; readonly line?: number; readonly column?: number } | undefined;
  /** Of a deprecation: how many things like it there are. */
  readonly occurrences?: number;
}

function settle(options: RunOptions, project: Project): Settings {
  const flag = (name: string): unknown => project.config.flags[name];
  const decide = (given: boolean | undefined, name: string, otherwise: boolean): boolean =>
    given ?? (typeof flag(name) === 'boolean' ? (flag(name) as boolean) : otherwise);
  const warnErrorGiven = decide(options.warnError, 'warn_error', false);
  const warnings = readWarningRules(
    options.warnErrorOptions ?? (options.warnError === true ? undefined : flag('warn_error_options')),
    options.warnErrorOptions === undefined ? warnErrorGiven : options.warnError === true,
  );
  return {
    threads: options.threads ?? project.profile.threads,
    fullRefresh: decide(options.fullRefresh, 'full_refresh', false),
    failFast: decide(options.failFast, 'fail_fast', false),
    warnErrorGiven,
    warnError: warnings.verdict('LogTestResult') === 'error',
    warnings,
    introspect: decide(options.introspect, 'introspect', true),
    storeFailures: options.storeFailures ?? (flag('store_failures') === true ? true : undefined),
    empty: options.empty ?? false,
    defer: decide(options.defer, 'defer', false),
    favorState: decide(options.favorState, 'favor_state', false),
    indirectSelection:
      options.indirectSelection ?? (flag('indirect_selection') as IndirectSelection | undefined) ?? 'eager',
    partialParse: decide(options.partialParse, 'partial_parse', true),
    writeJson: decide(options.writeJson, 'write_json', true),
    lockTimeoutMs: (options.lockTimeoutSeconds ?? 600) * 1000,
  };
}

/** What `invocation_args_dict` and `run_results.json` show: dbt's names, nothing that isn't JSON. */
function invocationArgs(
  command: string,
  options: RunOptions,
  settings: Settings,
  { root, config }: Project,
): Plain {
  const given: Plain = {
    which: command,
    invocation_command: `dbt ${command}`,
    select: [...(options.select ?? [])],
    exclude: [...(options.exclude ?? [])],
    selector: options.selector,
    resource_types: options.resourceTypes,
    exclude_resource_types: options.excludeResourceTypes,
    indirect_selection: settings.indirectSelection,
    full_refresh: settings.fullRefresh,
    fail_fast: settings.failFast,
    warn_error: settings.warnErrorGiven,
    store_failures: settings.storeFailures,
    empty: settings.empty,
    event_time_start: options.eventTimeStart,
    event_time_end: options.eventTimeEnd,
    sample: options.sample,
    threads: settings.threads,
    vars: readVars(options.vars),
    target: options.target,
    profile: options.profile,
    profiles_dir: options.profilesDir,
    project_dir: root,
    log_path: resolve(root, options.logPath ?? config.logPath),
    version_check: options.versionCheck ?? true,
    state: options.state,
    defer_state: options.deferState,
    defer: settings.defer,
    favor_state: settings.favorState,
    introspect: settings.introspect,
    send_anonymous_usage_stats: false,
    target_path: options.targetPath,
    partial_parse: settings.partialParse,
    write_json: settings.writeJson,
    macro: options.macro,
    args: options.args,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `flags` as templates see it: dbt's upper-case names, and the project's own flags below them. */
function templateFlags(command: string, options: RunOptions, settings: Settings, project: Project): Plain {
  const own = Object.entries(project.config.flags).map(([name, value]) => [name.toUpperCase(), value]);
  return {
    ...Object.fromEntries(own),
    WHICH: command,
    FULL_REFRESH: settings.fullRefresh,
    FAIL_FAST: settings.failFast,
    WARN_ERROR: settings.warnErrorGiven,
    STORE_FAILURES: settings.storeFailures ?? false,
    EMPTY: settings.empty,
    EVENT_TIME_START: options.eventTimeStart ?? null,
    EVENT_TIME_END: options.eventTimeEnd ?? null,
    SAMPLE: options.sample ?? null,
    INDIRECT_SELECTION: settings.indirectSelection,
    PARTIAL_PARSE: settings.partialParse,
    WRITE_JSON: settings.writeJson,
    THREADS: settings.threads,
    TARGET: options.target ?? null,
    PROFILE: options.profile ?? null,
    PROJECT_DIR: project.root,
    PROFILES_DIR: dirname(project.profile.file),
    VERSION_CHECK: options.versionCheck ?? true,
    INTROSPECT: settings.introspect,
    PRINT: true,
    USE_COLORS: false,
    DEBUG: false,
    QUIET: false,
    INVOCATION_COMMAND: `dbt ${command}`,
  };
}

/** A selection may be made several times in one command. */
function onceEach(warn: (warning: Warning) => void): (warning: Warning) => void {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.message)) return;
    told.add(warning.message);
    warn(warning);
  };
}

function warningEvent(warning: Warning): Extract<RunEvent, { kind: 'message' }> {
  return {
    kind: 'message',
    atMs: systemClock.nowMs(),
    level: 'warn',
    text: warning.message,
    printed: false,
    code: warning.code,
    ...(warning.location === undefined ? {} : { location: warning.location }),
    ...(warning.hint === undefined ? {} : { hint: warning.hint }),
  };
}

function noticeEvent(notice: TargetNotice): RunEvent {
  const atMs = systemClock.nowMs();
  if (notice.kind === 'waiting') {
    const seconds = Math.round((atMs - notice.sinceMs) / 1000);
    const text = `Waiting for ${notice.holder}, which keeps tables in the same file${seconds > 0 ? ` (${seconds} s)` : ''}`;
    return { kind: 'message', atMs, level: 'info', text, printed: false, code: 'targets.waiting' };
  }
  return { kind: 'message', atMs, level: 'warn', text: notice.message, printed: false, code: notice.code };
}
