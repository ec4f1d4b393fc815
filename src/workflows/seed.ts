/** `seed`: the CSV files of the project as tables. */
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Loads the selected seeds and publishes the catalog once if any succeeded.
 *
 * What goes wrong with a node is in the result, not thrown.
 *
 * @throws project.*, compiler.*, jinja.* when the project can't be read; catalog.lease-timeout
 */
export async function seed(options: RunOptions = {}): Promise<RunResult> {
  const session = await openProject('seed', options);
  try {
    const ids = selectRunnable(session, options, ['seed']);
    return await runNodes(session, ids, { command: 'seed', testsBlock: false, signal: options.signal });
  } finally {
    session.close();
  }
}
