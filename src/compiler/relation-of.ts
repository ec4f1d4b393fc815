/** Where a node's or source's rows are: dbt's relation of it. */
import type { Project } from '../project/index.ts';
import { Relation, type RelationPolicy } from './context/index.ts';
import { externalLocation } from './external-location.ts';
import type { ManifestNode, ManifestSource, Plain } from './manifest.ts';

/**
 * The relation of a node or source, as templates get it. Nodes are quoted as the project and they
 * themselves say; sources only as they say: the project's `quoting` isn't about them.
 */
export function relationOf(project: Project, node: ManifestNode | ManifestSource): Relation {
  if (node.resource_type === 'source') return sourceRelation(node, policyOf({}, node.quoting));
  return isEphemeral(node) ? ephemeralRelation(node) : ownRelation(project, node);
}

/** What `this` is in a node: its name in the database, also where it never gets there. */
export function ownRelation(project: Project, node: ManifestNode): Relation {
  return Relation.of({
    database: node.database,
    schema: node.schema,
    identifier: node.alias,
    quotePolicy: policyOf(project.config.quoting, node.config?.quoting ?? {}),
  });
}

/** The relation that stands for a node in another environment. */
export function deferredRelation(
  project: Project,
  { database, schema, alias }: { readonly database: string; readonly schema: string; readonly alias: string },
): Relation {
  return Relation.of({
    database,
    schema,
    identifier: alias,
    quotePolicy: policyOf(project.config.quoting, {}),
  });
}

/** Whether a model is put into its children as a CTE. */
export function isEphemeral(node: ManifestNode): boolean {
  return node.resource_type === 'model' && node.config.materialized === 'ephemeral';
}

/** The name of an ephemeral model's CTE. */
export function cteName(node: ManifestNode): string {
  return `__dbt__cte__${node.alias}`;
}

/** Whether a node has a relation at all. */
export function isRelational(node: ManifestNode): boolean {
  switch (node.resource_type) {
    case 'model':
      return !isEphemeral(node);
    case 'seed':
    case 'snapshot':
      return true;
    case 'test':
      return storesFailures(node);
    default:
      return false;
  }
}

/** Whether a test keeps the rows it finds. */
export function storesFailures(node: ManifestNode): boolean {
  return node.config['store_failures'] === true;
}

function ephemeralRelation(node: ManifestNode): Relation {
  return Relation.of({
    identifier: cteName(node),
    type: 'cte',
    quotePolicy: { identifier: false },
    includePolicy: { database: false, schema: false, identifier: true },
  });
}

/** A source's `relation_name` in the manifest, where dbt does apply the project's quoting. */
export function sourceRelationName(project: Project, source: ManifestSource): string {
  return sourceRelation(source, policyOf(project.config.quoting, source.quoting)).render();
}

function sourceRelation(source: ManifestSource, quotePolicy: Partial<RelationPolicy>): Relation {
  const external = externalLocation(source);
  return Relation.of({
    database: source.database,
    schema: source.schema,
    identifier: source.identifier,
    quotePolicy,
    ...(external === undefined ? {} : { external }),
  });
}

function policyOf(base: Partial<RelationPolicy>, own: Plain): Partial<RelationPolicy> {
  const policy: { -readonly [P in keyof RelationPolicy]?: boolean } = { ...base };
  for (const part of ['database', 'schema', 'identifier'] as const) {
    const value = own[part];
    if (typeof value === 'boolean') policy[part] = value;
  }
  return policy;
}
