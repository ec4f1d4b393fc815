/** `boathouse deps`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const depsCommand: CommandSpec = {
  name: 'deps',
  summary: 'Install the packages of packages.yml, as package-lock.yml says',
  options: [
    { flags: '--upgrade', summary: 'choose versions anew, whatever package-lock.yml says' },
    { flags: '--lock', summary: 'write package-lock.yml, install nothing' },
    {
      flags: '--add-package <package>',
      summary: 'add a package to packages.yml first: dbt-labs/dbt_utils@1.3.0',
    },
    {
      flags: '--source <source>',
      summary: 'what --add-package adds (default: hub)',
      choices: ['hub', 'git', 'local'],
    },
    {
      flags: '--vendor <folder>',
      summary: 'take packages from this folder: nothing goes to the network',
    },
    { flags: '--fill-vendor', summary: 'fetch packages, and keep them in the vendor folder' },
    { flags: '--dry-run', summary: 'say what would be installed, write nothing' },
  ],
  stopsCleanly: true,
  examples: [
    'boathouse deps',
    'boathouse deps --add-package dbt-labs/dbt_utils@1.3.0',
    'boathouse deps --upgrade',
  ],
  load: async () => {
    const [{ deps }, { projectGiven }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { flags } = input;
      const result = await deps({
        ...projectGiven(input),
        lock: flags.is('lock'),
        upgrade: flags.is('upgrade'),
        addPackage: flags.text('addPackage'),
        source: flags.text('source') as 'hub' | 'git' | 'local' | undefined,
        vendor: flags.text('vendor'),
        fillVendor: flags.is('fillVendor'),
        dryRun: flags.is('dryRun'),
      });
      input.deliver?.('deps', result);
      if (flags.is('json') === true)
        printJsonLine({ kind: 'result', command: 'deps', exitCode: 0, ...result }, input.terminal);
      return 0;
    };
  },
};
