/**
 * From names to nodes: every `ref` and `source` that was recorded becomes an entry of `depends_on`, and
 * is checked: it has to exist, be enabled, and be allowed.
 */
import { parseTemplate } from '../jinja/index.ts';
import { codeLanguage, readCode } from './code-models/index.ts';
import { tellDeprecated } from './deprecations.ts';
import { compilerErrors } from './errors.ts';
import { addToRecord } from './lists-by-key.ts';
import type { Manifest, ManifestExposure, ManifestNode, RefArgs } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import { RefLookup } from './ref-lookup.ts';
import type { SemanticResource } from './semantic/resources.ts';

/**
 * Resolves what every node and exposure refers to. A test that refers to something disabled or missing
 * is disabled itself, as in dbt; anything else is an error.
 *
 * @throws compiler.ref-not-found, compiler.source-not-found, compiler.ref-not-allowed, compiler.group-not-found
 */
export function resolveReferences(parsing: Parsing): RefLookup {
  const { manifest } = parsing;
  const lookup = new RefLookup(manifest, parsing.project.name);
  const groups = new Set(Object.values(manifest.groups).map((group) => group.name));
  for (const node of [...Object.values(manifest.nodes), ...Object.values(manifest.functions)]) {
    if (!resolveNode(parsing, lookup, node)) {
      // dbt keeps it among the nodes, switched off, with those parents that are there.
      node.config.enabled = false;
      continue;
    }
    if (node.group !== null && node.resource_type === 'model' && !groups.has(node.group)) {
      throw compilerErrors['group-not-found'](
        { node: node.unique_id, group: node.group },
        { location: parsing.locate(node.unique_id) },
      );
    }
  }
  for (const exposure of Object.values(manifest.exposures)) resolveNode(parsing, lookup, exposure);
  return lookup;
}

/** What refers to models. */
type Referring = ManifestNode | ManifestExposure | SemanticResource;

/** Fills a node's `depends_on.nodes`; false when the node is a test of something that isn't there. */
function resolveNode(parsing: Parsing, lookup: RefLookup, node: ManifestNode | ManifestExposure): boolean {
  if (node.resource_type === 'seed') return true;
  const depends = new Set<string>();
  let isComplete = true;
  for (const [sourceName = '', tableName = ''] of node.sources) {
    const found = lookup.source(sourceName, tableName, node.package_name);
    if (found.kind === 'found') depends.add(found.node.unique_id);
    else if (dropsTest(parsing, node, found.kind, `source('${sourceName}', '${tableName}')`))
      isComplete = false;
    else throw sourceNotFound(parsing, lookup, node, sourceName, tableName, found.kind === 'disabled');
  }
  for (const ref of node.refs) {
    const found = lookup.ref(ref, node.package_name);
    if (found.kind === 'found') {
      checkAccess(parsing, node, found.node, ref);
      depends.add(found.node.unique_id);
    } else if (dropsTest(parsing, node, found.kind, `ref('${ref.name}')`)) isComplete = false;
    else throw refNotFound(parsing, lookup, node, ref, found.kind === 'disabled');
  }
  node.depends_on.nodes = [...depends];
  return isComplete;
}

/** Whether `node` is a test, which goes away with what it is on. Says so when that isn't just disabled. */
function dropsTest(
  parsing: Parsing,
  node: ManifestNode | ManifestExposure,
  kind: 'missing' | 'disabled',
  what: string,
): boolean {
  if (node.resource_type !== 'test') return false;
  if (kind === 'missing') {
    parsing.warn({
      code: 'compiler.test-without-target',
      message: `The test '${node.name}' refers to ${what}, which doesn't exist: the test is left out`,
      location: parsing.locate(node.unique_id),
    });
  }
  return true;
}

/** `ref-not-found` at the call, with the nearest name. */
export function refNotFound(
  parsing: Parsing,
  lookup: RefLookup,
  node: Referring,
  ref: RefArgs,
  disabled: boolean,
): Error {
  const near = lookup.nearestRef(ref.name);
  const versions = lookup.versionsOf(ref.name);
  const hint = disabled
    ? undefined
    : near === ref.name && versions.length > 0
      ? `It has the versions ${versions.join(', ')}.`
      : near === undefined
        ? undefined
        : `Did you mean '${near}'?`;
  return compilerErrors['ref-not-found'](
    { node: node.unique_id, name: ref.name, package: ref.package, version: ref.version, disabled },
    { location: placeOfCall(parsing, node, 'ref', ref.name), ...(hint === undefined ? {} : { hint }) },
  );
}

function sourceNotFound(
  parsing: Parsing,
  lookup: RefLookup,
  node: ManifestNode | ManifestExposure,
  sourceName: string,
  tableName: string,
  disabled: boolean,
): Error {
  const near = disabled ? undefined : lookup.nearestSource(sourceName, tableName);
  const [nearSource, nearTable] = near?.split('.') ?? [];
  return compilerErrors['source-not-found'](
    { node: node.unique_id, source: sourceName, table: tableName, disabled },
    {
      location: placeOfCall(parsing, node, 'source', tableName),
      ...(near === undefined ? {} : { hint: `Did you mean source('${nearSource}', '${nearTable}')?` }),
    },
  );
}

/** Where a node calls `name` with `argument` among its literals; the node itself where that can't be told. */
function placeOfCall(parsing: Parsing, node: Referring, name: string, argument: string) {
  const place = parsing.locate(node.unique_id);
  if (!place || !('raw_code' in node) || node.test_metadata || /\.ya?ml$/.test(node.original_file_path))
    return place;
  const pkg = parsing.packageNamed(node.package_name);
  const file = [
    ...(pkg?.files.models ?? []),
    ...(pkg?.files.snapshots ?? []),
    ...(pkg?.files.analyses ?? []),
    ...(pkg?.files.singularTests ?? []),
  ].find((candidate) => candidate.relativePath === node.original_file_path);
  if (!file) return place;
  const language = codeLanguage(file.path);
  if (language !== undefined) {
    const called = readCode(file, language).calls.find(
      (candidate) => candidate.name === name && candidate.args.includes(argument),
    );
    return called === undefined ? place : { file: file.path, text: file.text, ...called.place };
  }
  const template = parseTemplate(file.text, { file: file.path });
  const calls = [template.facts, ...template.definitions.map((definition) => definition.facts)].flatMap(
    (facts) => [...facts.calls],
  );
  const call = calls.find(
    (candidate) => candidate.name === name && candidate.literalArgs?.includes(argument),
  );
  return call?.location ?? place;
}

/** Private models are for their group, protected ones of a restricted package for that package. */
function checkAccess(
  parsing: Parsing,
  node: ManifestNode | ManifestExposure,
  target: ManifestNode,
  ref: RefArgs,
): void {
  if (target.resource_type !== 'model' || node.resource_type === 'sql_operation') return;
  const restricted =
    node.package_name !== target.package_name &&
    (parsing.packageNamed(target.package_name)?.config.restrictAccess ?? false);
  const group = 'group' in node ? node.group : undefined;
  let why: string | undefined;
  if (target.access === 'private' && (group !== target.group || restricted)) {
    why = target.group === null ? 'it is private' : `it is private to the group '${target.group}'`;
  } else if (target.access === 'protected' && restricted) {
    why = `it is protected, and the package '${target.package_name}' restricts access`;
  }
  if (why === undefined) return;
  throw compilerErrors['ref-not-allowed'](
    { node: node.unique_id, target: target.unique_id, why },
    { location: placeOfCall(parsing, node, 'ref', ref.name) },
  );
}

/** dbt's `parent_map` and `child_map`, and `group_map`. Pure but for the manifest it fills. */
export function fillMaps(manifest: Manifest, dependencies: Iterable<[string, readonly string[]]>): void {
  const children: Record<string, string[]> = {};
  for (const [id, parents] of dependencies) {
    manifest.parent_map[id] = [...new Set(parents)].sort();
    children[id] ??= [];
    for (const parent of new Set(parents)) addToRecord(children, parent, id);
  }
  for (const [id, below] of Object.entries(children)) manifest.child_map[id] = below.sort();
  for (const group of Object.values(manifest.groups)) manifest.group_map[group.name] ??= [];
  const { nodes, saved_queries: queries, semantic_models: models, metrics } = manifest;
  for (const part of [nodes, queries, models, metrics]) {
    for (const { group, unique_id: id } of Object.values(part))
      if (group) addToRecord(manifest.group_map, group, id);
  }
}

/**
 * No two nodes of a package may have one name, and no two anywhere one relation.
 *
 * @throws compiler.duplicate-name, compiler.duplicate-relation
 */
export function checkUnique(parsing: Parsing): void {
  const names = new Map<string, ManifestNode>();
  const relations = new Map<string, ManifestNode>();
  const mayShareNames = parsing.project.config.flags['require_unique_project_resource_names'] !== true;
  for (const node of Object.values(parsing.manifest.nodes)) {
    if (
      node.resource_type === 'model' ||
      node.resource_type === 'seed' ||
      node.resource_type === 'snapshot'
    ) {
      const key = `${node.package_name}.${node.name}.${node.version ?? ''}`;
      const before = names.get(key);
      if (before && mayShareNames && before.resource_type !== node.resource_type) {
        const message = `A ${before.resource_type} and a ${node.resource_type} are both named '${node.name}': ${before.original_file_path} and ${node.original_file_path}`;
        tellDeprecated(parsing, 'same-name', message, () => parsing.locate(node.unique_id));
      } else if (before) {
        throw compilerErrors['duplicate-name'](
          {
            kind: 'nodes',
            name: node.name,
            first: before.original_file_path,
            second: node.original_file_path,
          },
          { location: parsing.locate(node.unique_id) },
        );
      }
      names.set(key, node);
    }
    if (node.relation_name === null) continue;
    const before = relations.get(node.relation_name);
    if (before) {
      throw compilerErrors['duplicate-relation'](
        {
          relation: node.relation_name,
          first: `${before.unique_id} (${before.original_file_path})`,
          second: `${node.unique_id} (${node.original_file_path})`,
        },
        { location: parsing.locate(node.unique_id) },
      );
    }
    relations.set(node.relation_name, node);
  }
}
