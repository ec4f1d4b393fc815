/** dbt's parse: from a project's files to its manifest and graph. */
import type { Project } from '../project/index.ts';
import type { Compilation } from './compilation.ts';
import { tellDeprecatedCode, tellDeprecatedModels } from './deprecations.ts';
import { describeMacro, readExposure, readGroup, readYamlSnapshot } from './described-resources.ts';
import { DocBlocks } from './doc-blocks.ts';
import { Environment } from './environment.ts';
import type { Finishing } from './finish-node.ts';
import { resolveFunctions } from './functions.ts';
import { GenericTests } from './generic-tests.ts';
import { buildGraph, dependenciesOf, type Graph } from './graph.ts';
import type { Invocation } from './invocation.ts';
import { macroDependencies } from './macro-dependencies.ts';
import { MacroRegistry, manifestMacro } from './macro-registry.ts';
import type { Manifest, Plain } from './manifest.ts';
import { manifestMetadata, metadataFacts } from './manifest-metadata.ts';
import { manifestBody } from './manifest-text.ts';
import { NodeNames } from './node-names.ts';
import { readNodeTests } from './node-tests.ts';
import { ParseCache } from './parse-cache.ts';
import { emptyManifest, Parsing } from './parsing.ts';
import { PatchBook } from './patches.ts';
import { fillPrimaryKeys } from './primary-keys.ts';
import { ProjectCompilation } from './project-compilation.ts';
import { PropertyEntries } from './property-entries.ts';
import { Recorder } from './record-sql.ts';
import { checkUnique, fillMaps, resolveReferences } from './references.ts';
import { checkSpaces } from './required-properties.ts';
import { manifestSelector } from './selector-text.ts';
import { checkSemanticLayer, readSemanticLayer, resolveSemanticLayer } from './semantic/index.ts';
import { readSource } from './sources.ts';
import { readSqlNodes } from './sql-nodes.ts';
import { readUnitTest } from './unit-tests.ts';
import { tellUnusedPaths } from './unused-paths.ts';

/** How to parse. */
export interface CompileOptions {
  readonly invocation: Invocation;
  /** Absolute path of `target/`. The parse cache is kept there. */
  readonly targetPath: string;
  /** Whether an earlier parse may be reused. True unless given. */
  readonly partialParse?: boolean;
  /** Everything that decides what is read, as a text: the same text lets `parseAgain` answer from `target/`. */
  readonly request?: string;
}

/**
 * Parses a project: macros, nodes, tests, sources and the rest are read, configured, named and connected.
 *
 * When nothing that a parse depends on has changed since an earlier one (files, settings, profile,
 * variables, environment variables that templates read), its result is taken from `target/` and no
 * template is rendered.
 *
 * @throws compiler.* and jinja.* at the file, line and column of what is wrong.
 */
export async function compileProject(project: Project, options: CompileOptions): Promise<Compilation> {
  const { invocation } = options;
  const metadata = manifestMetadata(metadataFacts(project), invocation);
  const cache = new ParseCache(project, invocation, options.targetPath, options.request);
  if (options.partialParse !== false) {
    const kept = await cache.read();
    if (kept !== undefined) {
      for (const warning of kept.warnings) invocation.warn?.(warning);
      return new ProjectCompilation({
        project,
        invocation,
        metadata,
        registry: () => new MacroRegistry(project),
        body: kept.body,
        isEdited: kept.isEdited,
      });
    }
  }
  const registry = new MacroRegistry(project);
  const environment = new Environment(project, invocation, registry);
  const { manifest, graph } = parse(environment, metadata);
  const body = Buffer.from(manifestBody(manifest));
  if (options.partialParse !== false)
    await cache.write(body, environment, Object.keys(manifest.nodes).length);
  return new ProjectCompilation({
    project,
    invocation,
    metadata,
    registry: () => registry,
    environment,
    body,
    parsed: { manifest, graph },
  });
}

function parse(environment: Environment, metadata: Plain): { manifest: Manifest; graph: Graph } {
  const { project, registry } = environment;
  const manifest = emptyManifest(metadata);
  const parsing = new Parsing(environment, manifest);
  const withArguments = project.config.flags['validate_macro_args'] === true;
  for (const entry of registry.all())
    manifest.macros[entry.uniqueId] = manifestMacro(entry, parsing.createdAt, withArguments);
  for (const entry of registry.all()) {
    const macro = manifest.macros[entry.uniqueId];
    if (macro) macro.depends_on.macros = macroDependencies(entry, registry);
  }
  const docs = new DocBlocks(parsing);
  const entries = new PropertyEntries(parsing, docs);
  const patches = new PatchBook(parsing, docs, entries);
  const tools: Finishing = {
    parsing,
    docs,
    recorder: new Recorder(parsing, docs),
    names: new NodeNames(parsing),
  };
  readSqlNodes(tools, patches);
  for (const entry of entries.of('snapshots')) readYamlSnapshot(tools, patches, entry);
  patches.warnUnused();
  const tests = new GenericTests(tools, (packageName) =>
    environment.scope({
      kind: 'yaml',
      packageName,
      names: environment.yamlNames(
        (name, inPackage) => docs.find(name, inPackage, packageName).block_contents,
      ),
    }),
  );
  for (const entry of entries.of('groups')) readGroup(tools, entry);
  readNodeTests(tools, tests, entries);
  for (const entry of entries.of('sources')) readSource(tools, tests, entry);
  for (const entry of entries.of('exposures')) readExposure(tools, entry);
  for (const entry of entries.of('macros')) describeMacro(tools, entry);
  readSemanticLayer(tools, entries);
  const lookup = resolveReferences(parsing);
  resolveSemanticLayer(parsing, lookup);
  resolveFunctions(parsing);
  checkSemanticLayer(parsing);
  for (const entry of entries.of('unit_tests')) readUnitTest(tools, lookup, entry);
  checkSpaces(parsing);
  checkUnique(parsing);
  for (const selector of project.config.selectors) {
    manifest.selectors[selector.name] = manifestSelector(selector, project.config.selectors);
  }
  fillPrimaryKeys(manifest);
  fillMaps(manifest, dependenciesOf(manifest));
  tellDeprecatedModels(parsing);
  tellDeprecatedCode(parsing);
  tellUnusedPaths(parsing);
  return { manifest, graph: buildGraph(manifest) };
}
