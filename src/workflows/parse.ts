/** `parse`: is the project sound? Its manifest, without touching a database. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepSecrets, printJson, systemClock, systemRandom } from '../base/index.ts';
import { type Manifest, parseAgain, writeManifestText } from '../compiler/index.ts';
import type { ProjectOptions } from './options.ts';
import { likelyTargetPath, parseRequest } from './parse-request.ts';
import type { ProjectSession } from './project-session.ts';
import { writingTo } from './target-folder.ts';

/** What parsing a project found. */
export interface ParseSummary {
  readonly nodes: number;
  /** Whether every file was as the last parse saw it. */
  readonly fromCache: boolean;
  /** How many models had another text, when that was all that had changed and nothing else was parsed. */
  readonly edited?: number;
  readonly elapsedMs: number;
}

/** A parsed project. */
export interface ParseResult extends ParseSummary {
  readonly manifest: Manifest;
}

/** Reads the project and writes `manifest.json`. @throws project.*, compiler.*, jinja.*, workflows.not-writable */
export async function parse(options: ProjectOptions = {}): Promise<ParseResult> {
  // What takes part only when something has changed is loaded only then.
  const { openProject } = await import('./project-session.ts');
  const session = await openProject('parse', options);
  try {
    const { compilation, settings, targetPath } = session;
    if (settings.writeJson) {
      await writingTo(targetPath, () => writeManifestText(compilation.manifestJson(), targetPath));
      await writingTo(targetPath, () => writePerformance(session, systemClock.nowMs() - session.startedAtMs));
    }
    const { manifest, fromCache } = compilation;
    const nodes = Object.keys(manifest.nodes).length;
    return { manifest, nodes, fromCache, elapsedMs: systemClock.nowMs() - session.startedAtMs };
  } finally {
    session.close();
  }
}

/** dbt's `perf_info.json`: how much was read, and how long it took. What isn't measured by itself is null. */
async function writePerformance(
  { project, compilation, settings, targetPath }: ProjectSession,
  elapsedMs: number,
): Promise<void> {
  const counted = project.packages.map(({ name, files }) => {
    const paths = Object.values(files).reduce(
      (sum, kind) => sum + (Array.isArray(kind) ? kind.length : 0),
      0,
    );
    return { name, paths };
  });
  const pathCount = counted.reduce((sum, { paths }) => sum + paths, 0);
  const seconds = elapsedMs / 1000;
  const text = printJson({
    path_count: pathCount,
    parsed_path_count: compilation.fromCache ? 0 : pathCount,
    static_analysis_path_count: 0,
    static_analysis_parsed_path_count: 0,
    is_partial_parse_enabled: settings.partialParse,
    is_static_analysis_enabled: false,
    read_files_elapsed: null,
    load_macros_elapsed: null,
    parse_project_elapsed: null,
    patch_sources_elapsed: null,
    process_manifest_elapsed: null,
    load_all_elapsed: seconds,
    projects: counted.map(({ name, paths }) => ({
      project_name: name,
      elapsed: seconds,
      parsers: [],
      parsed_path_count: compilation.fromCache ? 0 : paths,
    })),
  });
  await writeFile(join(targetPath, 'perf_info.json'), text);
}

/**
 * `parse` for those who don't look at the manifest. When nothing has changed since a parse that had
 * nothing to tell, the project isn't even read.
 *
 * @throws what `parse` throws.
 */
export async function checkProject(options: ProjectOptions = {}): Promise<ParseSummary> {
  return (await checkAgain(options)) ?? (await parse(options));
}

async function checkAgain(options: ProjectOptions): Promise<ParseSummary | undefined> {
  const startedAtMs = systemClock.nowMs();
  const env = options.env ?? process.env;
  if (options.partialParse === false) return undefined;
  keepSecrets(env);
  const targetPath = likelyTargetPath(options);
  const again = await parseAgain({
    request: parseRequest(options),
    targetPath,
    invocation: { id: systemRandom.uuid(), startedAt: new Date(startedAtMs), env },
  });
  if (again === undefined) return undefined;
  if (options.writeJson ?? again.flags['write_json'] !== false) {
    await writingTo(targetPath, () => writeManifestText(again.manifestJson(), targetPath));
  }
  const { nodes, edited } = again;
  return { nodes, fromCache: edited === 0, edited, elapsedMs: systemClock.nowMs() - startedAtMs };
}
