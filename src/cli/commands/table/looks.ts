/** `boathouse table history`, `detail`, `show`, `changes` and `files`. */
import type { Grid, TableFiles, TableOptions } from '../../../workflows/index.ts';
import type { CommandInput, CommandSpec } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import { catalogOption, momentOf, momentOptions, printOutcomeJson, tableArgument } from './table-verb.ts';

const where = { flags: '--where <condition>', summary: 'SQL over the columns' };

async function optionsOf(input: CommandInput): Promise<TableOptions> {
  const { projectGiven } = await import('../../given.ts');
  const { args, flags } = input;
  return { ...projectGiven(input), table: args[0] ?? '', catalog: flags.text('catalog') };
}

const historyCommand: CommandSpec = {
  name: 'table history',
  summary: 'What was committed, newest first',
  arguments: [tableArgument],
  options: [
    { flags: '--limit <versions>', summary: 'versions at most (default: 20; -1: all)', type: 'number' },
    catalogOption,
  ],
  examples: ['boathouse table history silver.orders --limit 5'],
  endsUnread: true,
  load: async () => {
    const { changeTable } = await import('../../../workflows/index.ts');
    return async (input) => {
      const limit = input.flags.number('limit') ?? 20;
      const verb = { kind: 'history', ...(limit < 0 ? {} : { limit }) } as const;
      const startedMs = Date.now();
      const outcome = await changeTable(verb, await optionsOf(input));
      if (input.flags.is('json') === true) {
        await printOutcomeJson('table history', outcome, input, Date.now() - startedMs);
        return 0;
      }
      const { historyGrid } = await import('../../output/table-facts.ts');
      await printGrid(historyGrid(outcome), input);
      return 0;
    };
  },
};

const detailCommand: CommandSpec = {
  name: 'table detail',
  summary: 'What the table is: place, size, partitions, properties, features',
  arguments: [tableArgument],
  options: [catalogOption],
  examples: ['boathouse table detail lake/orders'],
  endsUnread: true,
  load: async () => {
    const { changeTable } = await import('../../../workflows/index.ts');
    return async (input) => {
      const startedMs = Date.now();
      const outcome = await changeTable({ kind: 'detail' }, await optionsOf(input));
      if (input.flags.is('json') === true) {
        await printOutcomeJson('table detail', outcome, input, Date.now() - startedMs);
        return 0;
      }
      const { downwardGrid } = await import('../../output/table-facts.ts');
      await printGrid(downwardGrid(outcome), input);
      return 0;
    };
  },
};

const showCommand: CommandSpec = {
  name: 'table show',
  summary: 'The first rows, now or at a version of the past',
  arguments: [tableArgument],
  options: [
    ...momentOptions,
    where,
    { flags: '--limit <rows>', summary: 'rows at most (default: 10; -1: all)', type: 'number' },
    catalogOption,
  ],
  examples: ['boathouse table show silver.orders --version 41 --where "amount > 100"'],
  endsUnread: true,
  load: async () => {
    const { showTable } = await import('../../../workflows/index.ts');
    return async (input) => {
      const { flags } = input;
      const limit = flags.number('limit') ?? 10;
      const grid = await showTable({
        ...(await optionsOf(input)),
        at: momentOf(flags),
        where: flags.text('where'),
        limit: limit < 0 ? Number.MAX_SAFE_INTEGER : limit,
      });
      return printRows('table show', grid, input);
    };
  },
};

const changesCommand: CommandSpec = {
  name: 'table changes',
  summary: 'The rows that came and went, from the change data feed',
  arguments: [tableArgument],
  options: [
    { flags: '--from <version or time>', summary: 'the first version that counts' },
    { flags: '--to <version or time>', summary: 'the last one (default: the newest)' },
    where,
    { flags: '--limit <rows>', summary: 'rows at most (default: 100; -1: all)', type: 'number' },
    catalogOption,
  ],
  examples: ['boathouse table changes silver.orders --from 40 --to 42'],
  endsUnread: true,
  load: async () => {
    const { tableChanges } = await import('../../../workflows/index.ts');
    return async (input) => {
      const { flags } = input;
      const from = flags.text('from');
      if (from === undefined) {
        throw cliErrors['nothing-to-do'](
          { problem: 'There is no beginning' },
          { hint: 'Give a version or a time with --from.' },
        );
      }
      const limit = flags.number('limit') ?? 100;
      const grid = await tableChanges({
        ...(await optionsOf(input)),
        from,
        to: flags.text('to'),
        where: flags.text('where'),
        limit: limit < 0 ? Number.MAX_SAFE_INTEGER : limit,
      });
      return printRows('table changes', grid, input);
    };
  },
};

const filesCommand: CommandSpec = {
  name: 'table files',
  summary: 'The data files of a version',
  arguments: [tableArgument],
  options: [
    ...momentOptions,
    { flags: '--limit <files>', summary: 'files at most (default: 100; -1: all)', type: 'number' },
    catalogOption,
  ],
  examples: ['boathouse table files lake/orders --version 41'],
  endsUnread: true,
  load: async () => {
    const [{ tableFiles }, { printJsonLine }] = await Promise.all([
      import('../../../workflows/index.ts'),
      import('../../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const found = await tableFiles({ ...(await optionsOf(input)), at: momentOf(flags) });
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'table files', exitCode: 0, ...found }, terminal);
      } else await printFiles(found, input);
      return 0;
    };
  },
};

async function printFiles({ files, version, sizeBytes }: TableFiles, input: CommandInput): Promise<void> {
  const [{ plainGrid }, { counted, sizeText, timeText }] = await Promise.all([
    import('../../output/plain-grid.ts'),
    import('../../output/amounts.ts'),
  ]);
  const { args, flags, terminal } = input;
  const limit = flags.number('limit') ?? 100;
  const shown = limit < 0 ? files : files.slice(0, limit);
  const hasDeleted = files.some(({ deletedRows }) => deletedRows > 0);
  const rows = shown.map(({ path, rows: count, deletedRows, sizeBytes: size, modified }) => [
    path,
    count,
    ...(hasDeleted ? [deletedRows] : []),
    sizeText(size),
    timeText(modified),
  ]);
  const columns = ['file', 'rows', ...(hasDeleted ? ['deleted'] : []), 'size', 'modified'];
  if (rows.length > 0) await printGrid(plainGrid(columns, rows), input);
  if (flags.is('quiet') === true) return;
  const more = shown.length < files.length ? `, ${shown.length} shown: see --limit` : '';
  terminal.err(
    `${terminal.colors.dim(`${args[0] ?? ''} at version ${version}: ${counted(files.length, 'file')}, ${sizeText(sizeBytes)}${more}`)}\n`,
  );
}

async function printRows(command: string, grid: Grid, input: CommandInput): Promise<number> {
  const { flags, terminal } = input;
  if (flags.is('json') === true) {
    const { gridRowsJson, withMember } = await import('../../output/grid-json.ts');
    const { columns, truncated } = grid;
    const head = JSON.stringify({ kind: 'result', command, exitCode: 0, columns, truncated });
    await terminal.data(`${withMember(head, 'rows', gridRowsJson(grid))}\n`);
    return 0;
  }
  await printGrid(grid, input);
  if (flags.is('quiet') !== true) {
    const { counted } = await import('../../output/amounts.ts');
    const more = grid.truncated ? ', more left out: see --limit' : '';
    terminal.err(`${terminal.colors.dim(`${counted(grid.rows.length, 'row')}${more}`)}\n`);
  }
  return 0;
}

async function printGrid(grid: Grid, { terminal }: CommandInput): Promise<void> {
  const { printTable } = await import('../../output/table.ts');
  await terminal.data(`${printTable(grid, terminal.columns, terminal.colors)}\n`);
}

/** The commands that only look. */
export const lookCommands: readonly CommandSpec[] = [
  showCommand,
  historyCommand,
  detailCommand,
  filesCommand,
  changesCommand,
];
