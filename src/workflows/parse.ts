/** `parse`: is the project sound? Its manifest, without touching a database. */
import type { Manifest } from '../compiler/index.ts';
import { writeManifest } from '../compiler/index.ts';
import { systemClock } from '../base/index.ts';
import type { ProjectOptions } from './options.ts';
import { openProject } from './project-session.ts';

/** A parsed project. */
export interface ParseResult {
  readonly manifest: Manifest;
  /** Whether every file was as the last parse saw it. */
  readonly fromCache: boolean;
  readonly elapsedMs: number;
}

/** Reads the project and writes `manifest.json`. @throws project.*, compiler.*, jinja.* */
export async function parse(options: ProjectOptions = {}): Promise<ParseResult> {
  const session = await openProject('parse', options);
  try {
    if (session.settings.writeJson) await writeManifest(session.compilation, session.targetPath);
    const { manifest, fromCache } = session.compilation;
    return { manifest, fromCache, elapsedMs: systemClock.nowMs() - session.startedAtMs };
  } finally {
    session.close();
  }
}
