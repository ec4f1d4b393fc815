/** A source's freshness thresholds, from the four places that may set them. */
import { isPlainDict } from '../project/index.ts';
import type { Plain } from './manifest.ts';

/** One place: whether it says anything, and what. */
export interface FreshnessPlace {
  readonly owner: Plain;
  readonly isSet: boolean;
}

/**
 * What all places say together, lowest first; null where the last word is "none", undefined when
 * nobody says anything. Pure.
 */
export function sourceFreshness(places: readonly FreshnessPlace[]): Plain | null | undefined {
  // A place that says nothing counts as an empty threshold, one that says null as none at all.
  const values = places.map(({ owner, isSet }) => (isSet ? thresholdOf(owner['freshness']) : empty()));
  let merged: Plain | null = values[0] ?? null;
  for (const next of values.slice(1)) {
    if (merged !== null && next !== null) merged = mergeTwo(merged, next);
    else if (merged === null && next !== null && says(next)) merged = next;
    else merged = null;
  }
  if (merged !== null && !says(merged)) return undefined;
  return merged;
}

function mergeTwo(base: Plain, next: Plain): Plain {
  return {
    warn_after: mergeTimes(base['warn_after'], next['warn_after']),
    error_after: mergeTimes(base['error_after'], next['error_after']),
    filter: next['filter'] ?? base['filter'] ?? null,
  };
}

function mergeTimes(base: unknown, next: unknown): unknown {
  if (next === null) return null;
  if (!isPlainDict(base)) return next;
  if (!isPlainDict(next)) return base;
  return { count: next['count'] ?? base['count'] ?? null, period: next['period'] ?? base['period'] ?? null };
}

function thresholdOf(value: unknown): Plain | null {
  if (!isPlainDict(value)) return null;
  return {
    warn_after: timeOf(value, 'warn_after'),
    error_after: timeOf(value, 'error_after'),
    filter: value['filter'] ?? null,
  };
}

function timeOf(value: Plain, key: string): Plain | null {
  if (!(key in value)) return { count: null, period: null };
  const time = value[key];
  return isPlainDict(time) ? { count: time['count'] ?? null, period: time['period'] ?? null } : null;
}

function empty(): Plain {
  return {
    warn_after: { count: null, period: null },
    error_after: { count: null, period: null },
    filter: null,
  };
}

function says(threshold: Plain): boolean {
  return ['warn_after', 'error_after'].some((key) => {
    const time = threshold[key];
    return isPlainDict(time) && time['count'] !== null && time['period'] !== null;
  });
}
