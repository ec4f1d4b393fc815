/**
 * From names to resources: what metrics, semantic models and saved queries are made of becomes their
 * `depends_on`, and what refers to metrics gets them among its own.
 */
import { compilerErrors } from '../errors.ts';
import type { ManifestExposure, ManifestNode } from '../manifest.ts';
import type { Parsing } from '../parsing.ts';
import type { RefLookup } from '../ref-lookup.ts';
import { refNotFound } from '../references.ts';
import { semanticErrors } from './errors.ts';
import { SemanticLookup } from './measure-lookup.ts';
import type { InputMeasure, ManifestMetric, ManifestSavedQuery, SemanticResource } from './resources.ts';

/**
 * Resolves the semantic layer and everything that refers to it. References to models are resolved before.
 *
 * @throws compiler.ref-not-found, compiler.metric-not-found, compiler.measure-not-found, compiler.bad-metric,
 * compiler.group-not-found
 */
export function resolveSemanticLayer(parsing: Parsing, refs: RefLookup): void {
  const { manifest } = parsing;
  for (const model of Object.values(manifest.semantic_models)) {
    for (const ref of model.refs) {
      const found = refs.ref(ref, model.package_name);
      if (found.kind !== 'found') throw refNotFound(parsing, refs, model, ref, found.kind === 'disabled');
      const { node } = found;
      addNode(model, node.unique_id);
      model.node_relation = {
        alias: node.alias,
        schema_name: node.schema,
        database: node.database,
        relation_name: node.relation_name,
      };
    }
  }
  const lookup = new SemanticLookup(manifest, parsing.project.name);
  for (const metric of Object.values(manifest.metrics)) resolveMetric(parsing, lookup, metric, []);
  for (const node of Object.values(manifest.nodes)) {
    if (node.metrics.length === 0 || node.resource_type === 'seed') continue;
    if (!addMetrics(parsing, lookup, node, node.metrics)) node.config.enabled = false;
  }
  for (const exposure of Object.values(manifest.exposures)) {
    if (!addMetrics(parsing, lookup, exposure, exposure.metrics)) exposure.config.enabled = false;
  }
  for (const query of Object.values(manifest.saved_queries)) {
    addMetrics(
      parsing,
      lookup,
      query,
      query.query_params.metrics.map((name) => [name]),
    );
  }
  checkGroups(parsing);
}

/** @param path metrics that this one is part of, which it may not take in again. */
function resolveMetric(
  parsing: Parsing,
  lookup: SemanticLookup,
  metric: ManifestMetric,
  path: readonly ManifestMetric[],
): void {
  const params = metric.type_params;
  if (params.input_measures.length > 0) return;
  if (path.includes(metric)) {
    const circle = [...path.slice(path.indexOf(metric)), metric].map((one) => one.unique_id);
    throw compilerErrors.cycle({ path: circle }, { location: parsing.locate(metric.unique_id) });
  }
  const fail = (problem: string): never => {
    throw semanticErrors['bad-metric'](
      { metric: metric.unique_id, problem },
      { location: parsing.locate(metric.unique_id) },
    );
  };
  switch (metric.type) {
    case 'simple':
    case 'cumulative':
      takeMeasures(parsing, lookup, metric, [
        params.measure ?? fail(`a ${metric.type} metric needs 'measure' below type_params`),
      ]);
      break;
    case 'conversion': {
      const conversion =
        params.conversion_type_params ??
        fail(`a conversion metric needs 'conversion_type_params' below type_params`);
      takeMeasures(parsing, lookup, metric, [conversion.base_measure, conversion.conversion_measure]);
      break;
    }
    default: {
      const { numerator, denominator } = params;
      if (metric.type === 'ratio' && (numerator === null || denominator === null))
        fail(`a ratio needs 'numerator' and 'denominator' below type_params`);
      const inputs = metric.type === 'ratio' ? [numerator, denominator] : params.metrics;
      for (const input of inputs) {
        if (input === null) continue;
        const found = lookup.metric(input.name, null, metric.package_name);
        if (found.kind !== 'found')
          throw metricNotFound(parsing, lookup, metric, input.name, found.kind === 'disabled');
        resolveMetric(parsing, lookup, found.node, [...path, metric]);
        for (const measure of found.node.type_params.input_measures) addMeasure(metric, measure);
        addNode(metric, found.node.unique_id);
      }
    }
  }
}

function takeMeasures(
  parsing: Parsing,
  lookup: SemanticLookup,
  metric: ManifestMetric,
  measures: readonly InputMeasure[],
): void {
  for (const measure of measures) addMeasure(metric, measure);
  for (const { name } of metric.type_params.input_measures) {
    const model = lookup.semanticModelOf(name, metric.package_name);
    if (model?.config.enabled) {
      addNode(metric, model.unique_id);
      continue;
    }
    const near = model ? undefined : lookup.nearestMeasure(name);
    throw semanticErrors['measure-not-found'](
      { metric: metric.unique_id, measure: name, disabledOn: model?.unique_id ?? null },
      {
        location: parsing.locate(metric.unique_id),
        ...(near === undefined ? {} : { hint: `Did you mean '${near}'?` }),
      },
    );
  }
}

/** Adds a measure unless the metric takes it in the very same way already. */
function addMeasure(metric: ManifestMetric, measure: InputMeasure): void {
  const { input_measures: measures } = metric.type_params;
  const text = JSON.stringify(measure);
  if (!measures.some((one) => JSON.stringify(one) === text)) measures.push(measure);
}

function addNode(resource: Pick<SemanticResource, 'depends_on'>, uniqueId: string): void {
  const { nodes } = resource.depends_on;
  if (!nodes.includes(uniqueId)) nodes.push(uniqueId);
}

/** False when the resource is a test of a metric that isn't there: dbt switches such tests off. */
function addMetrics(
  parsing: Parsing,
  lookup: SemanticLookup,
  resource: ManifestNode | ManifestExposure | ManifestSavedQuery,
  metrics: readonly (readonly string[])[],
): boolean {
  let isComplete = true;
  for (const written of metrics) {
    const name = written.at(-1) ?? '';
    const inPackage = written.length > 1 ? (written[0] ?? null) : null;
    const found = lookup.metric(name, inPackage, resource.package_name);
    if (found.kind === 'found') addNode(resource, found.node.unique_id);
    else if (resource.resource_type === 'test') isComplete = false;
    else throw metricNotFound(parsing, lookup, resource, name, found.kind === 'disabled');
  }
  return isComplete;
}

function metricNotFound(
  parsing: Parsing,
  lookup: SemanticLookup,
  resource: { readonly unique_id: string },
  name: string,
  disabled: boolean,
): Error {
  const near = disabled ? undefined : lookup.nearestMetric(name);
  return semanticErrors['metric-not-found'](
    { node: resource.unique_id, name, disabled },
    {
      location: parsing.locate(resource.unique_id),
      ...(near === undefined ? {} : { hint: `Did you mean '${near}'?` }),
    },
  );
}

function checkGroups(parsing: Parsing): void {
  const { metrics, semantic_models: models, saved_queries: queries } = parsing.manifest;
  const groups = new Set(Object.values(parsing.manifest.groups).map((group) => group.name));
  for (const part of [metrics, models, queries]) {
    for (const { unique_id: id, group } of Object.values(part)) {
      if (!group || groups.has(group)) continue;
      throw compilerErrors['group-not-found']({ node: id, group }, { location: parsing.locate(id) });
    }
  }
}
