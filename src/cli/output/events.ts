/** Who draws a run's events: the terminal, dbt's JSON log lines, or our own for machines. */
import { DbtLog, type Emit } from '../../workflows/index.ts';
import type { CommandInput } from '../command.ts';
import { printJsonLine } from './json-lines.ts';
import { runView } from './run-view.ts';

const levels = ['debug', 'info', 'warn', 'error', 'none'];

/** The listener that the output options ask for. */
export function eventPrinter({ flags, terminal }: Pick<CommandInput, 'flags' | 'terminal'>): Emit {
  const debug = flags.is('debug') === true || flags.text('logLevel') === 'debug';
  const quiet =
    flags.is('quiet') === true || ['warn', 'error', 'none'].includes(flags.text('logLevel') ?? '');
  if (flags.is('json') === true) return (event) => printJsonLine(event, terminal);
  if (flags.text('logFormat') === 'json') {
    const least = levels.indexOf(debug ? 'debug' : (flags.text('logLevel') ?? (quiet ? 'error' : 'info')));
    let log: DbtLog | undefined;
    return (event) => {
      log ??= new DbtLog(event.kind === 'run-started' ? event.invocationId : '', process.pid);
      if (event.kind === 'run-started') log = new DbtLog(event.invocationId, process.pid);
      for (const line of log.lines(event)) {
        if (levels.indexOf(line.info.level) >= least) printJsonLine(line, terminal);
      }
    };
  }
  return runView(terminal, {
    quiet,
    debug,
    print: flags.is('print') ?? true,
    projectDir: flags.text('projectDir'),
  });
}
