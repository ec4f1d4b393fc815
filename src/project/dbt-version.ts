/** The dbt that projects may require, and whether they require it. */
import { assert, dbtVersion, type SourceLocation } from '../base/index.ts';
import { fulfils, parseVersionBound } from './deps/hub-version.ts';
import { projectErrors } from './errors.ts';

/**
 * Stops unless `dbtVersion` fulfils every requirement in `specs`. Prereleases stand in the order of semantic
 * versioning: `rc9` before `rc.10`, and both before the release.
 *
 * @param specs comparisons such as `>=1.8.0`; one text may hold several with commas between.
 * @throws project.version-mismatch, project.bad-version
 */
export function checkDbtVersion(
  project: string,
  specs: readonly string[],
  location: SourceLocation,
  spoken: string = dbtVersion,
): void {
  const have = parseVersionBound(spoken);
  assert(have !== undefined, 'the version that is spoken is one');
  for (const spec of specs.flatMap((text) => text.split(','))) {
    const bound = parseVersionBound(spec.trim().replace(/^([<>=]*)\s*v?/, '$1'));
    if (bound === undefined) throw projectErrors['bad-version']({ spec }, { location });
    if (fulfils(have.version, bound)) continue;
    throw projectErrors['version-mismatch']({ project, required: specs.join(', '), spoken }, { location });
  }
}
