/** Option values as workflows take them. */
import { isBoathouseError } from '../base/index.ts';
import type {
  ProjectOptions,
  RunEvent,
  RunOptions,
  SelectOptions,
  StateOptions,
} from '../workflows/index.ts';
import type { CommandInput } from './command.ts';
import { type Flags, pairsOf } from './flags.ts';
import { eventPrinter } from './output/events.ts';

/** Which project, which target, and who is told. */
export function projectGiven(input: CommandInput): ProjectOptions {
  const { flags, signal } = input;
  return {
    projectDir: flags.text('projectDir'),
    profilesDir: flags.text('profilesDir'),
    profile: flags.text('profile'),
    target: flags.text('target'),
    branch: flags.text('branch'),
    storageOptions: storageGiven(flags),
    vars: flags.text('vars'),
    threads: flags.is('singleThreaded') === true ? 1 : flags.number('threads'),
    targetPath: flags.text('targetPath'),
    logPath: flags.text('logPath'),
    partialParse: flags.is('partialParse'),
    writeJson: flags.is('writeJson'),
    versionCheck: flags.is('versionCheck'),
    warnError: flags.is('warnError'),
    warnErrorOptions: flags.text('warnErrorOptions'),
    introspect: flags.is('introspect'),
    showAllDeprecations: flags.is('showAllDeprecations'),
    modelsOption: flags.texts('models') !== undefined || flags.texts('model') !== undefined,
    ...logFileGiven(flags),
    lockTimeoutSeconds: flags.number('lockTimeout'),
    emit: toldBy(input),
    env: input.env,
    signal,
  };
}

/** How the log file is written: what the console is told to be counts for it as well, as in dbt. */
function logFileGiven(flags: Flags): Partial<ProjectOptions> {
  const format = flags.text('logFormatFile') ?? flags.text('logFormat');
  const level = flags.text('logLevelFile');
  return {
    logFileFormat: format === 'default' ? undefined : (format as ProjectOptions['logFileFormat']),
    logFileLevel: level as ProjectOptions['logFileLevel'],
    logFileMaxBytes: flags.number('logFileMaxBytes'),
    printerWidth: flags.number('printerWidth'),
  };
}

/** Prints events, and tells whoever else wants to know: the one listener of a command. */
export function toldBy(input: CommandInput): NonNullable<ProjectOptions['emit']> {
  const known = listeners.get(input);
  if (known !== undefined) return known;
  const print = eventPrinter(input);
  const { onEvent } = input;
  const listener: NonNullable<ProjectOptions['emit']> = (event) => {
    print(event);
    onEvent?.(event);
  };
  listeners.set(input, listener);
  return listener;
}

const listeners = new WeakMap<CommandInput, NonNullable<ProjectOptions['emit']>>();

/** What ended a command, in dbt's words. */
export function errorEvent(error: unknown): RunEvent {
  const { code, message } = isBoathouseError(error)
    ? error
    : { code: 'internal', message: error instanceof Error ? error.message : String(error) };
  return {
    kind: 'message',
    atMs: Date.now(),
    level: 'error',
    text: `Encountered an error:\n${message}`,
    printed: false,
    event: { code: 'Z002', name: 'MainEncounteredError' },
    data: { exc: message, code },
  };
}

/**
 * Says what a command found in dbt's log, where that is what is printed: as JSON lines, or as text.
 *
 * @returns whether it is; else the command prints it in its own way.
 */
export function saysAsDbt(
  input: CommandInput,
  event: { readonly code: string; readonly name: string },
  found: Iterable<{ readonly text: string; readonly data: Readonly<Record<string, unknown>> }>,
): boolean {
  const format = input.flags.text('logFormat') ?? 'default';
  if (format === 'default' || input.flags.is('json') === true) return false;
  const printed = event.name === 'PrintEvent';
  for (const { text, data } of found)
    toldBy(input)({ kind: 'message', atMs: Date.now(), level: 'info', text, printed, event, data });
  return true;
}

/** How buckets are opened, as far as the command line says. */
export function storageGiven(flags: Flags): ProjectOptions['storageOptions'] {
  const given = flags.texts('storageOption');
  return given === undefined ? undefined : pairsOf('--storage-option', given);
}

/** Which nodes. */
export function selectionGiven({ flags }: CommandInput): SelectOptions {
  return {
    select: selectedBy(flags),
    exclude: flags.texts('exclude'),
    selector: flags.text('selector'),
    indirectSelection: flags.text('indirectSelection') as SelectOptions['indirectSelection'],
    resourceTypes: flags.texts('resourceType') ?? flags.texts('resourceTypes'),
    excludeResourceTypes: flags.texts('excludeResourceType') ?? flags.texts('excludeResourceTypes'),
  };
}

/** An earlier run to compare with, and another environment to lean on. */
export function stateGiven({ flags }: CommandInput): StateOptions {
  return {
    state: flags.text('state'),
    deferState: flags.text('deferState'),
    defer: flags.is('defer'),
    favorState: flags.is('favorState'),
  };
}

/** `--models` is `--select` under dbt's older name: given both, they add up. */
function selectedBy(flags: Flags): readonly string[] | undefined {
  const given = [flags.texts('select'), flags.texts('models'), flags.texts('model')].filter(
    (texts) => texts !== undefined,
  );
  return given.length === 0 ? undefined : given.flat();
}

/** Everything that a command which runs nodes takes. */
export function runGiven(input: CommandInput): RunOptions {
  const { flags } = input;
  return {
    ...projectGiven(input),
    ...selectionGiven(input),
    ...stateGiven(input),
    fullRefresh: flags.is('fullRefresh'),
    failFast: flags.is('failFast'),
    storeFailures: flags.is('storeFailures'),
    empty: flags.is('empty'),
    sample: flags.text('sample'),
    eventTimeStart: flags.text('eventTimeStart'),
    eventTimeEnd: flags.text('eventTimeEnd'),
  };
}
