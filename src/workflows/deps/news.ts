/** What `deps` says at each step, in dbt's words. */
import type { Pinned } from '../../project/index.ts';
import type { Addition } from './add-package.ts';
import { nameOfPinned } from './resolve.ts';
import type { Say } from './say.ts';

/** There is nothing to install. */
export function sayNothing(say: Say): void {
  say('info', 'M013', 'DepsNoPackagesFound', 'Warning: No packages were found in packages.yml', {});
}

/** A lock file is written. */
export function sayLocked(say: Say, file: string): void {
  const text = `Updating lock file in file path: ${file}`;
  say('info', 'M031', 'DepsLockUpdating', text, { lock_filepath: file });
}

/** A package was added to packages.yml, and what it took the place of. */
export function sayAdded(say: Say, addition: Addition, fileName: string): void {
  if (addition.isNew) {
    const text = `Created ${fileName}`;
    say('info', 'Z017', 'Formatting', text, { msg: text });
  }
  for (const removed of addition.removed) {
    const pairs = Object.entries(removed).map(([key, value]) => `'${key}': '${value}'`);
    const text = `Found duplicate package in packages.yml, removing: {${pairs.join(', ')}}`;
    say('info', 'M033', 'DepsFoundDuplicatePackage', text, { removed_package: removed });
  }
  const { name, version, path } = addition;
  const text = `Added new package ${name}@${version ?? 'None'} to ${path}`;
  say('info', 'M032', 'DepsAddPackage', text, {
    package_name: name,
    version: version ?? '',
    packages_filepath: path,
  });
}

/** A package is about to be installed. */
export function sayInstalling(say: Say, pinned: Pinned): void {
  const name = nameOfPinned(pinned);
  say('info', 'M014', 'DepsStartPackageInstall', `Installing ${name}`, { package_name: name });
}

/** A package would be installed, were this no rehearsal. */
export function sayWouldInstall(say: Say, pinned: Pinned): void {
  const name = nameOfPinned(pinned);
  const text = `Would install ${name} from ${versionName(pinned)}`;
  say('info', 'M014', 'DepsStartPackageInstall', text, { package_name: name });
}

/** A package is installed; whether there is a newer one. */
export function sayInstalled(say: Say, pinned: Pinned): void {
  const version = versionName(pinned);
  say('info', 'M015', 'DepsInstallInfo', `Installed from ${version}`, { version_name: version });
  if (pinned.kind === 'hub') {
    const { latest } = pinned;
    if (pinned.version === latest) say('info', 'M017', 'DepsUpToDate', 'Up to date!', {});
    else
      say('info', 'M016', 'DepsUpdateAvailable', `Updated version available: ${latest}`, {
        version_latest: latest,
      });
  }
  if (pinned.kind === 'git' && pinned.subdirectory !== undefined) {
    const { subdirectory } = pinned;
    say('info', 'M018', 'DepsListSubdirectory', `and subdirectory ${subdirectory}`, { subdirectory });
  }
}

/** There are newer versions of these packages. */
export function sayUpdates(say: Say, names: readonly string[]): void {
  if (names.length === 0) return;
  say('info', 'Z017', 'Formatting', '', { msg: '' });
  const list = `[${names.map((name) => `'${name}'`).join(', ')}]`;
  // The spaces are dbt's.
  const text = `Updates available for packages: ${list}                 \nUpdate your versions in packages.yml, then run dbt deps`;
  say('info', 'M019', 'DepsNotifyUpdatesAvailable', text, { packages: names });
}

function versionName(pinned: Pinned): string {
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
