/**
 * Unpacking an archive that a stranger made: nothing lands outside of the folder, nothing grows without end.
 */
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isBoathouseError } from '../../base/index.ts';
import { depsErrors } from './errors.ts';

/** More than any package has, less than would fill a disk. */
const bytesMax = 2 ** 30;
const filesMax = 100_000;

/**
 * Unpacks a `.tar.gz` into `folder`, which has to be empty or missing.
 *
 * @returns the one folder in it, which holds the package.
 * @throws workflows.bad-archive
 */
export async function unpack(bytes: Uint8Array, folder: string, url: string): Promise<string> {
  const file = `${folder}.tar.gz`;
  await mkdir(folder, { recursive: true });
  await writeFile(file, bytes);
  const wrong = (problem: string, cause?: unknown): Error =>
    depsErrors['bad-archive']({ url, problem }, cause === undefined ? {} : { cause });
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) throw wrong('it is not compressed with gzip');
  const { Unpack } = await import('tar');
  let size = 0;
  let files = 0;
  let refused: Error | undefined;
  try {
    await pipeline(
      createReadStream(file),
      new Unpack({
        cwd: folder,
        strict: true,
        // A file that ends early is torn, not short.
        maxReadSize: 2 ** 20,
        preserveOwner: false,
        filter: (path, entry) => {
          size += 'size' in entry ? entry.size : 0;
          files += 1;
          const kind = 'type' in entry ? entry.type : '';
          const problem = problemOf(path, kind, 'linkpath' in entry ? entry.linkpath : undefined);
          if (problem !== undefined) refused ??= wrong(problem);
          else if (size > bytesMax)
            refused ??= wrong(`it is larger than ${bytesMax} bytes once it is unpacked`);
          else if (files > filesMax) refused ??= wrong(`it has more than ${filesMax} files`);
          return refused === undefined;
        },
      }),
    );
  } catch (error) {
    if (isBoathouseError(error)) throw error;
    throw refused ?? wrong(error instanceof Error ? error.message : String(error), error);
  }
  if (refused !== undefined) throw refused;
  const found = await readdir(folder, { withFileTypes: true });
  const [only, another] = found;
  if (only === undefined) throw wrong('it is empty');
  if (another !== undefined || !only.isDirectory())
    throw wrong(`it has ${found.length === 1 ? 'no folder' : 'more than one folder or file'} at its top`);
  return join(folder, only.name);
}

function problemOf(path: string, kind: string, target: string | undefined): string | undefined {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..'))
    return `it wants to write outside of its folder: ${path}`;
  if (!['File', 'OldFile', 'ContiguousFile', 'Directory', 'SymbolicLink', 'Link'].includes(kind))
    return `it holds something that is neither a file, a folder nor a link: ${path}`;
  if (target === undefined || target === '' || (kind !== 'SymbolicLink' && kind !== 'Link')) return undefined;
  const from = kind === 'SymbolicLink' ? join('/', 'top', dirname(path)) : '/top';
  const leads = resolve(from, target);
  return leads.startsWith('/top/') ? undefined : `it has a link that leads out of it: ${path} → ${target}`;
}

/**
 * Refuses a folder with a link that leads out of it: a repository may hold one as well.
 *
 * @param name of the package, for the message.
 * @throws workflows.unsafe-link
 */
export async function refuseLinksOut(folder: string, name: string): Promise<void> {
  const root = resolve(folder);
  const look = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) await look(path);
      if (!entry.isSymbolicLink()) continue;
      const target = await readlink(path);
      const leads = resolve(at, target);
      if (leads !== root && !leads.startsWith(root + sep))
        throw depsErrors['unsafe-link']({ package: name, link: relative(root, path), target });
    }
  };
  if ((await lstat(root)).isDirectory()) await look(root);
}
