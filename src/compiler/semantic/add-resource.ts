/** What metrics, semantic models and saved queries are read with alike. */

import { belowSearchPath } from '../doc-blocks.ts';
import { compilerErrors } from '../errors.ts';
import type { Finishing } from '../finish-node.ts';
import type { Plain } from '../manifest.ts';
import type { Parsing } from '../parsing.ts';
import { type PropertyEntry, placeOf } from '../property-entries.ts';
import { foldersOf } from '../sql-nodes.ts';
import type { Given } from './given.ts';
import type {
  ManifestMetric,
  ManifestSavedQuery,
  ManifestSemanticModel,
  SemanticResource,
  WhereFilters,
} from './resources.ts';

/** A resource's fqn and its configuration of all levels. @throws compiler.bad-config */
export function configured(
  tools: Finishing,
  entry: PropertyEntry,
  type: 'metric' | 'semantic_model' | 'saved_query',
  name: string,
  own: Plain,
): { fqn: string[]; config: SemanticResource['config']; unrendered: Plain } {
  const path = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const fqn = [entry.packageName, ...foldersOf(path), name];
  const { config, unrendered } = tools.parsing.levels.of({
    type,
    packageName: entry.packageName,
    fqn,
    patch: own,
    node: `${type}.${entry.packageName}.${name}`,
    location: placeOf(entry, 'config'),
  });
  return { fqn, config: config as SemanticResource['config'], unrendered };
}

/** Takes a resource in: into its part of the manifest, or among the disabled. @throws compiler.duplicate-name */
export function addResource<T extends ManifestMetric | ManifestSemanticModel | ManifestSavedQuery>(
  parsing: Parsing,
  part: Record<string, T>,
  resource: T,
  given: Given,
): void {
  if (!resource.config.enabled) {
    parsing.addDisabled(resource);
    return;
  }
  const before = part[resource.unique_id];
  const locate = () => placeOf(given.entry, ...given.path, 'name');
  if (before) {
    throw compilerErrors['duplicate-name'](
      {
        kind: plurals[resource.resource_type],
        name: resource.name,
        first: before.original_file_path,
        second: resource.original_file_path,
      },
      { location: locate() },
    );
  }
  part[resource.unique_id] = resource;
  parsing.place(resource.unique_id, locate);
}

const plurals = {
  metric: 'metrics',
  semantic_model: 'semantic models',
  saved_query: 'saved queries',
} as const;

/** Conditions: a text, or a list of texts. @throws compiler.bad-property */
export function readWhere(given: Given, key: string): WhereFilters | null {
  const written = given.data[key];
  if (written === null || written === undefined) return null;
  const texts = typeof written === 'string' ? [written] : given.texts(key);
  return { where_filters: texts.map((text) => ({ where_sql_template: text })) };
}
