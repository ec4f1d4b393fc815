/** `deps`: installs the packages that a project asks for, as its lock file says or as versions are chosen now. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dbtVersion, keepSecrets, systemClock, systemRandom } from '../../base/index.ts';
import {
  type DepsFacts,
  type DepsProject,
  lockFileName,
  packagesHash,
  printLockFile,
  readDepsProject,
  readProjectLock,
} from '../../project/index.ts';
import type { Emit } from '../../runner/index.ts';
import { findProjectDir } from '../find-project.ts';
import { LogFile } from '../log-file.ts';
import { logFileOf } from '../log-options.ts';
import type { ProjectOptions } from '../options.ts';
import { readVars } from '../read-project.ts';
import { writingTo } from '../target-folder.ts';
import { readWarningRules } from '../warning-rules.ts';
import { type Addition, planAddition } from './add-package.ts';
import { openFetcher } from './fetcher.ts';
import { defaultHub, openHub } from './hub.ts';
import { type Installation, installFolder, openInstallation } from './install.ts';
import { lockEntry } from './lock-entry.ts';
import { networkSource, type PackageSource } from './package-source.ts';
import { nameOfPinned, pinLocked, type Resolved, resolvePackages } from './resolve.ts';
import { type Say, sayTo } from './say.ts';
import { warnerOf } from './warn.ts';

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
  /** Of the hub: the newest version there is. */
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
  const log =
    options.logPath === null
      ? undefined
      : new LogFile(
          resolve(project.root, options.logPath ?? logPath),
          systemRandom.uuid(),
          logFileOf(options, flags),
        );
  const emit: Emit = (event) => {
    log?.write(event);
    options.emit?.(event);
  };
  try {
    const atMs = systemClock.nowMs();
    const invocationId = systemRandom.uuid();
    emit({ kind: 'invoked', atMs, invocationId, command: 'deps', dbtVersion, adapterVersion: null, flags });
    return await new Deps(project, facts, options, emit).run();
  } finally {
    log?.close();
  }
}

class Deps {
  readonly #project: DepsProject;
  readonly #facts: DepsFacts;
  readonly #options: DepsOptions;
  readonly #say: Say;
  readonly #warn: ReturnType<typeof warnerOf>;

  constructor(project: DepsProject, facts: DepsFacts, options: DepsOptions, emit: Emit) {
    this.#project = project;
    this.#facts = facts;
    this.#options = options;
    this.#say = sayTo(emit);
    const { flags } = project.config;
    const given = options.warnErrorOptions;
    const all = options.warnError ?? flags['warn_error'] === true;
    const rules = readWarningRules(
      given ?? (options.warnError === true ? undefined : flags['warn_error_options']),
      given === undefined ? all : options.warnError === true,
    );
    this.#warn = warnerOf(rules, emit);
  }

  async run(): Promise<DepsResult> {
    for (const warning of this.#project.warnings) this.#warn.found(warning);
    const { root, config } = this.#project;
    const addition = await planAddition(this.#project, this.#facts, this.#options);
    const entries = addition?.entries ?? this.#project.list.entries;
    const hash = packagesHash(entries.map(({ whole }) => whole));
    const lock = this.#options.upgrade === true ? undefined : readProjectLock(root, this.#facts);
    const needsLock = lock === undefined || lock.hash !== hash;
    const folder = await installFolder(root, config.packagesInstallPath);
    const isNothing = entries.length === 0 && (needsLock || lock.entries.length === 0);
    const keepsFiles = this.#options.lock === true || this.#options.dryRun === true;
    if (keepsFiles || isNothing) {
      const work = await mkdtemp(join(tmpdir(), 'boathouse-deps-'));
      try {
        return await this.#work(addition, hash, needsLock, folder, work, undefined);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    }
    const timeoutMs = (this.#options.lockTimeoutSeconds ?? 600) * 1000;
    return await writingTo(folder, async () => {
      const place = await openInstallation(folder, root, systemClock, timeoutMs);
      try {
        return await this.#work(addition, hash, needsLock, folder, place.work, place);
      } finally {
        await place.close();
      }
    });
  }

  async #work(
    addition: Addition | undefined,
    hash: string,
    needsLock: boolean,
    folder: string,
    work: string,
    place: Installation | undefined,
  ): Promise<DepsResult> {
    const { root, config, list } = this.#project;
    const { dryRun = false } = this.#options;
    const source = this.#open(work);
    this.#say('debug', 'M028', 'DepsSetDownloadDirectory', `Set downloads directory='${work}'`, {
      path: work,
    });
    let chosen: readonly Resolved[] | undefined;
    const entries = addition?.entries ?? list.entries;
    const lockFile = join(root, lockFileName);
    if (needsLock && entries.length > 0) chosen = await resolvePackages(config.name, entries, source);
    if (addition !== undefined && !dryRun) {
      if (addition.isNew)
        this.#say('info', 'Z017', 'Formatting', `Created ${list.fileName}`, {
          msg: `Created ${list.fileName}`,
        });
      for (const removed of addition.removed) {
        const shown = `{${Object.entries(removed)
          .map(([key, value]) => `'${key}': '${value}'`)
          .join(', ')}}`;
        this.#say(
          'info',
          'M033',
          'DepsFoundDuplicatePackage',
          `Found duplicate package in packages.yml, removing: ${shown}`,
          { removed_package: removed },
        );
      }
      await replaceFile(addition.path, addition.text);
      const { name, version } = addition;
      this.#say(
        'info',
        'M032',
        'DepsAddPackage',
        `Added new package ${name}@${version ?? 'None'} to ${addition.path}`,
        {
          package_name: name,
          version: version ?? '',
          packages_filepath: addition.path,
        },
      );
    }
    const nothing = (): DepsResult => ({
      packages: [],
      folder,
      locked: false,
      installed: place !== undefined,
    });
    if (needsLock && chosen === undefined) {
      this.#say('info', 'M013', 'DepsNoPackagesFound', 'Warning: No packages were found in packages.yml', {});
    }
    if (chosen !== undefined && !dryRun) {
      const texts = chosen.map((one) => lockEntry(one, this.#facts.env, this.#warn));
      await replaceFile(lockFile, printLockFile(texts, hash));
      this.#say('info', 'M031', 'DepsLockUpdating', `Updating lock file in file path: ${lockFile}`, {
        lock_filepath: lockFile,
      });
    }
    if (dryRun || this.#options.lock === true) {
      const packages = chosen ?? (await this.#locked(source));
      for (const one of packages) {
        if (dryRun) {
          const text = `Would install ${nameOfPinned(one.pinned)} ${versionName(one)}`;
          this.#say('info', 'M014', 'DepsStartPackageInstall', text, {
            package_name: nameOfPinned(one.pinned),
          });
        }
      }
      return {
        packages: packages.map(factsOf),
        folder,
        locked: chosen !== undefined && !dryRun,
        installed: false,
      };
    }
    const locked = await this.#lockedOnly(source);
    if (place === undefined || locked.length === 0) {
      if (chosen === undefined && !needsLock)
        this.#say(
          'info',
          'M013',
          'DepsNoPackagesFound',
          'Warning: No packages were found in packages.yml',
          {},
        );
      await rm(folder, { recursive: true, force: true });
      return nothing();
    }
    const packages = await this.#install(locked, source, place);
    await place.publish();
    this.#announceUpdates(packages);
    return { packages, folder, locked: chosen !== undefined, installed: true };
  }

  #open(work: string): PackageSource {
    const { root } = this.#project;
    const { env } = this.#facts;
    const { signal } = this.#options;
    const say = this.#say;
    const fetcher = openFetcher({ env, clock: systemClock, random: systemRandom, say, signal });
    const base = env['DBT_PACKAGE_HUB_URL'] || defaultHub;
    const hub = openHub(base, fetcher, say, this.#options.versionCheck !== false, (from, to) =>
      this.#warn.redirected(from, to),
    );
    return networkSource({
      root,
      facts: this.#facts,
      work,
      hub,
      fetcher,
      say,
      signal,
      warnUnpinned: (pinned) => this.#warn.unpinned(pinned),
    });
  }

  async #lockedOnly(source: PackageSource): Promise<readonly Omit<Resolved, 'facts'>[]> {
    const lock = readProjectLock(this.#project.root, this.#facts);
    return lock === undefined ? [] : await pinLocked(lock.entries, source);
  }

  async #locked(source: PackageSource): Promise<readonly Resolved[]> {
    const all: Resolved[] = [];
    for (const one of await this.#lockedOnly(source))
      all.push({ ...one, facts: await source.facts(one.pinned, one.location) });
    return all;
  }

  async #install(
    locked: readonly Omit<Resolved, 'facts'>[],
    source: PackageSource,
    place: Installation,
  ): Promise<readonly InstalledPackage[]> {
    const installed: InstalledPackage[] = [];
    for (const one of locked) {
      const { pinned, location } = one;
      const title = nameOfPinned(pinned);
      this.#say('info', 'M014', 'DepsStartPackageInstall', `Installing ${title}`, { package_name: title });
      const facts = await source.facts(pinned, location);
      const from = await source.files(pinned, location);
      if (pinned.kind === 'local')
        this.#say('debug', 'Z037', 'DepsCreatingLocalSymlink', 'Creating symlink to local dependency.', {});
      const how = await place.stage(facts.name, from, pinned.kind === 'local' ? 'link' : 'move', title);
      if (how === 'copied') {
        const text = 'Symlinks are not available on this OS, copying dependency.';
        this.#say('debug', 'Z038', 'DepsSymlinkNotAvailable', text, {});
      }
      const resolved = { ...one, facts };
      const version = versionName(resolved);
      this.#say('info', 'M015', 'DepsInstallInfo', `Installed from ${version}`, { version_name: version });
      if (pinned.kind === 'hub') this.#sayNewest(pinned.version, pinned.latest);
      if (pinned.kind === 'git' && pinned.subdirectory !== undefined) {
        const { subdirectory } = pinned;
        this.#say('info', 'M018', 'DepsListSubdirectory', `and subdirectory ${subdirectory}`, {
          subdirectory,
        });
      }
      installed.push(factsOf(resolved));
    }
    return installed;
  }

  #sayNewest(version: string, latest: string): void {
    if (version === latest) this.#say('info', 'M017', 'DepsUpToDate', 'Up to date!', {});
    else {
      const text = `Updated version available: ${latest}`;
      this.#say('info', 'M016', 'DepsUpdateAvailable', text, { version_latest: latest });
    }
  }

  #announceUpdates(packages: readonly InstalledPackage[]): void {
    const old = packages.filter(({ latest, version }) => latest !== null && latest !== version);
    if (old.length === 0) return;
    const names = old.map((one) => one.package);
    this.#say('info', 'Z017', 'Formatting', '', { msg: '' });
    const list = `[${names.map((name) => `'${name}'`).join(', ')}]`;
    const text = `Updates available for packages: ${list}                 \nUpdate your versions in packages.yml, then run dbt deps`;
    this.#say('info', 'M019', 'DepsNotifyUpdatesAvailable', text, { packages: names });
  }
}

function versionName({ pinned }: Omit<Resolved, 'facts'>): string {
  switch (pinned.kind) {
    case 'hub':
      return `version ${pinned.version}`;
    case 'git':
      return pinned.revision === 'HEAD' ? 'HEAD (default revision)' : `revision ${pinned.revision}`;
    case 'local':
      return `<local @ ${pinned.path}>`;
    case 'tarball':
      return `tarball (url: ${pinned.url})`;
  }
}

function factsOf({ pinned, facts }: Resolved): InstalledPackage {
  const { name, commit } = facts;
  return {
    name,
    kind: pinned.kind,
    package: nameOfPinned(pinned),
    version: pinned.kind === 'hub' ? pinned.version : (commit ?? null),
    latest: pinned.kind === 'hub' ? pinned.latest : null,
  };
}

/** Writes a file so that readers see the old text or the new one; nothing happens where they are the same. */
async function replaceFile(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await writingTo(path, async () => {
    const aside = `${path}.${systemRandom.uuid()}`;
    try {
      await writeFile(aside, text);
      await rename(aside, path);
    } finally {
      await rm(aside, { force: true });
    }
  });
}
