/** `boathouse maintain`. */
import type { CommandSpec } from '../command.ts';
import { selectionOptions } from '../options.ts';

/** The command's description and work. */
export const maintainCommand: CommandSpec = {
  name: 'maintain',
  summary: 'Do what is worth doing for Delta tables: compaction, clustering, vacuum, checkpoints',
  arguments: [
    { name: '[tables...]', summary: 'folders, or names of the catalog (default: all of the catalog)' },
  ],
  options: [
    { flags: '--dry-run', summary: 'only say what would be done, and why' },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
    ...selectionOptions,
  ],
  examples: [
    'boathouse maintain --dry-run',
    'boathouse maintain silver.orders lake/landing/prices',
    'boathouse maintain --select gold',
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ maintain }, { projectGiven, selectionGiven }, { MaintainView }, { openProgress }] =
      await Promise.all([
        import('../../workflows/index.ts'),
        import('../given.ts'),
        import('../output/maintain-view.ts'),
        import('../output/progress.ts'),
      ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const isJson = flags.is('json') === true;
      const dryRun = flags.is('dryRun') === true;
      const view = isJson ? undefined : new MaintainView(terminal, dryRun, flags.is('quiet') === true);
      const progress = openProgress(terminal, flags);
      const startedMs = Date.now();
      const { tables } = await maintain({
        ...projectGiven(input),
        ...selectionGiven(input),
        tables: args.filter((table) => table !== undefined),
        catalog: flags.text('catalog'),
        dryRun,
        onProgress: progress.onProgress,
        onPlan: (table, plan) => view?.plan(table, plan),
        onMaintained: (table) => {
          progress.stop();
          view?.done(table);
        },
      }).finally(() => progress.stop());
      const exitCode = Math.max(0, ...tables.map(({ error }) => (error === undefined ? 0 : 1)));
      if (isJson) {
        const { printJsonLine } = await import('../output/json-lines.ts');
        const elapsedMs = Date.now() - startedMs;
        printJsonLine({ kind: 'result', command: 'maintain', exitCode, dryRun, elapsedMs, tables }, terminal);
      } else view?.end(tables);
      return exitCode;
    };
  },
};
