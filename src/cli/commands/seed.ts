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
    { flags: '--show', summary: 'print the first rows of what seeds have loaded' },
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ seed }, { runGiven }, { endRun, showSeeds }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => {
      const result = await seed(runGiven(input));
      if (input.flags.is('show') === true) await showSeeds(result, input);
      return endRun('seed', result, input);
    };
  },
};
