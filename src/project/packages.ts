/** Which packages a project needs and where they are: packages.yml, dependencies.yml, dbt_packages. */
import { basename, join, resolve } from 'node:path';
import type { SourceLocation } from '../base/index.ts';
import { kindAt, listFolder, realPath } from './disk.ts';
import { projectErrors } from './errors.ts';
import { Fields, failAt } from './fields.ts';
import { readTextIfThere } from './read-text.ts';
import { type RenderFacts, yamlRenderer } from './render-yaml.ts';
import type { WarningList } from './warnings.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/** One entry of packages.yml. */
export interface PackageSpec {
  readonly kind: 'local' | 'hub' | 'git' | 'tarball' | 'private';
  /** The path, `org/name`, or URL as written. */
  readonly text: string;
  /** Names of the folder it may be installed in, the likeliest first. */
  readonly folderNames: readonly string[];
  readonly location: SourceLocation;
}

/**
 * The packages that the project in `folder` asks for, in the file's order.
 *
 * @throws project.bad-yaml, project.bad-value, project.conflicting-keys and what rendering throws.
 */
export function readPackageSpecs(
  folder: string,
  facts: Pick<RenderFacts, 'env' | 'vars'>,
  warnings: WarningList,
): readonly PackageSpec[] {
  const packages = readYamlDict(folder, 'packages.yml', warnings);
  const dependencies = readYamlDict(folder, 'dependencies.yml', warnings);
  if (packages?.data['packages'] && dependencies?.data['packages']) {
    throw projectErrors['conflicting-keys'](
      { first: '`packages` in dependencies.yml', second: '`packages` in packages.yml' },
      { location: dependencies.file.locate(['packages'], 'key') },
    );
  }
  if (dependencies?.data['projects']) {
    warnings.add({
      code: 'project.unused-key',
      message: 'Projects in dependencies.yml are not followed: references across projects need dbt platform',
      location: dependencies.file.locate(['projects'], 'key'),
    });
  }
  const chosen = dependencies?.data['packages'] ? dependencies : packages;
  if (!chosen) return [];
  // dependencies.yml isn't rendered, packages.yml is: dbt's rule.
  const renderer = yamlRenderer({ ...facts, allowSecrets: true });
  const data =
    chosen === dependencies ? chosen.data : (renderer.render(chosen.data, chosen.file, []) as PlainDict);
  return (new Fields(data, chosen.file, []).list('packages') ?? []).map((entry, i) =>
    parseSpec(entry, chosen.file, i),
  );
}

function readYamlDict(
  folder: string,
  name: string,
  warnings: WarningList,
): { file: YamlFile; data: PlainDict } | undefined {
  const path = join(folder, name);
  const text = readTextIfThere(path);
  if (text === undefined) return undefined;
  const file = parseYaml(text, path);
  for (const warning of file.warnings) warnings.add(warning);
  if (file.value === null) return undefined;
  return isPlainDict(file.value) ? { file, data: file.value } : failAt(file, [], 'a mapping', file.value);
}

function parseSpec(entry: unknown, file: YamlFile, i: number): PackageSpec {
  const path = ['packages', i];
  const expected = 'a mapping with one of package, git, local, tarball, private';
  if (!isPlainDict(entry)) failAt(file, path, expected, entry);
  const fields = new Fields(entry, file, path);
  const location = file.locate(path);
  const local = fields.text('local');
  if (local !== undefined) return { kind: 'local', text: local, folderNames: [], location };
  const hub = fields.text('package');
  if (hub !== undefined) return { kind: 'hub', text: hub, folderNames: [basename(hub)], location };
  const tarball = fields.text('tarball');
  if (tarball !== undefined) {
    return {
      kind: 'tarball',
      text: tarball,
      folderNames: [fields.text('name') ?? basename(tarball)],
      location,
    };
  }
  for (const kind of ['git', 'private'] as const) {
    const url = fields.text(kind);
    if (url === undefined) continue;
    const subdirectory = fields.text('subdirectory');
    const repository = basename(url.replace(/[/\\]+$/, '')).replace(/\.git$/, '');
    const names = [...(subdirectory === undefined ? [] : [basename(subdirectory)]), repository];
    return { kind, text: url, folderNames: names.flatMap(spellings), location };
  }
  return failAt(file, path, expected, entry);
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
 * counts as there while a folder is left that no other entry explains.
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
    if (other !== undefined && spec.kind !== 'hub') {
      left.delete(other);
      continue;
    }
    throw projectErrors['package-not-installed'](
      { package: spec.text, kind: spec.kind, folder: join(installFolder, spec.folderNames[0] ?? spec.text) },
      { location: spec.location },
    );
  }
}
