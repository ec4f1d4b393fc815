/** What a project has, counted. */
import type { Compilation } from '../compiler/index.ts';

/** How many of each resource type the project has, in dbt's order. Pure. */
export function foundInProject(compilation: Compilation): Record<string, number> {
  const found: Record<string, number> = {};
  const count = (type: string): void => {
    found[type] = (found[type] ?? 0) + 1;
  };
  for (const node of Object.values(compilation.manifest.nodes)) {
    if (node.resource_type !== 'operation' && node.resource_type !== 'sql_operation')
      count(node.resource_type);
  }
  for (const group of ['sources', 'exposures', 'unit_tests', 'functions'] as const) {
    for (let i = Object.keys(compilation.manifest[group]).length; i > 0; i -= 1) count(group.slice(0, -1));
  }
  return found;
}
