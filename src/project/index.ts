/** A dbt project's files: settings, profiles, packages, properties, sources; every value keeps its place. */
export { projectErrors } from './errors.ts';
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
export { type ReadProjectOptions, readProject } from './read-project.ts';
export type { IndirectSelection, Selector, SelectorDefinition } from './selectors-file.ts';
export type {
  AttachProfile,
  ExtensionProfile,
  PluginProfile,
  ProfileValue,
  RetriesProfile,
  SecretProfile,
  TargetProfile,
} from './target-profile.ts';
export { describeYaml, isPlainDict, type PlainDict, YamlDate } from './yaml-value.ts';
