/** Configuration keys that something reads: the rest may be a typing mistake, and is asked about once. */
import { nearest } from '../base/index.ts';
import { type ConfiguredType, defaultConfig } from './config-defaults.ts';
import { configKey } from './config-merge.ts';
import type { CompileWarning } from './invocation.ts';
import type { Plain } from './manifest.ts';

/** Keys of dbt-duckdb and of ours, for models. */
const engineKeys = [
  'location',
  'format',
  'file_format',
  'options',
  'delimiter',
  'partition_by',
  'partition_columns',
  'partitioned_by',
  'sorted_by',
  'per_thread_output',
  'parquet_read_options',
  'csv_read_options',
  'json_read_options',
  'read_options',
  'rendered_options',
  'plugin',
  'glue_register',
  'glue_database',
  'overwrite',
  'parameters',
  'indexes',
  'is_ducklake',
  'sql_header',
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
  'merge_with_schema_evolution',
  'matched_condition',
  'not_matched_condition',
  'not_matched_by_source_action',
  'not_matched_by_source_condition',
  'skip_matched_step',
  'skip_not_matched_step',
  'source_alias',
  'target_alias',
  'invalidate_hard_deletes',
  'hard_deletes',
  'schema_mode',
  'delta_properties',
  'external_location',
  'formatter',
  'name',
  'description',
  'language',
  'full_refresh',
  'latest_version_pointer',
  'submission_method',
  'python_version',
  'validate_constraints',
  'time_spine',
];

/**
 * Keys of other adapters and of dbt's other commands. dbt projects for several databases carry them;
 * they mean nothing on DuckDB and aren't mistakes.
 */
const foreignKeys = [
  'cluster_by',
  'copy_grants',
  'transient',
  'dist',
  'sort',
  'sort_type',
  'bind',
  'backup',
  'auto_refresh',
  'autorefresh',
  'query_tag',
  'automatic_clustering',
  'secure',
  'snowflake_warehouse',
  'target_lag',
  'labels',
  'partitions',
  'kms_key_name',
  'hours_to_expiration',
  'require_partition_filter',
  'partition_expiration_days',
  'grant_access_to',
  'policy_tags',
  'location_root',
  'tblproperties',
  'table_type',
  'unlogged',
  'engine',
  'order_by',
  'primary_key',
  'catalog_name',
  'enable_refresh',
  'refresh_interval_minutes',
  'max_staleness',
  'buckets',
  'clustered_by',
  'liquid_clustered_by',
  'databricks_tags',
  'table_format',
  'external_volume',
  'base_location_subpath',
  'tmp_relation_type',
  'stage',
  'elementary',
  're_data_monitored',
];

/** Warns about unknown keys, each key once however many nodes have it. */
export class UnknownConfigs {
  readonly #seen = new Set<string>();
  readonly #known = new Map<ConfiguredType, ReadonlySet<string>>();
  readonly #warn: (warning: CompileWarning) => void;

  constructor(warn: (warning: CompileWarning) => void) {
    this.#warn = warn;
  }

  /**
   * @param set what somebody configured.
   * @param file where a node that has it stands.
   */
  check(type: ConfiguredType, set: Plain, file: string): void {
    const known = this.#knownKeys(type);
    for (const written in set) {
      const key = configKey(written);
      if (known.has(key) || this.#seen.has(key)) continue;
      this.#seen.add(key);
      const near = nearest(key, known);
      // A custom materialization may read any key, so only what looks like a slip is worth a warning.
      if (near === undefined) continue;
      this.#warn({
        code: 'compiler.unknown-config',
        message: `The config '${key}' means nothing to Boathouse`,
        hint: `Did you mean '${near}'? Values of your own belong under 'meta'.`,
        location: { file },
      });
    }
  }

  #knownKeys(type: ConfiguredType): ReadonlySet<string> {
    const found = this.#known.get(type);
    if (found) return found;
    const known = new Set([...Object.keys(defaultConfig(type)), ...engineKeys, ...foreignKeys]);
    this.#known.set(type, known);
    return known;
  }
}
