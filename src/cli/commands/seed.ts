/** `boathouse seed`. */
import type { CommandSpec } from '../command.ts';
import { refreshOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const seedCommand: CommandSpec = {
  name: 'seed',
  summary: "Load the project's CSV files as tables",
  options: [
    ...selectionOptions,
    ...refreshOptions,
    {
      flags: '--show',
      summary: 'not supported',
      hidden: true,
      refused: 'use `boathouse show --select <seed>`',
    },
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ seed }, { runGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => endRun('seed', await seed(runGiven(input)), input);
  },
};
