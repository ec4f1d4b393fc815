/** A table whose schema has grown: ids, protocol and text to match. Pure but for the ids' random names. */

import type { Random } from '../../base/index.ts';
import {
  assignColumnIds,
  printSchema,
  protocolUpgradeFor,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import type { TableShape } from '../write/table-shape.ts';

/**
 * `snapshot` with `schema`; the snapshot itself when that is the schema it has.
 *
 * @throws delta.unsupported-feature for a type the table can't be raised to.
 */
export function evolvedShape(snapshot: Snapshot, schema: StructType, random?: Random): TableShape {
  if (schema === snapshot.schema || printSchema(schema) === printSchema(snapshot.schema)) return snapshot;
  const mapped = assignColumnIds(schema, snapshot.metadata, snapshot.schema, random);
  const protocol = protocolUpgradeFor(snapshot.table, snapshot.protocol, mapped.metadata, mapped.schema);
  return { protocol, metadata: mapped.metadata, schema: mapped.schema };
}
