/**
 * Project to manifest to graph to compiled SQL.
 *
 * `compileProject` is dbt's parse. The `Compilation` it returns compiles nodes, hooks and macros when
 * asked, reaching the engine only through the `WarehouseSession` it is handed.
 */
export * from './artifacts.ts';
export { type CodeLanguage, codeErrors, isCodeLanguage } from './code-models/index.ts';
export * from './compilation.ts';
export * from './compile-project.ts';
export * from './context/index.ts';
export * from './errors.ts';
export { sourceFacts } from './external-location.ts';
export * from './graph.ts';
export * from './graph-summary.ts';
export * from './invocation.ts';
export * from './lineage/index.ts';
export * from './manifest.ts';
export { manifestText, writeManifestText } from './manifest-bytes.ts';
export { nodeAsWritten } from './manifest-text.ts';
export * from './parse-again.ts';
export { pythonStr } from './python-repr.ts';
export * from './selection/index.ts';
export * from './time-window.ts';
export type { FixtureTarget, UnitTestCode, UnitTestFixture } from './unit-test-code.ts';
export { unitTestPlace } from './unit-test-place.ts';
export * from './warehouse.ts';
