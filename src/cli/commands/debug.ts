/** `boathouse debug`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const debugCommand: CommandSpec = {
  name: 'debug',
  summary: 'Check the project, its profile, DuckDB and the storage',
  options: [
    { flags: '--config-dir', summary: 'accepted', hidden: true },
    { flags: '--connection', summary: 'accepted', hidden: true },
  ],
  endsUnread: true,
  load: async () => {
    const [{ debug }, { projectGiven }, { printJsonLine }, { hintLines, placeLines }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('../output/error-view.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const { colors } = terminal;
      const { checks, ok } = await debug(projectGiven(input));
      input.deliver?.('debug', { checks, ok });
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'debug', exitCode: ok ? 0 : 1, checks }, terminal);
        return ok ? 0 : 1;
      }
      for (const check of checks) {
        const state = check.ok ? colors.green('OK   ') : colors.red('ERROR');
        terminal.out(` ${state}  ${check.name.padEnd(8)} ${check.found}\n`);
        if (check.error === undefined) continue;
        const view = { debug: false, projectDir: flags.text('projectDir') };
        const lines = [...placeLines(check.error, colors, view), ...hintLines(check.error, colors)];
        if (lines.length > 0) terminal.out(`${lines.map((line) => `       ${line}`).join('\n')}\n`);
      }
      terminal.out(ok ? `\n${colors.green('All checks passed.')}\n` : `\n${colors.red('A check failed.')}\n`);
      return ok ? 0 : 1;
    };
  },
};
