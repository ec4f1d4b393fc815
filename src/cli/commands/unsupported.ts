/** dbt's commands that do nothing here, so that they are refused by name and with a way out. */
import type { CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  deps: [
    'packages are not downloaded',
    'Packages given as `local:` need no installing; install others once with `dbt deps`, or copy them to dbt_packages.',
  ],
};

/** One hidden command for each, which takes any arguments and refuses. */
export const unsupportedCommands: readonly CommandSpec[] = Object.entries(reasons).map(
  ([name, [why, hint]]) => ({
    name,
    summary: 'not supported',
    options: [],
    hidden: true,
    load: async () => () => {
      throw cliErrors['unsupported-command']({ command: name, why }, { hint });
    },
  }),
);
