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
    };
  };
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
  };
}
