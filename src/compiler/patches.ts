/**
 * What property files say of nodes: found by name, with versions of models told apart, and put on the
 * node once its SQL has been read.
 */
import { isPlainDict, type Package } from '../project/index.ts';
import { columnsOf, constraintOf, contractChecksum } from './columns.ts';
import { belowSearchPath, type DocBlocks } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import { recordForeignKeys } from './foreign-keys.ts';
import { describeFunction } from './functions.ts';
import type { ManifestNode, Plain } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import {
  type PropertyEntries,
  type PropertyEntry,
  type PropertyKey,
  patchPath,
  placeOf,
} from './property-entries.ts';
import { pythonStr } from './python-repr.ts';
import { readTimeSpine } from './semantic/time-spine.ts';
import {
  columnsOfVersion,
  formattedVersion,
  latestVersionOf,
  type ModelVersion,
  versionsOf,
} from './versions.ts';

/** An entry that is about one node. */
export interface Patch {
  readonly entry: PropertyEntry;
  /** What it configures, keys that may stand outside of `config:` included. */
  readonly config: Plain;
  readonly version?: string | number;
  readonly latestVersion?: string | number;
  readonly versionEntry?: ModelVersion;
}

type NodeKey = Extract<
  PropertyKey,
  'models' | 'seeds' | 'snapshots' | 'analyses' | 'data_tests' | 'functions'
>;

/** Property entries by what they describe. */
export class PatchBook {
  readonly #parsing: Parsing;
  readonly #docs: DocBlocks;
  readonly #byName = new Map<string, Patch>();
  readonly #used = new Set<Patch>();

  /** @throws compiler.duplicate-patch, compiler.bad-property, compiler.bad-version */
  constructor(parsing: Parsing, docs: DocBlocks, entries: PropertyEntries) {
    this.#parsing = parsing;
    this.#docs = docs;
    const files = new Map(
      parsing.project.packages.map((pkg) => [
        pkg.name,
        new Set(pkg.files.models.map((file) => stem(file.relativePath))),
      ]),
    );
    for (const key of ['models', 'seeds', 'snapshots', 'analyses', 'data_tests', 'functions'] as const) {
      for (const entry of entries.of(key)) {
        if (key === 'models' && versionsOf(entry).length > 0)
          this.#addVersions(entry, files.get(entry.packageName));
        else this.#add(entry, entry.name, { entry, config: movedConfig(entry, entry.data) });
      }
    }
  }

  /** The patch of a model file. */
  forModel(fileStem: string, packageName: string): Patch | undefined {
    return this.for('models', fileStem, packageName);
  }

  /**
   * The patch of a node; its own package's, else that of a package, the root project first, which has no
   * such node in use itself: so a project can replace a seed of a package, and keep its description.
   */
  for(key: NodeKey, name: string, packageName: string): Patch | undefined {
    const found = this.#byName.get(`${key} ${packageName} ${name}`) ?? this.#ofAnother(key, name);
    if (found) this.#used.add(found);
    return found;
  }

  #ofAnother(key: NodeKey, name: string): Patch | undefined {
    for (const pkg of this.#parsing.project.packages) {
      const patch = this.#byName.get(`${key} ${pkg.name} ${name}`);
      if (patch && !this.#isInUse(key, name, pkg)) return patch;
    }
    return undefined;
  }

  /** Whether a package has such a node that its dbt_project.yml and property files leave enabled. */
  #isInUse(key: NodeKey, name: string, pkg: Package): boolean {
    if (key !== 'models' && key !== 'seeds') return false;
    const file = pkg.files[key].find((one) => stem(one.relativePath) === name);
    if (!file) return false;
    const type = key === 'models' ? 'model' : 'seed';
    const folders = belowSearchPath(file.relativePath, file.searchPath).split('/').slice(0, -1);
    const { config } = this.#parsing.levels.of({
      type,
      packageName: pkg.name,
      fqn: [pkg.name, ...folders, name],
      patch: this.#byName.get(`${key} ${pkg.name} ${name}`)?.config,
      node: `${type}.${pkg.name}.${name}`,
    });
    return config['enabled'] !== false;
  }

  /** Puts on the node what isn't configuration: description, columns, constraints and so on. */
  apply(node: ManifestNode, patch: Patch): void {
    const { entry, versionEntry } = patch;
    const { data } = entry;
    node.patch_path = patchPath(entry);
    const described = this.#docs.describe(
      versionEntry?.data['description'] ?? data['description'],
      entry.packageName,
      () => placeOf(entry, 'description'),
    );
    node.description = described.text;
    node.doc_blocks = described.blocks;
    const columns = versionEntry ? columnsOfVersion(entry, versionEntry) : data['columns'];
    node.columns = columnsOf(columns, entry, this.#docs);
    if (node.resource_type === 'function') describeFunction(node, entry);
    if (node.resource_type !== 'model') return;
    const constraints = versionEntry?.data['constraints'] ?? data['constraints'];
    node.constraints = Array.isArray(constraints)
      ? constraints.filter(isPlainDict).map((constraint) => constraintOf(constraint, true, entry))
      : [];
    node.deprecation_date = dateText(versionEntry?.data['deprecation_date'] ?? data['deprecation_date']);
    node.time_spine = readTimeSpine(entry, node.columns);
    recordForeignKeys(node);
    if (node.contract.enforced) {
      if (Object.keys(node.columns).length === 0) {
        throw compilerErrors['bad-property'](
          { problem: `${node.unique_id} enforces a contract, and no property file lists its columns` },
          { location: placeOf(entry, 'columns') },
        );
      }
      node.contract.checksum = contractChecksum(node);
    }
  }

  /** Warns about entries that describe nothing there is. Called when every node has been read. */
  warnUnused(): void {
    for (const patch of new Set(this.#byName.values())) {
      if (this.#used.has(patch)) continue;
      const { entry } = patch;
      if (entry.key === 'snapshots' && entry.data['relation'] !== undefined) continue;
      const name = patch.version === undefined ? entry.name : `${entry.name} v${patch.version}`;
      const other = this.#nodeOfOtherKind(entry);
      if (other !== undefined) {
        this.#parsing.warn({
          code: 'compiler.wrong-resource-kind',
          message: `${entry.file.relativePath} describes '${entry.name}' under '${entry.key}', and it is a ${other}`,
          hint: `Put the entry under '${sections[other]}'.`,
          location: placeOf(entry, 'name'),
        });
        continue;
      }
      this.#parsing.warn({
        code: 'compiler.unused-patch',
        message: `${entry.file.relativePath} describes ${singular[entry.key as NodeKey]} '${name}', and there is no such file`,
        location: placeOf(entry, 'name'),
      });
    }
  }

  /** What a node of the entry's name is, when the entry stands in another kind's section. */
  #nodeOfOtherKind({ key, name, packageName }: PropertyEntry): NamedType | undefined {
    const { nodes } = this.#parsing.manifest;
    for (const type of ['model', 'seed', 'snapshot', 'analysis'] as const)
      if (sections[type] !== key && nodes[`${type}.${packageName}.${name}`] !== undefined) return type;
    return undefined;
  }

  #addVersions(entry: PropertyEntry, files: ReadonlySet<string> | undefined): void {
    const latestVersion = latestVersionOf(entry);
    const shared = movedConfig(entry, entry.data);
    for (const versionEntry of versionsOf(entry)) {
      const { version, data } = versionEntry;
      const written = data['defined_in'];
      let fileStem = typeof written === 'string' ? written : `${entry.name}_${formattedVersion(version)}`;
      if (version === latestVersion && !files?.has(fileStem)) fileStem = entry.name;
      const config = deepMerge(shared, versionConfig(shared, data));
      this.#add(entry, fileStem, { entry, config, version, latestVersion, versionEntry });
    }
  }

  #add(entry: PropertyEntry, name: string, patch: Patch): void {
    const key = `${entry.key} ${entry.packageName} ${name}`;
    const before = this.#byName.get(key);
    if (before) {
      throw compilerErrors['duplicate-patch'](
        { name, first: before.entry.file.relativePath, second: entry.file.relativePath },
        { location: placeOf(entry, 'name') },
      );
    }
    this.#byName.set(key, patch);
  }
}

const singular: Readonly<Record<NodeKey, string>> = {
  models: 'the model',
  seeds: 'the seed',
  snapshots: 'the snapshot',
  analyses: 'the analysis',
  data_tests: 'the test',
  functions: 'the function',
};

const movable = ['meta', 'docs', 'group', 'contract', 'access'] as const;

/** `config:`, with the keys that may also stand beside it. @throws compiler.bad-property when both are there */
function movedConfig(entry: PropertyEntry, data: Plain): Plain {
  const written = data['config'];
  const config: Plain = isPlainDict(written) ? { ...written } : {};
  for (const key of movable) {
    if (!(key in data) || data[key] === null) continue;
    if (key in config) {
      throw compilerErrors['bad-property'](
        { problem: `'${key}' of '${entry.name}' is set both beside 'config' and in it` },
        { location: placeOf(entry, key), hint: `Keep the one in 'config'.` },
      );
    }
    config[key] = data[key];
  }
  return config;
}

/** `config:` of a version. Beside it only `access` is heard, and only where the model itself has none. */
function versionConfig(shared: Plain, data: Plain): Plain {
  const written = data['config'];
  const config: Plain = isPlainDict(written) ? { ...written } : {};
  const { access } = data;
  if (access === undefined || access === null || 'access' in shared || 'access' in config) return config;
  return { ...config, access };
}

function deepMerge(base: Plain, over: Plain): Plain {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isPlainDict(before) && isPlainDict(value) ? deepMerge(before, value) : value;
  }
  return merged;
}

function dateText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = pythonStr(value).replace(' ', 'T');
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00+00:00`;
  return /[+-]\d\d:\d\d$|Z$/.test(text) ? text : `${text}+00:00`;
}

function stem(relativePath: string): string {
  return (relativePath.split('/').at(-1) ?? relativePath).replace(/\.[^.]*$/, '');
}

type NamedType = 'model' | 'seed' | 'snapshot' | 'analysis';

/** Where property files describe resources of a type. */
const sections: Readonly<Record<NamedType, string>> = {
  model: 'models',
  seed: 'seeds',
  snapshot: 'snapshots',
  analysis: 'analyses',
};
