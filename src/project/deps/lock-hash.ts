/**
 * The hash by which package-lock.yml tells whether packages.yml has changed since.
 *
 * A lock file may be written by dbt and read here, or the other way round, so the hash must be dbt's to the
 * bit: every key that an entry of its kind can have counts, absent ones with their defaults, together with
 * the entry as it was written, before rendering. The order of the entries doesn't count. Pure.
 */
import { createHash } from 'node:crypto';
import { toJson } from '../../jinja/index.ts';
import { asValue } from '../render-yaml.ts';
import type { PlainDict } from '../yaml-value.ts';

/** One entry of packages.yml, before and after its Jinja was rendered. */
export interface LockedEntry {
  readonly written: PlainDict;
  readonly rendered: PlainDict;
}

const gitDefaults: PlainDict = { revision: null, 'warn-unpinned': null, subdirectory: null };

/** What absent keys count as, by the key that tells an entry's kind. `name` counts only where it is given. */
const defaults: Readonly<Record<string, PlainDict>> = {
  local: {},
  tarball: {},
  git: gitDefaults,
  private: { ...gitDefaults, provider: null },
  package: { install_prerelease: false },
};

/**
 * The `sha1_hash` of a package-lock.yml for these entries.
 *
 * @param entries each valid: with exactly one of the keys that tell its kind, and none that its kind hasn't.
 */
export function packagesHash(entries: readonly LockedEntry[]): string {
  const lines = entries.map(({ written, rendered }) => {
    const kind = Object.keys(defaults).find((key) => rendered[key] !== undefined);
    const facts: PlainDict = {
      ...(kind === undefined ? {} : defaults[kind]),
      ...rendered,
      unrendered: written,
    };
    if (facts['name'] === null) delete facts['name'];
    return toJson(asValue(facts), { sortKeys: true, indent: undefined });
  });
  // All of it is ASCII, so the order of UTF-16 units is that of code points.
  return createHash('sha1').update(lines.sort().join('\n')).digest('hex');
}
