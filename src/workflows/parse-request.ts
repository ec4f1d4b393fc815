/** What a parse is asked for, and where its answer may be kept. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProjectDir } from './find-project.ts';
import type { ProjectOptions } from './options.ts';

/** Everything in `options` and around the process that decides what is read, as a text. */
export function parseRequest(options: ProjectOptions): string {
  const { profilesDir, profile, target, threads, vars, versionCheck } = options;
  const all = [
    findProjectDir(options.projectDir),
    process.cwd(),
    homedir(),
    profilesDir ?? null,
    profile ?? null,
    target ?? null,
    threads ?? null,
    typeof vars === 'string' ? vars : Object.entries(vars ?? {}),
    versionCheck ?? true,
  ];
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/**
 * Where `target/` probably is, without reading the project as it is read: its `target-path` may be a
 * template. Whatever is found there says itself whether it was kept for this project and folder.
 */
export function likelyTargetPath(options: ProjectOptions): string {
  const root = findProjectDir(options.projectDir);
  return resolve(root, options.targetPath ?? namedTargetPath(root) ?? 'target');
}

function namedTargetPath(root: string): string | undefined {
  try {
    const text = readFileSync(join(root, 'dbt_project.yml'), 'utf8');
    return /^["']?target-path["']?:[ \t]+["']?([^\s"'{#]+)["']?[ \t]*(?:#.*)?$/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
