/**
 * What a table that Iceberg readers share must keep to.
 *
 * Source: Delta protocol, "Iceberg Compatibility V1", "Iceberg Compatibility V2". Pure.
 */
import type { Json } from '../../base/index.ts';
import type { AddFile } from '../actions.ts';
import { columnMappingMode, isEnabled, isSupported } from '../features.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { walkFields, walkTypes } from '../schema.ts';
import type { Planned } from './conflicts.ts';
import { rowCountOf } from './stats-text.ts';

/** A promise that would be broken, and how. */
export interface BrokenPromise {
  readonly feature: string;
  readonly problem: string;
}

/** What `plan` would break in a table that is `after` once it is committed. */
export function icebergProblems(
  before: Snapshot | undefined,
  after: Pick<Snapshot, 'protocol' | 'metadata' | 'schema'>,
  plan: Planned,
): readonly BrokenPromise[] {
  const active = (['icebergCompatV1', 'icebergCompatV2'] as const).filter((name) => isEnabled(after, name));
  const [feature] = active;
  if (feature === undefined) return [];
  const problems: string[] = [];
  if (active.length > 1) problems.push('icebergCompatV1 and icebergCompatV2 exclude each other');
  if (columnMappingMode(after.metadata) === 'none')
    problems.push('delta.columnMapping.mode is not name or id');
  const hasVectors =
    feature === 'icebergCompatV1'
      ? isSupported(after.protocol, 'deletionVectors')
      : isEnabled(after, 'deletionVectors');
  if (hasVectors) problems.push('deletion vectors are on');
  const changesTable = plan.actions.some(({ kind }) => kind === 'metadata' || kind === 'protocol');
  if (changesTable) problems.push(...schemaProblems(feature, before, after));
  for (const action of plan.actions) {
    if (action.kind === 'add') problems.push(...fileProblems(action));
  }
  const turnsOn = before !== undefined && !isEnabled(before, feature);
  if (turnsOn) {
    const removed = new Set(plan.actions.flatMap((a) => (a.kind === 'remove' ? [a.path] : [])));
    for (const file of before.files.values())
      if (!removed.has(file.path)) problems.push(...fileProblems(file));
  }
  return problems.map((problem) => ({ feature, problem }));
}

function fileProblems(file: AddFile): string[] {
  const problems: string[] = [];
  if (file.deletionVector) problems.push(`${file.path} has a deletion vector`);
  if (rowCountOf(file.stats) === undefined) problems.push(`${file.path} has no numRecords in its statistics`);
  return problems;
}

function schemaProblems(
  feature: 'icebergCompatV1' | 'icebergCompatV2',
  before: Snapshot | undefined,
  after: Pick<Snapshot, 'metadata' | 'schema'>,
): string[] {
  const problems: string[] = [];
  for (const type of walkTypes(after.schema)) {
    if (type.kind === 'primitive' && (type.name === 'void' || type.name === 'variant'))
      problems.push(`Iceberg has no type for ${type.name}`);
    if (feature === 'icebergCompatV1' && (type.kind === 'array' || type.kind === 'map'))
      problems.push(`its first version has no type for ${type.kind}`);
  }
  const [was, is] = [before?.metadata.partitionColumns ?? [], after.metadata.partitionColumns];
  if (was.length > 0 && was.join('\0') !== is.join('\0'))
    problems.push(`it is partitioned by ${was.join(', ')}, and can't be by ${is.join(', ') || 'nothing'}`);
  for (const { field } of walkFields(after.schema)) {
    const changes = field.metadata['delta.typeChanges'];
    for (const change of Array.isArray(changes) ? (changes as readonly Json[]) : []) {
      const { fromType, toType } = change as { readonly fromType?: Json; readonly toType?: Json };
      if (!isIcebergWidening(String(fromType), String(toType)))
        problems.push(
          `${field.name} was widened from ${String(fromType)} to ${String(toType)}, which Iceberg has not`,
        );
    }
  }
  return problems;
}

function isIcebergWidening(from: string, to: string): boolean {
  const whole = ['byte', 'short', 'integer', 'long'];
  if (whole.includes(from) && whole.includes(to)) return true;
  if (from === 'float' && to === 'double') return true;
  const scale = (type: string): string | undefined => /^decimal\(\d+,\s*(\d+)\)$/.exec(type)?.[1];
  return scale(from) !== undefined && scale(from) === scale(to);
}
