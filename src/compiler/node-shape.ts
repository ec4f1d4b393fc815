/** New manifest nodes, with every key dbt writes, in dbt's order. */
import type { ConfiguredType } from './config-defaults.ts';
import type { ColumnInfo, ManifestNode, NodeConfig, Plain } from './manifest.ts';

/** What is known of a node before its configuration is. */
export interface NodeSeed {
  readonly type: Exclude<
    ConfiguredType,
    'source' | 'exposure' | 'group' | 'unit_test' | 'metric' | 'semantic_model' | 'saved_query'
  >;
  readonly packageName: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly fqn: readonly string[];
  /** Below its search path. */
  readonly path: string;
  /** Below its package. */
  readonly originalFilePath: string;
  readonly rawCode: string;
  readonly checksum: { readonly name: string; readonly checksum: string };
  readonly database: string;
  readonly schema: string;
  readonly createdAt: number;
}

/** A node in the making: everything but what configuration and references say. */
export function newNode(seed: NodeSeed, config: Plain): ManifestNode {
  const node: ManifestNode = {
    database: seed.database,
    schema: seed.schema,
    name: seed.name,
    resource_type: seed.type,
    package_name: seed.packageName,
    path: seed.path,
    original_file_path: seed.originalFilePath,
    unique_id: seed.uniqueId,
    fqn: [...seed.fqn],
    alias: seed.name,
    checksum: { ...seed.checksum },
    config: config as NodeConfig,
    tags: [],
    description: '',
    columns: {},
    meta: {},
    group: null,
    docs: { show: true, node_color: null },
    patch_path: null,
    build_path: null,
    unrendered_config: {},
    created_at: seed.createdAt,
    relation_name: null,
    raw_code: seed.rawCode,
    doc_blocks: [],
    language: 'sql',
    refs: [],
    sources: [],
    metrics: [],
    functions: [],
    depends_on: { macros: [], nodes: [] },
    compiled_path: null,
    contract: { enforced: false, alias_types: true, checksum: null },
  };
  if (seed.type !== 'model') return node;
  node.access = 'protected';
  node.constraints = [];
  node.version = null;
  node.latest_version = null;
  node.deprecation_date = null;
  node.primary_key = [];
  node.time_spine = null;
  return node;
}

/** A column without anything said about it. */
export function newColumn(name: string): ColumnInfo {
  return {
    name,
    description: '',
    meta: {},
    data_type: null,
    constraints: [],
    quote: null,
    config: { meta: {}, tags: [] },
    tags: [],
    granularity: null,
    doc_blocks: [],
  };
}
