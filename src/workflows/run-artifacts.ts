/** What a run leaves for tools that read dbt's: `manifest.json` and `run_results.json`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printJson, secrets, systemClock } from '../base/index.ts';
import { writeGraphSummary, writeManifest } from '../compiler/index.ts';
import { runResultsArtifact } from '../runner/index.ts';
import type { NodeResult } from '../targets/index.ts';
import type { ProjectSession } from './project-session.ts';
import { skippedAsDbt } from './skipped-results.ts';
import { writingTo } from './target-folder.ts';

/**
 * Writes both, secrets masked.
 *
 * @returns the absolute path of `run_results.json`.
 * @throws workflows.not-writable
 */
export async function writeRunArtifacts(
  session: ProjectSession,
  results: readonly NodeResult[],
  threads: ReadonlyMap<string, number>,
  elapsedMs: number,
): Promise<string> {
  const { compilation, targetPath } = session;
  const { invocation, manifest } = compilation;
  const path = join(targetPath, 'run_results.json');
  const artifact = runResultsArtifact(
    {
      invocationId: invocation.id,
      startedAtMs: session.startedAtMs,
      generatedAtMs: systemClock.nowMs(),
      dbtVersion: String(manifest.metadata['dbt_version'] ?? ''),
      env: (manifest.metadata['env'] ?? {}) as Record<string, string>,
      args: invocation.args,
      elapsedMs,
    },
    skippedAsDbt(results, manifest, (node) =>
      node.relation_name === null && node.resource_type === 'test' && session.settings.storeFailures === true
        ? compilation.relationOf(node).render()
        : node.relation_name,
    ),
    threads,
  );
  await writingTo(targetPath, async () => {
    await writeManifest(compilation, targetPath);
    await writeGraphSummary(compilation, targetPath);
    await writeFile(path, secrets.scrub(printJson(artifact)));
  });
  return path;
}
