/** `boathouse build`. */
import type { CommandInput, CommandSpec } from '../command.ts';
import { refreshOptions, resourceTypeOptions, selectionOptions, testOptions } from '../options.ts';

/** The command's description and work. */
export const buildCommand: CommandSpec = {
  name: 'build',
  summary: 'Run seeds, models and tests in graph order, then publish the catalog',
  options: [
    ...selectionOptions,
    ...resourceTypeOptions,
    ...refreshOptions,
    ...testOptions,
    { flags: '--show', summary: 'print the first rows of what seeds have loaded' },
    { flags: '--plan', summary: 'print what would be done, and stop' },
  ],
  examples: [
    'boathouse build',
    'boathouse build --select +daily_revenue   # a model with all it needs',
    'boathouse build --target prod --full-refresh',
  ],
  stopsCleanly: true,
  load: async () => {
    const [{ build }, { runGiven }, { endRun, showSeeds }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../run-outcome.ts'),
    ]);
    return async (input) => {
      if (input.flags.is('plan') === true) return await printPlans(input);
      const result = await build(runGiven(input));
      if (input.flags.is('show') === true) await showSeeds(result, input);
      return endRun('build', result, input);
    };
  },
};

async function printPlans(input: CommandInput): Promise<number> {
  const { plan } = await import('../../workflows/index.ts');
  const { runGiven } = await import('../given.ts');
  const { printJsonLine } = await import('../output/json-lines.ts');
  const { flags, terminal } = input;
  const plans = await plan(runGiven(input));
  if (flags.is('json') === true) {
    printJsonLine({ kind: 'result', command: 'build', exitCode: 0, plans }, terminal);
    return 0;
  }
  for (const { uniqueId, text } of plans) {
    const steps = text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`);
    terminal.out(`${terminal.colors.bold(uniqueId)}\n${steps.join('\n')}\n`);
  }
  return 0;
}
