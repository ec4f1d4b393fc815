/** What one parse shares between its steps: the project's facts and the manifest being built. */
import type { SourceLocation } from '../base/index.ts';
import type { Package, Project } from '../project/index.ts';
import { ConfigLevels } from './config-levels.ts';
import type { Environment } from './environment.ts';
import { compilerErrors } from './errors.ts';
import type { CompileWarning, Invocation } from './invocation.ts';
import { UnknownConfigs } from './known-configs.ts';
import { addToRecord } from './lists-by-key.ts';
import type { MacroRegistry } from './macro-registry.ts';
import type { DisabledResource, Manifest, ManifestNode, Plain } from './manifest.ts';

/** Where a resource stands, for errors found after it was read. */
export type Locate = () => SourceLocation;

/** One parse. */
export class Parsing {
  readonly project: Project;
  readonly invocation: Invocation;
  readonly environment: Environment;
  readonly registry: MacroRegistry;
  readonly levels: ConfigLevels;
  readonly unknownConfigs: UnknownConfigs;
  readonly manifest: Manifest;
  /** Seconds since 1970: dbt's `created_at`. One for the whole parse. */
  readonly createdAt: number;
  readonly #places = new Map<string, Locate>();
  readonly #warned = new Set<string>();
  readonly #firsts = new Map<string, { occurrences: number }>();

  constructor(environment: Environment, manifest: Manifest) {
    this.project = environment.project;
    this.invocation = environment.invocation;
    this.environment = environment;
    this.registry = environment.registry;
    this.manifest = manifest;
    this.levels = new ConfigLevels(this.project);
    this.unknownConfigs = new UnknownConfigs((warning) => this.warn(warning));
    this.createdAt = this.invocation.startedAt.getTime() / 1000;
  }

  /** The database and schema that nodes go to unless they say otherwise. */
  get home(): { database: string; schema: string } {
    return { database: this.project.profile.database, schema: this.project.profile.schema };
  }

  packageNamed(name: string): Package | undefined {
    return this.project.packages.find((pkg) => pkg.name === name);
  }

  /** Tells the user of the first thing with that code, which counts the others; of each, when all are asked for. */
  warnOnce(code: string, describe: () => Omit<CompileWarning, 'code'>): void {
    const first = this.#firsts.get(code);
    if (first !== undefined) first.occurrences += 1;
    if (first !== undefined && this.invocation.showAllDeprecations !== true) return;
    const warning = { ...describe(), code, occurrences: 1 };
    if (first === undefined) this.#firsts.set(code, warning);
    else warning.occurrences = 0;
    this.environment.told.push(warning);
    this.invocation.warn?.(warning);
  }

  /** Tells the user of something, each message once. */
  warn(warning: CompileWarning): void {
    const key = `${warning.code}\0${warning.message}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.environment.told.push(warning);
    this.invocation.warn?.(warning);
  }

  /**
   * Takes a finished node in: among the nodes, or among the disabled.
   *
   * @throws compiler.duplicate-name when the id is taken.
   */
  add(node: ManifestNode, locate: Locate): void {
    if (!node.config.enabled) {
      this.addDisabled(node);
      return;
    }
    const part = node.resource_type === 'function' ? this.manifest.functions : this.manifest.nodes;
    const before = part[node.unique_id];
    if (before) {
      throw compilerErrors['duplicate-name'](
        {
          kind: plural(node.resource_type),
          name: node.name,
          first: before.original_file_path,
          second: node.original_file_path,
        },
        { location: locate() },
      );
    }
    part[node.unique_id] = node;
    this.#places.set(node.unique_id, locate);
  }

  /** Takes a disabled resource in. Several may share an id. */
  addDisabled(node: DisabledResource): void {
    addToRecord(this.manifest.disabled, node.unique_id, node);
  }

  /** Remembers where a resource stands. */
  place(uniqueId: string, locate: Locate): void {
    this.#places.set(uniqueId, locate);
  }

  /** Where a resource stands, when it was read in this parse. */
  locate(uniqueId: string): SourceLocation | undefined {
    return this.#places.get(uniqueId)?.();
  }
}

/** A manifest without anything in it. */
export function emptyManifest(metadata: Plain): Manifest {
  return {
    metadata,
    nodes: {},
    sources: {},
    macros: {},
    docs: {},
    exposures: {},
    metrics: {},
    groups: {},
    selectors: {},
    disabled: {},
    parent_map: {},
    child_map: {},
    group_map: {},
    saved_queries: {},
    semantic_models: {},
    unit_tests: {},
    functions: {},
  };
}

function plural(type: string): string {
  return type === 'analysis' ? 'analyses' : `${type}s`;
}
