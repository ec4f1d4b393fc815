/** What two recordings of one plan don't agree on, a line for each. */
import type { After } from './recording.ts';

/** Lines of the form `step: where: dbt …; ours …`, empty when both are the same. */
export function differences(theirs: readonly After[], ours: readonly After[]): string[] {
  const found: string[] = [];
  for (const [index, after] of theirs.entries()) {
    const other = ours[index];
    if (other === undefined) throw new Error('both recordings have a part for every command');
    const { tail: _theirs, ...wanted } = after;
    const { tail: _ours, ...got } = other;
    compare(`${index + 1} ${after.command}`, wanted, got, found);
  }
  return found;
}

function compare(path: string, theirs: unknown, ours: unknown, found: string[]): void {
  if (isObject(theirs) && isObject(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      compare(`${path} > ${key}`, theirs[key], ours[key], found);
    }
    return;
  }
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    for (const [index, item] of theirs.entries()) compare(`${path} > ${index}`, item, ours[index], found);
    return;
  }
  if (theirs === ours) return;
  const from = typeof theirs === 'string' && typeof ours === 'string' ? firstDifference(theirs, ours) : 0;
  found.push(`${path}: dbt ${shown(theirs, from)}; ours ${shown(ours, from)}`);
}

/** Long texts are shown from a little before the place where they part. */
function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return Math.max(0, at - 60);
}

function shown(value: unknown, from: number): string {
  if (typeof value === 'string' && from > 0) return shown(`…${value.slice(from)}`, 0);
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
