/** What a build would do, without doing it. */
import { printPlan, type PlanStep } from '../targets/index.ts';
import type { RunOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { selectRunnable } from './selection.ts';

/** The plan of one node. */
export interface NodePlan {
  readonly uniqueId: string;
  readonly steps: readonly PlanStep[];
  /** The steps as text. */
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
        const steps = await target.plan(uniqueId);
        plans.push({ uniqueId, steps, text: printPlan(steps) });
      }
      return plans;
    } finally {
      await target.close();
    }
  } finally {
    session.close();
  }
}
