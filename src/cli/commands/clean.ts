/** `boathouse clean`. */
import { relative } from 'node:path';
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const cleanCommand: CommandSpec = {
  name: 'clean',
  summary: 'Remove what commands have generated: the folders of clean-targets',
  options: [
    { flags: '--clean-project-files-only', summary: 'always so', hidden: true },
    {
      flags: '--no-clean-project-files-only',
      summary: 'not supported',
      hidden: true,
      refused: 'nothing outside the project is ever removed',
    },
  ],
  load: async () => {
    const [{ clean }, { projectGiven }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { removed } = await clean(projectGiven(input));
      input.deliver?.('clean', { removed });
      if (input.flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'clean', exitCode: 0, removed }, input.terminal);
      } else if (input.flags.is('quiet') !== true) {
        const names = removed.map((path) => relative(process.cwd(), path));
        input.terminal.out(names.length === 0 ? 'Nothing to remove.\n' : `Removed ${names.join(', ')}\n`);
      }
      return 0;
    };
  },
};
