/** `clean`: removes what commands have generated. */
import { rm, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { keepSecrets } from '../base/index.ts';
import { readDepsProject } from '../project/index.ts';
import { workflowErrors } from './errors.ts';
import { findProjectDir } from './find-project.ts';
import type { ProjectOptions } from './options.ts';
import { readVars } from './read-project.ts';

/** What was removed. */
export interface CleanResult {
  /** Absolute paths. */
  readonly removed: readonly string[];
}

/**
 * Removes the folders of `clean-targets` (`target` unless the project says otherwise).
 *
 * Only folders inside the project are removed, and none that holds the project's own files.
 *
 * @throws workflows.unsafe-clean before anything is removed.
 */
export async function clean(options: ProjectOptions = {}): Promise<CleanResult> {
  const env = options.env ?? process.env;
  keepSecrets(env);
  const facts = { env, vars: readVars(options.vars) };
  const ignoresVersion = options.versionCheck === false;
  // What is to be removed doesn't depend on a profile, nor on packages being there.
  const { root, config } = readDepsProject(findProjectDir(options.projectDir), facts, ignoresVersion);
  const own = [
    ...config.modelPaths,
    ...config.seedPaths,
    ...config.snapshotPaths,
    ...config.analysisPaths,
    ...config.macroPaths,
    ...config.testPaths,
    ...config.assetPaths,
    'dbt_project.yml',
  ].map((path) => resolve(root, path));
  const targets = config.cleanTargets.map((path) => resolve(root, path));
  for (const path of targets) {
    const inside = relative(root, path);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw workflowErrors['unsafe-clean']({ path, why: 'it is not a folder inside the project' });
    }
    const source = own.find((file) => file === path || file.startsWith(path + sep));
    if (source !== undefined) {
      throw workflowErrors['unsafe-clean']({
        path,
        why: `it holds the project's own ${relative(root, source)}`,
      });
    }
  }
  const removed: string[] = [];
  for (const path of targets) {
    if ((await stat(path).catch(() => undefined)) === undefined) continue;
    await rm(path, { recursive: true, force: true });
    removed.push(path);
  }
  return { removed };
}
