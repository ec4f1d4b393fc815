/** The semantic layer of a project: its metrics, semantic models and saved queries, in dbt's order. */
import type { Finishing } from '../finish-node.ts';
import { addToMap } from '../lists-by-key.ts';
import type { PropertyEntries, PropertyEntry } from '../property-entries.ts';
import { Given } from './given.ts';
import { readMetric } from './read-metric.ts';
import { readSavedQuery } from './read-saved-query.ts';
import { readSemanticModel } from './read-semantic-model.ts';

const readers = {
  metrics: readMetric,
  semantic_models: readSemanticModel,
  saved_queries: readSavedQuery,
} as const;

/**
 * Takes everything in: file by file, as dbt does, which is the order of `semantic_manifest.json`.
 *
 * @throws compiler.bad-property, compiler.bad-config, compiler.duplicate-name
 */
export function readSemanticLayer(tools: Finishing, entries: PropertyEntries): void {
  const byFile = new Map<PropertyEntry['file'], PropertyEntry[]>();
  for (const key of Object.keys(readers) as (keyof typeof readers)[]) {
    for (const entry of entries.of(key)) addToMap(byFile, entry.file, entry);
  }
  if (byFile.size === 0) return;
  for (const pkg of tools.parsing.project.packages) {
    for (const file of pkg.files.properties) {
      for (const entry of byFile.get(file) ?? [])
        readers[entry.key as keyof typeof readers](tools, new Given(entry));
    }
  }
}
