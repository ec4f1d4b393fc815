/** Compiling many nodes, each one's trouble its own: what `docs generate` does before it looks at the target. */
import { systemClock } from '../../base/index.ts';
import { type ManifestNode, type WarehouseSession, writeCompiled } from '../../compiler/index.ts';
import { type NodeRunner, planWorkItems, runGraph, skippedResult } from '../../runner/index.ts';
import type { NodeResult, Target } from '../../targets/index.ts';
import { nodeDescriber } from '../node-facts.ts';
import type { ProjectSession } from '../project-session.ts';
import { writingTo } from '../target-folder.ts';

/** What compiling gave. */
export interface CompiledNodes {
  readonly results: readonly NodeResult[];
  readonly threads: ReadonlyMap<string, number>;
}

/**
 * Compiles `ids` on an open, prepared target, into the manifest and `target/compiled`. A node that can't
 * be compiled is an error, and what reads it is skipped. Only errors are told.
 */
export async function compileNodes(
  session: ProjectSession,
  target: Target,
  ids: readonly string[],
): Promise<CompiledNodes> {
  const { compilation, targetPath, settings, project } = session;
  const { manifest, graph } = compilation;
  // Connecting costs more than most templates; what a failed one may have left open isn't taken again.
  const free: WarehouseSession[] = [];
  const runNode: NodeRunner['runNode'] = async (uniqueId) => {
    const startedAtMs = systemClock.nowMs();
    const connection = free.pop() ?? (await target.session('compile'));
    let isClean = false;
    try {
      const { node, code } = await compilation.compileNode(uniqueId, {
        session: connection,
        warehouse: target.warehouse,
      });
      if (settings.writeJson && node.resource_type !== 'seed')
        await writingTo(targetPath, () => writeCompiled(node, targetPath, project.root));
      isClean = true;
      return compiledResult(node, code, startedAtMs);
    } finally {
      if (isClean) free.push(connection);
      else await connection.release();
    }
  };
  const { results, threads } = await runGraph(
    planWorkItems(
      {
        parentsOf: (id) => graph.parents.get(id) ?? [],
        childrenOf: (id) => graph.children.get(id) ?? [],
        isTest: (id) => manifest.nodes[id]?.resource_type === 'test',
        isUnitTest: () => false,
      },
      ids,
      { testsBlock: false },
    ),
    { runNode },
    { threads: settings.threads, failFast: settings.failFast, describe: nodeDescriber(session) },
    (event) => {
      if (event.kind === 'node-finished' && event.result.status === 'error') session.emit(event);
    },
  );
  for (const connection of free) await connection.release();
  return { results, threads };
}

/** What `run_results.json` says of a node that was compiled, and not run. */
export function compiledResult(node: ManifestNode, code: string, startedAtMs: number): NodeResult {
  const completedAtMs = systemClock.nowMs();
  const [startedAt, completedAt] = [new Date(startedAtMs), new Date(completedAtMs)];
  return {
    ...skippedResult(node.unique_id, ''),
    status: 'success',
    timing: [
      { name: 'compile', startedAt, completedAt },
      { name: 'execute', startedAt: completedAt, completedAt },
    ],
    executionTimeMs: completedAtMs - startedAtMs,
    compiled: true,
    compiledCode: code,
    relationName: node.relation_name,
  };
}
