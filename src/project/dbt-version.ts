/** The dbt that projects may require, and whether they require it. */
import { dbtVersion, type SourceLocation } from '../base/index.ts';
import { projectErrors } from './errors.ts';

/**
 * Stops unless `dbtVersion` fulfils every requirement in `specs`.
 *
 * @param specs comparisons such as `>=1.8.0`; one text may hold several with commas between.
 * @throws project.version-mismatch, project.bad-version
 */
export function checkDbtVersion(project: string, specs: readonly string[], location: SourceLocation): void {
  for (const spec of specs.flatMap((text) => text.split(','))) {
    const match = comparison.exec(spec.trim());
    if (!match) throw projectErrors['bad-version']({ spec }, { location });
    if (compareVersions(dbtVersion, match[2] ?? '', match[1] ?? '=')) continue;
    throw projectErrors['version-mismatch'](
      { project, required: specs.join(', '), spoken: dbtVersion },
      { location },
    );
  }
}

const comparison = /^(>=|<=|>|<|=)?\s*v?(\d+\.\d+\.\d+(?:-?(?:a|b|rc)[\w.]*|-[\w.-]+)?(?:\+[\w.-]+)?)$/;

function compareVersions(have: string, want: string, operator: string): boolean {
  const order = versionOrder(have, want);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    default:
      return order === 0;
  }
}

/** Negative, zero or positive; a version with a suffix comes before the same one without. */
function versionOrder(a: string, b: string): number {
  const [left, right] = [splitVersion(a), splitVersion(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.suffix === right.suffix) return 0;
  if (left.suffix === '') return 1;
  if (right.suffix === '') return -1;
  return left.suffix < right.suffix ? -1 : 1;
}

function splitVersion(version: string): { numbers: number[]; suffix: string } {
  const match = /^(\d+)\.(\d+)\.(\d+)([^+]*)/.exec(version);
  return { numbers: (match ?? []).slice(1, 4).map(Number), suffix: match?.[4] ?? '' };
}
