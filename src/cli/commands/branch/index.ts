/** `boathouse branch`: branches of the lake. */
import type { CommandGroup, CommandInput, CommandSpec, OptionSpec } from '../../command.ts';

const catalog: OptionSpec = {
  flags: '--catalog <path>',
  summary: 'a published catalog, instead of the project’s',
};
const message: OptionSpec = { flags: '-m, --message <text>', summary: 'why, for `boathouse log`' };
const name = { name: '<name>', summary: 'the branch' };

/** Work that gets the workflows and prints either a result line or what `show` makes of it. */
function told<T extends object>(
  command: string,
  work: (input: CommandInput, given: object) => Promise<T>,
  show: (result: T, input: CommandInput) => Promise<string>,
): CommandSpec['load'] {
  return async () => {
    const { projectGiven } = await import('../../given.ts');
    return async (input) => {
      const { flags, terminal } = input;
      const result = await work(input, { ...projectGiven(input), catalog: flags.text('catalog') });
      if (flags.is('json') === true) {
        const { printJsonLine } = await import('../../output/json-lines.ts');
        const body = Array.isArray(result) ? { branches: result } : result;
        printJsonLine({ kind: 'result', command, exitCode: 0, ...body }, terminal);
      } else if (flags.is('quiet') !== true) terminal.out(await show(result, input));
      return 0;
    };
  };
}

const views = (): Promise<typeof import('../../output/branch-views.ts')> =>
  import('../../output/branch-views.ts');
const workflows = (): Promise<typeof import('../../../workflows/index.ts')> =>
  import('../../../workflows/index.ts');

const createCommand: CommandSpec = {
  name: 'branch create',
  summary: 'Begin a branch with a version of the lake; nothing is copied',
  arguments: [name],
  options: [
    { flags: '--from <version>', summary: 'a generation or a time to begin with (default: the newest)' },
    message,
    catalog,
  ],
  examples: ['boathouse branch create dev', 'boathouse branch create fix --from 12'],
  load: told(
    'branch create',
    async ({ args, flags }, given) =>
      await (await workflows()).createBranch({
        ...given,
        name: args[0] ?? '',
        from: flags.text('from'),
        message: flags.text('message'),
      }),
    async (result, { terminal }) => (await views()).printCreated(result, terminal),
  ),
};

const listCommand: CommandSpec = {
  name: 'branch list',
  summary: 'The branches, and what they changed',
  options: [catalog],
  examples: ['boathouse branch list'],
  endsUnread: true,
  load: told(
    'branch list',
    async (_, given) => await (await workflows()).listBranches(given),
    async (result, { terminal }) => (await views()).printBranches(result, terminal),
  ),
};

const mergeCommand: CommandSpec = {
  name: 'branch merge',
  summary: 'Bring what a branch changed to the one it began on, as one version',
  arguments: [name],
  options: [{ flags: '--dry-run', summary: 'only say what would be merged' }, message, catalog],
  examples: ['boathouse branch merge dev', 'boathouse branch merge dev --dry-run'],
  load: told(
    'branch merge',
    async ({ args, flags }, given) =>
      await (await workflows()).mergeBranch({
        ...given,
        name: args[0] ?? '',
        message: flags.text('message'),
        dryRun: flags.is('dryRun') === true,
      }),
    async (result) => (await views()).printMerged(result),
  ),
};

const deleteCommand: CommandSpec = {
  name: 'branch delete',
  summary: 'Remove a branch; its files go once nobody reads them',
  arguments: [name],
  options: [
    { flags: '--force', summary: 'also when it has changes that were never merged' },
    { flags: '--now', summary: 'remove its files at once' },
    catalog,
  ],
  examples: ['boathouse branch delete dev', 'boathouse branch delete dev --force --now'],
  load: told(
    'branch delete',
    async ({ args, flags }, given) =>
      await (await workflows()).deleteBranch({
        ...given,
        name: args[0] ?? '',
        force: flags.is('force') === true,
        now: flags.is('now') === true,
      }),
    async (result) => (await views()).printDeleted(result),
  ),
};

const diffCommand: CommandSpec = {
  name: 'branch diff',
  summary: 'What a branch has otherwise than the version it began with',
  arguments: [name],
  options: [
    { flags: '--rows', summary: 'rows that differ, too' },
    { flags: '--key <columns>', summary: 'columns by which rows belong together, with commas between' },
    {
      flags: '--limit <rows>',
      summary: 'rows of each relation at most (default: 20; -1: all)',
      type: 'number',
    },
    catalog,
  ],
  examples: ['boathouse branch diff dev', 'boathouse branch diff dev --rows --key id'],
  endsUnread: true,
  load: async () => {
    const { runDiff } = await import('../diff.ts');
    return (input) => runDiff(input, { branchName: input.args[0] ?? '' });
  },
};

/** The commands about branches. */
export const branchGroup: CommandGroup = {
  name: 'branch',
  summary: 'Work on a branch of the lake: create, list, diff, merge, delete',
  commands: [createCommand, listCommand, diffCommand, mergeCommand, deleteCommand],
  examples: ['boathouse branch create dev', 'boathouse build --branch dev', 'boathouse branch merge dev'],
};
