/** A semantic model of a property file as the manifest has it, with the metrics that its measures ask for. */
import { belowSearchPath } from '../doc-blocks.ts';
import type { Finishing } from '../finish-node.ts';
import type { Plain } from '../manifest.ts';
import { placeOf } from '../property-entries.ts';
import { refOfCall, staticCalls } from '../static-calls.ts';
import { addResource, configured } from './add-resource.ts';
import { aggregations, dimensionTypes, entityTypes, granularities } from './choices.ts';
import type { Given } from './given.ts';
import { addMetric, inputMeasure } from './read-metric.ts';
import type { Dimension, Entity, ManifestSemanticModel, Measure, SemanticElement } from './resources.ts';

/** Takes a semantic model in. @throws compiler.bad-property, compiler.bad-config, compiler.duplicate-name */
export function readSemanticModel(tools: Finishing, given: Given): void {
  const { parsing } = tools;
  const { entry } = given;
  given.only(
    'name',
    'model',
    'config',
    'description',
    'label',
    'defaults',
    'entities',
    'measures',
    'dimensions',
    'primary_entity',
  );
  const name = given.requiredText('name');
  const written = given.requiredText('model');
  const own = given.values('config');
  const { fqn, config, unrendered } = configured(tools, entry, 'semantic_model', name, own);
  const shared = config['meta'] as Plain;
  const measures = given.mappings('measures');
  const model: ManifestSemanticModel = {
    name,
    resource_type: 'semantic_model',
    package_name: entry.packageName,
    path: belowSearchPath(entry.file.relativePath, entry.file.searchPath),
    original_file_path: entry.file.relativePath,
    unique_id: `semantic_model.${entry.packageName}.${name}`,
    fqn,
    model: written,
    node_relation: null,
    description: given.text('description'),
    label: given.text('label'),
    defaults: readDefaults(given.mapping('defaults')),
    entities: given.mappings('entities').map((entity) => readEntity(entity, shared)),
    measures: measures.map((measure) => readMeasure(measure, shared)),
    dimensions: given.mappings('dimensions').map((dimension) => readDimension(dimension, shared)),
    metadata: null,
    depends_on: { macros: [], nodes: [] },
    refs: [],
    created_at: parsing.createdAt,
    config,
    unrendered_config: unrendered,
    primary_entity: given.text('primary_entity'),
    group: (config['group'] as string | null | undefined) ?? null,
  };
  const [call, ...others] = staticCalls(`{{ ${written} }}`) ?? [];
  if (call?.name !== 'ref' || others.length > 0) {
    given.fail('model', `'model' has to be a ref('…'), not '${written}'`);
  }
  model.refs.push(refOfCall(call as NonNullable<typeof call>));
  if (config.enabled) describe(tools, model, given);
  addResource(parsing, parsing.manifest.semantic_models, model, given);
  measures.forEach((measure, i) => {
    if (measure.flag('create_metric', false))
      addMetricOf(tools, measure, model.measures[i] as Measure, shared, config.enabled);
  });
}

/** dbt makes a metric of a measure that says so, under the measure's name. */
function addMetricOf(tools: Finishing, given: Given, measure: Measure, meta: Plain, enabled: boolean): void {
  addMetric(tools, given, {
    name: measure.name,
    description: given.text('description') || `Metric created from measure ${measure.name}`,
    label: measure.label || measure.name,
    type: 'simple',
    type_params: {
      measure: inputMeasure(measure.name),
      input_measures: [],
      numerator: null,
      denominator: null,
      expr: isTrue(given.data['expr']) ? measure.expr : measure.name,
      window: null,
      grain_to_date: null,
      metrics: [],
      conversion_type_params: null,
      cumulative_type_params: null,
      metric_aggregation_params: null,
    },
    filter: null,
    time_granularity: null,
    meta: {},
    tags: [],
    config: { enabled, meta },
  });
}

/** What Python takes for true. */
function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0 && value !== false;
}

function readDefaults(given: Given | undefined): ManifestSemanticModel['defaults'] {
  return given === undefined
    ? null
    : { agg_time_dimension: given.only('agg_time_dimension').text('agg_time_dimension') };
}

function readEntity(given: Given, shared: Plain): Entity {
  given.only('name', 'type', 'description', 'label', 'role', 'expr', 'config');
  const base = readElement(given, shared, given.text('expr'));
  return {
    name: base.name,
    type: given.choice('type', entityTypes),
    description: base.description,
    label: base.label,
    role: given.text('role'),
    expr: base.expr,
    config: base.config,
  };
}

function readDimension(given: Given, shared: Plain): Dimension {
  given.only('name', 'type', 'description', 'label', 'is_partition', 'type_params', 'expr', 'config');
  const base = readElement(given, shared, given.text('expr'));
  const params = given.mapping('type_params')?.only('time_granularity', 'validity_params');
  const validity = params?.mapping('validity_params')?.only('is_start', 'is_end');
  return {
    name: base.name,
    type: given.choice('type', dimensionTypes),
    description: base.description,
    label: base.label,
    is_partition: given.flag('is_partition', false),
    type_params:
      params === undefined
        ? null
        : {
            time_granularity: params.choice('time_granularity', granularities),
            validity_params:
              validity === undefined
                ? null
                : { is_start: validity.flag('is_start', false), is_end: validity.flag('is_end', false) },
          },
    expr: base.expr,
    metadata: null,
    config: base.config,
  };
}

function readMeasure(given: Given, shared: Plain): Measure {
  given.only(
    'name',
    'agg',
    'description',
    'label',
    'expr',
    'agg_params',
    'non_additive_dimension',
    'agg_time_dimension',
    'create_metric',
    'config',
  );
  const base = readElement(given, shared, given.printed('expr', 'text, flag or number'));
  const params = given
    .mapping('agg_params')
    ?.only('percentile', 'use_discrete_percentile', 'use_approximate_percentile');
  const fixed = given.mapping('non_additive_dimension')?.only('name', 'window_choice', 'window_groupings');
  return {
    name: base.name,
    agg: given.choice('agg', aggregations),
    description: base.description,
    label: base.label,
    // dbt keeps what the file says to itself.
    create_metric: false,
    expr: base.expr,
    agg_params:
      params === undefined
        ? null
        : {
            percentile: params.number('percentile'),
            use_discrete_percentile: params.flag('use_discrete_percentile', false),
            use_approximate_percentile: params.flag('use_approximate_percentile', false),
          },
    non_additive_dimension:
      fixed === undefined
        ? null
        : {
            name: fixed.requiredText('name'),
            window_choice: fixed.choice('window_choice', aggregations),
            window_groupings: fixed.texts('window_groupings'),
          },
    agg_time_dimension: given.text('agg_time_dimension'),
    config: base.config,
  };
}

/** @param shared the semantic model's meta, which every element has as well. */
function readElement(given: Given, shared: Plain, expr: string | null): SemanticElement {
  const meta = given.values('config')['meta'];
  return {
    name: given.requiredText('name'),
    description: given.text('description'),
    label: given.text('label'),
    expr,
    config: { meta: { ...shared, ...(meta as Plain | null | undefined) } },
  };
}

/** Renders `doc()` in the descriptions of a semantic model and of its elements. */
function describe(tools: Finishing, model: ManifestSemanticModel, given: Given): void {
  const render = (text: string, ...path: (string | number)[]): string =>
    tools.docs.describe(text, model.package_name, () => placeOf(given.entry, ...path, 'description')).text;
  if (model.description) model.description = render(model.description);
  for (const key of ['dimensions', 'measures', 'entities'] as const) {
    model[key].forEach((element, i) => {
      if (element.description) element.description = render(element.description, key, i);
    });
  }
}
