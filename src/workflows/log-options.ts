/** How a command's log file is written: what the command line says, else the project's flags. */
import { type LogFileOptions, logLevels } from './log-file.ts';
import type { ProjectOptions } from './options.ts';

/** The options of the log file; `flags` are those of dbt_project.yml. */
export function logFileOf(options: ProjectOptions, flags: Readonly<Record<string, unknown>>): LogFileOptions {
  const format = options.logFileFormat ?? flags['log_format_file'];
  const level = options.logFileLevel ?? flags['log_level_file'];
  const max = options.logFileMaxBytes ?? flags['log_file_max_bytes'];
  return {
    format: format === 'text' || format === 'debug' ? format : 'json',
    level: logLevels.find((known) => known === level) ?? 'debug',
    bytesMax: typeof max === 'number' ? max : 10 * 1024 * 1024,
    columns: options.printerWidth,
  };
}
