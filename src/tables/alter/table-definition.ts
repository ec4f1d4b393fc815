/** A table as it is asked for, as the actions of the log say it. */
import { type Random, systemRandom } from '../../base/index.ts';
import {
  assignColumnIds,
  type DomainMetadata,
  type FeatureName,
  isProtocolProperty,
  type Metadata,
  maxColumnIdProperty,
  type Protocol,
  printSchema,
  protocolFor,
  protocolUpgradeFor,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import { clusteringAction } from './clustering.ts';
import { assertSchema, partitionColumnsOf, schemaOf } from './column-fields.ts';
import { assertExpressions, expressionsOf } from './expression-checks.ts';
import { assertStatsColumns, constraintPrefix, newTableProperties } from './property-rules.ts';
import type { TableSpec } from './table-spec.ts';

/** What the log says of a table that has no rows yet. */
export interface TableDefinition {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  /** Undefined for a table that isn't clustered. */
  readonly clustering: DomainMetadata | undefined;
}

/**
 * `spec` as a definition, with everything about it that can be refused refused.
 *
 * @param replaced the table whose place it takes: its id and its protocol's features stay.
 * @throws tables.bad-schema-text, tables.bad-column-spec, tables.column-exists, tables.unknown-property,
 * tables.bad-property, tables.internal-property, tables.bad-clustering, tables.bad-expression,
 * tables.no-such-column, delta.unsupported-feature
 */
export async function defineTable(
  table: string,
  spec: Omit<TableSpec, 'ifNotExists' | 'orReplace' | 'storageOptions'>,
  about: { readonly nowMs: number; readonly random?: Random; readonly replaced?: Snapshot | undefined },
): Promise<TableDefinition> {
  const { random = systemRandom, replaced } = about;
  const { schema: given, constraints: written } = schemaOf(table, spec.schema);
  const constraints = new Map([...written, ...Object.entries(spec.constraints ?? {})]);
  const properties = newTableProperties(table, spec.properties ?? {});
  for (const [name, expression] of constraints) {
    properties.set(`${constraintPrefix}${name.toLowerCase()}`, expression);
  }
  // Ids that a replaced table gave aren't given again: its older versions still mean columns by them.
  const maxId = replaced?.metadata.configuration.get(maxColumnIdProperty);
  if (maxId !== undefined && /^(?:name|id)$/.test(properties.get('delta.columnMapping.mode') ?? '')) {
    properties.set(maxColumnIdProperty, maxId);
  }
  const asked: Metadata = {
    kind: 'metadata',
    id: replaced?.metadata.id ?? random.uuid(),
    ...(spec.name === undefined ? {} : { name: spec.name }),
    ...(spec.comment === undefined ? {} : { description: spec.comment }),
    format: { provider: 'parquet', options: new Map() },
    schemaString: printSchema(given),
    partitionColumns: partitionColumnsOf(table, given, spec.partitionBy ?? []),
    configuration: properties,
    createdAtMs: about.nowMs,
  };
  const { schema, metadata } = assignColumnIds(given, asked, undefined, random);
  const also: FeatureName[] = spec.clusterBy === undefined ? [] : ['clustering'];
  const protocol = replaced
    ? protocolUpgradeFor(table, replaced.protocol, metadata, schema, also)
    : protocolFor(table, metadata, schema, also);
  assertSchema(table, schema, { protocol, metadata });
  assertStatsColumns(table, schema, metadata);
  await assertExpressions(table, schema, expressionsOf(schema, constraints));
  const clustering = spec.clusterBy && clusteringAction(table, schema, metadata, spec.clusterBy);
  return { protocol, metadata: withoutProtocolProperties(metadata), schema, clustering };
}

/** `metadata` without the properties that only ask for a protocol. Pure. */
function withoutProtocolProperties(metadata: Metadata): Metadata {
  const kept = [...metadata.configuration].filter(([key]) => !isProtocolProperty(key));
  return { ...metadata, configuration: new Map(kept) };
}
