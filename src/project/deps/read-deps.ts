/** What installing packages needs of a project: no profile, no target, no files of resources. */
import { resolve } from 'node:path';
import type { ProjectConfig, ProjectWarning } from '../project.ts';
import { parseProjectFile, readProjectFile } from '../project-file.ts';
import { type RenderFacts, yamlRenderer } from '../render-yaml.ts';
import { WarningList } from '../warnings.ts';
import { parseYaml } from '../yaml-file.ts';
import type { PlainDict } from '../yaml-value.ts';
import { type LockFile, readLockFile } from './lock-file.ts';
import type { PackageEntry } from './package-entry.ts';
import { type PackageList, parseEntries, readPackageList } from './package-list.ts';

/** What rendering may look at. */
export type DepsFacts = Pick<RenderFacts, 'env' | 'vars'>;

/** A project that asks for packages. */
export interface DepsProject {
  readonly root: string;
  readonly config: ProjectConfig;
  readonly list: PackageList;
  readonly warnings: readonly ProjectWarning[];
}

/**
 * The project in `folder` as far as its packages go.
 *
 * @throws project.* for dbt_project.yml, packages.yml and dependencies.yml
 */
export function readDepsProject(folder: string, facts: DepsFacts, ignoreVersion: boolean): DepsProject {
  const root = resolve(folder);
  const warnings = new WarningList();
  const renderer = yamlRenderer({ ...facts, target: {}, allowSecrets: false });
  const config = parseProjectFile(readProjectFile(root, warnings), {
    renderer,
    warnings,
    ignoreVersion,
    selectors: [],
    isRoot: false,
  });
  const list = readPackageList(root, facts, warnings);
  return { root, config, list, warnings: warnings.all };
}

/** Its lock file; undefined where there is none. @throws project.bad-lock-file, project.bad-package, project.bad-yaml */
export function readProjectLock(root: string, facts: DepsFacts): LockFile | undefined {
  return readLockFile(root, facts, new WarningList());
}

/** What a package says of itself. */
export interface OwnFacts {
  readonly name: string | undefined;
  /** What it asks for itself. */
  readonly entries: readonly PackageEntry[];
  /** `require-dbt-version`, as it is written. */
  readonly requires: readonly string[];
}

/** What the package in `folder` says of itself. @throws project.* */
export function readPackageFacts(folder: string, facts: DepsFacts): OwnFacts {
  const warnings = new WarningList();
  const { data } = readProjectFile(folder, warnings);
  const name = data['name'];
  const { entries } = readPackageList(folder, facts, warnings, true);
  const asked = data['require-dbt-version'];
  const requires = (Array.isArray(asked) ? asked : [asked]).filter((one) => typeof one === 'string');
  return { name: typeof name === 'string' && name !== '' ? name : undefined, entries, requires };
}

/** The entries in the text of a package file that isn't written yet. @throws project.bad-package, project.bad-value */
export function readPackageText(
  text: string,
  path: string,
  fileName: PackageList['fileName'],
  facts: DepsFacts,
): readonly PackageEntry[] {
  const file = parseYaml(text, path);
  const data = file.value as PlainDict;
  const renderer = yamlRenderer({ ...facts, allowSecrets: true });
  const rendered = fileName === 'dependencies.yml' ? data : (renderer.render(data, file, []) as PlainDict);
  return parseEntries(rendered, data, file);
}
