/** Who draws a run's events: the terminal, dbt's log as JSON lines or as text, or our own lines for machines. */
import { DbtLog, type DbtLogLine, type Emit, type RunEvent, textOfLine } from '../../workflows/index.ts';
import type { CommandInput } from '../command.ts';
import type { Flags } from '../flags.ts';
import { printJsonLine } from './json-lines.ts';
import { runView } from './run-view.ts';
import type { Terminal } from './terminal.ts';

const levels = ['debug', 'info', 'warn', 'error', 'none'];

/** How events are printed: what the command line says, else what the project's `flags:` say. */
interface Manner {
  readonly format: string;
  /** The least that is printed. */
  readonly level: string;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly print: boolean;
  readonly columns: number | undefined;
}

/** The listener that the output options ask for. */
export function eventPrinter({ flags, terminal }: Pick<CommandInput, 'flags' | 'terminal'>): Emit {
  if (flags.is('json') === true) {
    return (event) => {
      if (event.kind !== 'invoked' && event.kind !== 'parsed') printJsonLine(event, terminal);
    };
  }
  let draw: Emit | undefined;
  return (event) => {
    draw ??= drawer(mannerOf(flags, event), flags, terminal);
    draw(event);
  };
}

function mannerOf(flags: Flags, first: RunEvent): Manner {
  const project = first.kind === 'invoked' ? first.flags : {};
  const isOn = (option: string, flag: string): boolean | undefined =>
    flags.is(option) ?? (typeof project[flag] === 'boolean' ? project[flag] : undefined);
  const text = (option: string, flag: string): string | undefined =>
    flags.text(option) ?? (typeof project[flag] === 'string' ? project[flag] : undefined);
  const level = text('logLevel', 'log_level');
  const debug = isOn('debug', 'debug') === true || level === 'debug';
  const quiet = isOn('quiet', 'quiet') === true || ['warn', 'error', 'none'].includes(level ?? '');
  const width = project['printer_width'];
  return {
    format: text('logFormat', 'log_format') ?? 'default',
    level: debug ? 'debug' : (level ?? (quiet ? 'error' : 'info')),
    debug,
    quiet,
    print: isOn('print', 'print') ?? true,
    columns: flags.number('printerWidth') ?? (typeof width === 'number' ? width : undefined),
  };
}

function drawer(manner: Manner, flags: Flags, terminal: Terminal): Emit {
  const { format, level, debug, quiet, print } = manner;
  if (format === 'default') {
    return runView(terminal, { quiet, debug, print, projectDir: flags.text('projectDir') });
  }
  const least = levels.indexOf(level);
  const log = new DbtLog('', process.pid, manner.columns);
  return (event) => {
    for (const line of log.lines(event)) {
      // What templates print is shown to those who want no news, too.
      const isShown = line.info.name === 'PrintEvent' ? print : levels.indexOf(line.info.level) >= least;
      if (isShown) printLine(line, format, terminal);
    }
  };
}

function printLine(line: DbtLogLine, format: string, terminal: Terminal): void {
  if (format === 'json') printJsonLine(line, terminal);
  else if (line.info.name === 'PrintEvent') terminal.out(`${line.info.msg}\n`);
  else terminal.out(`${textOfLine(line, format === 'debug' ? 'debug' : 'text')}\n`);
}
