/** What is said of a node in events: its name, its kind, where it goes and where it is written. */
import { join } from 'node:path';
import type { ManifestNode, ManifestUnitTest } from '../compiler/index.ts';
import type { NodeFacts } from '../runner/index.ts';
import type { ProjectSession } from './project-session.ts';

/** A function from unique ids to facts. What isn't in `nodes` (hooks, exposures) goes by its id. */
export function nodeDescriber(session: ProjectSession): (uniqueId: string) => NodeFacts {
  const { manifest } = session.compilation;
  return (uniqueId) => {
    const node = manifest.nodes[uniqueId];
    if (node !== undefined) return describeNode(node, session.project.root);
    const unitTest = manifest.unit_tests[uniqueId];
    if (unitTest !== undefined) return describeUnitTest(unitTest);
    return {
      uniqueId,
      name: uniqueId.split('.').slice(2).join('.') || uniqueId,
      resourceType: uniqueId.startsWith('operation.') ? 'hook' : (uniqueId.split('.')[0] ?? ''),
      materialized: '',
      relation: uniqueId.split('.').slice(2).join('.') || uniqueId,
      relationName: undefined,
      file: '',
      compiledPath: undefined,
      ...fileFacts(manifest.exposures[uniqueId] ?? manifest.sources[uniqueId]),
    };
  };
}

/** Where an exposure or a source is written. */
function fileFacts(
  found: { readonly path: string; readonly original_file_path: string } | undefined,
): Partial<NodeFacts> {
  return found === undefined ? {} : { file: found.original_file_path, path: found.path };
}

/** dbt's name of a unit test: with the version of the model that it tests. */
export function unitTestName({ name, version }: ManifestUnitTest): string {
  return version == null ? name : `${name}_v${version}`;
}

function describeUnitTest(test: ManifestUnitTest): NodeFacts {
  return {
    uniqueId: test.unique_id,
    name: unitTestName(test),
    resourceType: 'unit_test',
    materialized: '',
    relation: `${test.model}::${unitTestName(test)}`,
    relationName: undefined,
    file: test.original_file_path,
    compiledPath: undefined,
    path: test.path,
  };
}

function describeNode(node: ManifestNode, root: string): NodeFacts {
  const isTest = node.resource_type === 'test';
  const isHook = node.resource_type === 'operation' || node.resource_type === 'sql_operation';
  return {
    uniqueId: node.unique_id,
    name: node.name,
    resourceType: isHook ? 'hook' : node.resource_type,
    materialized: isTest || isHook ? '' : node.config.materialized,
    relation: isTest || isHook ? node.name : `${node.schema}.${node.alias}`,
    relationName: node.relation_name ?? undefined,
    file: node.original_file_path,
    compiledPath:
      node.compiled_path === null || node.compiled_path === undefined
        ? undefined
        : join(root, node.compiled_path),
    ...placeOf(node),
    ...(node.compiled_path ? { compiledFile: node.compiled_path } : {}),
    ...(node.resource_type === 'snapshot' ? { config: asTexts(node.config) } : {}),
    ...(typeof node.attached_node === 'string' ? { attachedNode: node.attached_node } : {}),
  };
}

/** What dbt's log says of every node. */
function placeOf(node: ManifestNode): Partial<NodeFacts> {
  return {
    database: node.database,
    schema: node.schema,
    alias: node.alias,
    path: node.path,
    checksum: node.checksum?.checksum ?? '',
    meta: node.config.meta ?? {},
    language: node.language ?? 'sql',
    isMicrobatch:
      node.config.materialized === 'incremental' && node.config['incremental_strategy'] === 'microbatch',
  };
}

/** A configuration as dbt's log has it: every value a text. */
function asTexts(config: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const told = Object.entries(config).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    told.map(([key, value]) => [key, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]),
  );
}
