/** Reading a whole project: settings, profile, packages and files. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { realPath, watchedEnvironment, watchReads } from './disk.ts';
import { projectErrors } from './errors.ts';
import { readPackageFiles } from './package-files.ts';
import {
  checkInstalled,
  installedPackages,
  localFolder,
  lockedNames,
  type PackageSpec,
  readPackageSpecs,
} from './packages.ts';
import { readSelectors } from './parse-selectors.ts';
import { type ProfileRequest, readProfile, targetNames } from './profiles-file.ts';
import type { Package, Project } from './project.ts';
import { parseProjectFile, type RawProjectFile, readProjectFile } from './project-file.ts';
import { type YamlRenderer, yamlRenderer } from './render-yaml.ts';
import type { TargetProfile } from './target-profile.ts';
import { WarningList } from './warnings.ts';
import type { PlainDict } from './yaml-value.ts';
import { describeYaml } from './yaml-value.ts';

/** Where a project is and what the command line says about it. */
export interface ReadProjectOptions {
  readonly projectDir: string;
  /** Folder of profiles.yml. Else DBT_PROFILES_DIR, the project's folder, `~/.dbt`. */
  readonly profilesDir?: string | undefined;
  /** Instead of dbt_project.yml's `profile`. */
  readonly profile?: string | undefined;
  /** Instead of the profile's `target`. */
  readonly target?: string | undefined;
  /** Instead of the target's `threads`. */
  readonly threads?: number | undefined;
  /** From `--vars`; `parseVars` reads their text. */
  readonly vars?: PlainDict | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home, for `~/.dbt`; the machine's unless given. */
  readonly homeDir?: string | undefined;
  /** `--no-version-check`: require-dbt-version isn't looked at. */
  readonly ignoreVersion?: boolean | undefined;
  /**
   * Hashes (`sha256`) of property files that an earlier read found without fault: they are parsed only when
   * their `data` is looked at, which saves a compile that takes everything from its cache most of the work.
   */
  readonly knownGood?: ReadonlySet<string> | undefined;
}

/**
 * The project in `options.projectDir` with everything that a compile needs.
 *
 * Writes nothing and reaches no network. Secrets of the profile are registered with `secrets`.
 *
 * @throws project.not-a-project, project.bad-yaml, project.bad-value and the rest of this layer's codes.
 */
export async function readProject(options: ReadProjectOptions): Promise<Project> {
  const { value, inputs } = watchReads(() => readAll({ ...options, env: watchedEnvironment(options.env) }));
  return { ...value, inputs };
}

function readAll(options: ReadProjectOptions): Omit<Project, 'inputs'> {
  const warnings = new WarningList();
  const root = resolve(options.projectDir);
  const vars = options.vars ?? {};
  const raw = readProjectFile(root, warnings);
  const profile = readTarget(raw, root, options, vars, warnings);
  const renderer = yamlRenderer({ env: options.env, vars, target: profile.targetDict, allowSecrets: false });
  const facts = { renderer, warnings, ignoreVersion: options.ignoreVersion ?? false };
  const selectors = readSelectors(root, renderer, warnings);
  const config = parseProjectFile(raw, { ...facts, selectors, isRoot: true });
  const read = (folder: string): Package => {
    const own = parseProjectFile(readProjectFile(folder, warnings), {
      ...facts,
      selectors: [],
      isRoot: false,
    });
    return {
      name: own.name,
      root: folder,
      config: own,
      files: readPackageFiles(folder, own, warnings, options.knownGood),
    };
  };
  const rootPackage = {
    name: config.name,
    root,
    config,
    files: readPackageFiles(root, config, warnings, options.knownGood),
  };
  let names: ReadonlyMap<string, string> | undefined;
  const locked = (): ReadonlyMap<string, string> => {
    names ??= lockedNames(root, { env: options.env, vars });
    return names;
  };
  const folders = dependencyFolders(root, config.packagesInstallPath, (folder) =>
    readPackageSpecs(folder, { env: options.env, vars }, warnings, locked),
  );
  const packages = keepUnique([rootPackage, ...folders.map(read)]);
  return { root, name: config.name, config, packages, profile, vars, warnings: warnings.all };
}

/**
 * The profile's target alone, for commands that need no files: `debug`, `clean`.
 *
 * @throws what `readProject` throws for dbt_project.yml and profiles.yml.
 */
export function readTargetProfile(options: ReadProjectOptions): TargetProfile {
  const warnings = new WarningList();
  const root = resolve(options.projectDir);
  return readTarget(readProjectFile(root, warnings), root, options, options.vars ?? {}, warnings);
}

/** The other targets of the profile, as far as they can be read here: they may need what isn't set. */
export function readOtherTargets(options: ReadProjectOptions, current: string): readonly TargetProfile[] {
  const warnings = new WarningList();
  const root = resolve(options.projectDir);
  const raw = readProjectFile(root, warnings);
  const vars = options.vars ?? {};
  return targetNames(profileRequest(raw, root, options, vars))
    .filter((name) => name !== current)
    .flatMap((target) => {
      try {
        return [readTarget(raw, root, { ...options, target }, vars, warnings)];
      } catch {
        return [];
      }
    });
}

function readTarget(
  raw: RawProjectFile,
  root: string,
  options: ReadProjectOptions,
  vars: PlainDict,
  warnings: WarningList,
): TargetProfile {
  return readProfile(profileRequest(raw, root, options, vars), warnings);
}

function profileRequest(
  raw: RawProjectFile,
  root: string,
  options: ReadProjectOptions,
  vars: PlainDict,
): ProfileRequest {
  return {
    projectDir: root,
    homeDir: options.homeDir ?? homedir(),
    profilesDir: options.profilesDir,
    profileName: profileName(raw, options, yamlRenderer({ env: options.env, vars, allowSecrets: false })),
    targetName: options.target,
    threads: options.threads,
    vars,
    env: options.env,
  };
}

function profileName(raw: RawProjectFile, options: ReadProjectOptions, renderer: YamlRenderer): string {
  if (options.profile !== undefined) return options.profile;
  const name = renderer.render(raw.data['profile'] ?? null, raw.file, ['profile']);
  if (['string', 'number', 'bigint'].includes(typeof name)) return String(name);
  if (name !== null)
    throw projectErrors['bad-value'](
      { path: 'profile', expected: 'the name of a profile', found: describeYaml(name) },
      { location: raw.file.locate(['profile']) },
    );
  throw projectErrors['no-profile-name']({ file: raw.path }, { location: { file: raw.path } });
}

/** The folders of all packages: local ones as they are named, depth first, then what is installed. */
function dependencyFolders(
  root: string,
  installPath: string,
  specsOf: (folder: string) => readonly PackageSpec[],
): readonly string[] {
  const local = new Set<string>();
  const others: PackageSpec[] = [];
  const visit = (folder: string): void => {
    for (const spec of specsOf(folder)) {
      if (spec.kind !== 'local') {
        others.push(spec);
        continue;
      }
      const found = localFolder(root, spec);
      if (found === root || local.has(found)) continue;
      local.add(found);
      visit(found);
    }
  };
  visit(root);
  const installFolder = resolve(root, installPath);
  const installed = installedPackages(installFolder);
  checkInstalled(others, installed, installFolder);
  // dbt links local packages into the install folder: those are here already.
  return [...local, ...installed.filter((folder) => !local.has(realPath(folder)))];
}

/** One package a name: an installed copy of a local package is left out, two of one kind are a mistake. */
function keepUnique(packages: readonly Package[]): readonly Package[] {
  const byName = new Map<string, Package>();
  for (const one of packages) {
    const first = byName.get(one.name);
    if (first === undefined) byName.set(one.name, one);
    else if (first === packages[0] || bothInstalled(first, one)) {
      throw projectErrors['duplicate-package'](
        { name: one.name, first: first.root, second: one.root },
        { location: one.config.locate(['name']) },
      );
    }
  }
  return [...byName.values()];
}

function bothInstalled(a: Package, b: Package): boolean {
  return resolve(a.root, '..') === resolve(b.root, '..');
}
