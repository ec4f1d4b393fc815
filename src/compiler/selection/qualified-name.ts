/** Names as paths through folders: how `--select staging.orders` finds models. */
import { hasWildcard, matchesGlob } from './glob.ts';

/**
 * Whether `name` means the resource with this fqn, with or without its package in front.
 *
 * @param isVersioned whether the fqn ends in a version: `[…, 'dim', 'v2']`, which `dim`, `dim.v2` and
 * `dim_v2` all mean.
 */
export function matchesQualifiedName(fqn: readonly string[], name: string, isVersioned: boolean): boolean {
  return matchesFrom(fqn, name, isVersioned) || matchesFrom(fqn.slice(1), name, isVersioned);
}

function matchesFrom(fqn: readonly string[], name: string, isVersioned: boolean): boolean {
  const leaf = fqn.at(isVersioned ? -2 : -1);
  if (leaf === name) return true;
  const steps = name.split('.');
  if (isVersioned && fqn.slice(-2).join('_') === steps.slice(-2).join('_')) return true;
  // Dots in a folder's or model's name count as steps, too.
  const flat = fqn.flatMap((part) => part.split('.'));
  if (flat.length < steps.length) return false;
  for (const [i, step] of steps.entries()) {
    if (hasWildcard(step)) {
      // From the first wildcard on, the pattern is matched against all that is left.
      if (matchesGlob(flat.slice(i).join('.'), steps.slice(i).join('.'))) return true;
      return steps.length === 1 && leaf !== undefined && matchesGlob(leaf, name);
    }
    if (flat[i] !== step) return false;
  }
  return true;
}
