/**
 * Whether a semantic layer can be used: the rules of MetricFlow, which dbt asks while parsing.
 *
 * Source: the rules that dbt-semantic-interfaces 0.9 applies; the words are ours.
 */
import { tellDeprecated } from '../deprecations.ts';
import type { Parsing } from '../parsing.ts';
import { checkMetrics } from './check-metrics.ts';
import { checkSavedQueries } from './check-saved-queries.ts';
import { checkSemanticModels, shortest } from './check-semantic-models.ts';
import { granularities } from './choices.ts';
import { semanticErrors } from './errors.ts';
import { Problems, repeated } from './problems.ts';
import type { ManifestMetric } from './resources.ts';
import { legacySpine, legacySpineName, type TimeSpine, timeSpines } from './semantic-manifest.ts';

/**
 * Checks everything, when there is anything to check.
 *
 * @throws compiler.time-spine-missing, compiler.bad-semantic-layer
 */
export function checkSemanticLayer(parsing: Parsing): void {
  const { manifest } = parsing;
  const models = Object.values(manifest.semantic_models);
  if (models.length === 0) return;
  const spines = timeSpines(manifest);
  const legacy = Object.values(manifest.nodes).some(
    (node) => node.resource_type === 'model' && node.name === legacySpineName,
  );
  const least = shortest(spines.map(({ granularity }) => granularity));
  if (!legacy && least > granularities.indexOf('day')) {
    const [first] = models;
    const location = first && parsing.locate(first.unique_id);
    throw semanticErrors['time-spine-missing']({}, location === undefined ? {} : { location });
  }
  const metrics = Object.values(manifest.metrics);
  if (metrics.length === 0) return;
  const problems = new Problems(parsing);
  const custom = spines.flatMap((spine) => spine.custom.map(({ name }) => name));
  checkSemanticModels(models, problems);
  checkMetrics(metrics, models, custom, problems);
  checkSavedQueries(Object.values(manifest.saved_queries), metrics, models, custom, problems);
  tellDeprecatedForms(parsing, metrics, spines, problems);
  checkSpines(spines, problems);
  const taken = new Set([
    ...metrics.map(({ name }) => name),
    ...models.flatMap((model) => [
      model.name,
      ...[...model.measures, ...model.entities, ...model.dimensions].map(({ name }) => name),
    ]),
  ]);
  for (const { node, custom: own } of spines) {
    for (const { name } of own) {
      problems.checkName(node.unique_id, name);
      if (taken.has(name))
        problems.add(node.unique_id, `its granularity '${name}' is the name of something else`);
    }
  }
  const first = spines[0]?.node.unique_id ?? '';
  for (const name of repeated(custom))
    problems.add(first, `several time spines have the granularity '${name}'`);
  tellDimensionsBelow(models, spines, problems);
  problems.throwAll();
}

/** The flag `require_nested_cumulative_type_params` makes errors of parameters that moved. */
function tellDeprecatedForms(
  parsing: Parsing,
  metrics: readonly ManifestMetric[],
  spines: readonly TimeSpine[],
  problems: Problems,
): void {
  const { flags } = parsing.project.config;
  for (const { unique_id: id, type_params: params } of metrics) {
    if (params.window === null && params.grain_to_date === null) continue;
    const problem = `'window' and 'grain_to_date' belong below 'cumulative_type_params'`;
    if (flags['require_nested_cumulative_type_params'] === true) problems.add(id, problem);
    else tellDeprecated(parsing, 'cumulative-type-params', `${id}: ${problem}`, () => parsing.locate(id));
  }
  const legacy = legacySpine(parsing.manifest);
  const isByName = legacy !== undefined && !spines.some(({ granularity }) => granularity === 'day');
  if (!isByName || flags['require_yaml_configuration_for_mf_time_spines'] === true) return;
  const message = `The model '${legacy.name}' is a time spine by its name alone`;
  tellDeprecated(parsing, 'unconfigured-time-spine', message, () => parsing.locate(legacy.unique_id));
}

function checkSpines(spines: readonly TimeSpine[], problems: Problems): void {
  const lengths = spines.map(({ granularity }) => granularity);
  for (const length of repeated(lengths)) {
    const [first] = spines.filter(({ granularity }) => granularity === length);
    if (first) problems.doubt(first.node.unique_id, `it is not the only time spine by ${length}`);
  }
}

function tellDimensionsBelow(
  models: readonly Parsing['manifest']['semantic_models'][string][],
  spines: readonly TimeSpine[],
  problems: Problems,
): void {
  if (spines.length === 0) return;
  const lengths = models.flatMap((model) =>
    model.dimensions.flatMap(({ type_params: params }) => (params ? [params.time_granularity] : [])),
  );
  const id = spines[0]?.node.unique_id ?? '';
  // dbt refuses these as well, if by accident: it looks for the shortest of none.
  if (lengths.length === 0) problems.add(id, 'no time dimension has a granularity to compare with');
  else if (shortest(lengths) < shortest(spines.map(({ granularity }) => granularity)))
    problems.doubt(id, 'some time dimensions have a shorter granularity than any time spine');
}
