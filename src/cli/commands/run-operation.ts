/** `boathouse run-operation`. */
import type { CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';

/** The command's description and work. */
export const runOperationCommand: CommandSpec = {
  name: 'run-operation',
  summary: 'Call a macro',
  arguments: [{ name: '<macro>', summary: 'its name, or package.name' }],
  options: [{ flags: '--args <yaml>', summary: "its arguments: '{days: 7}'" }],
  load: async () => {
    const [{ runOperation }, { projectGiven }, { printJsonLine }, { parse }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('yaml'),
    ]);
    return async (input) => {
      const text = input.flags.text('args') ?? '{}';
      const args = readArgs(text, parse);
      const { elapsedMs } = await runOperation({ ...projectGiven(input), macro: input.args[0] ?? '', args });
      input.deliver?.('run-operation', { elapsedMs });
      if (input.flags.is('json') === true) {
        printJsonLine({ kind: 'result', command: 'run-operation', exitCode: 0, elapsedMs }, input.terminal);
      }
      return 0;
    };
  },
};

function readArgs(text: string, parse: (text: string) => unknown): Readonly<Record<string, unknown>> {
  const refuse = (cause?: unknown) =>
    cliErrors['bad-value']({ option: '--args', value: text, expected: 'a YAML dictionary' }, { cause });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw refuse(cause);
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse();
  return value as Readonly<Record<string, unknown>>;
}
