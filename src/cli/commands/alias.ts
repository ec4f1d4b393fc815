/** `boathouse alias`. */
import { realpathSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';

/** The command's description and work. */
export const aliasCommand: CommandSpec = {
  name: 'alias',
  summary: 'Let `dbt` be another name of this command, for scripts that call it',
  arguments: [{ name: '<name>', summary: 'dbt' }],
  options: [
    { flags: '--folder <folder>', summary: 'a folder of your PATH (default: where `boathouse` is)' },
    { flags: '--remove', summary: 'take the name away again' },
  ],
  examples: [
    'boathouse alias dbt',
    'boathouse alias dbt --folder ~/.local/bin',
    'boathouse alias dbt --remove',
  ],
  load: async () => {
    const [{ alias }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async ({ args, flags, terminal }) => {
      const name = args[0] ?? '';
      if (name !== 'dbt')
        throw cliErrors['bad-value']({
          option: 'alias',
          value: name,
          expected: 'the one name there is: dbt',
        });
      // The name by which the command was found leads to the folder that is on the PATH.
      const called = process.argv[1] ?? '';
      const { path, done } = await alias({
        name,
        script: realpathSync(called),
        folder: flags.text('folder') ?? dirname(called),
        remove: flags.is('remove'),
        asFile: process.platform === 'win32',
      });
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'alias', exitCode: 0, path, done }, terminal);
      } else if (flags.is('quiet') !== true) {
        const near = relative(process.cwd(), path);
        const words = { made: 'Made', removed: 'Removed', nothing: 'Nothing to do for' };
        terminal.out(`${words[done]} ${near.startsWith('..') ? path : near}\n`);
      }
      return 0;
    };
  },
};
