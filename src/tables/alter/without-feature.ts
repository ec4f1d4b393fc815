/** What is changed in a table so that a feature isn't used any more: properties, the schema, and how files are described. */
import {
  type AddFile,
  deltaErrors,
  dropFeature,
  type Metadata,
  printSchema,
  type Snapshot,
  type StructField,
  type StructType,
  walkFields,
  withoutColumnIds,
} from '../../delta/index.ts';
import { mapFields } from './map-fields.ts';
import { constraintPrefix } from './property-rules.ts';

/** What a table is without using a feature. */
export interface Cleaned {
  /** Undefined when it stays. */
  readonly metadata: Metadata | undefined;
  readonly schema: StructType;
  /** To be written anew. */
  readonly files: readonly AddFile[];
  /** Files that stay, as the log is to describe them. */
  readonly described: readonly AddFile[];
}

/**
 * What the table has to become so that it doesn't use the feature `name`. Pure.
 *
 * @throws delta.cannot-drop-feature
 */
export function withoutFeature(table: string, snapshot: Snapshot, name: string): Cleaned {
  const { metadata, schema } = snapshot;
  const cannot = (problem: string, hint: string): Error =>
    deltaErrors['cannot-drop-feature']({ table, feature: name, problem }, { hint });
  // What isn't there, isn't known or is required by another is refused before anything is rewritten.
  dropFeature(table, snapshot.protocol, name, unused(snapshot));
  const nothing: Cleaned = { metadata: undefined, schema, files: [], described: [] };
  const unset = (...keys: readonly string[]): Cleaned => {
    const kept = [...metadata.configuration].filter(([key]) => !keys.includes(key));
    return kept.length === metadata.configuration.size
      ? nothing
      : { ...nothing, metadata: { ...metadata, configuration: new Map(kept) } };
  };
  const stripped = (base: Cleaned, keys: readonly string[]): Cleaned => {
    const without = withoutKeys(schema, keys);
    if (printSchema(without) === printSchema(schema)) return base;
    const changed = { ...(base.metadata ?? metadata), schemaString: printSchema(without) };
    return { ...base, metadata: changed, schema: without };
  };
  const property = offProperties[name];
  if (property !== undefined && name !== 'deletionVectors' && name !== 'typeWidening') return unset(property);
  switch (name) {
    case 'checkConstraints': {
      const names = [...metadata.configuration.keys()].filter((key) => key.startsWith(constraintPrefix));
      if (names.length === 0) return nothing;
      const list = names.map((key) => key.slice(constraintPrefix.length)).join(', ');
      throw cannot(`it has the constraints ${list}`, 'Drop these constraints first.');
    }
    case 'allowColumnDefaults': {
      const list = fieldsWith(schema, 'CURRENT_DEFAULT');
      if (list.length === 0) return nothing;
      throw cannot(`the columns ${list.join(', ')} have defaults`, 'Drop these defaults first.');
    }
    case 'invariants':
      return stripped(nothing, ['delta.invariants']);
    case 'generatedColumns':
      return stripped(nothing, ['delta.generationExpression']);
    case 'identityColumns':
      return stripped(nothing, identityKeys);
    case 'deletionVectors': {
      const files = [...snapshot.files.values()].filter((file) => file.deletionVector !== undefined);
      return { ...unset('delta.enableDeletionVectors'), files };
    }
    case 'typeWidening':
    case 'typeWidening-preview': {
      const wasWidened = fieldsWith(schema, 'delta.typeChanges').length > 0;
      const off = stripped(unset('delta.enableTypeWidening'), ['delta.typeChanges']);
      return { ...off, files: wasWidened ? [...snapshot.files.values()] : [] };
    }
    case 'inCommitTimestamp':
      return unset(
        'delta.enableInCommitTimestamps',
        'delta.inCommitTimestampEnablementVersion',
        'delta.inCommitTimestampEnablementTimestamp',
      );
    case 'rowTracking': {
      const isOn = metadata.configuration.get('delta.enableRowTracking')?.toLowerCase() === 'true';
      const described: AddFile[] = [];
      for (const file of snapshot.files.values()) {
        const { baseRowId, defaultRowCommitVersion: _, ...rest } = file;
        if (baseRowId !== undefined) described.push({ ...rest, dataChange: false });
      }
      if (!isOn && described.length === 0) return nothing;
      const configuration = new Map(metadata.configuration)
        .set('delta.enableRowTracking', 'false')
        .set('delta.rowTrackingSuspended', 'true');
      return { ...nothing, metadata: { ...metadata, configuration }, described };
    }
    case 'columnMapping':
      return unmapped(snapshot);
    default:
      return nothing;
  }
}

/** Features that one property turns on, and nothing else. */
const offProperties: Readonly<Record<string, string>> = {
  appendOnly: 'delta.appendOnly',
  changeDataFeed: 'delta.enableChangeDataFeed',
  deletionVectors: 'delta.enableDeletionVectors',
  typeWidening: 'delta.enableTypeWidening',
  v2Checkpoint: 'delta.checkpointPolicy',
  icebergCompatV1: 'delta.enableIcebergCompatV1',
  icebergCompatV2: 'delta.enableIcebergCompatV2',
  materializePartitionColumns: 'delta.enableMaterializePartitionColumnsFeature',
  variantShredding: 'delta.enableVariantShredding',
};

const identityKeys = ['start', 'step', 'highWaterMark', 'allowExplicitInsert'].map(
  (key) => `delta.identity.${key}`,
);

/** Every file is written anew under the names that the columns have now. */
function unmapped({ metadata, schema, files }: Snapshot): Cleaned {
  const mode = metadata.configuration.get('delta.columnMapping.mode');
  if (mode === undefined || mode === 'none') return { metadata: undefined, schema, files: [], described: [] };
  const configuration = new Map(metadata.configuration);
  configuration.delete('delta.columnMapping.mode');
  configuration.delete('delta.columnMapping.maxColumnId');
  const plain = withoutColumnIds(schema);
  return {
    metadata: { ...metadata, configuration, schemaString: printSchema(plain) },
    schema: plain,
    files: [...files.values()],
    described: [],
  };
}

/** A table in which no feature is used: `dropFeature` then only judges the protocol. */
function unused({ metadata }: Snapshot): { metadata: Metadata; schema: StructType } {
  return { metadata: { ...metadata, configuration: new Map() }, schema: { kind: 'struct', fields: [] } };
}

function fieldsWith(schema: StructType, key: string): string[] {
  const found: string[] = [];
  for (const { path, field } of walkFields(schema)) {
    if (field.metadata[key] !== undefined) found.push(path.join('.'));
  }
  return found;
}

function withoutKeys(schema: StructType, keys: readonly string[]): StructType {
  return mapFields(schema, (field): StructField => {
    const kept = Object.entries(field.metadata).filter(([key]) => !keys.includes(key));
    return { ...field, metadata: Object.fromEntries(kept) };
  });
}
