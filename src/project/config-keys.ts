/**
 * The configuration keys that dbt, dbt-duckdb and Boathouse know, for "did you mean".
 *
 * Projects may have configs of their own, and use those of other adapters. So a key that isn't here is no
 * mistake by itself; one that is nearly here probably is.
 */
import { nearest } from '../base/index.ts';

const common = [
  'enabled',
  'tags',
  'meta',
  'group',
  'docs',
  'description',
  'alias',
  'schema',
  'database',
  'event_time',
  'quoting',
  'static_analysis',
  'full_refresh',
  'persist_docs',
  'grants',
  'contract',
  'access',
  'packages',
  'pre-hook',
  'post-hook',
  'pre_hook',
  'post_hook',
  'query_tag',
  'catalog_name',
  'unrendered_config',
  'freshness',
];

const materializations = [
  'materialized',
  'unique_key',
  'incremental_strategy',
  'on_schema_change',
  'on_configuration_change',
  'incremental_predicates',
  'predicates',
  'merge_update_columns',
  'merge_exclude_columns',
  'merge_on_using_columns',
  'merge_update_condition',
  'merge_insert_condition',
  'merge_update_set_expressions',
  'merge_returning_columns',
  'merge_clauses',
  'sql_header',
  'begin',
  'batch_size',
  'lookback',
  'concurrent_batches',
  'indexes',
  'partitioned_by',
  'sorted_by',
  'parameters',
  'latest_version_pointer',
  'submission_method',
  'deprecation_date',
  'dialect',
  'restrict_access',
];

const external = [
  'location',
  'external_root',
  'external_location',
  'format',
  'file_format',
  'delimiter',
  'options',
  'parquet_read_options',
  'csv_read_options',
  'json_read_options',
  'plugin',
  'glue_register',
  'glue_database',
  'partition_columns',
  'partition_by',
  'formatter',
  'per_thread_output',
  'mode',
  'schema_mode',
  'storage_options',
  'table_properties',
  'overrides',
];

const seeds = ['column_types', 'quote_columns', 'delimiter', 'fast'];
const snapshots = [
  'strategy',
  'check_cols',
  'updated_at',
  'target_schema',
  'target_database',
  'invalidate_hard_deletes',
  'hard_deletes',
  'dbt_valid_to_current',
  'snapshot_meta_column_names',
];
const tests = [
  'severity',
  'warn_if',
  'error_if',
  'fail_calc',
  'limit',
  'where',
  'store_failures',
  'store_failures_as',
  'name',
  'config',
  'column_name',
];
const sources = [
  'loaded_at_field',
  'loaded_at_query',
  'loader',
  'identifier',
  'freshness',
  'external_location',
];
const others = [
  'export_as',
  'cache',
  'time_spine',
  'export',
  'volatility',
  'runtime_version',
  'entry_point',
  'type',
];

/** Every known key, without `+`. */
export const knownConfigKeys: ReadonlySet<string> = new Set([
  ...common,
  ...materializations,
  ...external,
  ...seeds,
  ...snapshots,
  ...tests,
  ...sources,
  ...others,
]);

/** The known key that `key` is nearly spelled as; undefined when it is known or like none. */
export function misspelledConfigKey(key: string): string | undefined {
  if (knownConfigKeys.has(key)) return undefined;
  // Other adapters' keys that happen to be near one of ours.
  if (foreignKeys.has(key)) return undefined;
  return nearest(key, knownConfigKeys);
}

const foreignKeys: ReadonlySet<string> = new Set([
  'transient',
  'sort',
  'dist',
  'bind',
  'cluster_by',
  'clustered_by',
  'unlogged',
  'labels',
  'policy_tags',
  'secure',
  'auto_cluster',
  'automatic_clustering',
  'copy_grants',
  'buckets',
  'file_format',
  'tblproperties',
  'location_root',
  'require_partition_filter',
  'hours_to_expiration',
  'engine',
  'order_by',
  'table_type',
  'index',
  'as_columnstore',
  'distribution',
  'language',
  'schedule',
  'target_lag',
  'warehouse',
  'owner',
  'title',
]);
