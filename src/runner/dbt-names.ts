/**
 * dbt's names for what we say by codes of our own.
 *
 * Source: dbt-core's event names (docs.getdbt.com, "Events and logs").
 */
import type { RunEvent } from './events.ts';

/** Messages that dbt has events of their own for, by our code. */
const byCode: Readonly<Record<string, readonly [code: string, name: string]>> = {
  'workflows.building-catalog': ['E044', 'BuildingCatalog'],
  'workflows.catalog-written': ['E042', 'CatalogWritten'],
  'workflows.catalog-failures': ['E041', 'WriteCatalogFailure'],
  'workflows.no-docs-written': ['E043', 'CannotGenerateDocs'],
  'compiler.nothing-selected': ['M030', 'NoNodesForSelectionCriteria'],
  'compiler.unused-patch': ['I058', 'NoNodeForYamlKey'],
  'compiler.test-without-target': ['I060', 'NodeNotFoundOrDisabled'],
  'compiler.unknown-config': ['D026', 'CustomKeyInConfigDeprecation'],
  'project.unknown-config': ['D026', 'CustomKeyInConfigDeprecation'],
  'project.unknown-key': ['D027', 'CustomKeyInObjectDeprecation'],
  'project.duplicate-key': ['D024', 'DuplicateYAMLKeysDeprecation'],
  'project.unused-path': ['I051', 'UnusedResourceConfigPath'],
  'project.deprecated-source-paths': ['D003', 'ConfigSourcePathDeprecation'],
  'project.deprecated-data-paths': ['D004', 'ConfigDataPathDeprecation'],
  'compiler.exposure-name': ['D007', 'ExposureNameDeprecation'],
  'compiler.unconfigured-time-spine': ['D018', 'MFTimespineWithoutYamlConfigurationDeprecation'],
  'compiler.cumulative-type-params': ['D019', 'MFCumulativeTypeParamsDeprecation'],
  'compiler.semantic-layer': ['I070', 'SemanticValidationFailure'],
  'compiler.deprecated-model': ['I065', 'DeprecatedModel'],
  'compiler.upcoming-deprecation': ['I066', 'UpcomingReferenceDeprecation'],
  'compiler.deprecated-reference': ['I067', 'DeprecatedReference'],
  'compiler.property-moved-to-config': ['D030', 'PropertyMovedToConfigDeprecation'],
  'compiler.missing-arguments': ['D039', 'MissingArgumentsPropertyInGenericTestDeprecation'],
  'compiler.arguments-property': ['D038', 'ArgumentsPropertyInGenericTestDeprecation'],
  'compiler.stray-block': ['D023', 'UnexpectedJinjaBlockDeprecation'],
  'compiler.itertools': ['D034', 'ModulesItertoolsUsageDeprecation'],
  'compiler.same-name': ['D040', 'DuplicateNameDistinctNodeTypesDeprecation'],
  'compiler.microbatch-macro': ['D020', 'MicrobatchMacroOutsideOfBatchesDeprecation'],
  'compiler.spaces-in-name': ['D015', 'ResourceNamesWithSpacesDeprecation'],
  'compiler.unused-macro-patch': ['I059', 'MacroNotFoundForPatch'],
  'compiler.wrong-resource-kind': ['I057', 'WrongResourceSchemaFile'],
  'compiler.snapshot-times': ['Q043', 'SnapshotTimestampWarning'],
  'compiler.unversioned-break': ['I071', 'UnversionedBreakingChange'],
  'project.config-log-path': ['D010', 'ConfigLogPathDeprecation'],
  'project.config-target-path': ['D011', 'ConfigTargetPathDeprecation'],
  'project.flags-moved': ['D013', 'ProjectFlagsMovedDeprecation'],
  'workflows.models-option': ['D032', 'ModelParamUsageDeprecation'],
  'workflows.include-exclude': ['D031', 'WEOIncludeExcludeDeprecation'],
  'workflows.install-path': ['D002', 'PackageInstallPathDeprecation'],
  'workflows.freshness-hooks': ['D017', 'SourceFreshnessProjectHooksNotRun'],
  'workflows.deprecations': ['D028', 'DeprecationsSummary'],
  'workflows.package-redirect': ['D001', 'PackageRedirectDeprecation'],
  'workflows.package-unpinned': ['M029', 'DepsUnpinned'],
  'workflows.package-scrubbed': ['M035', 'DepsScrubbedPackageName'],
  'jinja.warning': ['I061', 'JinjaLogWarning'],
  'workflows.custom-output-path': ['D029', 'CustomOutputPathInSourceFreshnessDeprecation'],
};

/** The name and the code of what a message says. */
export function messageName(
  event: Extract<RunEvent, { kind: 'message' }>,
): readonly [code: string, name: string] {
  if (event.event !== undefined) return [event.event.code, event.event.name];
  const named = byCode[event.code ?? ''];
  if (named !== undefined) return named;
  if (event.printed) return ['Z052', 'PrintEvent'];
  if (event.level === 'info') return ['I062', 'JinjaLogInfo'];
  return event.level === 'debug' ? ['I063', 'JinjaLogDebug'] : ['Z050', 'Note'];
}

/** dbt's name of the warning with our code; the code itself where dbt has none. */
export function warningName(code: string): string {
  return byCode[code]?.[1] ?? code;
}

/** Whether dbt tells of the warning with our code once in a run, and counts it for the summary. */
export function isToldOnce(code: string): boolean {
  const [number, name] = byCode[code] ?? [];
  return number !== undefined && name !== undefined && /^D0\d\d$/.test(number) && !toldEach.has(name);
}

/** dbt's code of the warning with our code, such as `D004`. */
export function warningNumber(code: string): string {
  return byCode[code]?.[0] ?? '';
}

/** dbt doesn't tell of these on DuckDB; each is a slip of its own, and the summary none. */
const toldEach: ReadonlySet<string> = new Set([
  'CustomKeyInConfigDeprecation',
  'CustomKeyInObjectDeprecation',
  'DeprecationsSummary',
]);

/** Whether dbt counts the event among the deprecations. */
export function isDeprecation(name: string): boolean {
  return name.endsWith('Deprecation') || otherDeprecations.has(name);
}

const otherDeprecations: ReadonlySet<string> = new Set([
  'AdapterDeprecationWarning',
  'CollectFreshnessReturnSignature',
  'EnvironmentVariableRenamed',
  'MetricAttributesRenamed',
  'SourceFreshnessProjectHooksNotRun',
  'project.deprecated-key',
]);

/** The warnings that dbt knows by name: what `--warn-error-options` may list. */
export const warningNames: readonly string[] = [
  ...['AdapterDeprecationWarning', 'AdapterEventWarning', 'ArgumentsPropertyInGenericTestDeprecation'],
  ...['BehaviorChangeEvent', 'CatalogGenerationError', 'CollectFreshnessReturnSignature'],
  ...['ConfigDataPathDeprecation', 'ConfigLogPathDeprecation', 'ConfigSourcePathDeprecation'],
  ...['ConfigTargetPathDeprecation', 'ConstraintNotEnforced', 'ConstraintNotSupported'],
  ...['CustomKeyInConfigDeprecation', 'CustomKeyInObjectDeprecation', 'CustomTopLevelKeyDeprecation'],
  ...['CustomOutputPathInSourceFreshnessDeprecation', 'DeprecatedModel', 'DeprecatedReference'],
  ...['DeprecationsSummary', 'DepsScrubbedPackageName', 'DepsUnpinned', 'DuplicateYAMLKeysDeprecation'],
  ...['DuplicateNameDistinctNodeTypesDeprecation', 'EnvironmentVariableNamespaceDeprecation'],
  ...['EnvironmentVariableRenamed', 'ExposureNameDeprecation', 'FreshnessConfigProblem'],
  ...['GenericJSONSchemaValidationDeprecation', 'GetMetaKeyWarning', 'InternalDeprecation'],
  ...['InvalidConcurrentBatchesConfig', 'InvalidMacroAnnotation', 'InvalidValueForField', 'JinjaLogWarning'],
  ...['LogFreshnessResult', 'LogTestResult', 'MFCumulativeTypeParamsDeprecation', 'MacroNotFoundForPatch'],
  ...['MFTimespineWithoutYamlConfigurationDeprecation', 'MetricAttributesRenamed'],
  ...['MicrobatchMacroOutsideOfBatchesDeprecation', 'MicrobatchModelNoEventTimeInputs'],
  ...['MissingArgumentsPropertyInGenericTestDeprecation', 'MissingPlusPrefixDeprecation'],
  ...['ModelParamUsageDeprecation', 'ModulesItertoolsUsageDeprecation', 'NoNodeForYamlKey'],
  ...['NoNodesForSelectionCriteria', 'NoNodesSelected', 'NodeNotFoundOrDisabled', 'NothingToDo'],
  ...['PackageInstallPathDeprecation', 'PackageMaterializationOverrideDeprecation'],
  ...['PackageNodeDependsOnRootProjectNode', 'PackageRedirectDeprecation', 'ProjectFlagsMovedDeprecation'],
  ...['PropertyMovedToConfigDeprecation', 'ResourceNamesWithSpacesDeprecation', 'RunResultWarning'],
  ...['RunResultWarningMessage', 'SeedExceedsLimitAndPathChanged', 'SeedExceedsLimitChecksumChanged'],
  ...['SeedExceedsLimitSamePath', 'SeedIncreased', 'SemanticValidationFailure', 'SnapshotTimestampWarning'],
  ...['SourceFreshnessProjectHooksNotRun', 'SourceOverrideDeprecation', 'TestsConfigDeprecation'],
  ...['UnexpectedJinjaBlockDeprecation', 'UnsupportedConstraintMaterialization', 'UnusedResourceConfigPath'],
  ...['UnusedTables', 'UnversionedBreakingChange', 'UpcomingReferenceDeprecation', 'ValidationWarning'],
  ...['WEOIncludeExcludeDeprecation', 'WarnStateTargetEqual', 'WrongResourceSchemaFile'],
];
