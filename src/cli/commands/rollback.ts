/** `boathouse rollback`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const rollbackCommand: CommandSpec = {
  name: 'rollback',
  summary: 'Publish an older version of the lake as the newest one; nothing is lost',
  arguments: [
    { name: '<version>', summary: 'a generation of `boathouse log`, or a time (UTC without a zone)' },
  ],
  options: [
    { flags: '--dry-run', summary: 'only say what would change' },
    { flags: '-m, --message <text>', summary: 'why, for `boathouse log`' },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
  ],
  examples: ['boathouse rollback 12', "boathouse rollback '2026-01-31 12:00' --dry-run"],
  load: async () => {
    const [{ rollback }, { projectGiven }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const dryRun = flags.is('dryRun') === true;
      const result = await rollback({
        ...projectGiven(input),
        catalog: flags.text('catalog'),
        to: args[0] ?? '',
        message: flags.text('message'),
        dryRun,
      });
      if (flags.is('json') === true) {
        const { printJsonLine } = await import('../output/json-lines.ts');
        printJsonLine({ kind: 'result', command: 'rollback', exitCode: 0, dryRun, ...result }, terminal);
        return 0;
      }
      const { printRollback } = await import('../output/version-views.ts');
      if (flags.is('quiet') !== true) terminal.out(printRollback(result, dryRun, terminal));
      return 0;
    };
  },
};
