/** How far long work has got, as a line on standard error while a person looks at it. */
import type { Progress } from '../../workflows/index.ts';
import type { Flags } from '../flags.ts';
import { sizeText, withCommas } from './amounts.ts';
import { Footer } from './footer.ts';
import { clip } from './table.ts';
import type { Terminal } from './terminal.ts';

/** A line that is there from the first news on, until it is stopped. */
export interface ProgressLine {
  readonly onProgress: (progress: Progress) => void;
  stop(): void;
}

/** The line; silent where standard error is no terminal, under `--quiet`, and under `--json`. */
export function openProgress(terminal: Terminal, flags: Flags): ProgressLine {
  const { stderr, env } = process;
  const isSilent = terminal.isCaptured === true || flags.is('quiet') === true || flags.is('json') === true;
  const isLive = stderr.isTTY === true && env['TERM'] !== 'dumb' && !isSilent;
  const footer = new Footer((text) => stderr.write(text), isLive);
  let last: Progress | undefined;
  return {
    onProgress: (progress) => {
      if (last === undefined) footer.start(() => clip(progressText(last), terminal.columnsNow() - 1));
      last = progress;
    },
    stop: () => footer.clear(),
  };
}

/** `writing files: 12 of 40 files`. */
export function progressText(progress: Progress | undefined): string {
  if (progress === undefined) return '';
  const { phase, done, total, unit } = progress;
  const amount = (value: number): string => (unit === 'bytes' ? sizeText(value) : withCommas(value));
  const of = total === undefined ? '' : ` of ${amount(total)}`;
  return `${phase}: ${amount(done)}${of}${unit === 'bytes' ? '' : ` ${unit}`}`;
}
