/**
 * Where packages come from: the network, git, folders. What is fetched is kept for the whole command, so
 * that choosing versions and installing them fetch a package once.
 */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isBoathouseError, type SourceLocation } from '../../base/index.ts';
import { type DepsFacts, type PackageEntry, type Pinned, readPackageFacts } from '../../project/index.ts';
import { depsErrors } from './errors.ts';
import type { Fetcher } from './fetcher.ts';
import { checkOut } from './git.ts';
import type { Hub } from './hub.ts';
import type { Say } from './say.ts';
import { refuseLinksOut, unpack } from './unpack.ts';

/** What a package says of itself. */
export interface PackageFacts {
  readonly name: string;
  /** What it asks for itself. */
  readonly entries: readonly PackageEntry[];
  /** Of a repository: the commit. */
  readonly commit: string | undefined;
}

/** Gives packages. */
export interface PackageSource {
  readonly hub: Hub;
  /** What the package says, fetched as far as that needs. */
  facts(pinned: Pinned, location: SourceLocation): Promise<PackageFacts>;
  /** A folder with the package's files, which may be moved away; a local package's own folder stays. */
  files(pinned: Pinned, location: SourceLocation): Promise<string>;
}

/** What the network's source depends on. */
export interface NetworkOptions {
  readonly root: string;
  readonly facts: DepsFacts;
  /** A folder for what is fetched, which the caller removes. */
  readonly work: string;
  readonly hub: Hub;
  readonly fetcher: Fetcher;
  readonly say: Say;
  readonly warnUnpinned: (pinned: Extract<Pinned, { kind: 'git' }>) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Fetched {
  readonly folder: string;
  readonly facts: PackageFacts;
}

/** Packages from the hub, repositories and archives, with the network. */
export function networkSource(options: NetworkOptions): PackageSource {
  const { root, work, hub, fetcher, say, signal } = options;
  const fetched = new Map<string, Promise<Fetched>>();
  let folders = 0;
  const newFolder = (): string => {
    folders += 1;
    return join(work, `fetch-${folders}`);
  };

  const factsIn = async (
    folder: string,
    title: string,
    location: SourceLocation,
    commit?: string,
  ): Promise<PackageFacts> => {
    const { name, entries } = await readFacts(folder, title, options.facts, location);
    return { name, entries, commit };
  };

  const fetchGit = async (
    pinned: Extract<Pinned, { kind: 'git' }>,
    location: SourceLocation,
  ): Promise<Fetched> => {
    const { url, revision, subdirectory } = pinned;
    const top = newFolder();
    const commit = await checkOut(
      { url, revision, subdirectory, folder: top },
      { env: options.facts.env, cwd: root, say, signal },
    ).catch((error: unknown) => {
      throw isBoathouseError(error) ? error.at(location) : error;
    });
    if (pinned.warnsUnpinned && ['HEAD', 'main', 'master'].includes(revision)) options.warnUnpinned(pinned);
    await refuseLinksOut(top, pinned.written);
    const folder = subdirectory === undefined ? top : resolve(top, subdirectory);
    return { folder, facts: await factsIn(folder, pinned.written, location, commit) };
  };

  const unpackFrom = async (url: string, title: string, location: SourceLocation): Promise<string> => {
    try {
      const folder = await fetcher.archive(url, async (bytes) => await unpack(bytes, newFolder(), title));
      await refuseLinksOut(folder, title);
      return folder;
    } catch (error) {
      throw isBoathouseError(error) ? error.at(location) : error;
    }
  };

  const fetch = (pinned: Pinned, location: SourceLocation): Promise<Fetched> => {
    const key = keyOf(pinned);
    const before = fetched.get(key);
    if (before !== undefined) return before;
    const made = fetchNow(pinned, location);
    fetched.set(key, made);
    if (pinned.kind === 'git') {
      // The lock file names the commit: it is here already.
      void made.then(
        ({ facts }) => facts.commit && fetched.set(keyOf({ ...pinned, revision: facts.commit }), made),
        () => {},
      );
    }
    return made;
  };

  const fetchNow = async (pinned: Pinned, location: SourceLocation): Promise<Fetched> => {
    switch (pinned.kind) {
      case 'local': {
        const folder = resolve(root, pinned.path);
        return { folder, facts: await factsIn(folder, pinned.path, location) };
      }
      case 'git':
        return await fetchGit(pinned, location);
      case 'tarball': {
        const folder = await unpackFrom(pinned.url, pinned.written, location);
        const facts = await factsIn(folder, pinned.written, location);
        return { folder, facts: { ...facts, name: pinned.name } };
      }
      case 'hub': {
        const release = (await hub.package(pinned.package)).release(pinned.version);
        const folder = await unpackFrom(release.tarball, release.tarball, location);
        const title = `${pinned.package} ${pinned.version}`;
        return { folder, facts: { ...(await factsIn(folder, title, location)), name: release.name } };
      }
    }
  };

  return {
    hub,
    facts: async (pinned, location) => {
      // A hub says itself what its packages ask for: no archive is fetched for that.
      if (pinned.kind !== 'hub') return (await fetch(pinned, location)).facts;
      const { name, entries } = (await hub.package(pinned.package)).release(pinned.version);
      return { name, entries, commit: undefined };
    },
    files: async (pinned, location) => (await fetch(pinned, location)).folder,
  };
}

/** What a folder's project says. @throws workflows.not-a-package, project.* */
export async function readFacts(
  folder: string,
  title: string,
  facts: DepsFacts,
  location: SourceLocation,
): Promise<{ readonly name: string; readonly entries: readonly PackageEntry[] }> {
  const refuse = (problem: string): never => {
    throw depsErrors['not-a-package']({ package: title, problem }, { location });
  };
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) refuse(`${folder} is no folder`);
  if ((await stat(join(folder, 'dbt_project.yml')).catch(() => undefined)) === undefined)
    refuse('No dbt_project.yml found at its top');
  const { name, entries } = readPackageFacts(folder, facts);
  return { name: name ?? refuse('its dbt_project.yml has no name'), entries };
}

function keyOf(pinned: Pinned): string {
  switch (pinned.kind) {
    case 'hub':
      return JSON.stringify(['hub', pinned.package, pinned.version]);
    case 'git':
      return JSON.stringify(['git', pinned.url, pinned.revision, pinned.subdirectory]);
    case 'local':
      return JSON.stringify(['local', pinned.path]);
    case 'tarball':
      return JSON.stringify(['tarball', pinned.url, pinned.name]);
  }
}
