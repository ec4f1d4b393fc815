/** What upkeep does, table by table, as it happens. */
import type { MaintainedTable, MaintenancePlan } from '../../workflows/index.ts';
import { counted, sizeText } from './amounts.ts';
import { describeError } from './error-view.ts';
import type { Terminal } from './terminal.ts';

/**
 * Prints the plan of each table, and what came of it:
 *
 *     silver.orders, version 12
 *       optimize       40 files that are small or have deleted rows, 3.1 MiB together, would become 1
 *                      40 files are 1 file now, 3.0 MiB
 */
export class MaintainView {
  readonly #terminal: Terminal;
  readonly #isDryRun: boolean;
  readonly #isQuiet: boolean;

  constructor(terminal: Terminal, isDryRun: boolean, isQuiet: boolean) {
    this.#terminal = terminal;
    this.#isDryRun = isDryRun;
    this.#isQuiet = isQuiet;
  }

  /** What is going to be done about a table, and why; in a dry run also what isn't. */
  plan(table: string, { version, steps, passedOver }: MaintenancePlan): void {
    if (this.#isQuiet) return;
    const { colors } = this.#terminal;
    const left = this.#isDryRun ? passedOver : [];
    const nothing = steps.length === 0 ? ': nothing is worth doing' : '';
    const lines = [
      `${colors.bold(table)}${colors.dim(`, version ${version}`)}${nothing}`,
      ...steps.flatMap(({ kind, reason }) => this.#item(kind, reason)),
      ...left.flatMap(({ kind, reason }) => this.#item(`no ${kind}`, reason).map(colors.dim)),
    ];
    this.#terminal.out(`${lines.join('\n')}\n`);
  }

  /** What came of it. */
  done({ name, plan, done, error }: MaintainedTable): void {
    const { colors } = this.#terminal;
    if (!this.#isQuiet) {
      for (const outcome of done) this.#terminal.out(`${' '.repeat(indent)}${colors.dim(deed(outcome))}\n`);
    }
    if (error === undefined) return;
    const heading = plan === undefined ? `${colors.bold(name)}\n` : '';
    this.#terminal.err(`${heading}${describeError(error, colors, { debug: false })}\n`);
  }

  /** How it went with all of them. */
  end(tables: readonly MaintainedTable[]): void {
    if (this.#isQuiet || tables.length < 2) return;
    const steps = tables.flatMap(({ plan }) => plan?.steps ?? []).length;
    const failed = tables.filter(({ error }) => error !== undefined).length;
    const what = this.#isDryRun
      ? `${counted(steps, 'thing')} worth doing`
      : `${counted(steps, 'thing')} done`;
    const trouble = failed > 0 ? `, ${counted(failed, 'table')} with errors` : '';
    this.#terminal.out(`${counted(tables.length, 'table')}: ${what}${trouble}\n`);
  }

  #item(kind: string, reason: string): readonly string[] {
    const width = Math.max(20, this.#terminal.columns - indent);
    return wrap(reason, width).map((line, i) => `  ${(i === 0 ? kind : '').padEnd(indent - 2)}${line}`);
  }
}

/** Where reasons begin: behind `  no compact-log `. */
const indent = 17;

function deed(done: MaintainedTable['done'][number]): string {
  switch (done.kind) {
    case 'rewritten': {
      const { changed, metrics } = done.result;
      const { filesRemoved, filesAdded } = metrics;
      if (!changed) return 'nothing was left to do';
      return `${counted(filesRemoved.totalFiles, 'file')} became ${filesAdded.totalFiles}, ${sizeText(filesAdded.totalSize)}`;
    }
    case 'vacuumed':
      return `${counted(done.result.files.length, 'file')} deleted, ${sizeText(done.result.sizeBytes)}`;
    case 'checkpointed':
      return `wrote ${done.path}`;
    case 'log-compacted':
      return done.result === undefined ? 'nothing was left to do' : `wrote ${done.result.path}`;
    case 'log-cleaned':
      return 'cleaned up';
  }
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
