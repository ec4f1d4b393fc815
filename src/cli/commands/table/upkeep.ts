/** `boathouse table optimize`, `purge`, `vacuum` and `checkpoint`. */
import type { VacuumOutcome } from '../../../workflows/index.ts';
import type { CommandInput, CommandSpec } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import { catalogOption, changeCommand, namesOf, tableArgument } from './table-verb.ts';

const where = {
  flags: '--where <condition>',
  summary: 'leave files alone that can’t hold a row for which this is true',
};

const vacuumCommand: CommandSpec = {
  name: 'table vacuum',
  summary: 'Delete files that no kept version needs, and list them',
  arguments: [tableArgument],
  options: [
    {
      flags: '--retain-hours <hours>',
      summary: 'keep versions of so many hours (default: as the table says, or 168)',
    },
    { flags: '--dry-run', summary: 'only list them' },
    { flags: '--lite', summary: 'look at the log only, not at the folder' },
    { flags: '--force', summary: 'keep less than the table says' },
    { flags: '--limit <files>', summary: 'files listed at most (default: 100; -1: all)', type: 'number' },
    catalogOption,
  ],
  examples: [
    'boathouse table vacuum lake/orders --dry-run',
    'boathouse table vacuum silver.orders --retain-hours 720',
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ vacuumTable }, { projectGiven }, { openProgress }, { printJsonLine }] = await Promise.all([
      import('../../../workflows/index.ts'),
      import('../../given.ts'),
      import('../../output/progress.ts'),
      import('../../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const hours = hoursOf(flags.text('retainHours'));
      const progress = openProgress(terminal, flags);
      let outcome: VacuumOutcome;
      try {
        outcome = await vacuumTable({
          ...projectGiven(input),
          table: args[0] ?? '',
          catalog: flags.text('catalog'),
          dryRun: flags.is('dryRun') === true,
          enforceRetention: flags.is('force') !== true,
          mode: flags.is('lite') === true ? 'lite' : 'full',
          ...(hours === undefined ? {} : { retentionHours: hours }),
          onProgress: progress.onProgress,
        });
      } finally {
        progress.stop();
      }
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'table vacuum', exitCode: 0, ...outcome }, terminal);
      } else await printInventory(outcome, input);
      return 0;
    };
  },
};

async function printInventory(
  outcome: VacuumOutcome,
  { args, flags, terminal }: CommandInput,
): Promise<void> {
  const [{ printTable }, { plainGrid }, { counted, sizeText, timeText }] = await Promise.all([
    import('../../output/table.ts'),
    import('../../output/plain-grid.ts'),
    import('../../output/amounts.ts'),
  ]);
  const { files, dryRun, sizeBytes, oldestKeptVersion, version, foldersRemoved } = outcome;
  const limit = flags.number('limit') ?? 100;
  const shown = limit < 0 ? files : files.slice(0, limit);
  if (shown.length > 0) {
    const rows = shown.map((file) => [
      file.path,
      sizeText(file.sizeBytes),
      file.reason === 'removed' ? 'taken out' : 'in no version',
      timeText(new Date(file.modifiedMs)),
    ]);
    const grid = plainGrid(['file', 'size', 'why', 'modified'], rows);
    terminal.out(`${printTable(grid, terminal.columns, terminal.colors)}\n`);
  }
  if (flags.is('quiet') === true) return;
  if (shown.length < files.length) {
    terminal.out(
      terminal.colors.dim(`… and ${counted(files.length - shown.length, 'file')} more: see --limit\n`),
    );
  }
  const table = args[0] ?? '';
  const deed = dryRun ? 'Would delete' : 'Deleted';
  const folders = foldersRemoved > 0 ? ` and ${counted(foldersRemoved, 'empty folder')}` : '';
  const what =
    files.length === 0 && foldersRemoved === 0
      ? `Nothing to delete in ${table}`
      : `${deed} ${counted(files.length, 'file')}${folders} of ${table}, ${sizeText(sizeBytes)}`;
  terminal.out(`${what}. Versions ${oldestKeptVersion} to ${version} are kept whole.\n`);
}

function hoursOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const hours = Number(text);
  if (text.trim() !== '' && Number.isFinite(hours) && hours >= 0) return hours;
  throw cliErrors['bad-value']({ option: '--retain-hours', value: text, expected: 'a number of hours' });
}

const checkpointCommand: CommandSpec = {
  name: 'table checkpoint',
  summary: 'Write a checkpoint, so that opening the table reads less',
  arguments: [tableArgument],
  options: [catalogOption],
  examples: ['boathouse table checkpoint lake/orders'],
  load: async () => {
    const [{ checkpointTable }, { projectGiven }, { printJsonLine }, { sizeText }] = await Promise.all([
      import('../../../workflows/index.ts'),
      import('../../given.ts'),
      import('../../output/json-lines.ts'),
      import('../../output/amounts.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const table = args[0] ?? '';
      const outcome = await checkpointTable({
        ...projectGiven(input),
        table,
        catalog: flags.text('catalog'),
      });
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'table checkpoint', exitCode: 0, ...outcome }, terminal);
      } else if (flags.is('quiet') !== true) {
        const { version, path, sizeBytes } = outcome;
        terminal.out(`Wrote ${path}, ${sizeText(sizeBytes)}: ${table} at version ${version}\n`);
      }
      return 0;
    };
  },
};

/** The commands that look after files. */
export const upkeepCommands: readonly CommandSpec[] = [
  changeCommand({
    name: 'table optimize',
    summary: 'Put small files together; cluster or Z-order the rows',
    options: [
      where,
      { flags: '--zorder <columns>', summary: 'order all rows along these columns, with commas between' },
      { flags: '--full', summary: 'a clustered table: also files clustered by other columns' },
      {
        flags: '--target-size <size>',
        summary: 'how big files are to be: 256mb (default: as the table says)',
      },
    ],
    examples: [
      'boathouse table optimize silver.orders',
      'boathouse table optimize lake/events --where "day >= date \'2026-01-01\'" --zorder customer_id,day',
    ],
    verb: ({ flags }) => ({
      kind: 'optimize',
      where: flags.text('where'),
      zOrderBy: namesOf(flags.text('zorder')),
      full: flags.is('full'),
      targetSize: flags.text('targetSize'),
    }),
  }),
  changeCommand({
    name: 'table purge',
    summary: 'Write files again that hold deleted rows or dropped columns',
    options: [where],
    examples: ['boathouse table purge silver.customers'],
    verb: ({ flags }) => ({ kind: 'purge', where: flags.text('where') }),
  }),
  vacuumCommand,
  checkpointCommand,
];
