/** `boathouse catalog`: what others know of the lake. */
import type { CommandGroup, CommandSpec } from '../command.ts';
import { pairsOf } from '../flags.ts';

const registerCommand: CommandSpec = {
  name: 'catalog register',
  summary: 'Give the Delta tables of the published catalog their names in a Trino server',
  options: [
    { flags: '--trino <url>', summary: 'the server: http://host:8080, https://trino.home' },
    { flags: '--trino-catalog <name>', summary: 'its catalog with the Delta connector (default: delta)' },
    { flags: '--trino-schema <mapping...>', summary: 'schemas called otherwise there: main=shop' },
    {
      flags: '--user <name>',
      summary: 'who asks (default: boathouse); the password is read from TRINO_PASSWORD',
    },
    { flags: '--ca-file <path>', summary: 'certificates to trust besides the usual ones' },
    { flags: '--catalog <path>', summary: 'a published catalog, instead of the project’s' },
    { flags: '--replace', summary: 'register anew what is registered at another location' },
    { flags: '--prune', summary: 'unregister tables of this lake that the catalog has no more' },
    { flags: '--dry-run', summary: 'change nothing, print the SQL' },
  ],
  examples: [
    'boathouse catalog register --trino http://localhost:8080',
    'boathouse catalog register --trino https://trino.home --trino-schema main=shop --dry-run',
  ],
  load: async () => {
    const [{ registerCatalog }, { projectGiven }, { needed }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('./table/table-verb.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const dryRun = flags.is('dryRun') === true;
      const result = await registerCatalog({
        ...projectGiven(input),
        catalog: flags.text('catalog'),
        trino: {
          url: needed(flags, 'trino', 'No server is named', 'Give --trino http://host:8080.'),
          user: flags.text('user'),
          password: process.env['TRINO_PASSWORD'],
          caFile: flags.text('caFile'),
        },
        trinoCatalog: flags.text('trinoCatalog'),
        schemas: pairsOf('--trino-schema', flags.texts('trinoSchema')),
        replace: flags.is('replace') === true,
        prune: flags.is('prune') === true,
        dryRun,
      });
      const exitCode = result.tables.some(({ action }) => action === 'elsewhere') ? 1 : 0;
      if (flags.is('json') === true) {
        const { printJsonLine } = await import('../output/json-lines.ts');
        printJsonLine({ kind: 'result', command: 'catalog register', exitCode, dryRun, ...result }, terminal);
        return exitCode;
      }
      if (dryRun) for (const sql of result.statements) await terminal.data(`${sql};\n`);
      else if (flags.is('quiet') !== true) {
        for (const { name, action, detail } of result.tables) {
          terminal.out(`${action.padEnd(10)}  ${name}${detail === null ? '' : `  (${detail})`}\n`);
        }
      }
      return exitCode;
    };
  },
};

/** The commands under `catalog`. */
export const catalogGroup: CommandGroup = {
  name: 'catalog',
  summary: 'Tell other programs of the tables',
  commands: [registerCommand],
};
