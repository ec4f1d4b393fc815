/** Finding and reading a package's files. */
import { type Dirent, statSync } from 'node:fs';
import { join } from 'node:path';
import { type IgnoreRule, readDbtIgnore } from './dbtignore.ts';
import { fileSize, kindAt, listFolder, readBytes } from './disk.ts';
import { importedTexts } from './imported-files.ts';
import type { PackageFiles, ProjectConfig, PropertyFile, SeedFile, SourceFile } from './project.ts';
import { parsePropertyFile } from './property-file.ts';
import { checksum, readExactText, unreadable, withPlainLineEnds } from './read-text.ts';
import type { WarningList } from './warnings.ts';

/** Above this a seed's checksum is its path, as in dbt: hashing it on every run would cost more than loading it. */
const seedBytesMax = 1024 * 1024;

/**
 * Every file of the package in `root` that `config` says it has. Links are followed; what .dbtignore
 * names is left out; folders that don't exist are empty.
 *
 * @param knownGood hashes of property files that were read before without a warning.
 * @throws project.unreadable-file, project.bad-yaml, project.bad-value
 */
export function readPackageFiles(
  root: string,
  config: ProjectConfig,
  warnings: WarningList,
  knownGood: ReadonlySet<string> = new Set(),
): PackageFiles {
  const search = new Search(root, config, readDbtIgnore(root));
  const read = (found: Found): SourceFile => readSource(root, found);
  const tests = search.find(config.testPaths, sql);
  const isBelow = (found: Found, folder: string): boolean =>
    found.relativePath.slice(prefixLength(found.searchPath)).startsWith(`${folder}/`);
  const fixtures = search.find(config.testPaths, fixture).filter((found) => isBelow(found, 'fixtures'));
  return {
    models: search.find(config.modelPaths, model).map((found) => readModel(root, found)),
    macros: search.find(config.macroPaths, sql).map(read),
    genericTests: tests.filter((found) => isBelow(found, 'generic')).map(read),
    singularTests: tests
      .filter((found) => !isBelow(found, 'generic') && !isBelow(found, 'fixtures'))
      .map(read),
    snapshots: search.find(config.snapshotPaths, sql).map(read),
    analyses: search.find(config.analysisPaths, sql).map(read),
    functions: search.find(config.functionPaths, code).map(read),
    seeds: search.find(config.seedPaths, csv).map((found) => readSeed(root, found)),
    docs: search.find(config.docsPaths, markdown).map(read),
    properties: search
      .find(allPaths(config), yaml)
      .map(read)
      .map((file): PropertyFile => parsePropertyFile(file, warnings, knownGood.has(file.sha256))),
    fixtures: fixtures.map(read),
  };
}

const sql = /\.sql$/i;
const code = /\.(?:sql|py)$/i;
const model = /(?:\.(?:sql|py|m?js)|(?<!\.d)\.m?ts)$/i;
const csv = /\.csv$/i;
const fixture = /\.(?:csv|sql)$/i;
const markdown = /\.md$/i;
const yaml = /\.ya?ml$/i;

function allPaths(config: ProjectConfig): readonly string[] {
  return [
    ...config.modelPaths,
    ...config.seedPaths,
    ...config.snapshotPaths,
    ...config.analysisPaths,
    ...config.macroPaths,
    ...config.testPaths,
    ...config.functionPaths,
  ];
}

interface Found {
  readonly relativePath: string;
  readonly searchPath: string;
}

const prefixLength = (searchPath: string): number => (searchPath === '.' ? 0 : searchPath.length + 1);

/** Walks each configured folder once, however many kinds of file are looked for in it. */
class Search {
  readonly #root: string;
  readonly #ignore: IgnoreRule;
  readonly #skipped: ReadonlySet<string>;
  readonly #walked = new Map<string, readonly string[]>();

  constructor(root: string, config: ProjectConfig, ignore: IgnoreRule) {
    this.#root = root;
    this.#ignore = ignore;
    // With `.` as a path the project's own products would be found.
    this.#skipped = new Set([
      config.targetPath,
      config.packagesInstallPath,
      config.logPath,
      '.git',
      'node_modules',
    ]);
  }

  /** The files under `paths` whose names match, each once, sorted by path. */
  find(paths: readonly string[], name: RegExp): readonly Found[] {
    const found = new Map<string, Found>();
    for (const searchPath of paths) {
      for (const relativePath of this.#walk(searchPath)) {
        if (name.test(relativePath) && !found.has(relativePath)) {
          found.set(relativePath, { relativePath, searchPath });
        }
      }
    }
    return [...found.values()].sort((a, b) => (a.relativePath < b.relativePath ? -1 : 1));
  }

  #walk(searchPath: string): readonly string[] {
    const known = this.#walked.get(searchPath);
    if (known) return known;
    const files: string[] = [];
    const start = statSync(join(this.#root, searchPath), { throwIfNoEntry: false });
    const above = new Set(start ? [`${start.dev}:${start.ino}`] : []);
    this.#walkFolder(searchPath === '.' ? '' : searchPath, files, above);
    const kept = files.filter((path) => !this.#ignore(path));
    this.#walked.set(searchPath, kept);
    return kept;
  }

  /** @param above the folders that led here, by device and inode, so that a link can't lead in circles. */
  #walkFolder(folder: string, files: string[], above: ReadonlySet<string>): void {
    const absolute = join(this.#root, folder);
    let entries: Dirent[];
    try {
      entries = listFolder(absolute);
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return;
      throw unreadable(absolute, error);
    }
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && !this.#skipped.has(path)) this.#walkFolder(path, files, above);
      else if (entry.isSymbolicLink()) this.#followLink(path, files, above);
    }
  }

  #followLink(path: string, files: string[], above: ReadonlySet<string>): void {
    const absolute = join(this.#root, path);
    const kind = kindAt(absolute);
    if (kind === 'file') files.push(path);
    if (kind !== 'folder') return;
    const info = statSync(absolute);
    const identity = `${info.dev}:${info.ino}`;
    if (!above.has(identity)) this.#walkFolder(path, files, new Set([...above, identity]));
  }
}

function readSource(root: string, found: Found): SourceFile {
  const path = join(root, found.relativePath);
  const text = readExactText(path);
  return {
    path,
    relativePath: found.relativePath,
    text: withPlainLineEnds(text),
    sha256: checksum(text),
    searchPath: found.searchPath,
  };
}

/** A model. A script's checksum covers what it imports from beside it. */
function readModel(root: string, found: Found): SourceFile {
  const file = readSource(root, found);
  const imported = importedTexts(file.path, file.text);
  return imported.length === 0 ? file : { ...file, sha256: checksum([file.text, ...imported].join('\0')) };
}

function readSeed(root: string, found: Found): SeedFile {
  const path = join(root, found.relativePath);
  const base = { path, relativePath: found.relativePath, text: '', searchPath: found.searchPath };
  let bytes: Buffer;
  try {
    const sizeBytes = fileSize(path);
    if (sizeBytes > seedBytesMax)
      return { ...base, sha256: found.relativePath, checksumName: 'path', sizeBytes };
    bytes = readBytes(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  return {
    ...base,
    sha256: checksum(bytes.toString('utf8')),
    checksumName: 'sha256',
    sizeBytes: bytes.byteLength,
  };
}
