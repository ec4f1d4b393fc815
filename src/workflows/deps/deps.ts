/** `deps`: installs the packages that a project asks for, as its lock file says or as versions are chosen now. */
import { resolve } from 'node:path';
import { dbtVersion, keepSecrets, systemClock, systemRandom } from '../../base/index.ts';
import { type DepsFacts, readDepsProject } from '../../project/index.ts';
import type { Emit } from '../../runner/index.ts';
import { findProjectDir } from '../find-project.ts';
import { LogFile } from '../log-file.ts';
import { logFileOf } from '../log-options.ts';
import type { ProjectOptions } from '../options.ts';
import { readVars } from '../read-project.ts';
import { runDeps } from './run-deps.ts';

/** What is installed, and how. */
export interface DepsOptions extends ProjectOptions {
  /** Only package-lock.yml is written. */
  readonly lock?: boolean | undefined;
  /** Versions are chosen anew, whatever the lock file says. */
  readonly upgrade?: boolean | undefined;
  /** Adds a package to packages.yml first: `name@version`. */
  readonly addPackage?: string | undefined;
  /** What `addPackage` is; `hub` unless given. */
  readonly source?: 'hub' | 'git' | 'local' | undefined;
  /** A folder with packages: nothing goes to the network. Else `BOATHOUSE_PACKAGE_VENDOR`, the project's flag. */
  readonly vendor?: string | undefined;
  /** What is fetched is kept in the vendor folder, which isn't read. */
  readonly fillVendor?: boolean | undefined;
  /** Nothing is written: versions are chosen, and what would be installed is told. */
  readonly dryRun?: boolean | undefined;
}

/** One package of the project's. */
export interface InstalledPackage {
  /** Its project's name, which is its folder's name. */
  readonly name: string;
  readonly kind: 'hub' | 'git' | 'local' | 'tarball';
  /** As packages.yml names it. */
  readonly package: string;
  /** Of the hub: the version; of a repository: the commit. */
  readonly version: string | null;
  /** Of the hub: the newest version there is, as far as the hub was asked. */
  readonly latest: string | null;
}

/** What was done. */
export interface DepsResult {
  readonly packages: readonly InstalledPackage[];
  /** Absolute path of the folder that they are in. */
  readonly folder: string;
  /** Whether package-lock.yml was written. */
  readonly locked: boolean;
  /** False with `lock` and `dryRun`. */
  readonly installed: boolean;
}

/**
 * Chooses versions where that is needed, writes package-lock.yml, and installs what it says.
 *
 * The old packages stay until all new ones are there. Needs no profile.
 *
 * @throws project.*, workflows.package-unreachable, workflows.package-not-found and the rest of what fetching throws
 */
export async function deps(options: DepsOptions = {}): Promise<DepsResult> {
  const env = options.env ?? process.env;
  keepSecrets(env);
  const facts: DepsFacts = { env, vars: readVars(options.vars) };
  const project = readDepsProject(findProjectDir(options.projectDir), facts, options.versionCheck === false);
  const { flags, logPath } = project.config;
  const invocationId = systemRandom.uuid();
  const log =
    options.logPath === null
      ? undefined
      : new LogFile(
          resolve(project.root, options.logPath ?? logPath),
          invocationId,
          logFileOf(options, flags),
        );
  const emit: Emit = (event) => {
    log?.write(event);
    options.emit?.(event);
  };
  try {
    const atMs = systemClock.nowMs();
    emit({ kind: 'invoked', atMs, invocationId, command: 'deps', dbtVersion, adapterVersion: null, flags });
    return await runDeps(project, facts, options, emit);
  } finally {
    log?.close();
  }
}
