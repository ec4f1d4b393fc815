/**
 * A command as a function of the library: the same words as on the command line, a typed result.
 *
 * Nothing of the process is touched: nothing is printed unless the caller takes what is, the process isn't
 * ended, signals and the working directory stay the caller's. Any number of invocations may run at once.
 */
import { backgroundDone, secrets } from '../base/index.ts';
import { DbtLog, type DbtLogLine, type RunEvent } from '../workflows/index.ts';
import type { CommandSpec } from './command.ts';
import { cliErrors } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';
import type { CommandResults, ResultOf } from './invoke-results.ts';
import { describeError } from './output/error-view.ts';
import { Footer } from './output/footer.ts';
import { paints, type Terminal, wantsColors } from './output/terminal.ts';
import { type Asked, readCommandLine } from './program.ts';

/** Who is told of what an invocation does, and how it is stopped. */
export interface InvokeOptions {
  /** Told of everything that happens, in order, as it happens. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** The same as lines of dbt's structured log: `info.name`, `data.node_info` …; those of level `debug`, too. */
  readonly onLog?: ((line: DbtLogLine) => void) | undefined;
  /** Takes what the command would have printed. Without it, nothing of that is made. */
  readonly onOutput?: ((text: string, stream: 'stdout' | 'stderr') => void) | undefined;
  /** What stands for the process's environment: `DBT_…` variables, `env_var()`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Aborting it stops the command as Ctrl-C does: what runs is interrupted, the rest is skipped. */
  readonly signal?: AbortSignal | undefined;
}

/** How an invocation ended. */
export interface InvokeResult<Result> {
  /** Whether the exit code is 0. */
  readonly success: boolean;
  /** What the command would have ended with: 0, 1 (a node failed), 2 (we couldn't), 130 (stopped). */
  readonly exitCode: number;
  /** What the command found; undefined when it failed before that, or has no result. */
  readonly result: Result | undefined;
  /** Why the command couldn't do its work. What failed of nodes is in `result`. */
  readonly error: Error | undefined;
}

/**
 * Runs a command: `await invoke(['build', '--select', 'orders+'])`.
 *
 * What goes wrong is in the answer, and not thrown, as a bad option is, too. What a callback throws rejects
 * the promise once the command has ended.
 *
 * @param args the words after `boathouse`, one each.
 */
export async function invoke<const Args extends readonly string[]>(
  args: Args,
  options: InvokeOptions = {},
): Promise<InvokeResult<ResultOf<Args>>> {
  const ended = await run(args, new Listeners(options), options);
  return ended as InvokeResult<ResultOf<Args>>;
}

type Ended = InvokeResult<CommandResults[keyof CommandResults]>;

async function run(args: readonly string[], told: Listeners, options: InvokeOptions): Promise<Ended> {
  const terminal = told.terminal();
  let ended: Ended;
  let name: string | undefined;
  try {
    const asked = readCommandLine(args, options.env ?? process.env, { columns: terminal.columns });
    if (asked.kind === 'text') {
      terminal.out(asked.text);
      ended = { success: true, exitCode: 0, result: undefined, error: undefined };
    } else {
      name = asked.command.name;
      ended = await runCommand(asked, terminal, told, options);
    }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { errorEvent } = await import('./given.ts');
    told.event(errorEvent(error));
    terminal.err(`${describeError(error, terminal.colors, { debug: false })}\n`);
    const stopped = options.signal?.aborted === true;
    const exitCode = stopped ? 130 : exitCodeOf(error, name);
    ended = { success: false, exitCode, result: undefined, error };
  }
  await backgroundDone();
  told.complain();
  return ended;
}

async function runCommand(
  { command, args, flags }: Extract<Asked, { kind: 'command' }>,
  terminal: Terminal,
  told: Listeners,
  { env, signal = new AbortController().signal }: InvokeOptions,
): Promise<Ended> {
  refusePrompt(command);
  let result: Ended['result'];
  const work = await command.load();
  const exitCode = await work({
    args,
    flags,
    terminal,
    signal,
    env,
    onEvent: (event) => told.event(event),
    deliver: (_, found) => {
      result = found;
    },
  });
  const code = signal.aborted ? 130 : exitCode;
  return { success: code === 0, exitCode: code, result, error: undefined };
}

/** @throws cli.usage */
function refusePrompt({ name, asksPeople }: CommandSpec): void {
  if (asksPeople !== true) return;
  throw cliErrors.usage(
    { problem: `\`${name}\` talks to a person: it can't be invoked from a program` },
    { hint: 'Use `query`, or the functions of the library.' },
  );
}

/** The caller's callbacks: what one throws is kept for the end, so that it can't break a run in the middle. */
class Listeners {
  readonly #options: InvokeOptions;
  #log: DbtLog | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: InvokeOptions) {
    this.#options = options;
  }

  event(event: RunEvent): void {
    const { onEvent, onLog } = this.#options;
    if (onEvent !== undefined) this.#tell(() => onEvent(event));
    if (onLog === undefined) return;
    this.#log ??= new DbtLog('', process.pid);
    for (const line of this.#log.lines(event)) this.#tell(() => onLog(line));
  }

  /** A terminal whose text the caller takes, or nobody. */
  terminal(): Terminal {
    const { onOutput, env } = this.#options;
    const say = (text: string | Uint8Array, stream: 'stdout' | 'stderr'): void => {
      if (onOutput === undefined) return;
      const plain = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      this.#tell(() => onOutput(plain, stream));
    };
    return {
      colors: paints(wantsColors(false, env ?? {})),
      isLive: false,
      isCaptured: true,
      columns: 100,
      footer: new Footer(() => {}, false),
      columnsNow: () => 100,
      out: (text) => say(secrets.scrub(text), 'stdout'),
      err: (text) => say(secrets.scrub(text), 'stderr'),
      data: async (piece) => say(piece, 'stdout'),
      flush: async () => {},
    };
  }

  /** Throws what a callback has thrown. */
  complain(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
