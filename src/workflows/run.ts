/** `run`: the selected models, parents first, without tests. */
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Runs the selected models in graph order and publishes the catalog once if any succeeded.
 *
 * What goes wrong with a node is in the result, not thrown.
 *
 * @throws project.*, compiler.*, jinja.* when the project can't be read; catalog.lease-timeout
 */
export async function run(options: RunOptions = {}): Promise<RunResult> {
  const session = await openProject('run', options);
  try {
    const ids = selectRunnable(session, options, ['model']);
    return await runNodes(session, ids, { command: 'run', testsBlock: false, signal: options.signal });
  } finally {
    session.close();
  }
}
