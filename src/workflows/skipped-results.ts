/** What dbt's artifact says of nodes that were skipped. */
import type { Manifest, ManifestNode } from '../compiler/index.ts';
import { stoppedByFailure } from '../runner/index.ts';
import type { NodeResult } from '../targets/index.ts';

/**
 * The results as dbt has them: a node that was skipped because of another says nothing but where it would have gone,
 * unless it reads an ephemeral model that couldn't be put into it. Pure.
 *
 * @param relationNameOf where the node's rows would have gone.
 */
export function skippedAsDbt(
  results: readonly NodeResult[],
  manifest: Manifest,
  relationNameOf: (node: ManifestNode) => string | null,
): readonly NodeResult[] {
  const isCut = cutModels(results, manifest);
  return results.map((result) => {
    if (result.status !== 'skipped') return result;
    if (result.uniqueId in manifest.unit_tests) return { ...result, message: '' };
    const node = manifest.nodes[result.uniqueId];
    if (node === undefined || node.resource_type === 'operation') return result;
    if (result.message === stoppedByFailure)
      return { ...result, message: 'Skipping due to fail_fast', relationName: relationNameOf(node) };
    const cause = node.depends_on.nodes?.findLast((id) => isCut(id, node));
    const message =
      cause === undefined
        ? ''
        : `Compilation Error in ${node.unique_id}, caused by compilation error in referenced ephemeral model ${cause}`;
    return { ...result, message, relationName: relationNameOf(node) };
  });
}

/**
 * Which ephemeral models are behind a failure: of what they read, or of a test of that. A model isn't said to be
 * skipped because of one whose own tests were skipped, too, or its own unit tests: dbt has these as the reason then,
 * and says nothing.
 */
function cutModels(
  results: readonly NodeResult[],
  manifest: Manifest,
): (id: string, reader: ManifestNode) => boolean {
  const stopped = new Set<string>();
  const untested = new Set<string>();
  const tested: (readonly string[])[] = [];
  for (const { uniqueId, status } of results) {
    if (status !== 'error' && status !== 'fail' && status !== 'skipped') continue;
    const node = manifest.nodes[uniqueId];
    const unitTest = manifest.unit_tests[uniqueId];
    if (unitTest !== undefined && status === 'skipped') untested.add(String(unitTest.depends_on.nodes?.[0]));
    if (node?.resource_type === 'test') {
      const parents = node.depends_on.nodes ?? [];
      if (status !== 'skipped') tested.push(parents);
      else if (parents.length === 1) untested.add(String(parents[0]));
    } else stopped.add(uniqueId);
  }
  const known = new Map<string, boolean>();
  return (id, reader) => {
    if (reader.resource_type !== 'test' && (untested.has(id) || untested.has(reader.unique_id))) return false;
    const model = manifest.nodes[id];
    if (model === undefined || !isEphemeral(model)) return false;
    let cut = known.get(id);
    if (cut === undefined) {
      const above = ancestors(id, manifest);
      cut =
        above.some((other) => stopped.has(other)) ||
        tested.some((parents) => parents.length > 0 && parents.every((parent) => above.includes(parent)));
      known.set(id, cut);
    }
    return cut;
  };
}

function ancestors(id: string, { nodes }: Manifest): readonly string[] {
  const found = new Set<string>();
  const reached = [id];
  for (const at of reached) {
    for (const parent of nodes[at]?.depends_on.nodes ?? []) {
      if (found.has(parent)) continue;
      found.add(parent);
      reached.push(parent);
    }
  }
  return [...found];
}

function isEphemeral({ resource_type: type, config }: ManifestNode): boolean {
  return type === 'model' && config.materialized === 'ephemeral';
}
