/** Types that grow to hold what rows bring. Pure. Source: Delta protocol, "Type Widening". */
import type { Json } from '../../base/index.ts';
import { type DataType, isPropertyOn, printDataType, type StructField } from '../../delta/index.ts';
import { columnsUsed } from '../alter/expression-checks.ts';
import { identityOf } from './identity.ts';
import { generationExpression } from './row-checks.ts';
import type { TableShape } from './table-shape.ts';

/** A column with a type that holds `incoming` too; undefined when it stays as it is. */
export type Widener = (field: StructField, incoming: DataType) => StructField | undefined;

/**
 * How the columns of a table grow when rows bring wider values: not at all unless the table has type widening
 * on, and never a column that others are computed or checked by, or that gets its values from the table.
 *
 * Only changes that keep the kind of number are made unasked: a whole number that becomes a fraction is for an ALTER
 * to decide. A table that is to be read as Iceberg grows as Iceberg does.
 */
export function widenerOf({ schema, metadata }: Pick<TableShape, 'schema' | 'metadata'>): Widener {
  if (!isPropertyOn(metadata, 'delta.enableTypeWidening')) return () => undefined;
  const isIceberg = ['delta.enableIcebergCompatV1', 'delta.enableIcebergCompatV2'].some((key) =>
    isPropertyOn(metadata, key),
  );
  const fixed = new Set<string>();
  for (const [key, expression] of metadata.configuration) {
    if (!key.startsWith('delta.constraints.')) continue;
    for (const name of columnsUsed(expression, schema)) fixed.add(name);
  }
  for (const field of schema.fields) {
    const expression = generationExpression(field);
    if (expression === undefined && identityOf(field) === undefined) continue;
    fixed.add(field.name);
    for (const name of expression === undefined ? [] : columnsUsed(expression, schema)) fixed.add(name);
  }
  return (field, incoming) => {
    if (fixed.has(field.name)) return undefined;
    // The log holds a partition's values as text, which would stay the text of a date.
    const isPartition = metadata.partitionColumns.includes(field.name);
    return widenedField(field, incoming, isIceberg ? 'iceberg' : isPartition ? 'no-dates' : 'all');
  };
}

/** Which changes are open. */
type Reach = 'all' | 'no-dates' | 'iceberg';

/** `field` with the change on record. */
function widenedField(field: StructField, incoming: DataType, reach: Reach): StructField | undefined {
  const changes: Change[] = [];
  const type = widened(field.type, incoming, [], changes, reach);
  if (type === undefined || changes.length === 0) return undefined;
  return { ...field, type, metadata: { ...field.metadata, ...recorded(field, changes) } };
}

interface Change {
  readonly from: DataType;
  readonly to: DataType;
  readonly path: readonly string[];
}

/** `type`, grown; undefined when the two don't meet. */
function widened(
  type: DataType,
  incoming: DataType,
  path: readonly string[],
  changes: Change[],
  reach: Reach,
): DataType | undefined {
  if (type.kind === 'struct' && incoming.kind === 'struct') {
    const found = new Map(incoming.fields.map((f) => [f.name.toLowerCase(), f]));
    const fields = type.fields.map((member) => {
      const other = found.get(member.name.toLowerCase());
      return other === undefined ? member : (widenedField(member, other.type, reach) ?? member);
    });
    const isSame = fields.every((member, i) => member === type.fields[i]);
    if (!isSame) changes.push(nested);
    return isSame ? type : { kind: 'struct', fields };
  }
  if (type.kind === 'array' && incoming.kind === 'array') {
    const elementType = widened(type.elementType, incoming.elementType, [...path, 'element'], changes, reach);
    return elementType && { ...type, elementType };
  }
  if (type.kind === 'map' && incoming.kind === 'map') {
    const keyType = widened(type.keyType, incoming.keyType, [...path, 'key'], changes, reach);
    const valueType = widened(type.valueType, incoming.valueType, [...path, 'value'], changes, reach);
    return keyType && valueType && { ...type, keyType, valueType };
  }
  const to = widerType(type, incoming, reach);
  if (to !== undefined) changes.push({ from: type, to, path });
  return to ?? type;
}

/** Marks a change that a member of a struct has on record itself. */
const nested: Change = {
  from: { kind: 'struct', fields: [] },
  to: { kind: 'struct', fields: [] },
  path: [],
};

const whole: readonly string[] = ['byte', 'short', 'integer', 'long'];

/** The type that `incoming` asks for and `type` may become. */
function widerType(type: DataType, incoming: DataType, reach: Reach): DataType | undefined {
  if (type.kind === 'decimal' && incoming.kind === 'decimal') {
    const scale = Math.max(type.scale, incoming.scale);
    if (reach === 'iceberg' && scale > type.scale) return undefined;
    const precision = Math.max(type.precision - type.scale, incoming.precision - incoming.scale) + scale;
    const grows = precision > type.precision || scale > type.scale;
    return grows && precision <= 38 ? { kind: 'decimal', precision, scale } : undefined;
  }
  if (type.kind !== 'primitive' || incoming.kind !== 'primitive') return undefined;
  const [from, to] = [whole.indexOf(type.name), whole.indexOf(incoming.name)];
  if (from >= 0 && to > from) return incoming;
  if (type.name === 'float' && incoming.name === 'double') return incoming;
  return reach === 'all' && type.name === 'date' && incoming.name === 'timestamp_ntz' ? incoming : undefined;
}

function recorded(field: StructField, changes: readonly Change[]): Readonly<Record<string, Json>> {
  const own = changes.filter((change) => change !== nested);
  if (own.length === 0) return {};
  const before = field.metadata['delta.typeChanges'];
  const entries = own.map(({ from, to, path }) => ({
    fromType: printDataType(from),
    toType: printDataType(to),
    ...(path.length === 0 ? {} : { fieldPath: path.join('.') }),
  }));
  return { 'delta.typeChanges': [...(Array.isArray(before) ? (before as readonly Json[]) : []), ...entries] };
}
