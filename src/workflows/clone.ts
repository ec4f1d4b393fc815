/** `clone`: the selected nodes' relations, made from those of another environment. */
import type { ManifestNode } from '../compiler/index.ts';
import { workflowErrors } from './errors.ts';
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { type RunResult, runNodes } from './run-nodes.ts';
import { selectRunnable } from './selection.ts';

/**
 * Makes the relations of the selected models, seeds and snapshots from their counterparts in the manifest of
 * `state` (or `deferState`), and publishes. What is there already is left alone without `fullRefresh`.
 *
 * @throws workflows.no-deferral, workflows.state-unreadable; project.*, compiler.*
 */
export async function clone(options: RunOptions = {}): Promise<RunResult> {
  if (options.state === undefined && options.deferState === undefined) {
    throw workflowErrors['no-deferral']({ path: undefined });
  }
  const session = await openProject('clone', { ...options, defer: true });
  try {
    const { nodes } = session.compilation.manifest;
    const ids = selectRunnable(session, options, ['model', 'seed', 'snapshot']).filter((id) =>
      isTable(nodes[id]),
    );
    return await runNodes(session, ids, { command: 'clone', testsBlock: false, signal: options.signal });
  } finally {
    session.close();
  }
}

function isTable(node: ManifestNode | undefined): boolean {
  return node !== undefined && node.config.materialized !== 'ephemeral';
}
