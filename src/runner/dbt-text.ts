/** Lines of dbt's log as text: `15:20:51  Done. PASS=10 …`, or with level and thread for `debug`. */
import type { DbtLogLine } from './dbt-log.ts';

/** One line of the log, with the time of day in UTC as dbt writes it. Pure. */
export function textOfLine({ info }: DbtLogLine, format: 'text' | 'debug'): string {
  const time = info.ts.slice(11, -1);
  if (format === 'text') return `${time.slice(0, 8)}  ${info.msg}`;
  return `${time} [${info.level.padEnd(5)}] [${info.thread.slice(0, 10)}]: ${info.msg}`;
}
