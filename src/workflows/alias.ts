/** `alias`: the command under the name that scripts call. */
import { lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { workflowErrors } from './errors.ts';

/** Which name, and where. */
export interface AliasOptions {
  /** `dbt`. */
  readonly name: string;
  /** The script that the name runs, absolute. */
  readonly script: string;
  /** A folder of the PATH. */
  readonly folder: string;
  /** Take the name away again. */
  readonly remove?: boolean | undefined;
  /** Whether a file is written that calls the script, as Windows needs it, and no link. */
  readonly asFile?: boolean | undefined;
}

/** What was made or removed. */
export interface AliasResult {
  /** Absolute. */
  readonly path: string;
  readonly done: 'made' | 'removed' | 'nothing';
}

/**
 * Puts `name` into a folder as another name of this command, or takes it away. A file of that name that is somebody
 * else's (a dbt of Python's) is never touched.
 *
 * @throws workflows.alias-taken, workflows.not-writable
 */
export async function alias(options: AliasOptions): Promise<AliasResult> {
  const { name, script, remove = false, asFile = false } = options;
  const path = join(resolve(options.folder), asFile ? `${name}.cmd` : name);
  const there = await ownerOf(path, script, asFile);
  if (there === 'other') throw workflowErrors['alias-taken']({ path });
  try {
    if (remove) {
      if (there === 'ours') await rm(path);
      return { path, done: there === 'ours' ? 'removed' : 'nothing' };
    }
    if (there === 'ours') return { path, done: 'nothing' };
    await mkdir(dirname(path), { recursive: true });
    if (asFile) await writeFile(path, shim(script), { flag: 'wx' });
    else await symlink(script, path);
    return { path, done: 'made' };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw workflowErrors['not-writable']({ path, problem }, { cause });
  }
}

async function ownerOf(path: string, script: string, asFile: boolean): Promise<'nobody' | 'ours' | 'other'> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 'nobody';
  if (asFile) return (await readFile(path, 'utf8').catch(() => '')) === shim(script) ? 'ours' : 'other';
  if (!found.isSymbolicLink()) return 'other';
  return resolve(dirname(path), await readlink(path)) === script ? 'ours' : 'other';
}

const shim = (script: string): string => `@node "${script}" %*\r\n`;
