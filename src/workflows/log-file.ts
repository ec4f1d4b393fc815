/** `logs/boathouse.log`: everything that happened, a dbt-like line each, secrets masked. */
import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, printJson, secrets } from '../base/index.ts';
import { DbtLog, type RunEvent, textOfLine } from '../runner/index.ts';

/** From the most that is told to nothing at all. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'none'] as const;

/** How a log is written. */
export interface LogFileOptions {
  readonly format: 'json' | 'text' | 'debug';
  /** The least that is told. */
  readonly level: (typeof logLevels)[number];
  /** At this size the log becomes `boathouse.log.1` and a new one begins; 0: never. */
  readonly bytesMax: number;
  /** How wide lines of nodes are before their brackets. */
  readonly columns?: number | undefined;
}

const usual: LogFileOptions = { format: 'json', level: 'debug', bytesMax: 10 * 1024 * 1024 };

/** An open log. Lines are written at once, so that a killed run leaves what it knew. */
export class LogFile {
  readonly #file: number | undefined;
  readonly #log: DbtLog;
  readonly #options: LogFileOptions;

  /** A folder that can't be written gives a log that keeps nothing: a log must not stop a run. */
  constructor(folder: string, invocationId: string, options: LogFileOptions = usual) {
    this.#options = options;
    this.#log = new DbtLog(invocationId, process.pid, options.columns);
    this.#file = options.level === 'none' ? undefined : openLog(folder, options.bytesMax);
  }

  /** Appends what `event` says. */
  write(event: RunEvent): void {
    if (this.#file === undefined) return;
    const { format, level } = this.#options;
    const least = logLevels.indexOf(level);
    const text = this.#log
      .lines(event)
      .filter(({ info }) => logLevels.indexOf(info.level) >= least)
      .map((line) => `${format === 'json' ? printJson(line) : textOfLine(line, format)}\n`);
    try {
      if (text.length > 0) writeSync(this.#file, secrets.scrub(text.join('')));
    } catch {
      // A full disk: the run's own writes will say so, with their own code.
    }
  }

  /** Lets go of the file. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

function openLog(folder: string, bytesMax: number): number | undefined {
  const path = join(folder, 'boathouse.log');
  try {
    makeFolder(folder);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytesMax > 0 && size > bytesMax) renameSync(path, `${path}.1`);
    return openSync(path, 'a');
  } catch {
    return undefined;
  }
}
