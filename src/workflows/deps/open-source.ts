/** Where a project's packages come from: its vendor folder where it has one, else the network. */
import { resolve } from 'node:path';
import { systemClock, systemRandom } from '../../base/index.ts';
import type { DepsFacts, DepsProject } from '../../project/index.ts';
import type { DepsOptions } from './deps.ts';
import { depsErrors } from './errors.ts';
import { openFetcher } from './fetcher.ts';
import { defaultHub, openHub } from './hub.ts';
import { networkSource, type PackageSource } from './package-source.ts';
import type { Say } from './say.ts';
import { vendorSource } from './vendor.ts';
import type { Warner } from './warn.ts';

/** The source of the project's packages. @param work a folder for what is fetched. @throws workflows.no-vendor */
export function openSource(
  project: DepsProject,
  facts: DepsFacts,
  options: DepsOptions,
  work: string,
  say: Say,
  warn: Warner,
): PackageSource {
  const { root, config } = project;
  const { env } = facts;
  const { signal } = options;
  const checksVersion = options.versionCheck !== false;
  const vendor = vendorFolder(project, facts, options);
  if (vendor !== undefined && options.fillVendor !== true)
    return vendorSource({ root, facts, folder: vendor, work, checksVersion });
  const fetcher = openFetcher({ env, clock: systemClock, random: systemRandom, say, signal });
  const named = config.flags['package_hub_url'];
  const base = env['DBT_PACKAGE_HUB_URL'] || (typeof named === 'string' && named) || defaultHub;
  const hub = openHub(base, fetcher, say, checksVersion, warn.redirected);
  return networkSource({ root, facts, work, hub, fetcher, say, signal, warnUnpinned: warn.unpinned });
}

/** Where packages are kept for places without a network; undefined: nowhere. @throws workflows.no-vendor */
export function vendorFolder(
  { root, config }: DepsProject,
  { env }: DepsFacts,
  options: DepsOptions,
): string | undefined {
  const named = config.flags['package_vendor'];
  const given = options.vendor ?? env['BOATHOUSE_PACKAGE_VENDOR'];
  const folder = given || (typeof named === 'string' && named) || undefined;
  if (folder === undefined && options.fillVendor === true) throw depsErrors['no-vendor']({});
  return folder === undefined ? undefined : resolve(root, folder);
}
