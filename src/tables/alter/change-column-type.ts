/**
 * Columns that get a wider type: the files that are there stay as they are, and readers widen what they hold.
 *
 * Source: Delta protocol, "Type Widening". Pure.
 */
import type { Json } from '../../base/index.ts';
import {
  columnMappingMode,
  type DataType,
  isEnabled,
  printDataType,
  type StructField,
} from '../../delta/index.ts';
import type { AlterChange } from './alter-change.ts';
import type { AlterState } from './alter-state.ts';
import { assertUnused } from './change-columns.ts';
import { changeField, findColumn, printPath } from './column-path.ts';
import { alterErrors } from './errors.ts';
import { parseTypeText } from './type-text.ts';

/** A widening, and where in a list or map it stands. */
interface TypeChange {
  readonly from: DataType;
  readonly to: DataType;
  readonly part: readonly string[];
}

/** @throws tables.cannot-change-type naming both types, tables.column-in-use, tables.no-such-column */
export function changeColumnType(
  state: AlterState,
  change: Extract<AlterChange, { kind: 'change-type' }>,
): AlterState {
  const { table, schema, metadata, protocol } = state;
  const { names, field, type: from, part } = findColumn(table, schema, change.column);
  const to = typeof change.type === 'string' ? parseTypeText(change.type) : change.type;
  const column = printPath(names);
  const cannot = (problem: string, hint: string): Error =>
    alterErrors['cannot-change-type']({
      table,
      column,
      from: printDataType(from),
      to: printDataType(to),
      problem,
      hint,
    });
  const changes: TypeChange[] = [];
  const widened = widen(from, to, part, changes);
  if (widened === undefined) throw cannot('its values could change, or not fit', wideningHint(from));
  if (changes.length === 0) return state;
  const isVoid = changes.every((one) => one.from.kind === 'primitive' && one.from.name === 'void');
  if (!isVoid && !isEnabled({ protocol, metadata, schema }, 'typeWidening') && !isAsked(state)) {
    throw cannot(
      'type widening is off',
      "Set the property delta.enableTypeWidening to 'true' first; readers then have to know type widening.",
    );
  }
  assertUnused(state, names, 'change the type of');
  if (field.metadata['delta.identity.start'] !== undefined) {
    throw cannot('it is an identity column', 'Identity columns are BIGINT.');
  }
  if (field.metadata['delta.generationExpression'] !== undefined) {
    throw cannot('it is generated', 'Drop the column and make it anew.');
  }
  if (names.length === 1 && metadata.partitionColumns.includes(field.name) && to.kind === 'primitive') {
    if (to.name === 'timestamp_ntz')
      throw cannot('it is a partition column', 'Its values stand as dates in the log.');
  }
  assertIceberg(state, changes, cannot);
  const entries = changes
    .filter((one) => !(one.from.kind === 'primitive' && one.from.name === 'void'))
    .map(
      (one): Json => ({
        toType: printDataType(one.to),
        fromType: printDataType(one.from),
        ...(one.part.length === 0 ? {} : { fieldPath: one.part.join('.') }),
      }),
    );
  const top = names.slice(0, names.length - part.length);
  const changed = changeField(schema, top, (found): StructField => {
    const known = found.metadata['delta.typeChanges'];
    const recorded: readonly Json[] = [
      ...(Array.isArray(known) ? (known as readonly Json[]) : []),
      ...entries,
    ];
    return {
      ...found,
      type: replacePart(found.type, part, widened),
      metadata: recorded.length === 0 ? found.metadata : { ...found.metadata, 'delta.typeChanges': recorded },
    };
  });
  return { ...state, schema: changed };
}

/** Whether the feature is turned on by the same changes. */
function isAsked({ metadata }: AlterState): boolean {
  return metadata.configuration.get('delta.enableTypeWidening')?.toLowerCase() === 'true';
}

/** `to`, when every value of `from` is one of it; what changes is added to `changes`. */
function widen(
  from: DataType,
  to: DataType,
  part: readonly string[],
  changes: TypeChange[],
): DataType | undefined {
  if (printDataType(from) === printDataType(to)) return from;
  if (from.kind === 'array' && to.kind === 'array') {
    const elementType = widen(from.elementType, to.elementType, [...part, 'element'], changes);
    return elementType && { ...from, elementType };
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const keyType = widen(from.keyType, to.keyType, [...part, 'key'], changes);
    const valueType = widen(from.valueType, to.valueType, [...part, 'value'], changes);
    return keyType && valueType && { ...from, keyType, valueType };
  }
  if (!isWider(from, to)) return undefined;
  changes.push({ from, to, part });
  return to;
}

/** Whether type widening leads from one type to the other. */
function isWider(from: DataType, to: DataType): boolean {
  if (from.kind === 'decimal') {
    if (to.kind !== 'decimal') return false;
    const scale = to.scale - from.scale;
    return scale >= 0 && to.precision - from.precision >= scale;
  }
  if (from.kind !== 'primitive') return false;
  const rank = wholeNumbers.indexOf(from.name);
  if (to.kind === 'decimal') {
    if (rank < 0) return false;
    const digits = from.name === 'long' ? 20 : 10;
    return to.precision - to.scale >= digits;
  }
  if (from.name === 'void') return true;
  if (to.kind !== 'primitive') return false;
  if (rank >= 0)
    return wholeNumbers.indexOf(to.name) > rank || (to.name === 'double' && from.name !== 'long');
  if (from.name === 'float') return to.name === 'double';
  return from.name === 'date' && to.name === 'timestamp_ntz';
}

const wholeNumbers: readonly string[] = ['byte', 'short', 'integer', 'long'];

function wideningHint(from: DataType): string {
  if (from.kind === 'struct') return 'Change the members of a struct one by one.';
  return 'Types widen from byte to short to integer to long, from float to double, from whole numbers to double or decimal, and from date to timestamp_ntz; decimals grow. For anything else, write the table anew with another schema.';
}

/** Iceberg widens less. Source: Delta protocol, "Iceberg Compatibility V2". */
function assertIceberg(
  { metadata }: AlterState,
  changes: readonly TypeChange[],
  cannot: (problem: string, hint: string) => Error,
): void {
  if (columnMappingMode(metadata) === 'none') return;
  const isOn = ['delta.enableIcebergCompatV1', 'delta.enableIcebergCompatV2'].some(
    (key) => metadata.configuration.get(key)?.toLowerCase() === 'true',
  );
  if (!isOn) return;
  for (const { from, to } of changes) {
    const name = (type: DataType): string => (type.kind === 'primitive' ? type.name : '');
    const isWhole = wholeNumbers.includes(name(from)) && wholeNumbers.includes(name(to));
    const isReal = name(from) === 'float' && name(to) === 'double';
    const isDecimal = from.kind === 'decimal' && to.kind === 'decimal' && from.scale === to.scale;
    if (!isWhole && !isReal && !isDecimal) {
      throw cannot(
        'Iceberg does not widen so, and the table is to be read as Iceberg',
        'Turn Iceberg compatibility off first.',
      );
    }
  }
}

function replacePart(type: DataType, part: readonly string[], to: DataType): DataType {
  const [name, ...rest] = part;
  if (name === undefined) return to;
  if (type.kind === 'array') return { ...type, elementType: replacePart(type.elementType, rest, to) };
  if (type.kind !== 'map') return type;
  return name === 'key'
    ? { ...type, keyType: replacePart(type.keyType, rest, to) }
    : { ...type, valueType: replacePart(type.valueType, rest, to) };
}
