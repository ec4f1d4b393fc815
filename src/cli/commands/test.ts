/** `boathouse test`. */
import type { CommandSpec } from '../command.ts';
import { resourceTypeOptions, selectionOptions, testOptions } from '../options.ts';

/** The command's description and work. */
export const testCommand: CommandSpec = {
  name: 'test',
  summary: 'Run tests',
  options: [...selectionOptions, ...resourceTypeOptions, ...testOptions],
  stopsCleanly: true,
  load: async () => {
    const [{ test }, { runGiven }, { endRun }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => endRun('test', await test(runGiven(input)), input);
  },
};
