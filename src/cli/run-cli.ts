/** One run of the command, from arguments to an exit code. */
import { basename } from 'node:path';
import { backgroundDone, isBoathouseError, keepSecrets } from '../base/index.ts';
import type { CommandInput, CommandSpec } from './command.ts';
import { cliErrors } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';
import { printError } from './output/error-view.ts';
import { printJsonLine } from './output/json-lines.ts';
import { openTerminal, type Terminal } from './output/terminal.ts';
import { type Asked, readCommandLine } from './program.ts';

/** dbt's code for a run that Ctrl-C has stopped. */
const interruptedCode = 130;

/** Runs the command that `argv` asks for and ends the process with its code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const bare = openTerminal({ useColors: undefined });
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
  keepSecrets(process.env);
  // Node would print what nobody caught as it is, with secrets that its message may have.
  process.on('uncaughtException', (error) => {
    printError(error, bare, { debug: true });
    process.exit(2);
  });
  const code = await codeOf(argv, bare);
  await backgroundDone();
  process.exit(code);
}

async function codeOf(argv: readonly string[], bare: Terminal): Promise<number> {
  let asked: Asked;
  try {
    asked = readCommandLine(argv, process.env, { columns: bare.columns, calledAs: calledAs() });
  } catch (error) {
    if (argv.includes('--json')) printJsonLine({ kind: 'error', error }, bare);
    else printError(error, bare, { debug: false });
    await bare.flush();
    return exitCodeOf(error);
  }
  watchReader(asked.kind === 'text' || asked.command.endsUnread === true);
  if (asked.kind === 'command') return await runCommand(asked);
  bare.out(asked.text);
  await bare.flush();
  return 0;
}

/** The name by which the command was found: `dbt` where `boathouse alias dbt` has been asked for. */
function calledAs(): string | undefined {
  return basename(process.argv[1] ?? '').replace(/\.(?:js|cmd)$/, '');
}

async function runCommand(asked: Extract<Asked, { kind: 'command' }>): Promise<number> {
  const { command, args, flags } = asked;
  const debug = flags.is('debug') ?? flags.text('logLevel') === 'debug';
  const terminal = openTerminal({ useColors: flags.is('useColors') });
  const stop = watchInterrupts(command, terminal);
  showWarnings(asked, terminal);
  const input: CommandInput = { args, flags, terminal, signal: stop.signal };
  const timing = flags.text('recordTimingInfo');
  const stopTiming = timing === undefined ? undefined : await recordTiming(timing);
  try {
    const work = await command.load();
    const code = await work(input);
    return stop.signal.aborted ? interruptedCode : code;
  } catch (error) {
    terminal.footer.clear();
    if (stop.signal.aborted && wasStopped(error)) {
      return interruptedCode;
    }
    if (flags.is('json') === true) printJsonLine({ kind: 'error', command: command.name, error }, terminal);
    else if (flags.text('logFormat') === 'json') await logError(error, input);
    else printError(error, terminal, { debug, projectDir: flags.text('projectDir') });
    return exitCodeOf(error, command.name);
  } finally {
    await stopTiming?.();
    terminal.footer.clear();
    await terminal.flush();
  }
}

/** The error that ended a command, as the line of dbt's log. */
async function logError(error: unknown, input: CommandInput): Promise<void> {
  const { errorEvent, toldBy } = await import('./given.ts');
  toldBy(input)(errorEvent(error));
}

/** Node would print our warnings with its own words around them. */
function showWarnings({ flags }: Extract<Asked, { kind: 'command' }>, terminal: Terminal): void {
  const [printed, ...others] = process.listeners('warning');
  process.removeAllListeners('warning');
  for (const other of others) process.on('warning', other);
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (warning.name !== 'BoathouseWarning') return printed?.(warning);
    const { code = '', message } = warning;
    if (flags.is('json') === true) printJsonLine({ kind: 'warning', code, message }, terminal);
    else if (flags.is('quiet') !== true)
      terminal.err(`${terminal.colors.yellow(`warning[${code}]`)}: ${message}\n`);
  });
}

/** Whether the work ended because it was asked to. */
function wasStopped(error: unknown): boolean {
  if (isBoathouseError(error)) return error.code.endsWith('interrupted');
  return error instanceof Error && error.name === 'AbortError';
}

/** The first Ctrl-C asks the command to stop; the second one ends the process. */
function watchInterrupts(command: CommandSpec, terminal: Terminal): AbortController {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted || command.stopsCleanly !== true) {
      terminal.footer.clear();
      process.exit(interruptedCode);
    }
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop;
}

/**
 * Answers a standard output that takes no more: a pipe whose reader has left, a full disk. A command that
 * only prints ends; one that changes things goes on to its end, untold.
 */
function watchReader(endsUnread: boolean): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (!endsUnread) return;
    if (code !== 'EPIPE') {
      const error = cliErrors['unwritable-output']({ problem: message });
      process.stderr.write(`error[${error.code}]: ${error.message}\n`);
    }
    process.exit(code === 'EPIPE' ? 0 : 2);
  });
}

/**
 * Records what takes time from here on.
 *
 * @returns writes it to `file`, for Chrome's developer tools and everything else that reads V8's profiles.
 */
async function recordTiming(file: string): Promise<() => Promise<void>> {
  const { Session } = await import('node:inspector/promises');
  const { writeFileSync } = await import('node:fs');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    try {
      writeFileSync(file, JSON.stringify(profile));
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      process.emitWarning(`${file} can't be written: ${problem}`, {
        code: 'cli.no-timing',
        type: 'BoathouseWarning',
      });
    }
  };
}
