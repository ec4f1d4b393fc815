/** `boathouse compile`. */
import type { CommandSpec } from '../command.ts';
import { compileOptions, refreshOptions, resourceTypeOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const compileCommand: CommandSpec = {
  name: 'compile',
  summary: 'Write the SQL that would run to target/compiled, and print what is selected',
  options: [
    ...selectionOptions,
    ...resourceTypeOptions,
    ...refreshOptions,
    ...compileOptions,
    { flags: '--inline <sql>', summary: 'compile this text instead' },
    { flags: '--output <format>', summary: 'how it is printed', choices: ['text', 'json'] },
  ],
  examples: ['boathouse compile --inline "select * from {{ ref(\'orders\') }}"'],
  load: async () => {
    const [{ compile }, { runGiven }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const inline = flags.text('inline');
      const { compiled, elapsedMs } = await compile({
        ...runGiven(input),
        inline,
        injectEphemeralCtes: flags.is('injectEphemeralCtes'),
      });
      input.deliver?.('compile', { compiled, elapsedMs });
      if (flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'compile', exitCode: 0, elapsedMs, compiled }, terminal);
        return 0;
      }
      const asked =
        inline !== undefined || flags.texts('select') !== undefined || flags.texts('models') !== undefined;
      if (!asked) {
        const many = `${compiled.length} ${compiled.length === 1 ? 'node' : 'nodes'}`;
        if (flags.is('quiet') !== true) terminal.out(`Compiled ${many} to target/compiled\n`);
        return 0;
      }
      for (const { name, code } of compiled.filter(({ named }) => named)) {
        if (flags.text('output') === 'json') {
          terminal.out(
            `${JSON.stringify(inline === undefined ? { node: name, compiled: code } : { compiled: code }, undefined, 2)}\n`,
          );
        } else {
          const title =
            inline !== undefined || flags.is('quiet') === true
              ? ''
              : `${terminal.colors.dim(`-- ${name}`)}\n`;
          terminal.out(`${title}${code.trim()}\n`);
        }
      }
      return 0;
    };
  },
};
