/** The semantic layer: metrics, semantic models, saved queries and time spines, read, resolved, checked and written. */
export { checkSemanticLayer } from './check-semantic-layer.ts';
export { readSemanticLayer } from './read-semantic-layer.ts';
export { resolveSemanticLayer } from './resolve-semantic-layer.ts';
export type {
  ManifestMetric,
  ManifestSavedQuery,
  ManifestSemanticModel,
  SemanticResource,
} from './resources.ts';
