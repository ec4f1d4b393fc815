/** Files of `target/` that the compiler knows how to write. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, secrets } from '../base/index.ts';
import type { Compilation } from './compilation.ts';
import { graphSummary } from './graph-summary.ts';
import type { ManifestNode } from './manifest.ts';
import { writeManifestText } from './manifest-bytes.ts';

/** Writes `manifest.json`, secrets masked. Tools that read dbt's read it. */
export async function writeManifest(compilation: Compilation, targetPath: string): Promise<void> {
  await writeManifestText(compilation.manifestJson(), targetPath);
}

/** Writes `graph_summary.json`: what depends on what, for those who look at a project's shape. */
export async function writeGraphSummary(compilation: Compilation, targetPath: string): Promise<void> {
  const { manifest, graph, invocation } = compilation;
  writeText(
    join(targetPath, 'graph_summary.json'),
    JSON.stringify(graphSummary(manifest, invocation.id, graph)),
  );
}

/** What files are written for: a node, or a unit test that stands in for one. */
export type Written = Pick<ManifestNode, 'package_name' | 'original_file_path' | 'path'> &
  Partial<Pick<ManifestNode, 'compiled_code' | 'compiled_path' | 'build_path'>>;

/**
 * Writes a node's compiled SQL, secrets masked, below `target/compiled/<package>/…` and sets its `compiled_path`.
 *
 * @returns the path, relative to the project, with `/`.
 */
export async function writeCompiled(node: Written, targetPath: string, projectRoot: string): Promise<string> {
  const path = artifactPath('compiled', node);
  writeText(join(targetPath, path), node.compiled_code ?? '');
  node.compiled_path = relativeToProject(targetPath, projectRoot, path);
  return node.compiled_path;
}

/**
 * Writes the SQL that was run for a node, secrets masked, below `target/run/<package>/…` and sets its `build_path`.
 *
 * @returns the path, relative to the project, with `/`.
 */
export async function writeRun(
  node: Written,
  sql: string,
  targetPath: string,
  projectRoot: string,
): Promise<string> {
  const path = artifactPath('run', node);
  writeText(join(targetPath, path), sql);
  node.build_path = relativeToProject(targetPath, projectRoot, path);
  return node.build_path;
}

/** What shares its file with others (tests of a property file, hooks) gets a folder named for that file. */
function artifactPath(folder: 'compiled' | 'run', node: Written): string {
  const original = node.original_file_path.replace(/^\.\//, '');
  const isAlone = original.split('/').at(-1) === node.path.split('/').at(-1);
  return join(folder, node.package_name, isAlone ? original : join(original, node.path));
}

/**
 * Writes at once: for thousands of small files, waiting for each costs several times the writing. A file that
 * says the same already is left: to cut it short and fill it again costs ten times the look.
 */
function writeText(path: string, text: string): void {
  const shown = secrets.scrub(text);
  if (textOf(path) === shown) return;
  try {
    writeFileSync(path, shown);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolder(dirname(path));
    writeFileSync(path, shown);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function relativeToProject(targetPath: string, projectRoot: string, path: string): string {
  const full = join(targetPath, path).replaceAll('\\', '/');
  const root = `${projectRoot.replaceAll('\\', '/').replace(/\/$/, '')}/`;
  return full.startsWith(root) ? full.slice(root.length) : full;
}
