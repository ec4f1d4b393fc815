/**
 * `catalog.json`, version 1: what stands in the target for the nodes and sources of a project.
 *
 * Pure: values in, a plain object out. Keys and their order are dbt's.
 * Source: schemas.getdbt.com, catalog v1.
 */
import type { Manifest, ManifestNode, ManifestSource, Plain } from '../../compiler/index.ts';
import { isoMicros } from '../../runner/index.ts';

/** A relation that was found. */
export interface CatalogRelation {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  /** As dbt says it for DuckDB. */
  readonly type: 'BASE TABLE' | 'VIEW';
  readonly comment: string | null;
  readonly columns: readonly CatalogColumn[];
}

/** One of its columns. */
export interface CatalogColumn {
  readonly name: string;
  /** From 1, in the relation's order. */
  readonly index: number;
  /** DuckDB's full spelling. */
  readonly type: string;
  readonly comment: string | null;
}

/** What the artifact says about the invocation. */
export interface CatalogHeader {
  readonly dbtVersion: string;
  readonly generatedAtMs: number;
  readonly invocationId: string;
  readonly startedAtMs: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Where a resource's rows are, as far as a catalog can tell: names without letter case. Pure. */
export function relationKey(parts: {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}): string {
  return [parts.database, parts.schema, parts.name].map((part) => part.toLowerCase()).join('\0');
}

/** Where a node's relation is. */
export function nodeKey({ database, schema, alias }: ManifestNode): string {
  return relationKey({ database, schema, name: alias });
}

/** Where a source's relation is. */
export function sourceKey({ database, schema, identifier }: ManifestSource): string {
  return relationKey({ database, schema, name: identifier });
}

/**
 * The artifact. A relation goes to the node of its name, and to every source of its name: a table can be
 * a seed and a source.
 *
 * @param wanted ids that may be in it; undefined: all.
 * @param errors what couldn't be looked at.
 */
export function catalogArtifact(
  header: CatalogHeader,
  manifest: Manifest,
  relations: Iterable<CatalogRelation>,
  wanted: ReadonlySet<string> | undefined,
  errors: readonly string[],
): Plain {
  const nodeIds = new Map(Object.entries(manifest.nodes).map(([id, node]) => [nodeKey(node), id]));
  const sourceIds = new Map<string, string[]>();
  for (const [id, source] of Object.entries(manifest.sources)) {
    const key = sourceKey(source);
    sourceIds.set(key, [...(sourceIds.get(key) ?? []), id]);
  }
  const nodes: Plain = {};
  const sources: Plain = {};
  for (const relation of relations) {
    const key = relationKey(relation);
    const node = nodeIds.get(key);
    if (node !== undefined && (wanted === undefined || wanted.has(node))) nodes[node] = entry(relation, node);
    for (const source of sourceIds.get(key) ?? []) {
      if (wanted === undefined || wanted.has(source)) sources[source] = entry(relation, source);
    }
  }
  return {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/catalog/v1.json',
      dbt_version: header.dbtVersion,
      generated_at: isoMicros(header.generatedAtMs),
      invocation_id: header.invocationId,
      invocation_started_at: isoMicros(header.startedAtMs),
      env: header.env,
    },
    nodes,
    sources,
    errors: errors.length === 0 ? null : [...errors],
  };
}

function entry(relation: CatalogRelation, uniqueId: string): Plain {
  const { type, schema, name, database, comment } = relation;
  return {
    metadata: { type, schema, name, database, comment, owner: null },
    columns: Object.fromEntries(
      relation.columns.map(({ name, type, index, comment }) => [name, { type, index, name, comment }]),
    ),
    // DuckDB's adapter has no statistics, and says so.
    stats: {
      has_stats: {
        id: 'has_stats',
        label: 'Has Stats?',
        value: false,
        include: false,
        description: 'Indicates whether there are statistics for this table',
      },
    },
    unique_id: uniqueId,
  };
}
