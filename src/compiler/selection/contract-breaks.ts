/**
 * Contracts that were kept in an earlier run and are broken now. Whoever compares with that run is told: a version's
 * break is an error, another model's a warning.
 */
import type { Manifest } from '../manifest.ts';
import { selectionErrors } from './errors.ts';
import { dictOf } from './universe.ts';

type Entry = Readonly<Record<string, unknown>>;

/** A break that is told of, and no error. */
export interface ContractBreak {
  readonly code: 'compiler.unversioned-break';
  readonly message: string;
  readonly hint: string;
}

/**
 * Tells of every model whose contract of then is broken now, in the order of then.
 *
 * @throws compiler.broken-contract for the first one that has a version
 */
export function tellContractBreaks(
  manifest: Manifest,
  previous: Manifest,
  tell: (warning: ContractBreak) => void,
): void {
  for (const [id, before] of Object.entries(previous.nodes) as [string, unknown][] as [string, Entry][]) {
    if (before['resource_type'] !== 'model' || !isEnforced(before)) continue;
    const breaks = breaksOf(id, before, manifest);
    if (breaks.length === 0) continue;
    const error = selectionErrors['broken-contract']({ model: id, problem: breaks.join('; ') });
    if (before['version'] != null) throw error;
    tell({ code: 'compiler.unversioned-break', message: error.message, hint: error.hint ?? '' });
  }
}

function breaksOf(id: string, before: Entry, manifest: Manifest): readonly string[] {
  const now = manifest.nodes[id] as unknown as Entry | undefined;
  // dbt says nothing of models that are gone.
  if (now === undefined) return [];
  if (isEnforced(now) && checksum(now) === checksum(before)) return [];
  const breaks = isEnforced(now) ? [] : ['it is no longer enforced'];
  const columns = dictOf(now['columns']);
  const isHeld = holdsConstraints(before);
  let hasConstraints = constraintsOf(before).length > 0;
  for (const [name, column] of Object.entries(dictOf(before['columns']))) {
    const then = dictOf(column);
    hasConstraints ||= constraintsOf(then).length > 0;
    if (!(name in columns)) {
      breaks.push(`the column ${name} is gone`);
      continue;
    }
    const is = dictOf(columns[name]);
    if (bareType(then['data_type']) !== bareType(is['data_type']))
      breaks.push(`the column ${name} was ${String(then['data_type'])} and is ${String(is['data_type'])}`);
    if (isHeld) for (const kind of removed(then, is)) breaks.push(`the column ${name} has lost its ${kind}`);
  }
  if (isHeld) for (const kind of removed(before, now)) breaks.push(`it has lost its ${kind}`);
  if (isHeld && hasConstraints && !holdsConstraints(now))
    breaks.push(`it was a ${materialized(before)}, where constraints hold, and is a ${materialized(now)}`);
  return breaks;
}

function isEnforced(entry: Entry): boolean {
  return dictOf(entry['contract'])['enforced'] === true;
}

function checksum(entry: Entry): unknown {
  return dictOf(entry['contract'])['checksum'];
}

function materialized(entry: Entry): string {
  return String(dictOf(entry['config'])['materialized']);
}

function holdsConstraints(entry: Entry): boolean {
  return materialized(entry) === 'table' || materialized(entry) === 'incremental';
}

function constraintsOf(entry: Entry): readonly unknown[] {
  return Array.isArray(entry['constraints']) ? entry['constraints'] : [];
}

/** The constraints of `before` that `now` hasn't. DuckDB keeps all but those that a user names `custom`. */
function removed(before: Entry, now: Entry): readonly string[] {
  const kept = new Set(constraintsOf(now).map((one) => JSON.stringify(one)));
  return constraintsOf(before)
    .filter((one) => !kept.has(JSON.stringify(one)) && dictOf(one)['type'] !== 'custom')
    .map((one) => `constraint ${String(dictOf(one)['name'] ?? dictOf(one)['type'])}`);
}

/** A type without its size: to widen one is no break. */
function bareType(type: unknown): string | null {
  return typeof type === 'string' && type !== '' ? (type.split('(')[0] ?? '').trim().toLowerCase() : null;
}
