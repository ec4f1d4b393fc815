/** One run of the command, from arguments to an exit code. */
import { isBoathouseError } from '../base/index.ts';
import type { CommandSpec } from './command.ts';
import { printError } from './output/error-view.ts';
import { printJsonLine } from './output/json-lines.ts';
import { openTerminal, type Terminal } from './output/terminal.ts';
import { type Asked, readCommandLine } from './program.ts';

/** dbt's code for a run that Ctrl-C has stopped. */
const interruptedCode = 130;

/** Runs the command that `argv` asks for and ends the process with its code. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const bare = openTerminal({ useColors: undefined });
  process.stdout.on('error', endQuietly);
  process.exit(await codeOf(argv, bare));
}

async function codeOf(argv: readonly string[], bare: Terminal): Promise<number> {
  let asked: Asked;
  try {
    asked = readCommandLine(argv, process.env, { columns: bare.columns });
  } catch (error) {
    printError(error, bare, { debug: false });
    return isBoathouseError(error) ? error.exitCode : 2;
  }
  switch (asked.kind) {
    case 'text':
      bare.out(asked.text);
      return 0;
    case 'usage':
      bare.err(asked.text);
      return 2;
    case 'command':
      return await runCommand(asked);
  }
}

async function runCommand(asked: Extract<Asked, { kind: 'command' }>): Promise<number> {
  const { command, args, flags } = asked;
  const debug = flags.is('debug') ?? flags.text('logLevel') === 'debug';
  const terminal = openTerminal({ useColors: flags.is('useColors') });
  const stop = watchInterrupts(command, terminal);
  try {
    const work = await command.load();
    const code = await work({ args, flags, terminal, signal: stop.signal });
    return stop.signal.aborted ? interruptedCode : code;
  } catch (error) {
    terminal.footer.clear();
    if (stop.signal.aborted && isBoathouseError(error) && error.code.endsWith('interrupted')) {
      return interruptedCode;
    }
    if (flags.is('json') === true) printJsonLine({ kind: 'error', command: command.name, error }, terminal);
    else printError(error, terminal, { debug, projectDir: flags.text('projectDir') });
    return isBoathouseError(error) ? error.exitCode : 2;
  } finally {
    terminal.footer.clear();
    await terminal.flush();
  }
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

/** Whoever read us has seen enough (`| head`). */
function endQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 2);
}
