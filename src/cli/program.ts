/** From an argument list to a command and its values. */
import { Argument, Command, CommanderError, Help, Option } from 'commander';
import type { BoathouseError } from '../base/index.ts';
import type { CommandGroup, CommandSpec, OptionSpec } from './command.ts';
import { commands } from './commands/index.ts';
import { cliErrors } from './errors.ts';
import { Flags, parseCount, parseSwitch } from './flags.ts';
import { globalOptions } from './options.ts';
import { versionText } from './version.ts';

/** What an argument list asks for. */
export type Asked =
  | {
      readonly kind: 'command';
      readonly command: CommandSpec;
      readonly args: readonly (string | undefined)[];
      readonly flags: Flags;
    }
  /** `--help` or `--version`: the text, for standard output. */
  | { readonly kind: 'text'; readonly text: string };

/** The width that help is wrapped to. */
export interface ProgramOptions {
  readonly columns: number;
  /** The name the command was called by, where that isn't `boathouse`. */
  readonly calledAs?: string | undefined;
}

/**
 * Understands `argv` (without node and script). Loads no workflow.
 *
 * @param env for dbt's `DBT_…` variables of options that the line doesn't give.
 * @throws cli.usage with a suggestion, cli.bad-value, cli.unsupported-option
 */
export function readCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  options: ProgramOptions,
): Asked {
  refuseNull(argv);
  let asked: Asked | undefined;
  let printed = '';
  const program = makeProgram((command, args, local, global) => {
    asked = { kind: 'command', command, args, flags: readFlags(command, { ...global, ...local }, env) };
  });
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: (text) => {
        printed += text;
      },
      getOutHelpWidth: () => options.columns,
      getErrHelpWidth: () => options.columns,
    });
  }
  if (asksVersion(argv)) return { kind: 'text', text: versionText(options.calledAs) };
  try {
    program.parse(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isText = error.exitCode === 0 || (error.code === 'commander.help' && isBareGroup(argv));
    if (isText) return { kind: 'text', text: printed };
    throw usageError(error);
  }
  return asked ?? { kind: 'text', text: printed };
}

/** @throws cli.usage for a word that no file, name or text of the system's can have */
function refuseNull(argv: readonly string[]): void {
  const bad = argv.find((word) => word.includes('\0'));
  if (bad === undefined) return;
  throw cliErrors.usage({
    problem: `${JSON.stringify(bad)} has a character that no word on a command line can have`,
  });
}

/** `--version` before any command, or after one that has no version of its own. */
function asksVersion(argv: readonly string[]): boolean {
  const at = argv.findIndex((word) => /^(?:--version|-v|-V)$/.test(word));
  // What dbt has is asked as dbt is asked; tables and branches have versions of their own.
  const groups = commands.filter(isGroup).map(({ name }) => name);
  const own = groups.filter((name) => name !== 'docs' && name !== 'source');
  return at >= 0 && !argv.slice(0, at).some((word) => own.includes(word));
}

function isBareGroup(argv: readonly string[]): boolean {
  const last = argv.at(-1);
  return argv[0] !== 'help' && commands.some((spec) => isGroup(spec) && spec.name === last);
}

function isGroup(spec: CommandSpec | CommandGroup): spec is CommandGroup {
  return 'commands' in spec;
}

/** commander's complaint as one of ours: its suggestion is the hint. */
function usageError({ code, message }: CommanderError): BoathouseError {
  // `help nonsense` prints the help of everything and complains in no words.
  if (code === 'commander.help') return cliErrors.usage({ problem: 'There is no such command' });
  const [, problem = message, suggestion] = /^error: (.+?)\s*(?:\((.+)\))?$/s.exec(message) ?? [];
  return cliErrors.usage({ problem }, suggestion === undefined ? {} : { hint: suggestion });
}

type OnCommand = (
  command: CommandSpec,
  args: readonly (string | undefined)[],
  local: Readonly<Record<string, unknown>>,
  global: Readonly<Record<string, unknown>>,
) => void;

function makeProgram(onCommand: OnCommand): Command {
  const program = new Command('boathouse');
  program.createHelp = () => Object.assign(new ProgramHelp(true), program.configureHelp());
  program
    .description(
      'A lakehouse on one machine: DuckDB computes, Delta and Parquet store, dbt projects run unchanged.',
    )
    .usage('<command> [options]')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print what a command takes')
    .showSuggestionAfterError(true);
  for (const option of globalOptions) program.addOption(makeOption(option));
  for (const spec of commands) {
    if (isGroup(spec)) addGroup(program, spec, onCommand);
    else addCommand(program, program, spec, onCommand);
  }
  return program;
}

function addGroup(program: Command, group: CommandGroup, onCommand: OnCommand): void {
  const command = program
    .command(group.name)
    .description(group.summary)
    .usage('<command> [options]')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print what a command takes');
  command.createHelp = () => Object.assign(new ProgramHelp(false), command.configureHelp());
  for (const spec of group.commands) addCommand(command, program, spec, onCommand);
  command.addHelpText('after', () => epilogue(group));
}

function addCommand(parent: Command, program: Command, spec: CommandSpec, onCommand: OnCommand): void {
  const command = parent
    .command(spec.name.split(' ').at(-1) ?? spec.name, { hidden: spec.hidden === true })
    .description(spec.summary)
    .usage(usageOf(spec))
    .helpOption('-h, --help', 'print this')
    .action((...all: unknown[]) => {
      const args = (spec.arguments ?? []).flatMap(
        (_, i) => (all[i] ?? undefined) as string | string[] | undefined,
      );
      onCommand(spec, args, command.opts(), program.opts());
    });
  if (spec.hidden === true) command.allowUnknownOption().allowExcessArguments();
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const { name, summary } of spec.arguments ?? []) command.addArgument(new Argument(name, summary));
  for (const option of spec.options) command.addOption(makeOption(option));
  command.addHelpText('after', () => epilogue(spec));
}

/** Examples, and where the options are that every command takes. */
function epilogue(spec: Pick<CommandSpec, 'examples'>): string {
  const examples = spec.examples?.map((line) => `  ${line}`) ?? [];
  const shared = 'Every command also takes the options of `boathouse --help`: --target, --vars, --json …';
  return ['', ...(examples.length > 0 ? ['Examples:', ...examples, ''] : []), shared].join('\n');
}

/** Help with the commands before the options: there are few of the one and many of the other. */
class ProgramHelp extends Help {
  readonly #hasVersion: boolean;

  constructor(hasVersion: boolean) {
    super();
    this.#hasVersion = hasVersion;
  }

  /** `--version` is no option of commander's, because tables have versions too. */
  override visibleOptions(command: Command): Option[] {
    const options = super.visibleOptions(command);
    return this.#hasVersion ? [new Option('-v, --version', 'print the version'), ...options] : options;
  }

  override formatHelp(command: Command, helper: Help): string {
    const text = super.formatHelp(command, helper);
    const at = text.indexOf('\nCommands:');
    const options = text.search(/\n(?:Project options|Options):/);
    if (at < 0 || options < 0 || at < options) return text;
    return `${text.slice(0, options)}${text.slice(at).trimEnd()}\n${text.slice(options, at).trimEnd()}\n`;
  }
}

function usageOf(spec: CommandSpec): string {
  return ['[options]', ...(spec.arguments ?? []).map(({ name }) => name)].join(' ');
}

function makeOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary);
  if (spec.hidden === true) option.hideHelp();
  if (spec.group !== undefined) option.helpGroup(spec.group);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.repeats === true) {
    option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
  }
  if (spec.type === 'count') option.argParser((text) => parseCount(longName(spec), text, 1));
  if (spec.type === 'number') option.argParser((text) => parseCount(longName(spec), text, -1));
  if (spec.type === 'size') option.argParser((text) => parseCount(longName(spec), text, 0));
  return option;
}

const longName = (spec: OptionSpec): string => /--[\w-]+/.exec(spec.flags)?.[0] ?? spec.flags;

/** The line's values, then the environment's. Refuses what can't be honoured. */
function readFlags(
  command: CommandSpec,
  given: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): Flags {
  const values: Record<string, unknown> = { ...given };
  for (const spec of [...globalOptions, ...command.options]) {
    const option = makeOption(spec);
    const name = option.attributeName();
    const isGiven = option.negate
      ? values[name] === false
      : values[name] !== undefined && values[name] !== false;
    if (spec.refused !== undefined && isGiven) {
      throw cliErrors['unsupported-option']({ option: longName(spec), why: spec.refused });
    }
    if (spec.env === undefined || values[name] !== undefined) continue;
    const text = env[`DBT_ENGINE_${spec.env}`] ?? env[`DBT_${spec.env}`] ?? env[spec.oldEnv ?? ''];
    if (text !== undefined && text !== '') values[name] = fromEnvironment(spec, option, text);
  }
  if (values['print'] === undefined && env['DBT_NO_PRINT'] !== undefined && env['DBT_NO_PRINT'] !== '')
    values['print'] = !parseSwitch('DBT_NO_PRINT', env['DBT_NO_PRINT']);
  return new Flags(values);
}

function fromEnvironment(spec: OptionSpec, option: Option, text: string): unknown {
  const variable = `DBT_${spec.env}`;
  if (option.isBoolean()) return parseSwitch(variable, text);
  if (spec.type !== undefined)
    return parseCount(variable, text, { count: 1, size: 0, number: -1 }[spec.type]);
  if (spec.choices !== undefined && !spec.choices.includes(text)) {
    throw cliErrors['bad-value']({
      option: variable,
      value: text,
      expected: `one of ${spec.choices.join(', ')}`,
    });
  }
  return option.variadic ? text.split(/\s+/).filter((part) => part !== '') : text;
}
