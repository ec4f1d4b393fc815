/** Finding and reading a project, without compiling it. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseVars, type Project, readProject } from '../project/index.ts';
import { keepSecrets } from './keep-secrets.ts';
import type { ProjectOptions } from './options.ts';

/** Reads the project that `options` name without compiling it. @throws project.* */
export async function readProjectOnly(options: ProjectOptions): Promise<Project> {
  keepSecrets(options.env ?? process.env);
  return await readProject({
    projectDir: findProjectDir(options.projectDir),
    profilesDir: options.profilesDir,
    profile: options.profile,
    target: options.target,
    threads: options.threads,
    vars: readVars(options.vars),
    ignoreVersion: options.versionCheck === false,
    env: options.env ?? process.env,
  });
}

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

/** `--vars` as a dictionary, whichever way it was given. @throws project.bad-vars */
export function readVars(vars: ProjectOptions['vars']): Record<string, unknown> {
  return typeof vars === 'string' ? parseVars(vars) : { ...vars };
}
