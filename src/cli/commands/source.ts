/** `boathouse source`. */
import type { CommandGroup, CommandSpec } from '../command.ts';
import { selectionOptions } from '../options.ts';

const freshness: CommandSpec = {
  name: 'source freshness',
  summary: 'Look how long ago sources were loaded, and hold that against their thresholds',
  options: [
    ...selectionOptions,
    { flags: '-o, --output <file>', summary: 'file to write (default: target/sources.json)' },
  ],
  stopsCleanly: true,
  examples: ['boathouse source freshness', 'boathouse source freshness --select source:raw.orders'],
  load: async () => {
    const [{ sourceFreshness }, { runGiven, saysAsDbt }, { printJsonLine }, { seconds }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('../output/run-view.ts'),
    ]);
    return async (input) => {
      const { sources, counts, elapsedMs, path } = await sourceFreshness({
        ...runGiven(input),
        output: input.flags.text('output'),
      });
      const exitCode = counts.error > 0 ? 1 : 0;
      if (input.flags.is('json') === true) {
        printJsonLine(
          { kind: 'result', command: 'source freshness', exitCode, sources, path, elapsedMs },
          input.terminal,
        );
      } else if (
        saysAsDbt(input, { code: 'Q003', name: 'FreshnessCheckComplete' }, [{ text: 'Done.', data: {} }])
      ) {
        return exitCode;
      } else if (input.flags.is('quiet') !== true) {
        input.terminal.out(
          `\nChecked ${sources.length} ${sources.length === 1 ? 'source' : 'sources'} in ${seconds(elapsedMs)}\n`,
        );
      }
      return exitCode;
    };
  },
};

/** The group: dbt's older name of its command still works. */
export const sourceGroup: CommandGroup = {
  name: 'source',
  summary: 'How fresh sources are',
  commands: [freshness, { ...freshness, name: 'source snapshot-freshness', hidden: true }],
};
