/** Which packages a project needs and where they are: packages.yml, dependencies.yml, dbt_packages. */
import { basename, join, resolve } from 'node:path';
import type { SourceLocation } from '../base/index.ts';
import { readLockFile } from './deps/lock-file.ts';
import type { PackageEntry } from './deps/package-entry.ts';
import { readPackageList } from './deps/package-list.ts';
import { kindAt, listFolder, realPath } from './disk.ts';
import { projectErrors } from './errors.ts';
import type { RenderFacts } from './render-yaml.ts';
import { WarningList } from './warnings.ts';

/** One entry of packages.yml. */
export interface PackageSpec {
  readonly kind: 'local' | 'hub' | 'git' | 'tarball' | 'private';
  /** The path, `org/name`, or URL as written. */
  readonly text: string;
  /** Names of the folder it may be installed in, the likeliest first. */
  readonly folderNames: readonly string[];
  /** Whether the first of them is the project's own name. */
  readonly isSure: boolean;
  readonly location: SourceLocation;
}

/**
 * The packages that the project in `folder` asks for, in the file's order.
 *
 * @param locked names of projects, as `lockedNames` gives them.
 * @throws what `readPackageList` throws.
 */
export function readPackageSpecs(
  folder: string,
  facts: Pick<RenderFacts, 'env' | 'vars'>,
  warnings: WarningList,
  locked: () => ReadonlyMap<string, string>,
): readonly PackageSpec[] {
  const { entries } = readPackageList(folder, facts, warnings);
  return entries.map((entry) =>
    specOf(entry, entry.kind === 'local' ? undefined : locked().get(textOf(entry))),
  );
}

/** The names of projects by what packages.yml calls them, as far as the root project's lock file tells. */
export function lockedNames(
  root: string,
  facts: Pick<RenderFacts, 'env' | 'vars'>,
): ReadonlyMap<string, string> {
  try {
    const entries = readLockFile(root, facts, new WarningList())?.entries ?? [];
    return new Map(entries.flatMap((entry) => (entry.name ? [[textOf(entry), entry.name]] : [])));
  } catch {
    // Only installing needs the lock file: it says what is wrong with it.
    return new Map();
  }
}

function textOf(entry: PackageEntry): string {
  switch (entry.kind) {
    case 'hub':
      return entry.package;
    case 'local':
      return entry.path;
    case 'tarball':
      return entry.url;
    case 'git':
      return entry.subdirectory === undefined ? entry.url : `${entry.url}/${entry.subdirectory}`;
    case 'private':
      return entry.repository;
  }
}

function specOf(entry: PackageEntry, locked: string | undefined): PackageSpec {
  const { kind, location } = entry;
  const text = kind === 'git' ? entry.url : textOf(entry);
  const known = locked ?? entry.name;
  return {
    kind,
    text,
    folderNames: known === undefined ? likelyNames(entry) : [known],
    isSure: known !== undefined,
    location,
  };
}

function likelyNames(entry: PackageEntry): readonly string[] {
  switch (entry.kind) {
    case 'local':
      return [];
    case 'hub':
      return [basename(entry.package)];
    case 'tarball':
      return [entry.name];
    case 'git':
    case 'private': {
      const url = entry.kind === 'git' ? entry.url : entry.repository;
      const repository = basename(url.replace(/[/\\]+$/, '')).replace(/\.git$/, '');
      const { subdirectory } = entry;
      const names = [...(subdirectory === undefined ? [] : [basename(subdirectory)]), repository];
      return names.flatMap(spellings);
    }
  }
}

/** A repository `dbt-utils` mostly holds the project `dbt_utils`, which names the folder. */
function spellings(name: string): string[] {
  return [...new Set([name, name.replaceAll('-', '_'), name.replace(/^dbt-/, '').replaceAll('-', '_')])];
}

/** Every package that is installed below `folder`: all are used, as in dbt, whoever asked for them. */
export function installedPackages(folder: string): readonly string[] {
  if (kindAt(folder) !== 'folder') return [];
  return listFolder(folder)
    .map((entry) => entry.name)
    .filter((name) => !name.startsWith('__') && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => kindAt(path) === 'folder')
    .filter((path) => kindAt(join(path, 'dbt_project.yml')) !== 'none');
}

/**
 * The folder of a local package. Paths are relative to the root project, those in packages' own
 * packages.yml as well: dbt's rule.
 *
 * @throws project.package-not-installed
 */
export function localFolder(root: string, spec: PackageSpec): string {
  const folder = resolve(root, spec.text);
  if (kindAt(join(folder, 'dbt_project.yml')) !== 'none') return realPath(folder);
  throw projectErrors['package-not-installed'](
    { package: spec.text, kind: spec.kind, folder: join(folder, 'dbt_project.yml') },
    { location: spec.location, hint: 'Paths in packages.yml begin at the root project’s folder.' },
  );
}

/**
 * Stops unless every package that isn't local is installed.
 *
 * A git package's folder has its project's name, which its URL needn't tell: one that isn't found by name
 * counts as there while a folder is left that no other entry explains, unless the lock file tells its name.
 *
 * @throws project.package-not-installed for the first one that is missing.
 */
export function checkInstalled(
  specs: readonly PackageSpec[],
  installed: readonly string[],
  installFolder: string,
): void {
  const there = new Set(installed.map((path) => basename(path)));
  const left = new Set(there);
  const unexplained: PackageSpec[] = [];
  for (const spec of specs) {
    if (spec.kind === 'local') continue;
    // The project and its local packages may ask for the same package.
    const name = spec.folderNames.find((one) => there.has(one));
    if (name === undefined) unexplained.push(spec);
    else left.delete(name);
  }
  for (const spec of unexplained) {
    const [other] = left;
    if (other !== undefined && spec.kind !== 'hub' && !spec.isSure) {
      left.delete(other);
      continue;
    }
    throw projectErrors['package-not-installed'](
      { package: spec.text, kind: spec.kind, folder: join(installFolder, spec.folderNames[0] ?? spec.text) },
      { location: spec.location },
    );
  }
}
