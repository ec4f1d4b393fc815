/** `boathouse snapshot`. */
import type { CommandSpec } from '../command.ts';
import { emptyOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const snapshotCommand: CommandSpec = {
  name: 'snapshot',
  summary: 'Record how rows have changed since the last snapshot',
  options: [...selectionOptions, ...emptyOptions],
  stopsCleanly: true,
  load: async () => {
    const [{ snapshot }, { runGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => endRun('snapshot', await snapshot(runGiven(input)), input);
  },
};
