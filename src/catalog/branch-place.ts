/**
 * Where a branch keeps what is its own. Pure.
 *
 * Everything of the branch `dev` is below `<root>/_boathouse/branches/dev/`: its log of generations in `catalog/`, its
 * published file, and below `data/` the files that it writes, at the path that they have below the lake's root on the
 * main branch. So a place on a branch and the place it stands for tell each other.
 */
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogErrors } from './errors.ts';
import type { CatalogLog } from './generation-log.ts';

/** A branch, as far as places go. */
export interface BranchPlace {
  readonly name: string;
  /** The lake's root, as a path or URI: the folder of the main branch's published file. */
  readonly root: string;
}

/** @throws catalog.bad-branch-name */
export function checkBranchName(name: string): void {
  const isFine = /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) && !name.endsWith('.') && !reserved.has(name);
  if (!isFine) throw catalogErrors['bad-branch-name']({ name });
}

const reserved: ReadonlySet<string> = new Set(['main']);

/** The branch's folder. */
export function branchFolder({ name, root }: BranchPlace): string {
  return join(root, `_boathouse/branches/${name}`);
}

/** The branch's own published file. @param file that of the main branch, as a path or URI. */
export function branchFile(file: string, name: string): string {
  const end = file.lastIndexOf('/');
  return join(branchFolder({ name, root: file.slice(0, Math.max(end, 0)) }), file.slice(end + 1));
}

/** The branch whose folder `folder` is; undefined for any other. */
export function branchPlaceOf(folder: string): BranchPlace | undefined {
  const place = /^file:\/\//i.test(folder) ? fileURLToPath(folder) : folder;
  const [, root, name] = /^(.*)\/_boathouse\/branches\/([^/]+)\/?$/s.exec(place) ?? [];
  return root === undefined || name === undefined ? undefined : { name, root };
}

/** The name of the branch that a log is of; undefined for the main one. */
export function branchOf(log: Pick<CatalogLog, 'storage'>): string | undefined {
  return /\/_boathouse\/branches\/([^/]+)\/?$/.exec(log.storage.uri)?.[1];
}

/** The place on the branch that stands for `location`; one that is the branch's already stays. */
export function branchLocation(branch: BranchPlace, location: string): string {
  const data = dataFolder(branch);
  const original = originalLocation(branch.root, location);
  const below = pathBelow(branch.root, original);
  if (below !== undefined) return join(data, below);
  const [, scheme = 'file', rest = original] = /^([a-z][a-z0-9+]*):\/\/(.*)$/is.exec(original) ?? [];
  return join(data, `${outside}/${scheme.toLowerCase()}/${rest.replace(/^\/+/, '')}`);
}

/** What `location` stands for on the main branch: itself, unless it is in some branch's data folder. */
export function originalLocation(root: string, location: string): string {
  const below = pathBelow(root, location);
  const [, path] = /^_boathouse\/branches\/[^/]+\/data\/(.+)$/s.exec(below ?? '') ?? [];
  if (path === undefined) return location;
  const [, scheme, rest] = new RegExp(`^${outside}/([^/]+)/(.*)$`, 's').exec(path) ?? [];
  if (scheme === undefined || rest === undefined) return join(root, path);
  return scheme === 'file' ? `/${rest}` : `${scheme}://${rest}`;
}

/** Whether the branch wrote what stands at `location`, or would. */
export function isOnBranch(branch: BranchPlace, location: string): boolean {
  return pathBelow(dataFolder(branch), location) !== undefined;
}

const outside = '.outside';

function dataFolder(branch: BranchPlace): string {
  return join(branchFolder(branch), 'data');
}

/** `location` below `folder`; undefined when it isn't. */
function pathBelow(folder: string, location: string): string | undefined {
  const start = `${plain(folder)}/`;
  const path = plain(location);
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

function plain(place: string): string {
  const path = /^file:\/\//i.test(place) ? fileURLToPath(place) : place;
  return /^[a-z][a-z0-9+]*:\/\//i.test(path)
    ? path.replace(/\/+$/, '')
    : posix.normalize(path).replace(/\/+$/, '');
}

function join(folder: string, path: string): string {
  return `${folder.replace(/\/+$/, '')}/${path}`;
}
