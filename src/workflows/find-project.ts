/** Where the project is. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The nearest folder with a dbt_project.yml, from `given` or the working directory upwards; where to begin
 * when there is none. A `given` that isn't a folder is taken as it is: a slip of the pen must not find
 * another project above it.
 */
export function findProjectDir(given: string | undefined): string {
  const start = resolve(given ?? '.');
  if (given !== undefined && statSync(start, { throwIfNoEntry: false })?.isDirectory() !== true) return start;
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, 'dbt_project.yml'))) return at;
    if (dirname(at) === at) return start;
  }
}
