/** What exists in property files alone: exposures, groups, YAML snapshots; and macro descriptions. */
import { isPlainDict } from '../project/index.ts';
import { tellDeprecated } from './deprecations.ts';
import { belowSearchPath } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import type { Finishing } from './finish-node.ts';
import type { ManifestExposure, ManifestMacro, Plain } from './manifest.ts';
import { newNode } from './node-shape.ts';
import type { PatchBook } from './patches.ts';
import { type PropertyEntry, patchPath, placeOf } from './property-entries.ts';
import { pythonStr } from './python-repr.ts';
import { checkExposure, checkOwner } from './required-properties.ts';
import { finishRecorded, foldersOf } from './sql-nodes.ts';
import { refOfCall, staticCalls } from './static-calls.ts';

/** Takes an exposure in. @throws compiler.bad-property, compiler.duplicate-name */
export function readExposure(tools: Finishing, entry: PropertyEntry): void {
  const { parsing } = tools;
  const { data } = entry;
  checkExposure(entry);
  const path = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const uniqueId = `exposure.${entry.packageName}.${entry.name}`;
  if (!/^\w+$/.test(entry.name)) {
    const message = `The name of the exposure '${entry.name}' has more than letters, digits and underscores`;
    tellDeprecated(tools.parsing, 'exposure-name', message, () => placeOf(entry, 'name'));
  }
  const fqn = [entry.packageName, ...foldersOf(path), entry.name];
  const own = isPlainDict(data['config']) ? data['config'] : undefined;
  const { config, unrendered } = parsing.levels.of({
    type: 'exposure',
    packageName: entry.packageName,
    fqn,
    patch: own,
    node: uniqueId,
  });
  const described = tools.docs.describe(data['description'], entry.packageName, () =>
    placeOf(entry, 'description'),
  );
  const meta = { ...plain(data['meta']), ...plain(config['meta']) };
  const tags = [...new Set([...textsOf(data['tags']), ...textsOf(own?.['tags'] ?? config['tags'])])].sort();
  const exposure: ManifestExposure = {
    name: entry.name,
    resource_type: 'exposure',
    package_name: entry.packageName,
    path,
    original_file_path: entry.file.relativePath,
    unique_id: uniqueId,
    fqn,
    type: pythonStr(data['type'] ?? ''),
    owner: ownerOf(data['owner']),
    description: described.text,
    label: data['label'] == null ? null : pythonStr(data['label']),
    maturity: data['maturity'] == null ? null : pythonStr(data['maturity']),
    meta,
    tags,
    config: { ...config, enabled: config['enabled'] !== false, tags, meta },
    unrendered_config: unrendered,
    url: data['url'] == null ? null : pythonStr(data['url']),
    depends_on: { macros: [], nodes: [] },
    refs: [],
    sources: [],
    metrics: [],
    created_at: parsing.createdAt,
  };
  readDependsOn(exposure, entry);
  if (!exposure.config.enabled) {
    parsing.addDisabled(exposure);
    return;
  }
  const before = parsing.manifest.exposures[uniqueId];
  if (before) {
    throw compilerErrors['duplicate-name'](
      {
        kind: 'exposures',
        name: entry.name,
        first: before.original_file_path,
        second: entry.file.relativePath,
      },
      { location: placeOf(entry, 'name') },
    );
  }
  parsing.manifest.exposures[uniqueId] = exposure;
  parsing.place(uniqueId, () => placeOf(entry, 'depends_on'));
}

function readDependsOn(exposure: ManifestExposure, entry: PropertyEntry): void {
  const list = entry.data['depends_on'];
  if (!Array.isArray(list)) return;
  list.forEach((written: unknown, index) => {
    const text = pythonStr(written).trim();
    const metric = /^metric\(\s*(?:['"]([^'"]+)['"]\s*,\s*)?['"]([^'"]+)['"]\s*\)$/.exec(text);
    if (metric) {
      exposure.metrics.push(metric.slice(1).filter((part) => part !== undefined));
      return;
    }
    const [call] = staticCalls(`{{ ${text.replace(/^\{\{|\}\}$/g, '')} }}`) ?? [];
    if (call?.name === 'ref') {
      exposure.refs.push(refOfCall(call));
    } else if (call?.name === 'source') {
      exposure.sources.push([...(call.args as string[])]);
    } else {
      throw compilerErrors['bad-property'](
        { problem: `'${text}' is no ref('…'), source('…', '…') or metric('…')` },
        { location: placeOf(entry, 'depends_on', index) },
      );
    }
  });
}

/** Takes a group in. @throws compiler.duplicate-name, compiler.bad-property */
export function readGroup(tools: Finishing, entry: PropertyEntry): void {
  const { parsing } = tools;
  checkOwner(entry);
  const uniqueId = `group.${entry.packageName}.${entry.name}`;
  const before = parsing.manifest.groups[uniqueId];
  if (before) {
    throw compilerErrors['duplicate-name'](
      { kind: 'groups', name: entry.name, first: before.original_file_path, second: entry.file.relativePath },
      { location: placeOf(entry, 'name') },
    );
  }
  const path = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const { data } = entry;
  parsing.manifest.groups[uniqueId] = {
    name: entry.name,
    resource_type: 'group',
    package_name: entry.packageName,
    path,
    original_file_path: entry.file.relativePath,
    unique_id: uniqueId,
    owner: ownerOf(data['owner']),
    description: data['description'] == null ? null : pythonStr(data['description']),
    config: groupConfig(tools, entry, path),
  };
}

/** dbt gives groups what dbt_project.yml says of models in their folder, defaults left out. */
function groupConfig(tools: Finishing, entry: PropertyEntry, path: string): Plain {
  const { config } = tools.parsing.levels.of({
    type: 'group',
    packageName: entry.packageName,
    fqn: [entry.packageName, ...foldersOf(path), entry.name],
    patch: plain(entry.data['config']),
    node: `group.${entry.packageName}.${entry.name}`,
  });
  return config;
}

/** Takes a snapshot of a YAML file in: `relation:` is what it is of. @throws compiler.bad-property */
export function readYamlSnapshot(tools: Finishing, patches: PatchBook, entry: PropertyEntry): void {
  const relation = entry.data['relation'];
  if (relation === undefined) return;
  const [call] = staticCalls(`{{ ${pythonStr(relation)} }}`) ?? [];
  if (call?.name !== 'ref' && call?.name !== 'source') {
    throw compilerErrors['bad-property'](
      { problem: `The relation of the snapshot '${entry.name}' has to be a ref('…') or source('…', '…')` },
      { location: placeOf(entry, 'relation') },
    );
  }
  const { parsing } = tools;
  const below = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const node = newNode(
    {
      type: 'snapshot',
      packageName: entry.packageName,
      name: entry.name,
      uniqueId: `snapshot.${entry.packageName}.${entry.name}`,
      fqn: [entry.packageName, ...foldersOf(below), entry.name],
      path: `${below}/${entry.name}.sql`,
      originalFilePath: entry.file.relativePath,
      rawCode: `select * from {{ ${pythonStr(relation)} }}`,
      checksum: { name: 'sha256', checksum: entry.file.sha256 },
      ...parsing.home,
      createdAt: parsing.createdAt,
    },
    {},
  );
  const patch = patches.for('snapshots', entry.name, entry.packageName);
  finishRecorded(tools, node, entry.file, patch, placeOf(entry, 'relation').line ?? 1);
  if (patch) patches.apply(node, patch);
}

/** Puts a macro's description, arguments and meta on it. */
export function describeMacro(tools: Finishing, entry: PropertyEntry): void {
  const { parsing } = tools;
  const macro: ManifestMacro | undefined =
    parsing.manifest.macros[`macro.${entry.packageName}.${entry.name}`];
  if (!macro) {
    parsing.warn({
      code: 'compiler.unused-macro-patch',
      message: `${entry.file.relativePath} describes the macro '${entry.name}', and there is no such macro`,
      location: placeOf(entry, 'name'),
    });
    return;
  }
  const { data } = entry;
  const config = plain(data['config']);
  const docs = plain(config['docs'] ?? data['docs']);
  macro.patch_path = patchPath(entry);
  macro.description = tools.docs.describe(data['description'], entry.packageName, () =>
    placeOf(entry, 'description'),
  ).text;
  macro.meta = { ...plain(data['meta']), ...plain(config['meta']) };
  macro.docs = {
    show: docs['show'] !== false,
    node_color: (docs['node_color'] as string | undefined) ?? null,
  };
  macro.config = { meta: macro.meta, docs: macro.docs };
  const args = data['arguments'];
  if (!Array.isArray(args) || args.length === 0) return;
  macro.arguments = args.filter(isPlainDict).map((argument, index) => ({
    name: pythonStr(argument['name'] ?? ''),
    type: argument['type'] == null ? null : pythonStr(argument['type']),
    description: tools.docs.describe(argument['description'], entry.packageName, () =>
      placeOf(entry, 'arguments', index, 'description'),
    ).text,
  }));
}

function ownerOf(value: unknown): Plain {
  const owner = plain(value);
  return { ...owner, email: owner['email'] ?? null, name: owner['name'] ?? null };
}

function plain(value: unknown): Plain {
  return isPlainDict(value) ? value : {};
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(pythonStr) : [];
}
