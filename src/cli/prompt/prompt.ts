/**
 * A prompt for SQL: statements end with a semicolon and may take several lines; a line that begins with a dot
 * or a backslash is for the prompt itself, in the words of DuckDB's shell and of psql.
 *
 * Standard input that is no terminal is read to its end, and the first error ends it.
 */
import { createInterface, type Interface } from 'node:readline';
import { isBoathouseError } from '../../base/index.ts';
import { type PromptSession, takeStatements } from '../../workflows/index.ts';
import type { CommandInput } from '../command.ts';
import { printAnswer } from '../output/answer-view.ts';
import { describeError } from '../output/error-view.ts';
import { openProgress } from '../output/progress.ts';
import { completions } from './completions.ts';
import { historyFile, readHistory, writeHistory } from './history.ts';
import { type PromptWord, wordsForPrompt } from './words.ts';

/** Talks until the input ends or says so. @returns the exit code. */
export async function runPrompt(session: PromptSession, input: CommandInput): Promise<number> {
  const isLive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return await new Prompt(session, input, isLive).run();
}

class Prompt {
  readonly #session: PromptSession;
  readonly #input: CommandInput;
  readonly #isLive: boolean;
  readonly #lines: Interface;
  /** Typed, and not yet ended by a semicolon. */
  #pending = '';
  /** Stops the statement that runs. */
  #running: AbortController | undefined;

  constructor(session: PromptSession, input: CommandInput, isLive: boolean) {
    this.#session = session;
    this.#input = input;
    this.#isLive = isLive;
    this.#lines = createInterface({
      input: process.stdin,
      ...(isLive
        ? {
            output: process.stdout,
            history: readHistory(historyFile(process.env)),
            historySize: 1000,
            removeHistoryDuplicates: true,
            completer: completions(session),
          }
        : {}),
    });
  }

  async run(): Promise<number> {
    const { terminal, flags } = this.#input;
    if (this.#isLive) {
      this.#lines.on('SIGINT', () => this.#interrupt());
      this.#lines.on('history', (lines: readonly string[]) => writeHistory(historyFile(process.env), lines));
      if (flags.is('quiet') !== true) {
        const what = this.#session.catalog ?? 'Nothing has been published yet';
        terminal.err(
          `${terminal.colors.dim(`${what}\nA semicolon ends a statement; .help tells the rest.`)}\n`,
        );
      }
    }
    // A process that is asked to end ends what runs, and reads no more.
    this.#input.signal.addEventListener('abort', () => {
      this.#running?.abort();
      this.#lines.close();
    });
    this.#ask();
    for await (const line of this.#lines) {
      const code = await this.#take(line);
      if (code !== undefined) return this.#end(code);
      this.#ask();
    }
    const code = this.#pending.trim() === '' ? 0 : await this.#answer(this.#pending);
    if (this.#isLive) terminal.out('\n');
    return this.#end(this.#isLive ? 0 : code);
  }

  #end(code: number): number {
    this.#lines.close();
    return code;
  }

  #ask(): void {
    if (!this.#isLive) return;
    this.#lines.setPrompt(this.#pending === '' ? 'boathouse> ' : '      ...> ');
    this.#lines.prompt();
  }

  /** Ctrl-C stops what runs, else forgets what was typed. */
  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    this.#pending = '';
    this.#input.terminal.out('\n');
    // What stands in the line is taken back as Ctrl-U and Ctrl-K would.
    this.#lines.write('', { ctrl: true, name: 'u' });
    this.#lines.write('', { ctrl: true, name: 'k' });
    this.#ask();
  }

  /** @returns the exit code once there is nothing more to read. */
  async #take(line: string): Promise<number | undefined> {
    const word = this.#pending === '' ? wordsForPrompt(line) : undefined;
    if (word !== undefined) return await this.#obey(word);
    const { statements, rest } = await takeStatements(`${this.#pending}${line}\n`);
    this.#pending = rest;
    for (const statement of statements) {
      const code = await this.#answer(statement);
      if (code !== 0 && !this.#isLive) return code;
    }
    return undefined;
  }

  /** Runs one statement and prints what comes of it. @returns 0, or the error's exit code. */
  async #answer(sql: string): Promise<number> {
    const { terminal, flags } = this.#input;
    const wanted = flags.number('limit') ?? 100;
    const limit = wanted < 0 ? Number.MAX_SAFE_INTEGER : wanted;
    return await this.#guarded(async (signal) => {
      const progress = openProgress(terminal, flags);
      try {
        const answer = await this.#session.ask(sql, { limit, signal, onProgress: progress.onProgress });
        progress.stop();
        await printAnswer(answer, terminal, {
          quiet: flags.is('quiet') === true,
          more: ', more left out: see --limit',
        });
      } finally {
        progress.stop();
      }
    });
  }

  async #obey(word: PromptWord): Promise<number | undefined> {
    const { terminal } = this.#input;
    switch (word.kind) {
      case 'quit':
        return 0;
      case 'help':
        terminal.out(word.text);
        return undefined;
      case 'unknown': {
        terminal.err(`${terminal.colors.red(`There is no ${word.text}`)}; .help lists what there is\n`);
        return this.#isLive ? undefined : 2;
      }
      case 'describe':
        return this.#toEnd(await this.#answer(`DESCRIBE ${word.name}`));
      case 'tables':
        return this.#toEnd(
          await this.#guarded(async () => {
            const grid = await this.#session.relations(word.pattern);
            await printAnswer({ ...grid, outcome: undefined }, terminal, { quiet: false, more: '' });
          }),
        );
      case 'refresh':
        return this.#toEnd(await this.#guarded(() => this.#session.refresh()));
    }
  }

  /** A person goes on after an error, a script doesn't. */
  #toEnd(code: number): number | undefined {
    return code === 0 || this.#isLive ? undefined : code;
  }

  async #guarded(work: (signal: AbortSignal) => Promise<void>): Promise<number> {
    const { terminal, flags } = this.#input;
    this.#running = new AbortController();
    try {
      await work(this.#running.signal);
      return 0;
    } catch (error) {
      if (this.#running.signal.aborted) {
        terminal.err(`${terminal.colors.yellow('Interrupted')}\n`);
        return 130;
      }
      const shown = { debug: flags.is('debug') === true, projectDir: flags.text('projectDir') };
      terminal.err(`${describeError(error, terminal.colors, shown)}\n`);
      return isBoathouseError(error) ? error.exitCode : 2;
    } finally {
      this.#running = undefined;
    }
  }
}
