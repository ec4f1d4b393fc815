/** `test`: the tests on what is selected. */
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Runs the selected tests, which change nothing but the tables of `storeFailures`.
 *
 * What goes wrong with a node is in the result, not thrown.
 *
 * @throws project.*, compiler.*, jinja.* when the project can't be read; catalog.lease-timeout
 */
export async function test(options: RunOptions = {}): Promise<RunResult> {
  const session = await openProject('test', options);
  try {
    const ids = selectRunnable(session, options, ['test', 'unit_test']);
    return await runNodes(session, ids, { command: 'test', testsBlock: false, signal: options.signal });
  } finally {
    session.close();
  }
}
