/** `boathouse log`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const logCommand: CommandSpec = {
  name: 'log',
  summary: 'Show the versions of the lake: who published what, when',
  options: [
    { flags: '--limit <generations>', summary: 'generations at most (default: 20; -1: all)', type: 'number' },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
  ],
  examples: ['boathouse log', 'boathouse log --limit 5 --branch dev', 'boathouse log --json'],
  endsUnread: true,
  load: async () => {
    const [{ lakeLog }, { projectGiven }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const wanted = flags.number('limit') ?? 20;
      const limit = wanted < 0 ? Number.MAX_SAFE_INTEGER : wanted;
      const told = await lakeLog({ ...projectGiven(input), catalog: flags.text('catalog'), limit });
      if (flags.is('json') === true) {
        const { printJsonLine } = await import('../output/json-lines.ts');
        printJsonLine({ kind: 'result', command: 'log', exitCode: 0, ...told }, terminal);
        return 0;
      }
      const { printLog } = await import('../output/version-views.ts');
      await terminal.data(printLog(told, terminal));
      return 0;
    };
  },
};
