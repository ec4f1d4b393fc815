/** `boathouse doctor`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary: 'Go every step to the places of the profile, and say what to do where one fails',
  arguments: [
    { name: '[place]', summary: 's3://bucket/prefix or a folder, instead of the profile’s places' },
  ],
  options: [],
  examples: ['boathouse doctor', 'boathouse doctor --target prod --json', 'boathouse doctor s3://lake/prod'],
  endsUnread: true,
  load: async () => {
    const [{ doctor }, { projectGiven }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const { colors } = terminal;
      const { checks, ok } = await doctor({ ...projectGiven(input), place: args[0] });
      const exitCode = ok ? 0 : 1;
      if (flags.is('json') === true) {
        const { printJsonLine } = await import('../output/json-lines.ts');
        printJsonLine({ kind: 'result', command: 'doctor', exitCode, checks }, terminal);
        return exitCode;
      }
      let place: string | undefined;
      for (const check of checks) {
        if (check.place !== place) terminal.out(`\n${check.place ?? ''}\n`);
        place = check.place;
        const state = check.ok ? colors.green('OK   ') : colors.red('ERROR');
        terminal.out(` ${state}  ${check.name.padEnd(18)} ${check.found}\n`);
        if (!check.ok && check.hint !== undefined) terminal.out(`        ${''.padEnd(18)}${check.hint}\n`);
      }
      const said = ok ? colors.green('All checks passed.') : colors.red('A check failed.');
      terminal.out(`\n${said}\n`);
      return exitCode;
    };
  },
};
