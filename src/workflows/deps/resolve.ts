/**
 * Which packages a project needs, with those that they need themselves.
 *
 * The order and the choice are dbt's, so that both write the same lock file: what is asked for at one depth
 * is looked at before anything deeper, a version is chosen from all that was asked for so far, and what a
 * version asked for that was chosen on the way stays asked for.
 */
import { isBoathouseError, type SourceLocation } from '../../base/index.ts';
import {
  type PackageEntry,
  type Pinned,
  packageErrors,
  pinGit,
  pinHub,
  privateUrl,
  type Request,
  titleOf,
  type Wanted,
  WantedList,
} from '../../project/index.ts';
import type { PackageFacts, PackageSource } from './package-source.ts';

/** A package that is needed, and all that is known of it. */
export interface Resolved {
  readonly pinned: Pinned;
  readonly facts: PackageFacts;
  /** Where it was first asked for. */
  readonly location: SourceLocation;
}

/**
 * Everything that `entries` need.
 *
 * @throws project.package-conflict, project.no-package-version, project.package-cycle,
 * project.same-package-name, project.package-like-root, and what fetching throws
 */
export async function resolvePackages(
  rootName: string,
  entries: readonly PackageEntry[],
  source: PackageSource,
): Promise<readonly Resolved[]> {
  const final = new WantedList();
  let pending = listOf(entries.map((entry) => ({ entry, path: [rootName] })));
  while (pending.size > 0) {
    const next = new WantedList();
    for (const wanted of pending.values()) {
      for (const request of wanted.requests) final.add(request);
      const whole = find(final, wanted);
      const location = wanted.requests[0].entry.location;
      const pinned = await pin(whole, source);
      const facts = await source.facts(pinned, location);
      // One way here is enough: who can be reached again and again is met on every way.
      const [{ path: before, entry: asked }] = wanted.requests;
      const path = [...before, titleOf(asked)];
      for (const entry of facts.entries) {
        refuseCycle(entry, path);
        next.add({ entry, path });
      }
    }
    pending = next;
  }
  const resolved: Resolved[] = [];
  for (const wanted of final.values()) resolved.push(await resolveOne(wanted, source));
  refuseSameNames(rootName, resolved);
  return resolved;
}

/** The packages of a lock file: each as it stands there. */
export async function pinLocked(
  entries: readonly PackageEntry[],
  source: PackageSource,
): Promise<readonly Omit<Resolved, 'facts'>[]> {
  const pinned: Omit<Resolved, 'facts'>[] = [];
  for (const wanted of listOf(entries.map((entry) => ({ entry, path: ['package-lock.yml'] }))).values()) {
    pinned.push({ pinned: await pin(wanted, source), location: wanted.requests[0].entry.location });
  }
  return pinned;
}

async function resolveOne(wanted: Wanted, source: PackageSource): Promise<Resolved> {
  const { location } = wanted.requests[0].entry;
  const pinned = await pin(wanted, source);
  return { pinned, facts: await source.facts(pinned, location), location };
}

function listOf(requests: readonly Request[]): WantedList {
  const list = new WantedList();
  for (const request of requests) list.add(request);
  return list;
}

function find(list: WantedList, { requests: [{ entry }] }: Wanted): Wanted {
  const found = list.find(entry);
  if (found === undefined) throw new TypeError('what was added is there');
  return found;
}

async function pin(wanted: Wanted, source: PackageSource): Promise<Pinned> {
  const [{ entry }] = wanted.requests;
  switch (entry.kind) {
    case 'hub': {
      const { compatible, hidden } = await source.hub.package(entry.package).catch((error: unknown) => {
        throw isBoathouseError(error) ? error.at(entry.location) : error;
      });
      return pinHub(wanted, compatible, hidden);
    }
    case 'git':
    case 'private':
      return pinGit(wanted, (repository, provider) => privateUrl(repository, provider, entry.location));
    case 'local':
      return { kind: 'local', path: entry.path };
    case 'tarball':
      return { kind: 'tarball', url: entry.url, written: entry.written, name: entry.name };
  }
}

function refuseCycle(entry: PackageEntry, path: readonly string[]): void {
  const at = path.indexOf(titleOf(entry), 1);
  if (at < 0) return;
  throw packageErrors['package-cycle'](
    { path: [...path.slice(at), titleOf(entry)] },
    { location: entry.location },
  );
}

function refuseSameNames(rootName: string, resolved: readonly Resolved[]): void {
  const byName = new Map<string, Resolved>();
  for (const one of resolved) {
    const { name } = one.facts;
    const first = byName.get(name);
    if (first !== undefined) {
      throw packageErrors['same-package-name'](
        { name, first: nameOfPinned(first.pinned), second: nameOfPinned(one.pinned) },
        { location: one.location },
      );
    }
    if (name === rootName) throw packageErrors['package-like-root']({ name }, { location: one.location });
    byName.set(name, one);
  }
}

/** What dbt calls a package while it installs it. */
export function nameOfPinned(pinned: Pinned): string {
  switch (pinned.kind) {
    case 'hub':
      return pinned.package;
    case 'git':
      return pinned.subdirectory === undefined ? pinned.url : `${pinned.url}/${pinned.subdirectory}`;
    case 'local':
      return pinned.path;
    case 'tarball':
      return pinned.name;
  }
}
