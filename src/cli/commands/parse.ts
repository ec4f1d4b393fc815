/** `boathouse parse`. */
import type { CommandSpec } from '../command.ts';

/** The command's description and work. */
export const parseCommand: CommandSpec = {
  name: 'parse',
  summary: 'Check the project and write its manifest, without a database',
  options: [],
  load: async () => {
    const [{ checkProject, plural }, { projectGiven }, { printJsonLine }, { seconds }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
      import('../output/run-view.ts'),
    ]);
    return async (input) => {
      const summary = await checkProject(projectGiven(input));
      input.deliver?.('parse', summary);
      const { nodes, fromCache, edited = 0, elapsedMs } = summary;
      if (input.flags.is('json') === true) {
        printJsonLine(
          { kind: 'result', command: 'parse', exitCode: 0, nodes, fromCache, elapsedMs },
          input.terminal,
        );
      } else if (input.flags.is('quiet') !== true) {
        const anew = `, ${edited} ${plural('model', edited)} with another text, the rest as the last parse saw it`;
        const how = fromCache ? ', all as the last parse saw it' : edited > 0 ? anew : '';
        input.terminal.out(`Parsed ${nodes} ${plural('node', nodes)} in ${seconds(elapsedMs)}${how}\n`);
      }
      return 0;
    };
  },
};
