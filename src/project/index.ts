/** A dbt project's files: settings, profiles, packages, properties, sources; every value keeps its place. */
export { knownConfigKeys, misspelledConfigKey } from './config-keys.ts';
export { packageErrors } from './deps/errors.ts';
export { letsIn } from './deps/hub-version.ts';
export { type LockFile, lockFileName, printLockFile } from './deps/lock-file.ts';
export { packagesHash } from './deps/lock-hash.ts';
export type { PackageEntry } from './deps/package-entry.ts';
export { type PackageList, parseEntries } from './deps/package-list.ts';
export { privateUrl } from './deps/private-url.ts';
export {
  type DepsFacts,
  type DepsProject,
  readDepsProject,
  readPackageFacts,
  readPackageText,
  readProjectLock,
} from './deps/read-deps.ts';
export {
  type Pinned,
  pinGit,
  pinHub,
  type Request,
  titleOf,
  type Wanted,
  WantedList,
} from './deps/wanted.ts';
export { type InputRecord, listFolder, readBytes, watchReads } from './disk.ts';
export { projectErrors } from './errors.ts';
export { compareInputs, environmentHash, type FileEdit, type InputsState, joinInputs } from './inputs.ts';
export { bucketPlace } from './parse-lakehouse.ts';
export { parseVars } from './parse-vars.ts';
export {
  type DispatchRule,
  type Package,
  type PackageFiles,
  type Project,
  type ProjectConfig,
  type ProjectWarning,
  type PropertyFile,
  type QueryComment,
  type Quoting,
  type SeedFile,
  type SourceFile,
  varsFor,
} from './project.ts';
export { type ReadProjectOptions, readOtherTargets, readProject, readTargetProfile } from './read-project.ts';
export { asPlain, asValue } from './render-yaml.ts';
/** Named selections. */
export type { IndirectSelection, Selector, SelectorDefinition } from './selectors-file.ts';
/** The parts of a target. */
export type {
  AttachProfile,
  CacheProfile,
  ExtensionProfile,
  LakehouseProfile,
  PluginProfile,
  ProfileValue,
  PublishMoment,
  RetriesProfile,
  SecretProfile,
  TargetProfile,
} from './target-profile.ts';
export { parseYaml, type YamlFile, type YamlPath } from './yaml-file.ts';
export { yamlLibrary } from './yaml-library.ts';
export { describeYaml, isPlainDict, type PlainDict, YamlDate } from './yaml-value.ts';
