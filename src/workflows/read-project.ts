/** Finding and reading a project, without compiling it. */
import { type Project, parseVars, readProject } from '../project/index.ts';
import { findProjectDir } from './find-project.ts';
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

/** `--vars` as a dictionary, whichever way it was given. @throws project.bad-vars */
export function readVars(vars: ProjectOptions['vars']): Record<string, unknown> {
  return typeof vars === 'string' ? parseVars(vars) : { ...vars };
}
