/** `boathouse init`. */
import { relative } from 'node:path';
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'Begin a project that builds at once',
  arguments: [{ name: '[folder]', summary: 'a new folder (default: here, when it is empty)' }],
  options: [
    { flags: '--name <name>', summary: 'the project’s name (default: the folder’s)' },
    { flags: '-s, --skip-profile-setup', summary: 'write no profiles.yml' },
  ],
  examples: ['boathouse init shop && cd shop && boathouse build'],
  load: async () => {
    const [{ init }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { args, flags, terminal } = input;
      const made = await init({
        folder: args[0] ?? '.',
        name: flags.text('name'),
        profile: flags.text('profile'),
        skipProfile: flags.is('skipProfileSetup'),
      });
      input.deliver?.('init', made);
      const { name, folder, files } = made;
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'init', exitCode: 0, name, folder, files }, terminal);
        return 0;
      }
      if (flags.is('quiet') === true) return 0;
      const { bold, dim, cyan } = terminal.colors;
      const here = relative(process.cwd(), folder);
      const steps = [
        ...(here === '' ? [] : [`cd ${quoted(here)}`]),
        'boathouse build',
        'boathouse query "select * from gold.daily_revenue order by day"',
      ];
      terminal.out(`Made ${bold(name)} in ${here === '' ? 'this folder' : here}:\n\n`);
      terminal.out(`${files.map((file) => dim(`  ${file}`)).join('\n')}\n\nNext:\n\n`);
      terminal.out(`${steps.map((step) => `  ${cyan(step)}`).join('\n')}\n`);
      return 0;
    };
  },
};

/** As a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
