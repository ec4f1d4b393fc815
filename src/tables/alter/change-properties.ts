/** Properties, constraints, features and protocol numbers changed. Pure. */
import { nearest } from '../../base/index.ts';
import {
  addFeature,
  assignColumnIds,
  columnMappingMode,
  type FeatureName,
  featureNamed,
  features,
  isProtocolProperty,
  type Protocol,
  readerFeaturesOf,
  writerFeaturesOf,
} from '../../delta/index.ts';
import { partitionFields } from '../write/table-shape.ts';
import type { AlterChange } from './alter-change.ts';
import { type AlterState, withConfiguration } from './alter-state.ts';
import { clusteringAction } from './clustering.ts';
import { alterErrors } from './errors.ts';
import { assertStatsColumns, checkedProperties, constraintPrefix, propertyKey } from './property-rules.ts';

type Of<K extends AlterChange['kind']> = Extract<AlterChange, { kind: K }>;

/** @throws tables.constraint-exists */
export function addConstraint(state: AlterState, { name, expression }: Of<'add-constraint'>): AlterState {
  const { table } = state;
  const key = `${constraintPrefix}${name.toLowerCase()}`;
  const known = state.metadata.configuration.get(key);
  if (known !== undefined) {
    throw alterErrors['constraint-exists']({ table, constraint: name, expression: known });
  }
  if (name === '' || /[\s=]/.test(name)) {
    throw alterErrors['bad-column-spec']({
      table,
      column: name,
      problem: 'a constraint has a name without spaces',
    });
  }
  const rule = { kind: 'constraint', name, expression } as const;
  return {
    ...withConfiguration(state, (configuration) => configuration.set(key, expression)),
    expressions: [...state.expressions, rule],
    rules: [...state.rules, rule],
    readsFiles: true,
  };
}

/** @throws tables.no-such-constraint */
export function dropConstraint(state: AlterState, { name, ifExists }: Of<'drop-constraint'>): AlterState {
  const { configuration } = state.metadata;
  const wanted = `${constraintPrefix}${name}`.toLowerCase();
  const keys = [...configuration.keys()].filter((key) => key.startsWith(constraintPrefix));
  const key = keys.find((candidate) => candidate.toLowerCase() === wanted);
  if (key !== undefined) return withConfiguration(state, (changed) => changed.delete(key));
  if (ifExists === true) return state;
  const names = keys.map((candidate) => candidate.slice(constraintPrefix.length));
  throw alterErrors['no-such-constraint']({
    table: state.table,
    constraint: name,
    near: nearest(name, names),
  });
}

/** @throws tables.unknown-property, tables.bad-property, tables.internal-property, tables.not-compatible */
export function setProperties(state: AlterState, { properties }: Of<'set-properties'>): AlterState {
  const { table } = state;
  const checked = checkedProperties(table, properties);
  const asked = new Map(state.asked);
  let next = withConfiguration(state, (configuration) => {
    for (const [key, value] of checked) {
      if (isProtocolProperty(key)) asked.set(key, value);
      else configuration.set(key, value);
    }
    // Together with those that were set before, they have to make sense too.
    checkedProperties(table, Object.fromEntries(retentionOf(configuration)));
  });
  if (checked.has('delta.dataSkippingStatsColumns')) assertStatsColumns(table, state.schema, next.metadata);
  assertNotLowered(state, asked);
  next = { ...next, asked };
  next = withMapping(state, next);
  assertFilesFit(state, next);
  const turnsOn = (key: string): boolean => isOn(next, key) && !isOn(state, key);
  const rests = [
    'delta.enableIcebergCompatV1',
    'delta.enableIcebergCompatV2',
    'delta.enableRowTracking',
  ].some(turnsOn);
  return { ...next, readsFiles: next.readsFiles || rests };
}

/** @throws tables.no-such-property, tables.unknown-property, tables.internal-property */
export function unsetProperties(state: AlterState, { keys, ifExists }: Of<'unset-properties'>): AlterState {
  const { table } = state;
  const next = withConfiguration(state, (configuration) => {
    for (const given of keys) {
      const key = propertyKey(table, given);
      if (key === 'delta.columnMapping.mode' && columnMappingMode(state.metadata) !== 'none') {
        throw removesMapping(table);
      }
      if (configuration.delete(key) || ifExists === true) continue;
      const near = nearest(key, configuration.keys());
      throw alterErrors['no-such-property']({ table, key, near });
    }
  });
  return next;
}

/** @throws delta.unsupported-feature, tables.unknown-property */
export function addTableFeature(state: AlterState, { feature }: Of<'add-feature'>): AlterState {
  const name = featureNamed(feature)?.name ?? propertyKey(state.table, `delta.feature.${feature}`).slice(14);
  return { ...state, protocol: addFeature(state.table, state.protocol, name) };
}

/** @throws tables.bad-protocol-upgrade */
export function upgradeProtocol(
  state: AlterState,
  { readerVersion, writerVersion }: Of<'upgrade-protocol'>,
): AlterState {
  const { table, protocol } = state;
  const bad = (problem: string): Error => alterErrors['bad-protocol-upgrade']({ table, problem });
  const isVersion = (value: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= 1 && value <= most;
  if (!isVersion(readerVersion, 3)) throw bad(`reader versions go from 1 to 3, not to ${readerVersion}`);
  if (!isVersion(writerVersion, 7)) throw bad(`writer versions go from 1 to 7, not to ${writerVersion}`);
  if (readerVersion < protocol.minReaderVersion || writerVersion < protocol.minWriterVersion) {
    throw bad(
      `it has reader version ${protocol.minReaderVersion} and writer version ${protocol.minWriterVersion}, and versions are never lowered so; drop features instead`,
    );
  }
  if (readerVersion === 3 && writerVersion < 7) throw bad('reader version 3 needs writer version 7');
  if (readerVersion === 2 && writerVersion < 5) throw bad('reader version 2 needs writer version 5');
  return { ...state, protocol: raised(protocol, readerVersion, writerVersion) };
}

/** @throws tables.bad-clustering, tables.no-such-column */
export function clusterBy(state: AlterState, { columns }: Of<'cluster-by'>): AlterState {
  if (columns.length === 0 && state.clustering === undefined) return state;
  const clustering = clusteringAction(state.table, state.schema, state.metadata, columns);
  if (clustering.configuration === state.clustering?.configuration) return state;
  const feature: FeatureName = 'clustering';
  return { ...state, clustering, features: [...state.features, feature] };
}

/** The features stay what they are: from version 7 on they are listed one by one. */
function raised(protocol: Protocol, readerVersion: number, writerVersion: number): Protocol {
  if (writerVersion < 7)
    return { ...protocol, minReaderVersion: readerVersion, minWriterVersion: writerVersion };
  return {
    kind: 'protocol',
    minReaderVersion: readerVersion,
    minWriterVersion: 7,
    ...(readerVersion === 3
      ? {
          readerFeatures: readerFeaturesOf({
            ...protocol,
            minReaderVersion: Math.max(protocol.minReaderVersion, 1),
          }),
        }
      : {}),
    writerFeatures: writerFeaturesOf(protocol),
  };
}

function assertNotLowered({ table, protocol }: AlterState, asked: ReadonlyMap<string, string>): void {
  const versions = [
    ['delta.minReaderVersion', protocol.minReaderVersion],
    ['delta.minWriterVersion', protocol.minWriterVersion],
  ] as const;
  for (const [key, known] of versions) {
    const value = asked.get(key);
    if (value === undefined || Number(value) >= known) continue;
    const problem = `${key} is ${known}, and is never lowered; drop features instead`;
    throw alterErrors['bad-protocol-upgrade']({ table, problem });
  }
}

/** Column mapping may be turned on by name; then every field is known in files by the name it has. */
function withMapping(before: AlterState, after: AlterState): AlterState {
  const [was, is] = [columnMappingMode(before.metadata), columnMappingMode(after.metadata)];
  if (was === is) return after;
  const { table } = before;
  const key = 'delta.columnMapping.mode';
  if (is === 'none') throw removesMapping(table);
  if (was !== 'none' || is === 'id') {
    const expected =
      was === 'none'
        ? "'name': the files that are there hold no ids"
        : `'${was}': a table can't go from one way of mapping to the other`;
    throw alterErrors['bad-property']({ table, key, value: is, expected });
  }
  const { schema, metadata } = assignColumnIds(after.schema, after.metadata, before.schema);
  return { ...after, schema, metadata };
}

function removesMapping(table: string): Error {
  const instead =
    'Drop the feature columnMapping instead: the files are then rewritten with the names of the columns.';
  return alterErrors['internal-property']({ table, key: 'delta.columnMapping.mode', instead });
}

/** What Iceberg readers need of files that were written before. */
function assertFilesFit(before: AlterState, after: AlterState): void {
  const { table, snapshot } = before;
  if (snapshot.files.size === 0) return;
  for (const version of ['V1', 'V2'] as const) {
    const key = `delta.enableIcebergCompat${version}`;
    if (!isOn(after, key) || isOn(before, key)) continue;
    const problems: string[] = [];
    if (columnMappingMode(before.metadata) === 'none') {
      problems.push("its files hold no column ids: set delta.columnMapping.mode to 'name' and rewrite them");
    }
    if (partitionFields(before.snapshot).length > 0) {
      problems.push(
        'its files lack the partition columns: rewrite them, as by overwriting the table with itself',
      );
    }
    const hasParts = after.schema.fields.some(({ type }) => type.kind === 'array' || type.kind === 'map');
    if (version === 'V2' && hasParts) {
      problems.push(
        'its files have no ids for the parts of lists and maps: create the table with the property set',
      );
    }
    if (problems.length > 0) {
      throw alterErrors['not-compatible']({ table, feature: `icebergCompat${version}`, problems });
    }
  }
}

function isOn({ metadata }: AlterState, key: string): boolean {
  return metadata.configuration.get(key)?.toLowerCase() === 'true';
}

function retentionOf(configuration: ReadonlyMap<string, string>): [string, string][] {
  return [...configuration].filter(
    ([key]) => key === 'delta.logRetentionDuration' || key === 'delta.deletedFileRetentionDuration',
  );
}

/** The feature that users mean by `name`, whatever its letter case; undefined when there is none. */
export function featureOf(name: string): FeatureName | undefined {
  return features.find((feature) => feature.name.toLowerCase() === name.toLowerCase())?.name;
}
