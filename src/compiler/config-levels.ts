/**
 * A resource's configuration from all its levels.
 *
 * Lowest first: defaults, the own package's dbt_project.yml along the resource's path, its property
 * file, its `config()` calls, and, for a resource of a package, the root project's dbt_project.yml.
 */
import type { SourceLocation } from '../base/index.ts';
import { isPlainDict, type Project, type ProjectConfig } from '../project/index.ts';
import { type ConfiguredType, defaultConfig } from './config-defaults.ts';
import { configKey, hooksOf, mergeConfig } from './config-merge.ts';
import { checkHooks, checkNodeTypes, checkTestTypes } from './config-types.ts';
import { compilerErrors } from './errors.ts';
import type { Plain } from './manifest.ts';
import { writable } from './manifest-text.ts';

/** Whose configuration is wanted. */
export interface ConfigRequest {
  readonly type: ConfiguredType;
  readonly packageName: string;
  readonly fqn: readonly string[];
  /** What is so unless anybody says otherwise, beside what is so for all of the type. */
  readonly base?: Plain | undefined;
  /** `config:` of its property file. */
  readonly patch?: Plain | undefined;
  /** What its `config()` calls say together. */
  readonly calls?: Plain | undefined;
  /** For errors. */
  readonly node: string;
  readonly location?: SourceLocation | undefined;
}

/** What the levels give: merged, and as `unrendered_config` lists them. */
export interface ConfigResult {
  readonly config: Plain;
  readonly unrendered: Plain;
}

/** Merges the configuration of one project's resources. */
export class ConfigLevels {
  readonly #root: ProjectConfig;
  readonly #configs: ReadonlyMap<string, ProjectConfig>;
  readonly #ownKeys = new WeakMap<object, Plain>();

  constructor(project: Project) {
    this.#root = project.config;
    this.#configs = new Map(project.packages.map((pkg) => [pkg.name, pkg.config]));
  }

  /** @throws compiler.bad-config when a level's value has the wrong shape. */
  of(request: ConfigRequest): ConfigResult {
    const config = { ...defaultConfig(request.type), ...request.base };
    const unrendered: Plain = {};
    const bad = (key: string, problem: string): never => {
      throw compilerErrors['bad-config'](
        { node: request.node, key, problem },
        { location: request.location },
      );
    };
    const own = this.#configs.get(request.packageName) ?? this.#root;
    const { type, fqn } = request;
    const isSemantic = type === 'metric' || type === 'semantic_model' || type === 'saved_query';
    const put = (level: Plain): void => mergeConfig(config, level, bad, isSemantic ? onlyMeta : undefined);
    for (const level of this.#levels(treeOf(own, type), fqn)) put(level);
    for (const level of this.#levels(unrenderedTreeOf(own, type), fqn)) Object.assign(unrendered, level);
    if (request.patch) {
      put(request.patch);
      // Spelled as there, unlike in calls.
      Object.assign(unrendered, request.patch);
    }
    if (request.calls) {
      put(request.calls);
      assignKeys(unrendered, request.calls);
    }
    if (own !== this.#root) {
      for (const level of this.#levels(treeOf(this.#root, type), fqn)) put(level);
      for (const level of this.#levels(unrenderedTreeOf(this.#root, type), fqn))
        Object.assign(unrendered, level);
    }
    finish(config, type, bad);
    return { config, unrendered };
  }

  /** The keys a path's folders set, outermost first. */
  *#levels(tree: Plain, fqn: readonly string[]): Iterable<Plain> {
    yield this.#keysOf(tree);
    let at = tree;
    for (const part of fqn) {
      const next = at[part];
      if (!isPlainDict(next)) return;
      yield this.#keysOf(next);
      at = next;
    }
  }

  /** A level's own keys: `+key`, and values that can't be folders. */
  #keysOf(level: Plain): Plain {
    let own = this.#ownKeys.get(level);
    if (!own) {
      own = {};
      for (const [key, value] of Object.entries(level)) {
        if (key.startsWith('+')) own[key.slice(1).trim()] = writable(value);
        else if (!isPlainDict(value)) own[key] = writable(value);
      }
      this.#ownKeys.set(level, own);
    }
    return own;
  }
}

/** The semantic layer's configuration has no tags, hooks and so on that add up. */
const onlyMeta: ReadonlySet<string> = new Set(['meta']);

/** `config()` calls of one file put together, in place. */
export function addConfigCall(calls: Plain, entries: Plain, node: string, location?: SourceLocation): void {
  mergeConfig(calls, entries, (key, problem) => {
    throw compilerErrors['bad-config']({ node, key, problem }, { location });
  });
}

function assignKeys(target: Plain, level: Plain): void {
  for (const key of Object.keys(level)) target[configKey(key)] = level[key];
}

function treeOf(config: ProjectConfig, type: ConfiguredType): Plain {
  switch (type) {
    case 'seed':
      return config.seeds;
    case 'snapshot':
      return config.snapshots;
    case 'source':
      return config.sources;
    case 'test':
      return config.tests;
    case 'exposure':
      return config.exposures;
    case 'unit_test':
      return config.unitTests;
    case 'function':
      return config.functions;
    case 'metric':
      return config.metrics;
    case 'semantic_model':
      return config.semanticModels;
    case 'saved_query':
      return config.savedQueries;
    default:
      return config.models;
  }
}

const treeKeys: Readonly<Record<ConfiguredType, readonly string[]>> = {
  model: ['models'],
  analysis: ['models'],
  operation: ['models'],
  seed: ['seeds'],
  snapshot: ['snapshots'],
  source: ['sources'],
  test: ['data_tests', 'tests'],
  exposure: ['exposures'],
  group: ['models'],
  unit_test: ['unit_tests'],
  function: ['functions'],
  metric: ['metrics'],
  // dbt looks under these names only, which the project file hasn't: unrendered_config lacks those levels.
  semantic_model: ['semantic_models'],
  saved_query: ['saved_queries'],
};

function unrenderedTreeOf(config: ProjectConfig, type: ConfiguredType): Plain {
  for (const key of treeKeys[type]) {
    const tree = config.unrendered[key];
    if (isPlainDict(tree)) return tree;
  }
  return {};
}

/** What dbt makes of a few keys once all levels are merged. */
function finish(config: Plain, type: ConfiguredType, bad: (key: string, problem: string) => never): void {
  if (type === 'group') return;
  if (typeof config['enabled'] !== 'boolean')
    bad('enabled', `has to be true or false, not ${show(config['enabled'])}`);
  if (type === 'metric' || type === 'semantic_model' || type === 'saved_query') return;
  if ('tags' in config) config['tags'] = textList(config['tags'], bad);
  if (type === 'test') {
    checkTestTypes(config, bad);
    finishTest(config, bad);
  } else if ('pre-hook' in config) {
    checkNodeTypes(config, bad);
    for (const key of ['pre-hook', 'post-hook']) checkHooks(key, config[key], bad);
    config['pre-hook'] = hooksOf(config['pre-hook']);
    config['post-hook'] = hooksOf(config['post-hook']);
  }
  if ('materialized' in config && typeof config['materialized'] !== 'string')
    bad('materialized', 'has to be a name');
  const policy = config['static_analysis'];
  if (typeof policy === 'boolean') config['static_analysis'] = policy ? 'on' : 'off';
}

function textList(value: unknown, bad: (key: string, problem: string) => never): unknown[] {
  const tags = Array.isArray(value) ? value : [value];
  for (const tag of tags) if (typeof tag !== 'string') bad('tags', `have to be texts, not ${show(tag)}`);
  return tags;
}

function finishTest(config: Plain, bad: (key: string, problem: string) => never): void {
  const severity = config['severity'];
  if (typeof severity !== 'string' || !/^(warn|error)$/i.test(severity)) {
    bad('severity', `has to be 'warn' or 'error', not ${show(severity)}`);
  }
  const kind = config['store_failures_as'];
  if (kind === null || kind === undefined) {
    const stored = config['store_failures'];
    config['store_failures_as'] = stored === true ? 'table' : stored === false ? 'ephemeral' : null;
  } else {
    config['store_failures'] = kind !== 'ephemeral';
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
