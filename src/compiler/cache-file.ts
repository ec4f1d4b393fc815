/**
 * The file that a parse is kept in: a line that says when it holds, then the manifest's body.
 *
 * Reading it needs nothing else of the compiler, so that `parse` can see that nothing has changed before
 * anything is loaded that could find out more.
 */
import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, systemClock } from '../base/index.ts';
import type { InputRecord } from '../project/index.ts';
import { buildId } from './build-id.ts';
import type { CompileWarning } from './invocation.ts';
import type { Plain } from './manifest.ts';
import type { MetadataFacts } from './manifest-metadata.ts';

/** When a kept parse holds. */
export interface CacheHeader {
  /** The build of Boathouse that parsed: another one may make something else of the same files. */
  readonly build: string;
  /** The size of the body: a write that was cut short has another one. */
  readonly sizeBytes: number;
  /** When it was written, by our clock: the file's own time then tells how the disk's clock goes. */
  readonly writtenAtMs: number;
  /** A hash of what the parse saw, but for the environment. */
  readonly key: string;
  /** The part of it that no file's content decides. */
  readonly settings: string;
  /** What an edit of a model's text is judged by. */
  readonly packages: readonly KnownPackage[];
  /** Hashes of the values that templates saw, by variable; values themselves may be secret. */
  readonly env: Readonly<Record<string, string>>;
  /** The hash of the command's flags, when templates looked at them. */
  readonly flags: string | null;
  /** What the parse told people. */
  readonly warnings: readonly CompileWarning[];
  /** Hashes of property files that were read without a warning. */
  readonly knownGood: readonly string[];
  /** How to see from outside that nothing has changed; null when it can't be seen that way. */
  readonly again: Again | null;
}

/** A package whose models were read without rendering where they could be. */
export interface KnownPackage {
  readonly name: string;
  /** Absolute path. */
  readonly root: string;
  /** Macros that models call and that can't matter to a parse, as written. */
  readonly quietMacros: readonly string[];
}

/** What answers the same request again without reading the project. */
export interface Again {
  /** What was asked for: `CompileOptions.request`. */
  readonly request: string;
  /** Absolute path of `target/`. */
  readonly targetPath: string;
  readonly inputs: InputRecord;
  /** `environmentHash` of the variables that reading and parsing looked at. */
  readonly environment: string;
  readonly metadata: MetadataFacts;
  /** `flags:` of dbt_project.yml. */
  readonly flags: Plain;
  /** How many nodes the manifest has. */
  readonly nodes: number;
}

/** A kept parse. */
export interface CacheFile {
  readonly header: CacheHeader;
  readonly body: Uint8Array;
  /** How far the disk's clock is behind ours, in milliseconds; negative when it is. */
  readonly skewMs: number;
}

/** What this build kept in `targetPath`; undefined when there is nothing, or nothing that can be read. */
export function readCacheFile(targetPath: string): CacheFile | undefined {
  const path = join(targetPath, cacheName);
  let bytes: Buffer;
  let modifiedMs: number;
  try {
    modifiedMs = statSync(path).mtimeMs;
    bytes = readFileSync(path);
  } catch (error) {
    if (isRefusedByFolder(error)) return undefined;
    throw error;
  }
  const end = bytes.indexOf('\n');
  const header = end === -1 ? undefined : parseHeader(bytes.toString('utf8', 0, end));
  if (header?.build !== buildId || bytes.length - end - 1 !== header.sizeBytes) return undefined;
  return { header, body: bytes.subarray(end + 1), skewMs: modifiedMs - header.writtenAtMs };
}

/** Keeps a parse in `targetPath`, in one step. Throws what Node throws. */
export async function writeCacheFile(
  targetPath: string,
  header: Omit<CacheHeader, 'build' | 'sizeBytes' | 'writtenAtMs'>,
  body: Uint8Array,
): Promise<void> {
  makeFolder(targetPath);
  const path = join(targetPath, cacheName);
  const temporary = `${path}.${process.pid}.tmp`;
  const whole: CacheHeader = {
    build: buildId,
    sizeBytes: body.length,
    writtenAtMs: systemClock.nowMs(),
    ...header,
  };
  await writeFile(temporary, [Buffer.from(`${JSON.stringify(whole)}\n`), body]);
  await rename(temporary, path);
}

/** The file's name in `target/`. */
export const cacheName = 'boathouse_parse.json';

/** No such file, no permission, a read-only disk, no room, or a file where the folder should be. */
export function isRefusedByFolder(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'EISDIR'].includes(
    code,
  );
}

function parseHeader(line: string): CacheHeader | undefined {
  try {
    return JSON.parse(line) as CacheHeader;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
