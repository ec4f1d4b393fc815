/**
 * Row ids: every file gets a range of its own, above the highest ever given, anew at each attempt.
 *
 * Source: Delta protocol, "Row Tracking".
 */
import { type Json, parseJson, type Random } from '../../base/index.ts';
import { type Action, type AddFile, type DomainMetadata, fileKey, type Metadata } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { isSupported } from '../features.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { rowCountOf } from './stats-text.ts';

/** The domain that holds the highest row id given so far. */
export const rowTrackingDomain = 'delta.rowTracking';

/** The property that names the column in which files keep row ids of their own. */
export const rowIdColumnProperty = 'delta.rowTracking.materializedRowIdColumnName';

/** The property that names the column in which files keep row commit versions of their own. */
export const rowVersionColumnProperty = 'delta.rowTracking.materializedRowCommitVersionColumnName';

/** `metadata` with the columns that row ids need named: as they were before, else by new names. */
export function withRowIdColumns(metadata: Metadata, before: Metadata | undefined, random: Random): Metadata {
  if (!isOn(metadata, 'delta.enableRowTracking')) return metadata;
  const configuration = new Map(metadata.configuration);
  for (const [key, prefix] of [
    [rowIdColumnProperty, '_row-id-col-'],
    [rowVersionColumnProperty, '_row-commit-version-col-'],
  ] as const) {
    // The names must stay: files written before hold columns called so.
    const known = before?.configuration.get(key) ?? configuration.get(key);
    configuration.set(key, known ?? `${prefix}${random.uuid()}`);
  }
  return { ...metadata, configuration };
}

/** What the state before a commit says about its row ids. */
export interface RowIdsBefore {
  readonly files: Pick<Snapshot['files'], 'values'>;
  readonly domain: DomainMetadata | undefined;
  readonly metadata: Metadata | undefined;
}

/**
 * `actions` with ids for the rows they add, as version `version`, and the high-water mark when it rises.
 * When row tracking is turned on, the files that are there already get theirs too.
 *
 * A file that carries ids (it was in the table before) keeps them.
 *
 * @throws delta.broken-promise when a file doesn't say how many rows it has.
 */
export function withRowIds(
  table: string,
  actions: readonly Action[],
  after: Pick<Snapshot, 'protocol' | 'metadata'>,
  before: RowIdsBefore,
  version: number,
): readonly Action[] {
  if (!isSupported(after.protocol, 'rowTracking')) return actions;
  if (isOn(after.metadata, 'delta.rowTrackingSuspended')) return actions;
  const known = highWaterMark(table, before.domain);
  let highest = known;
  const given: Action[] = [];
  const assign = (file: AddFile): AddFile => {
    const rowCount = rowCountOf(file.stats);
    if (rowCount === undefined) {
      const problem = `${file.path} has no row count in its statistics, so its rows can't be numbered`;
      throw deltaErrors['broken-promise']({ table, feature: 'rowTracking', problem });
    }
    const base = file.baseRowId === undefined ? highest + 1n : BigInt(file.baseRowId);
    const last = base + BigInt(rowCount) - 1n;
    if (last > highest) highest = last;
    return {
      ...file,
      baseRowId: narrow(base),
      defaultRowCommitVersion: file.defaultRowCommitVersion ?? version,
    };
  };
  // Ids that files bring along come first: new ones must be above all of them.
  for (const action of actions) {
    if (action.kind === 'domain' && action.domain === rowTrackingDomain && !action.removed) {
      const mark = highWaterMark(table, action);
      if (mark > highest) highest = mark;
    }
    if (action.kind === 'add' && action.baseRowId !== undefined) assign(action);
  }
  for (const action of actions) {
    if (action.kind === 'domain' && action.domain === rowTrackingDomain) continue;
    given.push(action.kind === 'add' ? assign(action) : action);
  }
  for (const file of backfill(actions, after.metadata, before, assign)) given.push(file);
  if (highest === known && before.domain !== undefined) return given;
  const configuration = `{"rowIdHighWaterMark":${highest}}`;
  return [...given, { kind: 'domain', domain: rowTrackingDomain, configuration, removed: false }];
}

/** The files without ids, described anew with some, when the commit turns row tracking on. */
function backfill(
  actions: readonly Action[],
  metadata: Metadata,
  before: RowIdsBefore,
  assign: (file: AddFile) => AddFile,
): AddFile[] {
  const turnsOn =
    isOn(metadata, 'delta.enableRowTracking') &&
    before.metadata !== undefined &&
    !isOn(before.metadata, 'delta.enableRowTracking');
  if (!turnsOn) return [];
  const touched = new Set<string>();
  for (const action of actions) {
    if (action.kind === 'add' || action.kind === 'remove') touched.add(fileKey(action));
  }
  const described: AddFile[] = [];
  for (const file of before.files.values()) {
    const isComplete = file.baseRowId !== undefined && file.defaultRowCommitVersion !== undefined;
    if (!isComplete && !touched.has(fileKey(file))) described.push(assign({ ...file, dataChange: false }));
  }
  return described;
}

/** -1 before any id was given. */
function highWaterMark(table: string, domain: DomainMetadata | undefined): bigint {
  if (domain === undefined) return -1n;
  let body: Json = null;
  try {
    body = parseJson(domain.configuration);
  } catch {
    // Told below, with what stands there.
  }
  const mark =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Readonly<Record<string, Json>>)['rowIdHighWaterMark']
      : undefined;
  if (typeof mark === 'bigint' || (typeof mark === 'number' && Number.isSafeInteger(mark)))
    return BigInt(mark);
  throw deltaErrors['broken-promise']({
    table,
    feature: 'rowTracking',
    problem: `its domain holds no rowIdHighWaterMark: ${domain.configuration}`,
  });
}

function narrow(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function isOn(metadata: Metadata, key: string): boolean {
  return metadata.configuration.get(key)?.toLowerCase() === 'true';
}
