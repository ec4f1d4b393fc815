/** Whether saved queries can be run: what they group, filter and order by. */
import { checkFilters, elementsOf } from './filters.ts';
import type { Problems } from './problems.ts';
import type { ManifestMetric, ManifestSavedQuery, ManifestSemanticModel } from './resources.ts';

/** Notes what is wrong with each saved query. @param custom granularities of time spines. */
export function checkSavedQueries(
  queries: readonly ManifestSavedQuery[],
  metrics: readonly ManifestMetric[],
  models: readonly ManifestSemanticModel[],
  custom: readonly string[],
  problems: Problems,
): void {
  const known = new Set([
    'metric_time',
    ...metrics.map(({ name }) => name),
    ...models.flatMap((model) => [...model.dimensions, ...model.entities].map(({ name }) => name)),
  ]);
  for (const query of queries) {
    const { unique_id: id, query_params: params } = query;
    problems.checkName(id, query.name);
    checkFilters(id, params.where, custom, problems);
    for (const item of params.group_by) {
      const named = elementsOf(`{{ ${item} }}`);
      if (named.kind === 'wrong') problems.add(id, `it groups by ${item}: ${named.problem}`);
      else if (named.elements.length !== 1 || !known.has(named.elements[0]?.name ?? ''))
        problems.add(id, `it groups by ${item}, which is no dimension, entity or metric`);
    }
    const items = new Set(
      [...params.group_by, ...params.metrics.map((name) => `Metric('${name}')`)].map(bare),
    );
    for (const item of params.order_by) {
      if (!items.has(bare(item)))
        problems.add(id, `it orders by ${item}, which is none of its metrics and group-bys`);
    }
    if (params.limit !== null && params.limit < 0) problems.add(id, `its limit is ${params.limit}`);
  }
}

/** An item without its direction, spaces, and kinds of quotes. */
function bare(item: string): string {
  return item
    .replace(/\.descending\([^)]*\)\s*$/, '')
    .replaceAll('"', "'")
    .replace(/\s+/g, '');
}
