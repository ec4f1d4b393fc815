/** `boathouse clone`. */
import type { CommandSpec } from '../command.ts';
import { refreshOptions, resourceTypeOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const cloneCommand: CommandSpec = {
  name: 'clone',
  summary: 'Make relations from those of another environment (--state), without computing them',
  options: [...selectionOptions, ...resourceTypeOptions, ...refreshOptions],
  stopsCleanly: true,
  examples: [
    'boathouse clone --state prod-artifacts',
    'boathouse clone --state prod-artifacts --select orders+ --full-refresh',
  ],
  load: async () => {
    const [{ clone }, { runGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => endRun('clone', await clone(runGiven(input)), input);
  },
};
