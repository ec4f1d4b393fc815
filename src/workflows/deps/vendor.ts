/**
 * A folder with packages, for places without a network: it is filled once, and may be kept with the project.
 *
 *     hub/<namespace>/<name>/<version>/       the package's files
 *     hub/<namespace>/<name>/<version>.json   what the hub says of it; else its own files count
 *     git/<host>/<path>/<commit>/             the same, of a repository
 *     git/<host>/<path>/revisions.json        the commits of branches and tags, as they were
 *     tarball/<host>/<path>/                  the same, of an archive
 *
 * While it is used nothing goes to the network, not even to look for newer versions.
 */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { dbtVersion, markedName, printJson, type SourceLocation } from '../../base/index.ts';
import { type DepsFacts, letsIn, type Pinned, readPackageFacts } from '../../project/index.ts';
import { depsErrors } from './errors.ts';
import { type Hub, type HubPackage, type HubRelease, releaseOf } from './hub.ts';
import { type PackageFacts, type PackageSource, readFacts } from './package-source.ts';

/** What a vendor folder's source depends on. */
export interface VendorOptions {
  readonly root: string;
  readonly facts: DepsFacts;
  /** The vendor folder, absolute. */
  readonly folder: string;
  /** For copies, which the caller removes. */
  readonly work: string;
  readonly checksVersion: boolean;
}

/** Packages from a vendor folder alone. Its errors are workflows.not-vendored and those of wrong packages. */
export function vendorSource({ root, facts, folder, work, checksVersion }: VendorOptions): PackageSource {
  let copies = 0;
  const hub: Hub = { package: (name) => hubPackage(folder, name, facts, checksVersion) };
  const placeOf = async (pinned: Pinned, location: SourceLocation): Promise<Place> => {
    if (pinned.kind === 'local') return { folder: resolve(root, pinned.path), commit: undefined };
    const place = await find(folder, pinned);
    if (await isFolder(place.folder)) return place;
    const name = titleOf(pinned);
    throw depsErrors['not-vendored']({ package: name, place: place.folder }, { location });
  };
  return {
    hub,
    facts: async (pinned, location): Promise<PackageFacts> => {
      const place = await placeOf(pinned, location);
      const { name, entries } = await readFacts(place.folder, titleOf(pinned), facts, location);
      if (pinned.kind === 'tarball') return { name: pinned.name, entries, commit: undefined };
      if (pinned.kind !== 'hub') return { name, entries, commit: place.commit };
      const release = (await hub.package(pinned.package)).release(pinned.version);
      return { name: release.name, entries: release.entries, commit: undefined };
    },
    files: async (pinned, location) => {
      const place = await placeOf(pinned, location);
      if (pinned.kind === 'local') return place.folder;
      copies += 1;
      const copy = join(work, `copy-${copies}`);
      await cp(place.folder, copy, { recursive: true, verbatimSymlinks: true });
      return copy;
    },
  };
}

/** Keeps a package that was fetched. @param from its files, which stay. @param hub where it is from, if it is */
export async function keepInVendor(
  folder: string,
  pinned: Pinned,
  commit: string | undefined,
  from: string,
  hub: Hub,
): Promise<void> {
  if (pinned.kind === 'local') return;
  const to = pathOf(folder, pinned, commit);
  if (!(await isFolder(to))) {
    const aside = join(folder, `.boathouse-${markedName('vendor')}`);
    await rm(aside, { recursive: true, force: true });
    await cp(from, aside, { recursive: true, verbatimSymlinks: true });
    await mkdir(dirname(to), { recursive: true });
    await rename(aside, to);
  }
  if (pinned.kind === 'hub') {
    const { name, requires, entries } = (await hub.package(pinned.package)).release(pinned.version);
    const packages = entries.map(({ whole }) => whole.rendered);
    await writeFile(`${to}.json`, `${printJson({ name, packages, require_dbt_version: requires })}\n`);
  }
  if (pinned.kind === 'git' && commit !== undefined) await noteRevision(folder, pinned, commit);
}

interface Place {
  readonly folder: string;
  readonly commit: string | undefined;
}

type Fetched = Exclude<Pinned, { kind: 'local' }>;
type Repository = Extract<Pinned, { kind: 'git' }>;

async function find(folder: string, pinned: Fetched): Promise<Place> {
  if (pinned.kind !== 'git') return { folder: pathOf(folder, pinned, undefined), commit: undefined };
  const commit = /^[0-9a-f]{40}$/.test(pinned.revision)
    ? pinned.revision
    : (await readRevisions(folder, pinned)).get(pinned.revision);
  return { folder: pathOf(folder, pinned, commit ?? pinned.revision), commit };
}

function pathOf(folder: string, pinned: Fetched, commit: string | undefined): string {
  switch (pinned.kind) {
    case 'hub':
      return join(folder, 'hub', ...pinned.package.split('/').map(safe), safe(pinned.version));
    case 'tarball':
      return join(folder, 'tarball', placeOfUrl(pinned.url).replace(/\.(?:tar\.gz|tgz)$/, ''));
    case 'git':
      return join(repositoryPath(folder, pinned), safe(commit ?? pinned.revision), pinned.subdirectory ?? '');
  }
}

const repositoryPath = (folder: string, { url }: Repository): string => join(folder, 'git', placeOfUrl(url));

/** `github.com/acme/base` of every way to write it. */
function placeOfUrl(url: string): string {
  return url
    .replace(/[?#].*$/, '')
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^/@]*@/, '')
    .replace(/^([^/:]+):(?!\d+\/)/, '$1/')
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(safe)
    .join('/');
}

/** A name that stays in its folder on every system. */
function safe(name: string): string {
  return name.replace(/[^\w.@+-]/g, '_').replace(/^\.+$/, '_');
}

async function readRevisions(folder: string, pinned: Repository): Promise<ReadonlyMap<string, string>> {
  try {
    const text = await readFile(join(repositoryPath(folder, pinned), 'revisions.json'), 'utf8');
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  } catch {
    return new Map();
  }
}

async function noteRevision(folder: string, pinned: Repository, commit: string): Promise<void> {
  if (pinned.revision === commit) return;
  const noted = new Map(await readRevisions(folder, pinned)).set(pinned.revision, commit);
  const sorted = Object.fromEntries([...noted].sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(join(repositoryPath(folder, pinned), 'revisions.json'), `${printJson(sorted)}\n`);
}

async function hubPackage(
  folder: string,
  name: string,
  facts: DepsFacts,
  checksVersion: boolean,
): Promise<HubPackage> {
  const place = join(folder, 'hub', ...name.split('/').map(safe));
  const found = await readdir(place, { withFileTypes: true }).catch(() => undefined);
  if (found === undefined) throw depsErrors['not-vendored']({ package: name, place });
  const releases = new Map<string, HubRelease>();
  for (const entry of found) {
    if (entry.isDirectory()) releases.set(entry.name, await releaseIn(join(place, entry.name), name, facts));
  }
  const versions = [...releases.keys()];
  const compatible = versions.filter(
    (version) => !checksVersion || letsIn(releases.get(version)?.requires ?? [], dbtVersion),
  );
  return {
    compatible,
    hidden: versions.length - compatible.length,
    release: (version) => {
      const release = releases.get(version);
      if (release !== undefined) return release;
      throw depsErrors['not-vendored']({ package: `${name} ${version}`, place: join(place, version) });
    },
  };
}

async function releaseIn(folder: string, name: string, facts: DepsFacts): Promise<HubRelease> {
  const file = `${folder}.json`;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    try {
      return releaseOf({ ...(JSON.parse(text) as object), downloads: { tarball: folder } }, file);
    } catch (cause) {
      throw depsErrors['not-a-package']({ package: name, problem: `${file} is damaged` }, { cause });
    }
  }
  const { name: title, entries, requires } = readPackageFacts(folder, facts);
  return { name: title ?? name, tarball: folder, requires, entries };
}

function titleOf(pinned: Pinned): string {
  switch (pinned.kind) {
    case 'hub':
      return `${pinned.package} ${pinned.version}`;
    case 'git':
    case 'tarball':
      return pinned.written;
    case 'local':
      return pinned.path;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
