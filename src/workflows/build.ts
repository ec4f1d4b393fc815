/** `build`: everything selected, in graph order, tests holding back bad data. */

import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Runs the selected seeds, models, snapshots and tests in graph order, and publishes the catalog once
 * if anything succeeded.
 *
 * Exposures and saved queries are in the result as `no-op`, as in dbt.
 *
 * A node that fails, a failed test included, skips what depends on it and nothing else; its error is in
 * the result, not thrown.
 *
 * @throws project.*, compiler.*, jinja.* when the project can't be read; catalog.lease-timeout
 */
export async function build(options: RunOptions = {}): Promise<RunResult> {
  const session = await openProject('build', options);
  try {
    const ids = selectRunnable(session, options, [
      'seed',
      'model',
      'snapshot',
      'test',
      'unit_test',
      'exposure',
      'saved_query',
      'function',
    ]);
    return await runNodes(session, ids, { command: 'build', testsBlock: true, signal: options.signal });
  } finally {
    session.close();
  }
}
