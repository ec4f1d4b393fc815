/** The last steps of every node: configuration from all levels, names, and what its hooks refer to. */
import type { SourceLocation } from '../base/index.ts';
import { isPlainDict, YamlDate } from '../project/index.ts';
import type { ConfiguredType } from './config-defaults.ts';
import type { ConfigResult } from './config-levels.ts';
import type { DocBlocks } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import type { ManifestNode, NodeConfig, Plain } from './manifest.ts';
import type { NodeNames } from './node-names.ts';
import type { Parsing } from './parsing.ts';
import { newRecord, type Recorded, type Recorder } from './record-sql.ts';
import { checkSnapshot } from './required-properties.ts';

/** The tools that nodes are finished with. */
export interface Finishing {
  readonly parsing: Parsing;
  readonly recorder: Recorder;
  readonly names: NodeNames;
  readonly docs: DocBlocks;
}

/** A node's own say: what its file and its property entry configure. */
export interface OwnConfig {
  readonly calls: Plain;
  readonly patch: Plain | undefined;
  readonly location: () => SourceLocation;
  /** Absolute file of the SQL, for hooks. */
  readonly file: string;
}

/**
 * Merges the configuration, copies what dbt keeps on the node itself as well (tags, meta, group, access,
 * docs, contract), names the node, and records what its hooks refer to.
 *
 * @throws compiler.bad-config, compiler.bad-name-macro
 */
export function finishNode(tools: Finishing, node: ManifestNode, own: OwnConfig, record: Recorded): void {
  const { parsing } = tools;
  const type = node.resource_type as ConfiguredType;
  const configured = (patch: Plain | undefined): ConfigResult =>
    parsing.levels.of({
      type,
      packageName: node.package_name,
      fqn: node.fqn,
      patch,
      base: isScript(node.language) ? { materialized: 'table' } : undefined,
      calls: own.calls,
      node: node.unique_id,
      get location() {
        return own.location();
      },
    });
  const { config, unrendered } = configured(patchOf(node, own));
  node.config = config as NodeConfig;
  node.unrendered_config = unrendered;
  parsing.unknownConfigs.check(type, unrendered, own.file);
  // A node has the tags of its file before those of its entry; its configuration has them the other way round.
  if (own.patch?.['tags'] !== undefined && own.calls['tags'] !== undefined)
    addTags(node, configured(undefined).config as NodeConfig);
  copyToNode(node, own.location);
  if (type === 'snapshot' && node.config.enabled) checkSnapshot(node, own.location);
  if (type === 'model' && config['materialized'] === 'ephemeral' && config['access'] === 'public') {
    throw compilerErrors['bad-config'](
      { node: node.unique_id, key: 'access', problem: "can't be public for an ephemeral model" },
      { location: own.location() },
    );
  }
  tools.names.apply(node, own.location);
  if (node.resource_type === 'test' || !node.config.enabled) return;
  const found = newRecord();
  for (const hook of [...node.config['pre-hook'], ...node.config['post-hook']]) {
    tools.recorder.record(node, hook.sql, { file: own.file }, found);
  }
  // dbt configures a node that has a property entry once more, and records its hooks again.
  const times = own.patch && Object.keys(own.patch).length > 0 ? 2 : 1;
  for (let i = 0; i < times; i += 1) {
    record.refs.push(...found.refs);
    record.sources.push(...found.sources);
  }
  for (const macro of found.macros) if (!record.macros.includes(macro)) record.macros.push(macro);
}

/** dbt makes a Python model a table unless its file or its property entry says otherwise. */
function patchOf({ language }: ManifestNode, { patch }: OwnConfig): Plain | undefined {
  return language === 'python' ? { materialized: 'table', ...patch } : patch;
}

/** Rows that a program computes are kept, unless somebody says otherwise. */
function isScript(language: string | undefined): boolean {
  return language === 'typescript' || language === 'javascript';
}

function addTags(node: ManifestNode, { tags }: NodeConfig): void {
  for (const tag of tags) if (!node.tags.includes(tag)) node.tags.push(tag);
}

function copyToNode(node: ManifestNode, location: () => SourceLocation): void {
  const { config } = node;
  addTags(node, config);
  if (Object.keys(config.meta ?? {}).length > 0) node.meta = config.meta;
  if (config.group) node.group = config.group;
  if (isPlainDict(config.docs)) {
    node.docs = { show: config.docs.show !== false, node_color: config.docs.node_color ?? null };
  }
  if (isPlainDict(config.contract)) {
    const { enforced, alias_types: aliasTypes } = config.contract;
    config.contract = { enforced: enforced === true, alias_types: aliasTypes !== false };
    if (node.resource_type !== 'seed')
      node.contract = { ...config.contract, alias_types: aliasTypes !== false, checksum: null };
  }
  if (node.resource_type !== 'model') return;
  if (config.incremental_strategy === 'microbatch') config['begin'] = wholeTimestamp(config['begin']);
  const { access } = config;
  if (access !== 'private' && access !== 'protected' && access !== 'public') {
    throw compilerErrors['bad-config'](
      {
        node: node.unique_id,
        key: 'access',
        problem: `has to be private, protected or public, not '${String(access)}'`,
      },
      { location: location() },
    );
  }
  node.access = access;
}

/** dbt reads a microbatch model's `begin` as a point in time: a date alone is its midnight. */
function wholeTimestamp(begin: unknown): unknown {
  const text = begin instanceof YamlDate ? begin.isoFormat() : begin;
  if (typeof text !== 'string') return begin;
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(' ', 'T');
}
