/** Finding and reading a project, without compiling it. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseVars, type Project, readProject } from '../project/index.ts';
import type { ProjectOptions } from './options.ts';

/** Reads the project that `options` name without compiling it. @throws project.* */
export async function readProjectOnly(options: ProjectOptions): Promise<Project> {
  return await readProject({
    projectDir: findProjectDir(options.projectDir ?? process.cwd()),
    profilesDir: options.profilesDir,
    profile: options.profile,
    target: options.target,
    threads: options.threads,
    vars: readVars(options.vars),
    ignoreVersion: options.versionCheck === false,
    env: options.env ?? process.env,
  });
}

/** The nearest folder with a dbt_project.yml, from `folder` upwards; `folder` itself where there is none. */
export function findProjectDir(folder: string): string {
  const start = resolve(folder);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, 'dbt_project.yml'))) return at;
    if (dirname(at) === at) return start;
  }
}

/** `--vars` as a dictionary, whichever way it was given. @throws project.bad-vars */
export function readVars(vars: ProjectOptions['vars']): Record<string, unknown> {
  return typeof vars === 'string' ? parseVars(vars) : { ...vars };
}
