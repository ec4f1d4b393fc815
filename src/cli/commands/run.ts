/** `boathouse run`. */
import type { CommandSpec } from '../command.ts';
import { refreshOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'Run models in graph order',
  options: [...selectionOptions, ...refreshOptions],
  stopsCleanly: true,
  load: async () => {
    const [{ run }, { runGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => endRun('run', await run(runGiven(input)), input);
  },
};
