/**
 * The project as data: dbt's `manifest.json`, version 12, as TypeScript shapes.
 *
 * Key names are dbt's, in snake_case, because the same objects are what templates see (`model`,
 * `graph.nodes`), what tools read from `target/manifest.json`, and what our layers pass on.
 *
 * Source: schemas.getdbt.com, manifest v12.
 */

import type { ManifestMetric, ManifestSavedQuery, ManifestSemanticModel } from './semantic/resources.ts';

/** A JSON object as templates and artifacts carry it. */
export type Plain = { [key: string]: unknown };

/** dbt's resource types. */
export type ResourceType =
  | 'model'
  | 'seed'
  | 'snapshot'
  | 'test'
  | 'analysis'
  | 'operation'
  | 'sql_operation'
  | 'source'
  | 'macro'
  | 'exposure'
  | 'metric'
  | 'group'
  | 'saved_query'
  | 'semantic_model'
  | 'unit_test'
  | 'doc'
  | 'function';

/** A column as property files and contracts describe it. */
export interface ColumnInfo {
  name: string;
  description: string;
  meta: Plain;
  data_type: string | null;
  constraints: Plain[];
  quote: boolean | null;
  tags: string[];
  config: Plain;
  granularity?: string | null;
  /** Unique ids of the docs blocks its description shows. */
  doc_blocks?: string[];
}

/** What a node needs, found while parsing. */
export interface DependsOn {
  macros: string[];
  nodes: string[];
}

/** `ref('package', 'name', v=…)` as written. */
export interface RefArgs {
  name: string;
  package: string | null;
  version: string | number | null;
}

/** A node's configuration after every level is merged. Keys are dbt's; unknown ones are kept. */
export interface NodeConfig {
  enabled: boolean;
  alias: string | null;
  schema: string | null;
  database: string | null;
  tags: string[];
  meta: Plain;
  group?: string | null;
  materialized: string;
  'pre-hook': Hook[];
  'post-hook': Hook[];
  quoting: Plain;
  column_types: Plain;
  full_refresh: boolean | null;
  unique_key: string | string[] | null;
  on_schema_change: string;
  incremental_strategy: string | null;
  persist_docs: Plain;
  contract: { enforced: boolean; alias_types?: boolean };
  packages: string[];
  docs: { show: boolean; node_color: string | null };
  access?: string;
  [key: string]: unknown;
}

/** One pre- or post-hook, not rendered. */
export interface Hook {
  sql: string;
  transaction: boolean;
  index: number | null;
}

/** Test-only parts of a generic test. */
export interface TestMetadata {
  name: string;
  kwargs: Plain;
  namespace: string | null;
}

/** A model, seed, snapshot, test, analysis or operation: everything with SQL and a place in the graph. */
export interface ManifestNode {
  resource_type:
    | 'model'
    | 'seed'
    | 'snapshot'
    | 'test'
    | 'analysis'
    | 'operation'
    | 'sql_operation'
    /** Among `functions`, not `nodes`. */
    | 'function'
    /** Never in the manifest: what `model` shows while a unit test runs. */
    | 'unit_test';
  unique_id: string;
  name: string;
  package_name: string;
  /** Relative to the package, `/` as separator. */
  path: string;
  original_file_path: string;
  fqn: string[];
  alias: string;
  checksum: { name: string; checksum: string };
  database: string;
  schema: string;
  /** `"db"."schema"."alias"`, null for what has no relation (ephemeral models, tests that store nothing). */
  relation_name: string | null;
  raw_code: string;
  language: string;
  description: string;
  columns: Record<string, ColumnInfo>;
  meta: Plain;
  group: string | null;
  docs: { show: boolean; node_color: string | null };
  patch_path: string | null;
  build_path: string | null;
  unrendered_config: Plain;
  created_at: number;
  tags: string[];
  config: NodeConfig;
  /** Unique ids of the docs blocks its description shows. */
  doc_blocks?: string[];
  refs: RefArgs[];
  sources: string[][];
  metrics: string[][];
  functions: string[][];
  depends_on: DependsOn;
  compiled_path: string | null;
  compiled?: boolean;
  compiled_code?: string;
  extra_ctes_injected?: boolean;
  extra_ctes?: { id: string; sql: string }[];
  contract: { enforced: boolean; alias_types: boolean; checksum: string | null };
  // Models.
  access?: 'private' | 'protected' | 'public';
  constraints?: Plain[];
  version?: string | number | null;
  latest_version?: string | number | null;
  deprecation_date?: string | null;
  primary_key?: string[];
  time_spine?: Plain | null;
  // Functions.
  arguments?: Plain[];
  returns?: Plain;
  // Seeds.
  root_path?: string | null;
  // Tests.
  test_metadata?: TestMetadata;
  column_name?: string | null;
  file_key_name?: string | null;
  attached_node?: string | null;
  /** The relation of another environment, where `--defer` names one. */
  defer_relation?: Plain;
  // Unit tests while they run.
  overrides?: Plain | null;
  tested_node_unique_id?: string;
  // Operations (hooks of the project).
  index?: number | null;
}

/** A table of a source. */
export interface ManifestSource {
  resource_type: 'source';
  unique_id: string;
  source_name: string;
  source_description: string;
  name: string;
  identifier: string;
  package_name: string;
  path: string;
  original_file_path: string;
  fqn: string[];
  database: string;
  schema: string;
  relation_name: string;
  loader: string;
  description: string;
  columns: Record<string, ColumnInfo>;
  meta: Plain;
  source_meta: Plain;
  tags: string[];
  config: Plain & { enabled: boolean; meta?: Plain };
  quoting: Plain;
  loaded_at_field: string | null;
  loaded_at_query: string | null;
  freshness: Plain | null;
  external: Plain | null;
  patch_path: string | null;
  unrendered_config: Plain;
  created_at: number;
  unrendered_database: string | null;
  unrendered_schema: string | null;
  doc_blocks?: string[];
}

/** A macro, ours or the user's. */
export interface ManifestMacro {
  resource_type: 'macro';
  unique_id: string;
  name: string;
  package_name: string;
  path: string;
  original_file_path: string;
  macro_sql: string;
  depends_on: { macros: string[] };
  description: string;
  meta: Plain;
  docs: { show: boolean; node_color: string | null };
  patch_path: string | null;
  arguments: { name: string; type: string | null; description: string }[];
  created_at: number;
  supported_languages: string[] | null;
  config: Plain;
}

/** A `{% docs %}` block. */
export interface ManifestDoc {
  resource_type: 'doc';
  unique_id: string;
  name: string;
  package_name: string;
  path: string;
  original_file_path: string;
  block_contents: string;
}

/** An exposure. */
export interface ManifestExposure {
  resource_type: 'exposure';
  unique_id: string;
  name: string;
  package_name: string;
  path: string;
  original_file_path: string;
  fqn: string[];
  type: string;
  owner: Plain;
  description: string;
  label: string | null;
  maturity: string | null;
  meta: Plain;
  tags: string[];
  config: Plain & { enabled: boolean };
  unrendered_config: Plain;
  url: string | null;
  depends_on: DependsOn;
  refs: RefArgs[];
  sources: string[][];
  metrics: string[][];
  created_at: number;
}

/** A unit test of a model. */
export interface ManifestUnitTest {
  resource_type: 'unit_test';
  unique_id: string;
  name: string;
  package_name: string;
  path: string;
  original_file_path: string;
  fqn: string[];
  model: string;
  given: Plain[];
  expect: Plain;
  description: string;
  overrides: Plain | null;
  depends_on: DependsOn;
  config: Plain & { enabled: boolean };
  checksum: string | null;
  schema: string | null;
  created_at: number;
  versions: Plain | null;
  version: string | number | null;
  /** Only in memory: dbt's file doesn't have it. */
  tested_node_unique_id?: string | null;
}

/** A group of models with an owner. */
export interface ManifestGroup {
  resource_type: 'group';
  unique_id: string;
  name: string;
  package_name: string;
  path: string;
  original_file_path: string;
  owner: Plain;
  description: string | null;
  config: Plain;
}

/** What can be switched off, and is then kept apart. */
export type DisabledResource =
  | ManifestNode
  | ManifestSource
  | ManifestExposure
  | ManifestUnitTest
  | ManifestMetric
  | ManifestSemanticModel
  | ManifestSavedQuery;

/** The whole project. Written as it is to `target/manifest.json`. */
export interface Manifest {
  metadata: Plain;
  nodes: Record<string, ManifestNode>;
  sources: Record<string, ManifestSource>;
  macros: Record<string, ManifestMacro>;
  docs: Record<string, ManifestDoc>;
  exposures: Record<string, ManifestExposure>;
  metrics: Record<string, ManifestMetric>;
  groups: Record<string, ManifestGroup>;
  selectors: Record<string, Plain>;
  disabled: Record<string, DisabledResource[]>;
  parent_map: Record<string, string[]>;
  child_map: Record<string, string[]>;
  group_map: Record<string, string[]>;
  saved_queries: Record<string, ManifestSavedQuery>;
  semantic_models: Record<string, ManifestSemanticModel>;
  unit_tests: Record<string, ManifestUnitTest>;
  functions: Record<string, ManifestNode>;
}
