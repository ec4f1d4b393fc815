/** The columns that identify a model's rows, as its constraints and tests tell. */
import { addToMap } from './lists-by-key.ts';
import type { Manifest, ManifestNode } from './manifest.ts';

/** Sets `primary_key` of every model, sorted: by constraint, else by tests for uniqueness and nulls. */
export function fillPrimaryKeys(manifest: Manifest): void {
  const tests = new Map<string, ManifestNode[]>();
  const all = [...Object.values(manifest.nodes), ...Object.values(manifest.disabled).flat()];
  for (const node of all) {
    if (node.resource_type !== 'test' || !node.test_metadata || !node.attached_node) continue;
    addToMap(tests, node.attached_node, node);
  }
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type === 'model')
      node.primary_key = [...primaryKeyOf(node, tests.get(node.unique_id) ?? [])].sort();
  }
}

function primaryKeyOf(node: ManifestNode, tests: readonly ManifestNode[]): readonly string[] {
  const constraint = node.constraints?.find((candidate) => candidate['type'] === 'primary_key');
  if (constraint) return constraint['columns'] as string[];
  for (const column of Object.values(node.columns)) {
    if (column.constraints.some((candidate) => candidate['type'] === 'primary_key')) return [column.name];
  }
  const unique = new Set<string>();
  const disabledUnique = new Set<string>();
  const notNull = new Set<string>();
  for (const test of tests) {
    const name = test.test_metadata?.name;
    for (const column of columnsOf(test)) {
      if (name === 'not_null') notNull.add(column);
      else if (name === 'unique' || name === 'unique_combination_of_columns') {
        (test.config.enabled ? unique : disabledUnique).add(column);
      }
    }
  }
  const both = [...notNull].filter((column) => unique.has(column) || disabledUnique.has(column));
  if (both.length > 0) return both;
  return [...(unique.size > 0 ? unique : disabledUnique)];
}

function columnsOf(test: ManifestNode): string[] {
  const kwargs = test.test_metadata?.kwargs ?? {};
  if (typeof kwargs['column_name'] === 'string') return [kwargs['column_name']];
  const combination = kwargs['combination_of_columns'];
  return Array.isArray(combination) ? combination.filter((column) => typeof column === 'string') : [];
}
