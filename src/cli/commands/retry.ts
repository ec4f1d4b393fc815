/** `boathouse retry`. */
import type { CommandSpec } from '../command.ts';
import { both } from '../options.ts';

/** The command's description and work. */
export const retryCommand: CommandSpec = {
  name: 'retry',
  summary: 'Run again what failed in the last run, with its options',
  options: both('-f, --full-refresh', 'rebuild incremental models and seeds from nothing', {
    env: 'FULL_REFRESH',
  }),
  stopsCleanly: true,
  examples: ['boathouse retry', 'boathouse retry --state yesterday --threads 2'],
  load: async () => {
    const [{ retry }, { projectGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) =>
      endRun(
        'retry',
        await retry({
          ...projectGiven(input),
          state: input.flags.text('state'),
          fullRefresh: input.flags.is('fullRefresh'),
        }),
        input,
      );
  },
};
