/**
 * Where a command prints: messages on standard output and standard error, secrets masked on both; data as
 * it is; and a footer of one line while standard output is a person's terminal.
 */
import picocolors from 'picocolors';
import { secrets } from '../../base/index.ts';
import { Footer } from './footer.ts';

/** Colour functions; they return their text unchanged where colours are off. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** A place to print. */
export interface Terminal {
  readonly colors: Colors;
  /** Whether a person is looking: footers and prompts only then. */
  readonly isLive: boolean;
  /** Whether it is a program that takes what is printed, through `invoke`. */
  readonly isCaptured?: boolean;
  readonly columns: number;
  readonly footer: Footer;
  /** The width as it is now, however narrow: a line that wraps can't be taken back. */
  columnsNow(): number;
  /** Prints to standard output, above the footer. */
  out(text: string): void;
  /** Prints to standard error, above the footer. */
  err(text: string): void;
  /**
   * Prints a piece of a result; resolves when the reader has room for more. Data goes out as it is: masking
   * would change rows that happen to hold a secret's letters.
   */
  data(piece: string | Uint8Array): Promise<void>;
  /** Resolves when everything printed has been handed over. */
  flush(): Promise<void>;
}

/** How to open a terminal. */
export interface TerminalOptions {
  /** `--use-colors`; undefined: the terminal and the environment decide. */
  readonly useColors: boolean | undefined;
}

/** The process's own streams as a terminal. */
export function openTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, env } = process;
  const isLive = stdout.isTTY === true && !isSet(env['CI']) && env['TERM'] !== 'dumb';
  const colors = paints(options.useColors ?? wantsColors(stdout.isTTY === true, env));
  const columns = Math.max(60, Math.min(stdout.columns || Number(env['COLUMNS']) || 100, 200));
  const footer = new Footer((text) => stdout.write(text), isLive);
  const outlet = new Outlet(stdout);
  return {
    colors,
    isLive,
    columns,
    footer,
    columnsNow: () => stdout.columns || columns,
    out: (text) => {
      footer.hide();
      outlet.write(secrets.scrub(text));
      footer.show();
    },
    err: (text) => {
      footer.hide();
      // Both may be one file: what was printed before stands before.
      outlet.drain();
      stderr.write(secrets.scrub(text));
      footer.show();
    },
    data: (piece) =>
      new Promise((done, fail) => {
        footer.hide();
        outlet.drain();
        stdout.write(piece, (error) => (error ? fail(error) : done()));
      }),
    flush: async () => {
      outlet.drain();
      for (const to of [stdout, stderr]) await new Promise<void>((done) => to.write('', () => done()));
    },
  };
}

/**
 * Standard output. A terminal shows every line at once; for a file or a pipe, the lines of one
 * turn of the event loop go out together: a call of the system for each costs more than making the line.
 */
class Outlet {
  readonly #to: NodeJS.WriteStream;
  #waiting: string[] = [];

  constructor(to: NodeJS.WriteStream) {
    this.#to = to;
    process.once('exit', () => this.drain());
  }

  write(text: string): void {
    if (this.#to.isTTY === true) {
      this.#to.write(text);
      return;
    }
    if (this.#waiting.push(text) === 1) setImmediate(() => this.drain());
  }

  /** Hands over what waits. */
  drain(): void {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#to.write(text);
  }
}

/** Colour functions, or such as leave their text alone. */
export function paints(on: boolean): Colors {
  return picocolors.createColors(on);
}

/** The usual agreement: NO_COLOR switches off, FORCE_COLOR on, else colours are for terminals. */
export function wantsColors(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTty && env['TERM'] !== 'dumb';
}

const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== 'false';
