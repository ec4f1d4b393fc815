/**
 * Metrics, semantic models and saved queries as the manifest has them. Key names and their order are dbt's.
 *
 * Source: schemas.getdbt.com, manifest v12.
 */
import type { DependsOn, Plain, RefArgs } from '../manifest.ts';

/** What every resource of the semantic layer has. */
export type SemanticResource = {
  name: string;
  package_name: string;
  /** Relative to the package's search path, `/` as separator. */
  path: string;
  original_file_path: string;
  unique_id: string;
  fqn: string[];
  config: Plain & { enabled: boolean };
  unrendered_config: Plain;
  group: string | null;
  depends_on: DependsOn;
  refs: RefArgs[];
  created_at: number;
};

/** Conditions that all have to hold, each a text with `{{ Dimension('…') }}` in it. */
export type WhereFilters = { where_filters: { where_sql_template: string }[] };

/** `7 days`. */
export type TimeWindow = { count: number; granularity: string };

/** A measure as a metric takes it in. */
export type InputMeasure = {
  name: string;
  filter: WhereFilters | null;
  alias: string | null;
  join_to_timespine: boolean;
  fill_nulls_with: number | null;
};

/** A metric as another one takes it in. */
export type InputMetric = {
  name: string;
  filter: WhereFilters | null;
  alias: string | null;
  offset_window: TimeWindow | null;
  offset_to_grain: string | null;
};

/** What makes a metric a conversion. */
export type ConversionParams = {
  base_measure: InputMeasure;
  conversion_measure: InputMeasure;
  entity: string;
  calculation: string;
  window: TimeWindow | null;
  constant_properties: { base_property: string; conversion_property: string }[] | null;
};

/** What makes a metric cumulative. */
export type CumulativeParams = {
  window: TimeWindow | null;
  grain_to_date: string | null;
  period_agg: string;
  metric: null;
};

/** What a metric is computed from. Which of it is set depends on the metric's type. */
export type MetricParams = {
  measure: InputMeasure | null;
  input_measures: InputMeasure[];
  numerator: InputMetric | null;
  denominator: InputMetric | null;
  expr: string | null;
  window: TimeWindow | null;
  grain_to_date: string | null;
  metrics: InputMetric[];
  conversion_type_params: ConversionParams | null;
  cumulative_type_params: CumulativeParams | null;
  metric_aggregation_params: null;
};

/** A metric. */
export type ManifestMetric = SemanticResource & {
  resource_type: 'metric';
  description: string;
  label: string;
  type: string;
  type_params: MetricParams;
  filter: WhereFilters | null;
  metadata: null;
  time_granularity: string | null;
  meta: Plain;
  tags: string[];
  sources: string[][];
  metrics: string[][];
};

/** What dimensions, entities and measures have in common. */
export type SemanticElement = {
  name: string;
  description: string | null;
  label: string | null;
  expr: string | null;
  config: { meta: Plain };
};

/** A column to group and filter by. */
export type Dimension = SemanticElement & {
  type: string;
  is_partition: boolean;
  type_params: {
    time_granularity: string;
    validity_params: { is_start: boolean; is_end: boolean } | null;
  } | null;
  metadata: null;
};

/** A key, by which semantic models are joined. */
export type Entity = SemanticElement & { type: string; role: string | null };

/** An aggregation of a column. */
export type Measure = SemanticElement & {
  agg: string;
  create_metric: boolean;
  agg_params: {
    percentile: unknown;
    use_discrete_percentile: boolean;
    use_approximate_percentile: boolean;
  } | null;
  non_additive_dimension: { name: string; window_choice: string; window_groupings: string[] } | null;
  agg_time_dimension: string | null;
};

/** What a semantic model, or a time spine, is of. */
export type NodeRelation = {
  alias: string;
  schema_name: string;
  database: string;
  relation_name: string | null;
};

/** A semantic model. */
export type ManifestSemanticModel = SemanticResource & {
  resource_type: 'semantic_model';
  model: string;
  node_relation: NodeRelation | null;
  description: string | null;
  label: string | null;
  defaults: { agg_time_dimension: string | null } | null;
  entities: Entity[];
  measures: Measure[];
  dimensions: Dimension[];
  metadata: null;
  primary_entity: string | null;
};

/** A saved query. */
export type ManifestSavedQuery = SemanticResource & {
  resource_type: 'saved_query';
  query_params: {
    metrics: string[];
    group_by: string[];
    where: WhereFilters | null;
    order_by: string[];
    limit: number | null;
  };
  exports: SavedQueryExport[];
  description: string | null;
  label: string | null;
  metadata: null;
  tags: string[];
};

/** Where a saved query's rows go. */
export type SavedQueryExport = {
  name: string;
  config: { export_as: string; schema_name: string | null; alias: string | null; database: string | null };
  unrendered_config: Plain;
};
