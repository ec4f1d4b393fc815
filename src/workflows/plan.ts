/** What a build would do, without doing it. */
import { type PlanStep, printPlan, type Target } from '../targets/index.ts';
import type { RunOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { selectRunnable } from './selection.ts';

/** The plan of one node. */
export interface NodePlan {
  readonly uniqueId: string;
  readonly steps: readonly PlanStep[];
  /** Empty for a test. */
  readonly text: string;
}

/**
 * What `build` would do for each selected node as things stand now, parents first. Runs nothing but
 * descriptions of queries, so a node whose parents were never built may not be plannable yet.
 */
export async function plan(options: RunOptions = {}): Promise<readonly NodePlan[]> {
  const session = await openProject('build', options);
  try {
    const selected = new Set(selectRunnable(session, options, ['seed', 'model', 'snapshot', 'test']));
    const ids = session.compilation.graph.order.filter((id) => selected.has(id));
    session.compilation.invocation.selectedResources = ids;
    const target = await session.openTarget({ writes: false });
    try {
      await target.prepare(ids);
      const plans: NodePlan[] = [];
      for (const uniqueId of ids) {
        plans.push(await planNode(session, target, uniqueId));
      }
      return plans;
    } finally {
      await target.close();
    }
  } finally {
    session.close();
  }
}

/** A test makes nothing: its plan is the query whose rows must not exist. */
async function planNode(session: ProjectSession, target: Target, uniqueId: string): Promise<NodePlan> {
  if (session.compilation.manifest.nodes[uniqueId]?.resource_type !== 'test') {
    const steps = await target.plan(uniqueId);
    return { uniqueId, steps, text: printPlan(steps) };
  }
  const connection = await target.session(uniqueId);
  const engine = { session: connection, warehouse: target.warehouse };
  const { code } = await session.compilation.compileNode(uniqueId, engine);
  await connection.release();
  const lines = code
    .trim()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd());
  return { uniqueId, steps: [], text: `test: no row may come back\n${lines.join('\n')}\n` };
}
