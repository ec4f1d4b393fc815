/**
 * Whether a run will keep tables inside the published file. Pure.
 *
 * Such runs take turns, because the file has one state of its tables; runs that only touch files and
 * Delta tables don't. It has to be known before the first node runs, so hooks, which can do anything,
 * are judged by their text: anything but the plainest counts as keeping tables.
 */
import type { CatalogRelation } from '../catalog/index.ts';
import type { Manifest, ManifestNode } from '../compiler/index.ts';
import { growsInFiles, isDelta } from './node-config.ts';
import { storeAs } from './run-test.ts';

/** What the answer depends on. */
export interface TablesInput {
  readonly manifest: Manifest;
  readonly uniqueIds: readonly string[];
  readonly database: string;
  /** The relations of the newest generation. */
  readonly published: readonly CatalogRelation[];
  readonly storeFailures: boolean;
}

/** Whether any of the nodes, or a hook around them, keeps or changes a table in the published file. */
export function keepsTables(input: TablesInput): boolean {
  const tables = new Set(
    input.published
      .filter((relation) => relation.kind === 'table')
      .map((relation) => nameKey(relation.database, relation.schema, relation.name)),
  );
  const nodes = input.uniqueIds.map((id) => input.manifest.nodes[id]).filter((node) => node !== undefined);
  const hooks = Object.values(input.manifest.nodes).filter((node) => node.resource_type === 'operation');
  return (
    nodes.some((node) => nodeKeeps(node, input, tables)) || hooks.some((hook) => textKeeps(hook.raw_code))
  );
}

function nodeKeeps(node: ManifestNode, input: TablesInput, tables: ReadonlySet<string>): boolean {
  const hooks = [...(node.config['pre-hook'] ?? []), ...(node.config['post-hook'] ?? [])];
  if (hooks.some((hook) => textKeeps(hook.sql))) return true;
  if (node.resource_type === 'test') {
    return storeAs(node, input.storeFailures) === 'table' && isInside(node, input);
  }
  if (!isInside(node, input)) return false;
  switch (node.config.materialized) {
    case 'ephemeral':
    case 'table_function':
      return false;
    case 'view':
    case 'external':
      // Two runs that change the same files would each keep what the other one replaces.
      if (growsInFiles(node)) return true;
      // A table of that name would have to go.
      return tables.has(nameKey(node.database, node.schema, node.alias));
    case 'table':
    case 'incremental':
    case 'snapshot':
      return !isDelta(node) || tables.has(nameKey(node.database, node.schema, node.alias));
    default:
      return node.resource_type !== 'analysis' && node.resource_type !== 'operation';
  }
}

function isInside(node: ManifestNode, input: TablesInput): boolean {
  return node.database.toLowerCase() === input.database.toLowerCase();
}

/** Plain statements that touch no table, and the macro that only makes views, are known to be harmless. */
function textKeeps(text: string): boolean {
  const known = text.replace(/\{\{\s*register_upstream_external_models\(\s*\)\s*\}\}/g, '').trim();
  if (known === '') return false;
  return /\{\{|\{%|\b(?:table|insert|update|delete|merge|truncate|copy|import|call|execute|pragma)\b/i.test(
    known,
  );
}

function nameKey(database: string, schema: string, name: string): string {
  return `${database}\u0000${schema}\u0000${name}`.toLowerCase();
}
