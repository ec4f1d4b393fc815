/**
 * What a command is: a description, and work that loads only when it runs.
 *
 * `--help` and `--version` read descriptions alone, so nothing here may import a workflow.
 */
import type { RunEvent } from '../workflows/index.ts';
import type { Flags } from './flags.ts';
import type { CommandResults } from './invoke-results.ts';
import type { Terminal } from './output/terminal.ts';

/** One option, with every way to give it. */
export interface OptionSpec {
  /** As commander reads it: `-s, --select <selector...>`. */
  readonly flags: string;
  readonly summary: string;
  /** dbt's environment variable, without its `DBT_`; `DBT_ENGINE_…` counts as well. */
  readonly env?: string;
  /** The variable's name of old, whole: dbt still reads it. */
  readonly oldEnv?: string;
  /** How its text is read; text unless given. A flag without a value is a boolean by itself. */
  readonly type?: 'count' | 'number' | 'size';
  /** May be given several times, with one value each; all of them count. */
  readonly repeats?: boolean;
  readonly choices?: readonly string[];
  /** Works, but isn't shown by `--help`: dbt's options that change nothing here. */
  readonly hidden?: boolean;
  /** The heading it stands under in `--help`; `Options:` unless given. */
  readonly group?: string;
  /** Why it is refused, for options of dbt's that mean something we can't do. */
  readonly refused?: string;
}

/** A positional argument. */
export interface ArgumentSpec {
  /** `<sql>` where it is needed, `[folder]` where it isn't, `[tables...]` for any number; that one stands last. */
  readonly name: string;
  readonly summary: string;
}

/** What a running command is given. */
export interface CommandInput {
  /** In order; those of a last argument that takes several come one by one. */
  readonly args: readonly (string | undefined)[];
  readonly flags: Flags;
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C, for commands that stop cleanly. */
  readonly signal: AbortSignal;
  /** What stands for the process's environment; the process's own unless given. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told of every event besides what is printed of it. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Takes what the command found, for `invoke`: what is printed is only a view of it. */
  deliver?<Name extends keyof CommandResults>(command: Name, result: CommandResults[Name]): void;
}

/** Runs to its end. @returns the exit code. */
export type CommandWork = (input: CommandInput) => Promise<number>;

/** Commands under one word: `boathouse table optimize`. By itself the word prints what there is. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** Their names begin with the group's. */
  readonly commands: readonly CommandSpec[];
  readonly examples?: readonly string[];
}

/** A command. */
export interface CommandSpec {
  /** As it is typed: `build`, `table optimize`. */
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples?: readonly string[];
  /** Isn't shown by `--help`, and takes any arguments: for commands that only refuse. */
  readonly hidden?: boolean;
  /** Whether it ends when nobody reads its output any more (`| head`). What changes things goes on instead. */
  readonly endsUnread?: boolean;
  /** Whether it asks a person for more, on standard input. */
  readonly asksPeople?: boolean;
  /** Whether Ctrl-C is answered by the command itself. Else it ends the process at once. */
  readonly stopsCleanly?: boolean;
  load(): Promise<CommandWork>;
}
