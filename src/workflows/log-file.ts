/** `logs/boathouse.log`: everything that happened, one dbt-like JSON line each, secrets masked. */
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { printJson, secrets } from '../base/index.ts';
import { DbtLog, type RunEvent } from '../runner/index.ts';

/** At this size the log becomes `boathouse.log.1` and a new one begins: dbt's limit. */
const sizeBytesMax = 10 * 1024 * 1024;

/** An open log. Lines are written at once, so that a killed run leaves what it knew. */
export class LogFile {
  readonly #file: number | undefined;
  readonly #log: DbtLog;

  /** A folder that can't be written gives a log that keeps nothing: a log must not stop a run. */
  constructor(folder: string, invocationId: string) {
    this.#log = new DbtLog(invocationId, process.pid);
    this.#file = openLog(join(folder, 'boathouse.log'), folder);
  }

  /** Appends what `event` says. */
  write(event: RunEvent): void {
    if (this.#file === undefined) return;
    const text = this.#log.lines(event).map((line) => `${printJson(line)}\n`);
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

function openLog(path: string, folder: string): number | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > sizeBytesMax) renameSync(path, `${path}.1`);
    return openSync(path, 'a');
  } catch {
    return undefined;
  }
}
