/**
 * Options that several commands share, with dbt's names and environment variables.
 *
 * The global ones are accepted before and after the command, as in dbt.
 */
import type { OptionSpec } from './command.ts';

/** A switch and its opposite. */
export function both(flags: string, summary: string, more: Partial<OptionSpec> = {}): readonly OptionSpec[] {
  const name = flags.split('--').at(-1)!;
  return [
    { flags, summary, ...more },
    { flags: `--no-${name}`, summary: `the opposite of --${name}`, hidden: true },
  ];
}

/** Which project and target. */
export const projectOptions: readonly OptionSpec[] = [
  {
    flags: '--project-dir <folder>',
    summary: 'folder with dbt_project.yml (default: here, or the nearest above)',
    env: 'PROJECT_DIR',
  },
  { flags: '--profiles-dir <folder>', summary: 'folder with profiles.yml', env: 'PROFILES_DIR' },
  { flags: '--profile <name>', summary: 'profile to use instead of the project’s', env: 'PROFILE' },
  {
    flags: '-t, --target <name>',
    summary: 'target to use instead of the profile’s, or a branch of its lake',
    env: 'TARGET',
  },
  { flags: '--branch <name>', summary: 'branch of the lake to work on (default: main)' },
  {
    flags: '--storage-option <name=value>',
    summary: 'how buckets are opened, over the profile: AWS_ENDPOINT_URL=https://… (may be repeated)',
    repeats: true,
  },
  { flags: '--vars <yaml>', summary: "variables for the project: '{name: value}'", env: 'VARS' },
  { flags: '--threads <count>', summary: 'nodes to run at once', type: 'count', env: 'THREADS' },
  { flags: '--target-path <folder>', summary: 'where artifacts go (default: target)', env: 'TARGET_PATH' },
  { flags: '--log-path <folder>', summary: 'where boathouse.log goes (default: logs)', env: 'LOG_PATH' },
  {
    flags: '--lock-timeout <seconds>',
    summary: 'how long to wait for another run that keeps tables in the same file',
    type: 'count',
  },
  ...both('--partial-parse', 'reuse what the last parse found (default)', {
    env: 'PARTIAL_PARSE',
    hidden: true,
  }),
  ...both('--write-json', 'write artifacts (default)', { env: 'WRITE_JSON', hidden: true }),
  ...both('--version-check', 'obey require-dbt-version (default)', { env: 'VERSION_CHECK', hidden: true }),
];

/** What is printed, and how. */
export const outputOptions: readonly OptionSpec[] = [
  { flags: '--json', summary: 'print for machines: one JSON object a line, the result last' },
  ...both('-q, --quiet', 'print only errors and results', { env: 'QUIET' }),
  ...both('-d, --debug', 'print what is usually left out, and stack traces', { env: 'DEBUG' }),
  ...both('--use-colors', 'colours, whatever the terminal says', { env: 'USE_COLORS' }),
  {
    flags: '--log-format <format>',
    summary: 'how events are printed: text, or dbt’s json lines',
    env: 'LOG_FORMAT',
    choices: ['default', 'text', 'debug', 'json'],
  },
  {
    flags: '--log-level <level>',
    summary: 'the least that is printed',
    env: 'LOG_LEVEL',
    choices: ['debug', 'info', 'warn', 'error', 'none'],
  },
  ...both('--print', 'show what templates print (default)', { env: 'PRINT', hidden: true }),
];

/** What an earlier run, or another environment, has left. */
export const stateOptions: readonly OptionSpec[] = [
  {
    flags: '--state <folder>',
    summary: 'artifacts of an earlier run: for state:, result:, source_status: and --defer',
    env: 'STATE',
    oldEnv: 'DBT_ARTIFACT_STATE_PATH',
  },
  ...both('--defer', 'references to what isn’t built here lead to the relations of --state', {
    env: 'DEFER',
    oldEnv: 'DBT_DEFER_TO_STATE',
  }),
  ...both('--favor-state', 'with --defer: so do those to what isn’t selected', {
    env: 'FAVOR_STATE',
    oldEnv: 'DBT_FAVOR_STATE_MODE',
  }),
  {
    flags: '--defer-state <folder>',
    summary: 'artifacts to defer to, when they aren’t those of --state',
    env: 'DEFER_STATE',
  },
];

/** What stops a run. */
export const strictnessOptions: readonly OptionSpec[] = [
  ...both('-x, --fail-fast', 'stop at the first failure', { env: 'FAIL_FAST' }),
  ...both('--warn-error', 'treat warnings as errors', { env: 'WARN_ERROR' }),
];

/** Options of dbt's for those who look for them, and those that change nothing here. */
const dbtOnly: readonly OptionSpec[] = [
  {
    flags: '--warn-error-options <yaml>',
    summary: 'which warnings are errors, which stay warnings, which are silent',
    env: 'WARN_ERROR_OPTIONS',
    hidden: true,
  },
  {
    flags: '--log-level-file <level>',
    summary: 'the least that boathouse.log is told (default: debug)',
    env: 'LOG_LEVEL_FILE',
    choices: ['debug', 'info', 'warn', 'error', 'none'],
    hidden: true,
  },
  {
    flags: '--log-format-file <format>',
    summary: 'how boathouse.log is written (default: json)',
    env: 'LOG_FORMAT_FILE',
    choices: ['default', 'text', 'debug', 'json'],
    hidden: true,
  },
  {
    flags: '--log-file-max-bytes <bytes>',
    summary: 'at this size a new boathouse.log begins (default: 10 MiB; 0: never)',
    type: 'size',
    env: 'LOG_FILE_MAX_BYTES',
    hidden: true,
  },
  {
    flags: '--printer-width <columns>',
    summary: 'how wide lines of --log-format text are before their brackets (default: 80)',
    type: 'count',
    env: 'PRINTER_WIDTH',
    hidden: true,
  },
  {
    flags: '-r, --record-timing-info <file>',
    summary: 'write what took time, as a CPU profile that Chrome’s developer tools open',
    env: 'RECORD_TIMING_INFO',
    hidden: true,
  },
  ...both('--single-threaded', 'one node at a time', { hidden: true, env: 'SINGLE_THREADED' }),
  ...both('--populate-cache', 'accepted: what is there is looked up in one query', {
    hidden: true,
    env: 'POPULATE_CACHE',
  }),
  ...both('--cache-selected-only', 'accepted: what is there is looked up in one query', {
    hidden: true,
    env: 'CACHE_SELECTED_ONLY',
  }),
  { flags: '--sqlparse <yaml>', summary: 'accepted: sqlparse is not what splits statements', hidden: true },
  ...both('--static-parser', 'accepted: every template is rendered', { hidden: true, env: 'STATIC_PARSER' }),
  ...both('--use-experimental-parser', 'accepted: every template is rendered', { hidden: true }),
  ...both('--send-anonymous-usage-stats', 'accepted: nothing is ever sent', { hidden: true }),
  ...both('--upload-to-artifacts-ingest-api', 'accepted: nothing is ever sent', { hidden: true }),
  ...both('--log-cache-events', 'accepted: there is no such cache', { hidden: true }),
  ...both('--use-colors-file', 'accepted: the log file has no colours', { hidden: true }),
  ...both('--show-all-deprecations', 'tell of every deprecated spelling, not of the first of each kind', {
    hidden: true,
    env: 'SHOW_ALL_DEPRECATIONS',
  }),
  ...both('--use-fast-test-edges', 'accepted: they are always fast', { hidden: true }),
  ...both('--partial-parse-file-diff', 'accepted: files are always compared', { hidden: true }),
  ...both('--macro-debugging', 'accepted: errors in macros have their place anyway', { hidden: true }),
  {
    flags: '--partial-parse-file-path <file>',
    summary: 'accepted: the cache stays in target/',
    hidden: true,
  },
  {
    flags: '--indirect-selection <mode>',
    summary: 'which tests come along with selected nodes',
    env: 'INDIRECT_SELECTION',
    choices: ['eager', 'cautious', 'buildable', 'empty'],
    hidden: true,
  },
  ...both('--include-saved-query', 'accepted: saved queries are selected as everything else', {
    hidden: true,
  }),
  ...both('--export-saved-queries', 'accepted: saved queries are written by a semantic layer', {
    hidden: true,
    env: 'EXPORT_SAVED_QUERIES',
  }),
];

/** Every option that stands before or after any command. */
export const globalOptions: readonly OptionSpec[] = [
  ...under('Project options:', projectOptions),
  ...under('Run options:', strictnessOptions),
  ...under('State options:', stateOptions),
  ...under('Output options:', outputOptions),
  ...dbtOnly,
];

function under(group: string, options: readonly OptionSpec[]): readonly OptionSpec[] {
  return options.map((option) => ({ ...option, group }));
}

/** Which nodes. */
export const selectionOptions: readonly OptionSpec[] = [
  { flags: '-s, --select <selector...>', summary: 'nodes, in dbt selection syntax' },
  { flags: '-m, --models <selector...>', summary: 'the same as --select', hidden: true },
  { flags: '--model <selector...>', summary: 'the same as --select', hidden: true },
  { flags: '--exclude <selector...>', summary: 'nodes to leave out' },
  { flags: '--selector <name>', summary: 'a selector of selectors.yml' },
  {
    flags: '--indirect-selection <mode>',
    summary: 'which tests come along with selected nodes',
    env: 'INDIRECT_SELECTION',
    choices: ['eager', 'cautious', 'buildable', 'empty'],
  },
];

/** Which kinds of nodes. */
export const resourceTypeOptions: readonly OptionSpec[] = [
  {
    flags: '--resource-type <type...>',
    summary: 'only these kinds: model, seed, test …',
    env: 'RESOURCE_TYPES',
  },
  { flags: '--resource-types <type...>', summary: 'the same as --resource-type', hidden: true },
  {
    flags: '--exclude-resource-type <type...>',
    summary: 'all kinds but these',
    env: 'EXCLUDE_RESOURCE_TYPES',
  },
  { flags: '--exclude-resource-types <type...>', summary: 'the same', hidden: true },
];

/** Whether rows are read at all. */
export const emptyOptions: readonly OptionSpec[] = both('--empty', 'read no rows: check the SQL only', {
  env: 'EMPTY',
});

/** How text is compiled. */
export const compileOptions: readonly OptionSpec[] = [
  {
    flags: '--introspect',
    summary: 'accepted: the target is only asked what templates ask it',
    env: 'INTROSPECT',
    hidden: true,
  },
  { flags: '--no-introspect', summary: 'the same', hidden: true },
  {
    flags: '--inject-ephemeral-ctes',
    summary: 'put ephemeral models into what reads them (default)',
    env: 'INJECT_EPHEMERAL_CTES',
    hidden: true,
  },
  { flags: '--no-inject-ephemeral-ctes', summary: 'leave ephemeral models out of what reads them' },
];

/** How relations are rebuilt. */
export const refreshOptions: readonly OptionSpec[] = [
  ...both('-f, --full-refresh', 'rebuild incremental models and seeds from nothing', { env: 'FULL_REFRESH' }),
  {
    flags: '--event-time-start <time>',
    summary: 'microbatch models: only what happened from here',
    env: 'EVENT_TIME_START',
  },
  { flags: '--event-time-end <time>', summary: 'and before this', env: 'EVENT_TIME_END' },
  ...emptyOptions,
  {
    flags: '--sample <window>',
    summary: "read only this much of what has an event_time: '3 days', or {'start': …, 'end': …}",
    env: 'SAMPLE',
  },
];

/** What is kept of failing tests. */
export const testOptions: readonly OptionSpec[] = [
  ...both('--store-failures', 'keep failing rows in tables', { env: 'STORE_FAILURES' }),
];
