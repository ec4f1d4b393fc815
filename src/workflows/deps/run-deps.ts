/** The steps of `deps`: choose, lock, install. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  type DepsFacts,
  type DepsProject,
  lockFileName,
  type PackageEntry,
  type Pinned,
  packagesHash,
  printLockFile,
  readProjectLock,
  titleOf,
} from '../../project/index.ts';
import type { Emit } from '../../runner/index.ts';
import { writingTo } from '../target-folder.ts';
import { readWarningRules } from '../warning-rules.ts';
import { type Addition, planAddition } from './add-package.ts';
import type { DepsOptions, DepsResult, InstalledPackage } from './deps.ts';
import { type Installation, installFolder, openInstallation } from './install.ts';
import { lockEntry } from './lock-entry.ts';
import {
  sayAdded,
  sayInstalled,
  sayInstalling,
  sayLocked,
  sayNothing,
  sayUpdates,
  sayWouldInstall,
} from './news.ts';
import { openSource, vendorFolder } from './open-source.ts';
import type { PackageSource } from './package-source.ts';
import { nameOfPinned, pinLocked, type Resolved, resolvePackages } from './resolve.ts';
import { type Say, sayTo } from './say.ts';
import { keepInVendor } from './vendor.ts';
import { type Warner, warnerOf } from './warn.ts';

/** Does what `options` ask for. @throws what `deps` throws */
export async function runDeps(
  project: DepsProject,
  facts: DepsFacts,
  options: DepsOptions,
  emit: Emit,
): Promise<DepsResult> {
  const { flags } = project.config;
  const given = options.warnErrorOptions;
  const rules = readWarningRules(
    given ?? (options.warnError === true ? undefined : flags['warn_error_options']),
    options.warnError ?? (given === undefined && flags['warn_error'] === true),
  );
  const warn = warnerOf(rules, emit, options.showAllDeprecations ?? flags['show_all_deprecations'] === true);
  for (const warning of project.warnings) warn.found(warning);
  const addition = await planAddition(project, facts, options);
  const entries = addition?.entries ?? project.list.entries;
  const hash = packagesHash(entries.map(({ whole }) => whole));
  const lock = options.upgrade === true ? undefined : readProjectLock(project.root, facts);
  const folder = await installFolder(project.root, project.config.packagesInstallPath);
  const run: Run = {
    project,
    facts,
    options,
    say: sayTo(emit),
    warn,
    addition,
    entries,
    hash,
    needsLock: lock === undefined || lock.hash !== hash,
    folder,
  };
  const onlyChooses = options.lock === true || options.dryRun === true;
  const result = await (onlyChooses ? onlyChoose(run) : chooseAndInstall(run));
  warn.summary();
  return result;
}

interface Run {
  readonly project: DepsProject;
  readonly facts: DepsFacts;
  readonly options: DepsOptions;
  readonly say: Say;
  readonly warn: Warner;
  readonly addition: Addition | undefined;
  /** All of packages.yml, the addition as well. */
  readonly entries: DepsProject['list']['entries'];
  readonly hash: string;
  /** Whether versions have to be chosen. */
  readonly needsLock: boolean;
  /** Of the packages. */
  readonly folder: string;
}

/** `--lock`, `--dry-run`: the folder with the packages is left alone. */
async function onlyChoose(run: Run): Promise<DepsResult> {
  const { say, folder, options, needsLock } = run;
  const work = await mkdtemp(join(tmpdir(), 'boathouse-deps-'));
  try {
    const source = open(run, work);
    const chosen = await choose(run, source);
    const packages: InstalledPackage[] = [];
    if (chosen !== undefined) {
      if (options.dryRun === true) for (const { pinned } of chosen) sayWouldInstall(say, pinned);
      packages.push(...chosen.map(resultOf));
    } else if (!needsLock) {
      if (options.dryRun === true)
        for (const { pinned } of await locked(run, source)) sayWouldInstall(say, pinned);
      packages.push(...(readProjectLock(run.project.root, run.facts)?.entries ?? []).map(lockedResult));
    }
    const isLocked = chosen !== undefined && options.dryRun !== true;
    return { packages, folder, locked: isLocked, installed: false };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function chooseAndInstall(run: Run): Promise<DepsResult> {
  const { folder, options, project, say } = run;
  const timeoutMs = (options.lockTimeoutSeconds ?? 600) * 1000;
  const waiting = (): void => {
    const text = `Waiting for another deps in ${folder}`;
    say('info', 'Z017', 'Formatting', text, { msg: text });
  };
  const place = await writingTo(folder, () =>
    openInstallation(folder, project.root, systemClock, timeoutMs, waiting),
  );
  try {
    const source = open(run, place.work);
    const chosen = await choose(run, source);
    const wanted = run.needsLock && chosen === undefined ? [] : await locked(run, source);
    if (wanted.length === 0 && !run.needsLock) sayNothing(say);
    const packages: InstalledPackage[] = [];
    for (const one of wanted) packages.push(await install(run, one, chosen, source, place));
    await writingTo(folder, () => place.publish());
    const old = packages.filter(({ latest, version }) => latest !== null && latest !== version);
    sayUpdates(
      say,
      old.map((one) => one.package),
    );
    return { packages, folder, locked: chosen !== undefined, installed: true };
  } finally {
    await place.close();
  }
}

function open(run: Run, work: string): PackageSource {
  const { project, facts, options, say, warn } = run;
  say('debug', 'M028', 'DepsSetDownloadDirectory', `Set downloads directory='${work}'`, { path: work });
  return openSource(project, facts, options, work, say, warn);
}

/**
 * Chooses versions where that is needed, and writes what was chosen, and packages.yml with the addition.
 *
 * Nothing is written before all of it is known to go together.
 *
 * @returns undefined where the lock file holds, or nothing is asked for.
 */
async function choose(run: Run, source: PackageSource): Promise<readonly Resolved[] | undefined> {
  const { project, entries, addition, options, say } = run;
  const { root, config, list } = project;
  const isNeeded = run.needsLock && entries.length > 0;
  const chosen = isNeeded ? await resolvePackages(config.name, entries, source) : undefined;
  if (options.dryRun === true) return chosen;
  if (addition !== undefined) {
    await replaceFile(addition.path, addition.text);
    sayAdded(say, addition, list.fileName);
  }
  if (chosen === undefined) {
    if (run.needsLock) sayNothing(say);
    return undefined;
  }
  const file = join(root, lockFileName);
  const texts = chosen.map((one) => lockEntry(one, run.facts.env, run.warn));
  await replaceFile(file, printLockFile(texts, run.hash));
  sayLocked(say, file);
  return chosen;
}

/** What the lock file says, as it is now. */
async function locked(run: Run, source: PackageSource): Promise<readonly Omit<Resolved, 'facts'>[]> {
  const lock = readProjectLock(run.project.root, run.facts);
  return lock === undefined ? [] : await pinLocked(lock.entries, source);
}

async function install(
  run: Run,
  { pinned, location }: Omit<Resolved, 'facts'>,
  chosen: readonly Resolved[] | undefined,
  source: PackageSource,
  place: Installation,
): Promise<InstalledPackage> {
  const { say, options } = run;
  options.signal?.throwIfAborted();
  sayInstalling(say, pinned);
  const facts = await source.facts(pinned, location);
  const from = await source.files(pinned, location);
  const vendor = options.fillVendor === true ? vendorFolder(run.project, run.facts, options) : undefined;
  if (vendor !== undefined)
    await keepInVendor(vendor, asAsked(run, pinned, chosen ?? []), facts.commit, from, source.hub);
  const isLocal = pinned.kind === 'local';
  if (isLocal) say('debug', 'Z037', 'DepsCreatingLocalSymlink', 'Creating symlink to local dependency.', {});
  const how = await writingTo(run.folder, () =>
    place.stage(facts.name, from, isLocal ? 'link' : 'move', nameOfPinned(pinned)),
  );
  if (how === 'copied') {
    const text = 'Symlinks are not available on this OS, copying dependency.';
    say('debug', 'Z038', 'DepsSymlinkNotAvailable', text, {});
  }
  sayInstalled(say, pinned);
  return resultOf({ pinned, facts, location });
}

/** A repository's package with the branch or tag that led to its commit: a vendor folder notes that. */
function asAsked({ entries }: Run, pinned: Pinned, chosen: readonly Resolved[]): Pinned {
  if (pinned.kind !== 'git') return pinned;
  const isSame = (one: { readonly url: string; readonly subdirectory: string | undefined }): boolean =>
    one.url === pinned.url && one.subdirectory === pinned.subdirectory;
  const before = chosen.find((one) => one.pinned.kind === 'git' && isSame(one.pinned))?.pinned;
  if (before !== undefined) return before;
  const entry = entries.find((one) => one.kind === 'git' && isSame(one));
  return entry?.kind === 'git' ? { ...pinned, revision: entry.revision ?? 'HEAD' } : pinned;
}

function resultOf({ pinned, facts }: Resolved): InstalledPackage {
  const { name, commit } = facts;
  return {
    name,
    kind: pinned.kind,
    // A URL that was rendered may hold a secret.
    package: pinned.kind === 'git' ? pinned.written : nameOfPinned(pinned),
    version: pinned.kind === 'hub' ? pinned.version : (commit ?? null),
    latest: pinned.kind === 'hub' ? pinned.latest : null,
  };
}

/** What a lock file says of a package, without asking anybody. */
function lockedResult(entry: PackageEntry): InstalledPackage {
  const revision = 'revision' in entry ? (entry.revision ?? null) : null;
  return {
    name: entry.name ?? titleOf(entry),
    kind: entry.kind === 'private' ? 'git' : entry.kind,
    package: entry.kind === 'git' ? entry.written : titleOf(entry),
    version: entry.kind === 'hub' ? (entry.versions[0] ?? null) : revision,
    latest: null,
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
