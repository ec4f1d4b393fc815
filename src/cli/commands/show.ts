/** `boathouse show`. */
import type { CommandSpec } from '../command.ts';
import { compileOptions, refreshOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const showCommand: CommandSpec = {
  name: 'show',
  summary: 'Print the first rows of a model as its SQL is now',
  options: [
    ...selectionOptions,
    ...refreshOptions,
    ...compileOptions,
    { flags: '--inline <sql>', summary: 'show this query instead; Jinja works in it' },
    { flags: '--inline-direct <sql>', summary: 'show this query as it stands, without Jinja' },
    { flags: '--limit <rows>', summary: 'rows at most (default: 5; -1: all)', type: 'number' },
    { flags: '--output <format>', summary: 'how rows are printed', choices: ['text', 'json'] },
  ],
  examples: [
    'boathouse show --select daily_revenue',
    'boathouse show --inline "select count(*) from {{ ref(\'orders\') }}"',
  ],
  endsUnread: true,
  load: async () => {
    const [{ show }, { runGiven, saysAsDbt }, { printTable }, { gridRowsJson, withMember }] =
      await Promise.all([
        import('../../workflows/index.ts'),
        import('../given.ts'),
        import('../output/table.ts'),
        import('../output/grid-json.ts'),
      ]);
    return async (input) => {
      const { flags, terminal } = input;
      const shown = await show({
        ...runGiven(input),
        inline: flags.text('inline'),
        inlineDirect: flags.text('inlineDirect'),
        limit: flags.number('limit'),
      });
      input.deliver?.('show', shown);
      if (flags.is('json') === true) {
        const grids = shown.map((grid) => {
          const { name, columns } = grid;
          return withMember(JSON.stringify({ name, columns }), 'rows', gridRowsJson(grid));
        });
        const head = JSON.stringify({ kind: 'result', command: 'show', exitCode: 0 });
        terminal.out(`${withMember(head, 'shown', `[${grids.join(',')}]`)}\n`);
        return 0;
      }
      const output = flags.text('output') ?? 'text';
      const previews = shown.map((grid) => {
        const preview =
          output === 'json' ? gridRowsJson(grid) : `${printTable(grid, terminal.columns, terminal.colors)}\n`;
        const isInline = grid.uniqueId === undefined;
        const what = isInline ? 'inline node' : `node '${grid.name}'`;
        const head = JSON.stringify(isInline ? {} : { node: grid.name });
        const text =
          output === 'json' ? withMember(head, 'show', preview) : `Previewing ${what}:\n${preview}`;
        const names = { node_name: grid.name, is_inline: isInline, unique_id: grid.uniqueId ?? '' };
        return {
          text,
          data: { ...names, preview, output_format: output, quiet: flags.is('quiet') === true },
        };
      });
      if (saysAsDbt(input, { code: 'Q041', name: 'ShowNode' }, previews)) return 0;
      for (const grid of shown) {
        if (flags.text('output') === 'json') {
          const name = grid.uniqueId === undefined ? {} : { node: grid.name };
          terminal.out(`${withMember(JSON.stringify(name), 'show', gridRowsJson(grid))}\n`);
          continue;
        }
        if (shown.length > 1) terminal.out(`${terminal.colors.bold(grid.name)}\n`);
        terminal.out(`${printTable(grid, terminal.columns, terminal.colors)}\n`);
      }
      return 0;
    };
  },
};
