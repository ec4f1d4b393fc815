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
    const [{ compile }, { runGiven, saysAsDbt }, { printJsonLine }] = await Promise.all([
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
      const output = flags.text('output') ?? 'text';
      const texts = compiled
        .filter(({ named }) => named)
        .map(({ uniqueId, name, code }) => {
          const isInline = uniqueId === undefined;
          const json = JSON.stringify(
            isInline ? { compiled: code } : { node: name, compiled: code },
            undefined,
            2,
          );
          const head = isInline ? 'Compiled inline node is:' : `Compiled node '${name}' is:`;
          const names = { node_name: name, is_inline: isInline, unique_id: uniqueId ?? '' };
          const data = { ...names, compiled: code, output_format: output, quiet: flags.is('quiet') === true };
          return { text: output === 'json' ? json : `${head}\n${code}`, data };
        });
      const asked =
        inline !== undefined || flags.texts('select') !== undefined || flags.texts('models') !== undefined;
      if (saysAsDbt(input, { code: 'Q042', name: 'CompiledNode' }, asked ? texts : [])) return 0;
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
