/** `parse`: is the project sound? Its manifest, without touching a database. */
import type { Manifest } from '../compiler/index.ts';
import { writeManifest } from '../compiler/index.ts';
import { systemClock } from '../base/index.ts';
import type { ProjectOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { writingTo } from './target-folder.ts';

/** A parsed project. */
export interface ParseResult {
  readonly manifest: Manifest;
  /** Whether every file was as the last parse saw it. */
  readonly fromCache: boolean;
  readonly elapsedMs: number;
}

/** Reads the project and writes `manifest.json`. @throws project.*, compiler.*, jinja.*, workflows.not-writable */
export async function parse(options: ProjectOptions = {}): Promise<ParseResult> {
  const session = await openProject('parse', options);
  try {
    const { compilation, settings, targetPath } = session;
    if (settings.writeJson) await writingTo(targetPath, () => writeManifest(compilation, targetPath));
    const { manifest, fromCache } = compilation;
    return { manifest, fromCache, elapsedMs: systemClock.nowMs() - session.startedAtMs };
  } finally {
    session.close();
  }
}
