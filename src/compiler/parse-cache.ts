/**
 * The result of a parse, kept in `target/`, and whether it still holds.
 *
 * It holds when everything a parse can see is the same: our version and macros, every file, the
 * rendered settings, profile and variables, the environment variables that templates read, and, where
 * templates looked at them, the command's flags. A project whose parsing looks at the clock or at the
 * invocation's id isn't kept at all.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { secrets } from '../base/index.ts';
import {
  environmentHash,
  type FileEdit,
  type InputRecord,
  joinInputs,
  type PackageFiles,
  type Project,
} from '../project/index.ts';
import { buildId } from './build-id.ts';
import { builtInFingerprint, builtInInputs } from './built-in-macros.ts';
import {
  type Again,
  type CacheFile,
  type CacheHeader,
  cacheName,
  isRefusedByFolder,
  readCacheFile,
  writeCacheFile,
} from './cache-file.ts';
import { parseKey, withEditedModels } from './edited-models.ts';
import type { Environment } from './environment.ts';
import type { CompileWarning, Invocation } from './invocation.ts';
import { metadataFacts } from './manifest-metadata.ts';

/** A parse that was kept, and still holds. */
export interface KeptParse {
  readonly body: Uint8Array;
  /** What it told people. */
  readonly warnings: readonly CompileWarning[];
  /** Whether models have another text than it saw; nothing else has changed. */
  readonly isEdited: boolean;
}

/** The parse cache of one project and target folder. */
export class ParseCache {
  readonly #project: Project;
  readonly #invocation: Invocation;
  readonly #folder: string;
  readonly #request: string | undefined;
  #settings: string | undefined;

  /** @param request see `CompileOptions`. */
  constructor(project: Project, invocation: Invocation, targetPath: string, request: string | undefined) {
    this.#project = project;
    this.#invocation = invocation;
    this.#folder = targetPath;
    this.#request = request;
  }

  /** An earlier parse, when it still holds. */
  async read(): Promise<KeptParse | undefined> {
    const kept = readCacheFile(this.#folder);
    if (kept === undefined || kept.header.settings !== this.#settingsOfNow()) return undefined;
    const { header } = kept;
    const body = header.key === this.#keyOfNow() ? kept.body : this.#edited(kept);
    if (body === undefined) return undefined;
    const isEdited = body !== kept.body;
    for (const [name, hash] of Object.entries(header.env)) {
      if (hashOf(this.#invocation.env[name] ?? '\0unset') !== hash) return undefined;
    }
    if (header.flags !== null && header.flags !== flagsHash(this.#invocation)) return undefined;
    await this.#renew(header, body, isEdited);
    return { body, warnings: header.warnings, isEdited };
  }

  /**
   * Keeps a parse's result, unless it depends on what changes every time, or holds a secret: masked, it would
   * be no parse of the project any more. A folder that can't be written costs the next parse its time, no more.
   */
  async write(body: Uint8Array, environment: Environment, nodes: number): Promise<void> {
    const { seen, envRead, told } = environment;
    if (seen.clock || secrets.isIn(body)) {
      await unlessRefused(() => rm(join(this.#folder, cacheName), { force: true }));
      return;
    }
    const env: Record<string, string> = {};
    for (const name of envRead.keys()) env[name] = hashOf(this.#invocation.env[name] ?? '\0unset');
    const flags = seen.flags ? flagsHash(this.#invocation) : null;
    const packages = this.#project.packages.flatMap(({ name, root }) => {
      const quiet = environment.quietMacros.get(name);
      return quiet === undefined ? [] : [{ name, root, quietMacros: [...quiet] }];
    });
    await this.#keep({ env, flags, warnings: told, packages }, nodes, body);
  }

  async #keep(
    facts: Pick<CacheHeader, 'env' | 'flags' | 'warnings' | 'packages'>,
    nodes: number,
    body: Uint8Array,
  ): Promise<void> {
    const { env, flags, warnings, packages } = facts;
    // Whoever asks again whether a project is sound needn't hear again where it writes.
    const isQuiet = this.#project.warnings.every(({ code }) => placeWarnings.has(code));
    const header = {
      key: this.#keyOfNow(),
      settings: this.#settingsOfNow(),
      packages,
      env,
      flags,
      warnings,
      knownGood: isQuiet
        ? this.#project.packages.flatMap(({ files }) => files.properties.map((file) => file.sha256))
        : [],
      again: isQuiet && flags === null && warnings.length === 0 ? this.#again(Object.keys(env), nodes) : null,
    };
    await unlessRefused(() => writeCacheFile(this.#folder, header, body));
  }

  /** How the same request can be answered without reading the project. */
  #again(names: readonly string[], nodes: number): Again | null {
    const { config } = this.#project;
    const joined = this.#inputs();
    if (this.#request === undefined || joined === undefined) return null;
    const inputs = { ...joined, env: [...new Set([...joined.env, ...names])].sort() };
    return {
      request: this.#request,
      targetPath: this.#folder,
      inputs,
      environment: environmentHash(inputs.env, this.#invocation.env),
      metadata: metadataFacts(this.#project),
      flags: config.flags,
      nodes,
    };
  }

  /** The body with the texts of now, when nothing but texts of models has changed. */
  #edited({ header, body }: CacheFile): Uint8Array | undefined {
    const before = header.again?.inputs.files;
    const now = this.#inputs()?.files;
    if (before === undefined || now === undefined || before.length !== now.length) return undefined;
    const models = new Map(
      this.#project.packages.flatMap(({ files }) => files.models.map((file) => [file.path, file] as const)),
    );
    const edits: FileEdit[] = [];
    for (const [i, row] of now.entries()) {
      const old = before[i];
      if (old?.[0] !== row[0]) return undefined;
      if (old[1] === row[1] && old[5] === row[5]) continue;
      const model = models.get(row[0]);
      if (model === undefined) return undefined;
      edits.push(model);
    }
    return withEditedModels(body, header.packages, edits);
  }

  /** Writes the file again when it holds what was, or can't answer this request from outside, but could. */
  async #renew(header: CacheHeader, body: Uint8Array, isEdited: boolean): Promise<void> {
    const { again } = header;
    if (again === null) return;
    const now = this.#again(Object.keys(header.env), again.nodes);
    if (!isEdited && (now === null || asText(now) === asText(again))) return;
    await this.#keep(header, again.nodes, body);
  }

  /** Everything that this parse read or would read; undefined where nobody watched. */
  #inputs(): InputRecord | undefined {
    const { inputs } = this.#project;
    return inputs && joinInputs(inputs, builtInInputs());
  }

  #keyOfNow(): string {
    return parseKey(this.#settingsOfNow(), this.#inputs()?.files ?? []);
  }

  #settingsOfNow(): string {
    this.#settings ??= settingsHash(this.#project, this.#invocation);
    return this.#settings;
  }
}

/** Without the time of the read, which is another one every time. */
function asText(again: Again): string {
  return JSON.stringify({ ...again, inputs: { ...again.inputs, readAtMs: 0 } });
}

async function unlessRefused(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isRefusedByFolder(error)) throw error;
  }
}

/** What decides a parse beside the bytes of its files. Of a project whose files nobody watched, those as well. */
function settingsHash(project: Project, invocation: Invocation): string {
  const hash = createHash('sha256');
  const { profile } = project;
  hash.update(JSON.stringify([buildId, builtInFingerprint(), project.root, project.vars, invocation.vars]));
  const { profileName, targetName, type, path, database, schema, threads, externalRoot, targetDict } =
    profile;
  hash.update(JSON.stringify([profileName, targetName, type, path, database, schema, threads, externalRoot]));
  hash.update(JSON.stringify([targetDict, profile.disableTransactions, profile.isDucklake], bigIntText));
  for (const pkg of project.packages) {
    const { raw, unrendered, selectors } = pkg.config;
    hash.update(JSON.stringify([pkg.name, pkg.root, raw, unrendered, selectors], bigIntText));
    // Checksums leave white space around a text out: where every byte is known, that is better.
    for (const kind of project.inputs === undefined ? fileKinds : []) {
      for (const file of pkg.files[kind])
        hash.update(`${kind}\0${file.relativePath}\0${file.sha256}\0${file.text.length}\n`);
    }
  }
  return hash.digest('hex');
}

const fileKinds = [
  'models',
  'macros',
  'genericTests',
  'singularTests',
  'snapshots',
  'analyses',
  'functions',
  'seeds',
  'docs',
  'properties',
  'fixtures',
] as const satisfies readonly (keyof PackageFiles)[];

function bigIntText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/** What `flags` and `invocation_args_dict` show. */
function flagsHash(invocation: Invocation): string {
  const { command, args, fullRefresh, flags } = invocation;
  return hashOf(JSON.stringify([command, args, fullRefresh, flags], bigIntText));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const placeWarnings: ReadonlySet<string> = new Set(['project.config-log-path', 'project.config-target-path']);
