/**
 * `semantic_manifest.json`: metrics, semantic models, saved queries and time spines, as MetricFlow and what is
 * built on it (Lightdash, semantic layer clients) read them.
 *
 * Source: the file dbt-core 1.11 writes with dbt-semantic-interfaces 0.9.
 */
import type { Manifest, ManifestNode, Plain } from '../manifest.ts';
import type {
  Dimension,
  Entity,
  ManifestMetric,
  ManifestSavedQuery,
  ManifestSemanticModel,
  Measure,
  MetricParams,
  NodeRelation,
} from './resources.ts';

/** The version of the interfaces whose file this is. */
const interfaces = { major_version: '0', minor_version: '9', patch_version: '0' };

/** The name of the model that was the time spine before models could be configured as one. */
export const legacySpineName = 'metricflow_time_spine';

/** A model with a row for each unit of time, and its columns. */
export interface TimeSpine {
  readonly node: ManifestNode;
  readonly column: string;
  readonly granularity: string;
  readonly custom: readonly { readonly name: string; readonly column_name: string | null }[];
}

/** The semantic manifest of a project. Pure. */
export function semanticManifest(manifest: Manifest): Plain {
  const legacy = legacySpine(manifest);
  return {
    semantic_models: Object.values(manifest.semantic_models).map(writtenModel),
    metrics: Object.values(manifest.metrics).map(writtenMetric),
    project_configuration: {
      time_spine_table_configurations:
        legacy === undefined
          ? []
          : [{ location: legacy.relation_name, column_name: 'date_day', grain: 'day' }],
      metadata: null,
      dsi_package_version: interfaces,
      time_spines: timeSpines(manifest).map(writtenSpine),
    },
    saved_queries: Object.values(manifest.saved_queries).map(writtenQuery),
  };
}

/** Every time spine of a project, in the manifest's order. */
export function timeSpines(manifest: Manifest): TimeSpine[] {
  return Object.values(manifest.nodes).flatMap((node): TimeSpine[] => {
    const spine = node.resource_type === 'model' ? node.time_spine : undefined;
    if (!spine) return [];
    const column = String(spine['standard_granularity_column']);
    return [
      {
        node,
        column,
        granularity: String(node.columns[column]?.granularity ?? ''),
        custom: spine['custom_granularities'] as TimeSpine['custom'],
      },
    ];
  });
}

/** The model that is a time spine by its name alone; nothing where there is no semantic model to need one. */
export function legacySpine(manifest: Manifest): ManifestNode | undefined {
  if (Object.keys(manifest.semantic_models).length === 0) return undefined;
  return Object.values(manifest.nodes).find(
    (node) => node.resource_type === 'model' && node.name === legacySpineName && !node.time_spine,
  );
}

function writtenRelation({ alias, schema_name, database, relation_name }: NodeRelation): Plain {
  return {
    alias,
    schema_name,
    database,
    relation_name: relation_name || `${database}.${schema_name}.${alias}`,
  };
}

function writtenSpine({ node, column, granularity, custom }: TimeSpine): Plain {
  return {
    node_relation: writtenRelation({
      alias: node.alias,
      schema_name: node.schema,
      database: node.database,
      relation_name: node.relation_name,
    }),
    primary_column: { name: column, time_granularity: granularity },
    custom_granularities: custom,
  };
}

function writtenModel(model: ManifestSemanticModel): Plain {
  return {
    name: model.name,
    defaults: model.defaults,
    description: model.description,
    node_relation: model.node_relation && writtenRelation(model.node_relation),
    primary_entity: model.primary_entity,
    entities: model.entities.map(writtenEntity),
    measures: model.measures.map(writtenMeasure),
    dimensions: model.dimensions.map(writtenDimension),
    label: model.label,
    metadata: null,
    config: { meta: model.config['meta'] },
  };
}

function writtenEntity({ name, description, type, role, expr, label, config }: Entity): Plain {
  return { name, description, type, role, expr, metadata: null, label, config };
}

function writtenMeasure(measure: Measure): Plain {
  const { name, agg, description, create_metric, expr, agg_params, non_additive_dimension } = measure;
  const { agg_time_dimension, label, config } = measure;
  return {
    name,
    agg,
    description,
    create_metric,
    expr,
    agg_params,
    metadata: null,
    non_additive_dimension,
    agg_time_dimension,
    label,
    config,
  };
}

function writtenDimension(dimension: Dimension): Plain {
  const { name, description, type, is_partition, type_params, expr, label, config } = dimension;
  return { name, description, type, is_partition, type_params, expr, metadata: null, label, config };
}

function writtenMetric(metric: ManifestMetric): Plain {
  const { name, description, type, filter, label, time_granularity } = metric;
  return {
    name,
    description,
    type,
    type_params: writtenParams(metric.type_params),
    filter,
    metadata: null,
    label,
    config: { meta: metric.config['meta'] },
    time_granularity,
  };
}

function writtenParams(params: MetricParams): Plain {
  const { measure, numerator, denominator, expr, window, grain_to_date, input_measures } = params;
  const cumulative = params.cumulative_type_params;
  return {
    measure,
    numerator,
    denominator,
    expr,
    window,
    grain_to_date,
    metrics: params.metrics.map((input) => ({
      ...input,
      offset_to_grain: input.offset_to_grain?.toLowerCase() ?? null,
    })),
    conversion_type_params: params.conversion_type_params,
    cumulative_type_params: cumulative && {
      window: cumulative.window,
      grain_to_date: cumulative.grain_to_date?.toLowerCase() ?? null,
      period_agg: cumulative.period_agg,
    },
    input_measures,
  };
}

function writtenQuery(query: ManifestSavedQuery): Plain {
  const { metrics, group_by, order_by, limit, where } = query.query_params;
  return {
    name: query.name,
    query_params: { metrics, group_by, order_by, limit, where },
    description: query.description,
    metadata: null,
    label: query.label,
    exports: query.exports.map(({ name, config }) => ({
      name,
      config: { export_as: config.export_as, schema_name: config.schema_name, alias: config.alias },
    })),
    tags: query.tags,
  };
}

/** The file's text. */
export function semanticManifestText(manifest: Manifest): string {
  return JSON.stringify(semanticManifest(manifest));
}

/** The text for a project without a semantic layer. */
export const emptySemanticManifestText: string = JSON.stringify({
  semantic_models: [],
  metrics: [],
  project_configuration: {
    time_spine_table_configurations: [],
    metadata: null,
    dsi_package_version: interfaces,
    time_spines: [],
  },
  saved_queries: [],
});
