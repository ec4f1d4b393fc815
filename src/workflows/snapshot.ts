/** `snapshot`: how rows have changed since the last look. */
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Takes the selected snapshots and publishes the catalog once if any succeeded.
 *
 * What goes wrong with a node is in the result, not thrown.
 *
 * @throws project.*, compiler.*, jinja.* when the project can't be read; catalog.lease-timeout
 */
export async function snapshot(options: RunOptions = {}): Promise<RunResult> {
  const session = await openProject('snapshot', options);
  try {
    const ids = selectRunnable(session, options, ['snapshot']);
    return await runNodes(session, ids, { command: 'snapshot', testsBlock: false, signal: options.signal });
  } finally {
    session.close();
  }
}
