/** How dbt names a generic test: from its macro, what it is on, and its arguments. */
import { hash } from 'node:crypto';
import { isPlainDict } from '../project/index.ts';
import type { Plain } from './manifest.ts';
import { pythonRepr, pythonStr } from './python-repr.ts';

/** A test's names. */
export interface TestNames {
  /** The node's name, part of its unique id. */
  readonly full: string;
  /** At most 63 characters: file name, and alias when the full name is longer. */
  readonly short: string;
}

/**
 * The names of a test that wasn't given one. Pure.
 *
 * @param kind the macro, with its package in front and `source_` where it is on a source.
 * @param on the model's or source's name.
 */
export function testNames(kind: string, on: string, args: Plain): TestNames {
  const flat: string[] = [];
  for (const name of Object.keys(args).sort(byCodePoint)) {
    if (name === 'model') continue;
    const value = args[name];
    const parts = isPlainDict(value) ? Object.values(value) : Array.isArray(value) ? value : [value];
    for (const part of parts) flat.push(pythonStr(part).replace(/[^0-9a-zA-Z_]+/g, '_'));
  }
  const identifier = `${kind}_${on}`;
  const full = `${identifier}_${flat.join('__')}`;
  if ([...full].length < 64) return { full, short: full };
  return { full, short: `${[...identifier].slice(0, 30).join('')}_${md5(full)}` };
}

/** The ten hex digits at the end of a generic test's unique id. Pure. */
export function testHash(
  name: string,
  metadata: { namespace: string | null; name: string; kwargs: Plain },
): string {
  return md5(name + hashable(metadata as unknown as Plain)).slice(-10);
}

/** Python's `repr` of the metadata with sorted keys and every leaf as text. */
function hashable(value: unknown): string {
  if (isPlainDict(value)) {
    const entries = Object.keys(value)
      .sort(byCodePoint)
      .map((key) => `${pythonRepr(key)}: ${hashable(value[key])}`);
    return `{${entries.join(', ')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(hashable).join(', ')}]`;
  return pythonRepr(pythonStr(value));
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function md5(text: string): string {
  return hash('md5', text);
}
