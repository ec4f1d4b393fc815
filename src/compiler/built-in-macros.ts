/** The macros that come with Boathouse, read from the package's `macros/` folder. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BugError } from '../base/index.ts';
import { type InputRecord, listFolder, readBytes, watchReads } from '../project/index.ts';

/** One file of built-in macros. */
export interface BuiltInFile {
  /** dbt's package of it: `dbt` or `dbt_duckdb`. */
  readonly packageName: string;
  /** From the namespace's folder, such as `macros/adapters/columns.sql`. */
  readonly relativePath: string;
  readonly path: string;
  readonly text: string;
}

/** Built-in packages, the one that wins first. */
export const builtInPackages: readonly string[] = ['dbt_duckdb', 'dbt'];

interface BuiltIns {
  readonly files: readonly BuiltInFile[];
  readonly fingerprint: string;
}

let read: (BuiltIns & { readonly inputs: InputRecord }) | undefined;

/** Every built-in macro file. Read once for a process. */
export function builtInFiles(): readonly BuiltInFile[] {
  return builtIns().files;
}

/** A hash of all built-in macros: part of the parse cache's key. */
export function builtInFingerprint(): string {
  return builtIns().fingerprint;
}

/** What was looked at to read them. */
export function builtInInputs(): InputRecord {
  return builtIns().inputs;
}

function builtIns(): BuiltIns & { readonly inputs: InputRecord } {
  if (read === undefined) {
    const { value, inputs } = watchReads(readBuiltIns);
    read = { ...value, inputs };
  }
  return read;
}

function readBuiltIns(): BuiltIns {
  const root = macroFolder();
  const hash = createHash('sha256');
  const files: BuiltInFile[] = [];
  for (const packageName of builtInPackages) {
    const folder = join(root, packageName);
    if (!existsSync(folder)) continue;
    for (const relativePath of sqlFilesBelow(folder)) {
      const path = join(folder, relativePath);
      const text = readBytes(path).toString().replaceAll('\r\n', '\n');
      hash.update(`${packageName}/${relativePath}\0${text}\0`);
      files.push({ packageName, relativePath: `macros/${relativePath}`, path, text });
    }
  }
  return { files, fingerprint: hash.digest('hex') };
}

function sqlFilesBelow(folder: string): string[] {
  const below = (path: string): string[] =>
    listFolder(join(folder, path)).flatMap((entry) => {
      const own = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) return below(own);
      return entry.name.endsWith('.sql') ? [own] : [];
    });
  return below('').sort();
}

/** The folder beside `src/` or `dist/`, whichever this module was loaded from. */
function macroFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'macros');
    if (existsSync(candidate) && existsSync(join(folder, 'package.json'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new BugError('the package has lost its macros folder');
    folder = parent;
  }
}
