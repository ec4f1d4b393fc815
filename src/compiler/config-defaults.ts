/** What each kind of resource is configured as when nobody says anything. Keys stand in dbt's order. */
import type { Plain } from './manifest.ts';

/** The kinds of resources that have configuration of their own. */
export type ConfiguredType =
  | 'model'
  | 'seed'
  | 'snapshot'
  | 'test'
  | 'analysis'
  | 'operation'
  | 'source'
  | 'exposure'
  | 'group'
  | 'unit_test'
  | 'metric'
  | 'semantic_model'
  | 'saved_query'
  | 'function';

/** A new mapping of every key with its default. */
export function defaultConfig(type: ConfiguredType): Plain {
  switch (type) {
    case 'model':
      return { ...nodeDefaults('view'), access: 'protected', freshness: null };
    case 'seed':
      return { ...nodeDefaults('seed'), delimiter: ',', quote_columns: null };
    case 'snapshot':
      return { ...nodeDefaults('snapshot'), ...snapshotDefaults() };
    case 'test':
      return testDefaults();
    case 'source':
      return sourceDefaults();
    case 'exposure':
      return { enabled: true, tags: [], meta: {} };
    case 'group':
      return { meta: {} };
    case 'function':
      return {
        ...nodeDefaults('function'),
        type: 'scalar',
        volatility: null,
        runtime_version: null,
        entry_point: null,
      };
    case 'metric':
    case 'semantic_model':
      return { enabled: true, group: null, meta: {} };
    case 'saved_query':
      return {
        enabled: true,
        group: null,
        meta: {},
        export_as: null,
        schema: null,
        cache: { enabled: false },
      };
    case 'unit_test':
      return { tags: [], meta: {}, enabled: true, static_analysis: null };
    default:
      return nodeDefaults('view');
  }
}

function nodeDefaults(materialized: string): Plain {
  return {
    enabled: true,
    alias: null,
    schema: null,
    database: null,
    tags: [],
    meta: {},
    group: null,
    static_analysis: null,
    materialized,
    incremental_strategy: null,
    batch_size: null,
    lookback: 1,
    begin: null,
    persist_docs: {},
    'post-hook': [],
    'pre-hook': [],
    quoting: {},
    column_types: {},
    full_refresh: null,
    unique_key: null,
    on_schema_change: 'ignore',
    on_configuration_change: 'apply',
    grants: {},
    packages: [],
    docs: { show: true, node_color: null },
    contract: { enforced: false, alias_types: true },
    event_time: null,
    concurrent_batches: null,
  };
}

function snapshotDefaults(): Plain {
  return {
    strategy: null,
    target_schema: null,
    target_database: null,
    updated_at: null,
    check_cols: null,
    snapshot_meta_column_names: {
      dbt_valid_to: null,
      dbt_valid_from: null,
      dbt_scd_id: null,
      dbt_updated_at: null,
      dbt_is_deleted: null,
    },
    dbt_valid_to_current: null,
  };
}

function testDefaults(): Plain {
  return {
    enabled: true,
    alias: null,
    schema: 'dbt_test__audit',
    database: null,
    tags: [],
    meta: {},
    group: null,
    static_analysis: null,
    materialized: 'test',
    severity: 'ERROR',
    store_failures: null,
    store_failures_as: null,
    where: null,
    limit: null,
    fail_calc: 'count(*)',
    warn_if: '!= 0',
    error_if: '!= 0',
  };
}

function sourceDefaults(): Plain {
  const never = (): Plain => ({ count: null, period: null });
  return {
    enabled: true,
    event_time: null,
    freshness: { warn_after: never(), error_after: never(), filter: null },
    loaded_at_field: null,
    loaded_at_query: null,
    meta: {},
    tags: [],
    static_analysis: null,
  };
}
