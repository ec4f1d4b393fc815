/** What the commands about one Delta table share: how the table is named, and how an outcome is told. */
import type { StatementOutcome, TableVerb } from '../../../workflows/index.ts';
import type { ArgumentSpec, CommandInput, CommandSpec, OptionSpec } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import type { Flags } from '../../flags.ts';

/** The table. */
export const tableArgument: ArgumentSpec = {
  name: '<table>',
  summary: 'a folder, or a name of the catalog: silver.orders',
};

/** Where names are looked up. */
export const catalogOption: OptionSpec = {
  flags: '--catalog <path>',
  summary: 'a published catalog, instead of the project’s',
};

/** A version of the past. */
export const momentOptions: readonly OptionSpec[] = [
  { flags: '--version <number>', summary: 'this version' },
  {
    flags: '--timestamp <time>',
    summary: "the version of that time: '2026-01-31 12:00' (UTC without a zone)",
  },
];

/** `--version` or `--timestamp`; neither is fine. @throws cli.bad-value */
export function momentOf(flags: Flags): { readonly version?: number; readonly timestamp?: string } {
  const [version, timestamp] = [flags.text('version'), flags.text('timestamp')];
  if (version !== undefined && timestamp !== undefined) {
    throw cliErrors['nothing-to-do'](
      { problem: 'There are a version and a timestamp' },
      { hint: 'Give one of them.' },
    );
  }
  if (timestamp !== undefined) return { timestamp };
  if (version === undefined) return {};
  if (!/^\d{1,15}$/.test(version)) {
    throw cliErrors['bad-value']({
      option: '--version',
      value: version,
      expected: 'a whole number, 0 or more',
    });
  }
  return { version: Number(version) };
}

/** Names with commas between; undefined when the option isn't given. */
export function namesOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The option's text, without which there is nothing to do. @throws cli.nothing-to-do */
export function needed(flags: Flags, name: string, problem: string, hint: string): string {
  const text = flags.text(name);
  if (text !== undefined && text.trim() !== '') return text;
  throw cliErrors['nothing-to-do']({ problem }, { hint });
}

/** A command that changes the table. */
export interface ChangeSpec extends Omit<CommandSpec, 'load' | 'arguments'> {
  /** After the table. */
  readonly more?: readonly ArgumentSpec[];
  verb(input: CommandInput): TableVerb;
  /** Which table the outcome is about, as the user named it; the first argument unless given. */
  readonly about?: (input: CommandInput) => string;
}

/** The command: it takes a table first, shows progress, and says what it did in a sentence or as JSON. */
export function changeCommand(spec: ChangeSpec): CommandSpec {
  const { more = [], verb, about = ({ args }) => args[0] ?? '', ...rest } = spec;
  return {
    stopsCleanly: true,
    ...rest,
    arguments: [tableArgument, ...more],
    options: [...rest.options, catalogOption],
    load: async () => {
      const [{ changeTable }, { projectGiven }, { openProgress }] = await Promise.all([
        import('../../../workflows/index.ts'),
        import('../../given.ts'),
        import('../../output/progress.ts'),
      ]);
      return async (input) => {
        const { args, flags, terminal } = input;
        const startedMs = Date.now();
        const progress = openProgress(terminal, flags);
        let outcome: StatementOutcome;
        try {
          outcome = await changeTable(verb(input), {
            ...projectGiven(input),
            table: args[0] ?? '',
            catalog: flags.text('catalog'),
            onProgress: progress.onProgress,
          });
        } finally {
          progress.stop();
        }
        await printOutcome(rest.name, outcome, about(input), Date.now() - startedMs, input);
        return 0;
      };
    },
  };
}

async function printOutcome(
  command: string,
  outcome: StatementOutcome,
  table: string,
  elapsedMs: number,
  { flags, terminal }: CommandInput,
): Promise<void> {
  if (flags.is('json') === true) {
    await printOutcomeJson(command, outcome, { flags, terminal }, elapsedMs);
    return;
  }
  if (flags.is('quiet') === true) return;
  const [{ describeOutcome }, { seconds }] = await Promise.all([
    import('../../output/statement-view.ts'),
    import('../../output/run-view.ts'),
  ]);
  terminal.out(`${describeOutcome(outcome, table)} (${seconds(elapsedMs)})\n`);
  if (outcome.generation !== undefined) {
    terminal.out(`${terminal.colors.dim(`The catalog shows it, as generation ${outcome.generation}`)}\n`);
  }
}

/** The result line for machines: what was done, and the rows that SQL would have given. */
export async function printOutcomeJson(
  command: string,
  outcome: StatementOutcome,
  { terminal }: Pick<CommandInput, 'flags' | 'terminal'>,
  elapsedMs: number,
): Promise<void> {
  const { gridRowsJson, withMember } = await import('../../output/grid-json.ts');
  const { statement, table, version, changed, generation, columns } = outcome;
  const about = { statement, table, version, changed, generation, elapsedMs, columns };
  const head = JSON.stringify({ kind: 'result', command, exitCode: 0, ...about });
  await terminal.data(`${withMember(head, 'rows', gridRowsJson(outcome))}\n`);
}
