/** `boathouse open`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const openCommand: CommandSpec = {
  name: 'open',
  summary: 'A prompt on the published catalog, for one SQL statement after another',
  arguments: [{ name: '[catalog]', summary: 'a published catalog, instead of the project’s' }],
  options: [
    {
      flags: '--at <version>',
      summary: 'the lake as it was: a generation of `boathouse log`, or a time (UTC without a zone)',
    },
    {
      flags: '--limit <rows>',
      summary: 'rows of one answer at most (default: 100; -1: all)',
      type: 'number',
    },
  ],
  examples: [
    'boathouse open',
    'boathouse open s3://lake/catalog.duckdb',
    'boathouse open --at 12',
    'boathouse open < questions.sql',
  ],
  endsUnread: true,
  stopsCleanly: true,
  asksPeople: true,
  load: async () => {
    const [{ openPrompt }, { projectGiven }, { runPrompt }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../prompt/prompt.ts'),
    ]);
    return async (input) => {
      const session = await openPrompt({
        ...projectGiven(input),
        catalog: input.args[0],
        asOf: input.flags.text('at'),
      });
      try {
        return await runPrompt(session, input);
      } finally {
        await session.close();
      }
    };
  },
};
