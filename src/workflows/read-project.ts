/** Finding and reading a project, without compiling it. */
import { isBoathouseError, keepSecrets } from '../base/index.ts';
import { type Project, parseVars, readProject } from '../project/index.ts';
import { findProjectDir } from './find-project.ts';
import type { ProjectOptions } from './options.ts';

/** Reads the project that `options` name without compiling it, on the branch that they name. @throws project.*, catalog.no-branch */
export async function readProjectOnly(options: ProjectOptions): Promise<Project> {
  keepSecrets(options.env ?? process.env);
  const request = {
    projectDir: findProjectDir(options.projectDir),
    profilesDir: options.profilesDir,
    profile: options.profile,
    target: options.target,
    threads: options.threads,
    vars: readVars(options.vars),
    ignoreVersion: options.versionCheck === false,
    env: options.env ?? process.env,
  };
  let project: Project;
  let isByTarget = false;
  try {
    project = withOptions(await readProject(request), options);
  } catch (error) {
    // A target that the profile doesn't have may be a branch of its default target's lake.
    if (!isBoathouseError(error, 'project.no-target') || options.target === undefined) throw error;
    const { hasBranch } = await import('./branch-project.ts');
    const other = await readProject({ ...request, target: undefined }).catch(() => {
      throw error;
    });
    project = withOptions(other, options);
    if (!(await hasBranch(project, options.target))) throw error;
    isByTarget = true;
  }
  const branch = options.branch ?? (isByTarget ? options.target : project.profile.lakehouse.branch);
  if (branch === undefined || branch === 'main') return project;
  return (await import('./branch-project.ts')).onBranch(project, branch);
}

/** What the command line says of storage wins over the profile's secrets and options. */
function withOptions(project: Project, { storageOptions }: ProjectOptions): Project {
  if (storageOptions === undefined) return project;
  const { profile } = project;
  const { lakehouse } = profile;
  const all = { ...lakehouse.storageOptions, ...storageOptions };
  return { ...project, profile: { ...profile, lakehouse: { ...lakehouse, storageOptions: all } } };
}

/** `--vars` as a dictionary, whichever way it was given. @throws project.bad-vars */
export function readVars(vars: ProjectOptions['vars']): Record<string, unknown> {
  return typeof vars === 'string' ? parseVars(vars) : { ...vars };
}
