/**
 * The result of a parse, kept in `target/`, and whether it still holds.
 *
 * It holds when everything a parse can see is the same: our version and macros, every file, the
 * rendered settings, profile and variables, the environment variables that templates read, and, where
 * templates looked at them, the command's flags. A project whose parsing looks at the clock or at the
 * invocation's id isn't kept at all.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secrets } from '../base/index.ts';
import type { PackageFiles, Project } from '../project/index.ts';
import { builtInFingerprint } from './built-in-macros.ts';
import type { Environment } from './environment.ts';
import type { Invocation } from './invocation.ts';

/** Changes whenever what a parse makes of the same files changes. */
const formatVersion = 1;

const closingBrace = 0x7d;

interface Header {
  readonly key: string;
  /** Hashes of the values that templates saw, by variable; values themselves may be secret. */
  readonly env: Readonly<Record<string, string>>;
  /** The hash of the command's flags, when templates looked at them. */
  readonly flags: string | null;
}

/** The parse cache of one project and target folder. */
export class ParseCache {
  readonly #project: Project;
  readonly #invocation: Invocation;
  readonly #folder: string;
  #key: string | undefined;

  constructor(project: Project, invocation: Invocation, targetPath: string) {
    this.#project = project;
    this.#invocation = invocation;
    this.#folder = targetPath;
  }

  /** The manifest's body of an earlier parse, when it still holds. */
  async read(): Promise<Uint8Array | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || isRefusedByFolder(error)) return undefined;
      throw error;
    }
    const end = bytes.indexOf('\n');
    const header = end === -1 ? undefined : parseHeader(bytes.toString('utf8', 0, end));
    if (!header || header.key !== this.#keyOfNow()) return undefined;
    for (const [name, hash] of Object.entries(header.env)) {
      if (hashOf(this.#invocation.env[name] ?? '\0unset') !== hash) return undefined;
    }
    if (header.flags !== null && header.flags !== flagsHash(this.#invocation)) return undefined;
    // A write that was cut short ends somewhere else.
    return bytes.at(-1) === closingBrace ? bytes.subarray(end + 1) : undefined;
  }

  /**
   * Keeps a parse's result, unless it depends on what changes every time, or holds a secret: masked, it would
   * be no parse of the project any more. A folder that can't be written costs the next parse its time, no more.
   */
  async write(body: Uint8Array, environment: Environment): Promise<void> {
    try {
      if (environment.seen.clock || secrets.isIn(body)) await rm(this.#path, { force: true });
      else await this.#keep(body, environment);
    } catch (error) {
      if (!isRefusedByFolder(error)) throw error;
    }
  }

  async #keep(body: Uint8Array, environment: Environment): Promise<void> {
    const { flags } = environment.seen;
    const env: Record<string, string> = {};
    for (const name of environment.envRead.keys())
      env[name] = hashOf(this.#invocation.env[name] ?? '\0unset');
    const header: Header = { key: this.#keyOfNow(), env, flags: flags ? flagsHash(this.#invocation) : null };
    await mkdir(this.#folder, { recursive: true });
    const temporary = `${this.#path}.${process.pid}.tmp`;
    await writeFile(temporary, [Buffer.from(`${JSON.stringify(header)}\n`), body]);
    await rename(temporary, this.#path);
  }

  get #path(): string {
    return join(this.#folder, 'boathouse_parse.json');
  }

  #keyOfNow(): string {
    this.#key ??= cacheKey(this.#project, this.#invocation);
    return this.#key;
  }
}

function cacheKey(project: Project, invocation: Invocation): string {
  const hash = createHash('sha256');
  const { profile } = project;
  hash.update(
    JSON.stringify([formatVersion, builtInFingerprint(), project.root, project.vars, invocation.vars]),
  );
  const { profileName, targetName, type, path, database, schema, threads, externalRoot, targetDict } =
    profile;
  hash.update(JSON.stringify([profileName, targetName, type, path, database, schema, threads, externalRoot]));
  hash.update(JSON.stringify([targetDict, profile.disableTransactions, profile.isDucklake], bigIntText));
  for (const pkg of project.packages) {
    const { raw, unrendered, selectors } = pkg.config;
    hash.update(JSON.stringify([pkg.name, pkg.root, raw, unrendered, selectors], bigIntText));
    for (const kind of fileKinds) {
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

/** No permission, a read-only disk, no room, or a file where the folder should be. */
function isRefusedByFolder(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'EISDIR'].includes(code);
}

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

function parseHeader(line: string): Header | undefined {
  try {
    return JSON.parse(line) as Header;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
