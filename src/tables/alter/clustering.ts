/**
 * The columns a table is clustered by: kept in a metadata domain, by the names that files have for them.
 *
 * Source: Delta protocol, "Clustered Table". Pure.
 */
import { type Json, parseJson, printJson } from '../../base/index.ts';
import {
  type DomainMetadata,
  deltaErrors,
  type Metadata,
  physicalName,
  printDataType,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import { isOrdered } from './column-fields.ts';
import { findColumn, printPath } from './column-path.ts';
import { alterErrors } from './errors.ts';
import type { ColumnPath } from './table-spec.ts';

/** The domain that names the clustering columns. */
export const clusteringDomain = 'delta.clustering';

/** More columns than this spread rows too thin; Delta Spark's limit too. */
const columnsMax = 4;

/** The domain of a table clustered by `columns`; by none when there are none. @throws tables.bad-clustering, tables.no-such-column */
export function clusteringAction(
  table: string,
  schema: StructType,
  metadata: Metadata,
  columns: readonly ColumnPath[],
): DomainMetadata {
  const bad = (problem: string): Error => alterErrors['bad-clustering']({ table, problem });
  if (metadata.partitionColumns.length > 0 && columns.length > 0) {
    throw bad(
      `it is partitioned by (${metadata.partitionColumns.join(', ')}), and a table is either partitioned or clustered`,
    );
  }
  if (columns.length > columnsMax) throw bad(`${columns.length} columns are more than ${columnsMax}`);
  const paths = columns.map((column) => {
    const { names, fields, type, part } = findColumn(table, schema, column);
    if (part.length > 0) throw bad(`${printPath(names)} is part of a list or map`);
    if (!isOrdered(type))
      throw bad(`${printPath(names)} is ${printDataType(type)}, which has no statistics to cluster by`);
    return fields.map((field) => physicalName(field, metadata));
  });
  const seen = new Set(paths.map((path) => printJson(path)));
  if (seen.size < paths.length) throw bad('a column is named twice');
  // The list of lists, and the name once more, are how every implementation writes it.
  const configuration = printJson({ clusteringColumns: paths, domainName: clusteringDomain });
  return { kind: 'domain', domain: clusteringDomain, configuration, removed: false };
}

/** The columns that `snapshot` is clustered by, as names that lead to them; undefined for tables that aren't clustered. */
export function clusteringColumns(
  snapshot: Pick<Snapshot, 'schema' | 'metadata' | 'domains'>,
): readonly (readonly string[])[] | undefined {
  const domain = snapshot.domains.get(clusteringDomain);
  return domain === undefined ? undefined : columnsIn(domain, snapshot.schema, snapshot.metadata);
}

/** The columns that `domain` names, as the schema calls them. */
export function columnsIn(
  domain: DomainMetadata,
  schema: StructType,
  metadata: Metadata,
): readonly (readonly string[])[] {
  const body = configurationOf(domain, metadata);
  const listed =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Readonly<Record<string, Json>>)['clusteringColumns']
      : undefined;
  if (!Array.isArray(listed)) return [];
  return (listed as readonly Json[]).map((path) =>
    logicalPath((Array.isArray(path) ? (path as readonly Json[]) : [path]).map(String), schema, metadata),
  );
}

/** @throws delta.corrupt-log */
function configurationOf({ domain, configuration }: DomainMetadata, { id, name }: Metadata): Json {
  try {
    return parseJson(configuration);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `the configuration of its domain ${domain} is not JSON: ${why}`;
    throw deltaErrors['corrupt-log']({ table: name ?? `the table ${id}`, problem }, { cause });
  }
}

function logicalPath(physical: readonly string[], schema: StructType, metadata: Metadata): readonly string[] {
  const names: string[] = [];
  let fields = schema.fields;
  for (const name of physical) {
    const found = fields.find((field) => physicalName(field, metadata) === name);
    names.push(found?.name ?? name);
    fields = found?.type.kind === 'struct' ? found.type.fields : [];
  }
  return names;
}
