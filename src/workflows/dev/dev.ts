/** `dev`: a project watched while somebody works on it. */
import { join, resolve } from 'node:path';
import { findProjectDir } from '../find-project.ts';
import type { RunOptions } from '../options.ts';
import { likelyTargetPath } from '../parse-request.ts';
import { readProjectOnly } from '../read-project.ts';
import { type Finding, look } from './look.ts';
import { watchFiles } from './watch-files.ts';

/** What is told while a project is watched. */
export type DevUpdate =
  /** Changes are seen from now on. */
  | { readonly kind: 'watching'; readonly root: string }
  /** A look begins, because of these files, relative to the project; at the beginning of none. */
  | { readonly kind: 'looking'; readonly changed: readonly string[] }
  | Finding
  /** The look is over. */
  | { readonly kind: 'idle' };

/** How a project is watched. */
export interface DevOptions extends RunOptions {
  /** Rows of the preview at most; 10 unless given. */
  readonly limit?: number | undefined;
  /** False: compile only, and ask the target for no rows. */
  readonly preview?: boolean | undefined;
  /** Told of everything, in order. */
  readonly onUpdate: (update: DevUpdate) => void;
  /** Hands over a function that looks again without a change. */
  readonly onReady?: ((again: () => void) => void) | undefined;
}

/**
 * Looks at the project now and whenever its files change: parses it, compiles the model last edited, and reads its first
 * rows. Nothing is built. A change during a look interrupts that look's query, and is looked at next.
 *
 * What is wrong with the project is told, and watching goes on. Returns when `signal` aborts.
 */
export async function dev(options: DevOptions): Promise<void> {
  const { signal, onUpdate } = options;
  const root = findProjectDir(options.projectDir);
  const waiting = new Set<string>();
  let isDue = true;
  let current = new AbortController();
  let wake: () => void = () => {};
  const due = (files: readonly string[]): void => {
    for (const file of files) waiting.add(file);
    isDue = true;
    current.abort();
    wake();
  };
  const watch = await watchFiles({ root, ...(await placesOf(root, options)), onChange: due });
  const stop = (): void => {
    current.abort();
    wake();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    onUpdate({ kind: 'watching', root });
    options.onReady?.(() => due([]));
    let last: string | undefined;
    while (signal?.aborted !== true) {
      if (!isDue) {
        await new Promise<void>((woken) => {
          wake = woken;
          if (isDue || signal?.aborted === true) woken();
        });
        continue;
      }
      isDue = false;
      const changed = [...waiting];
      waiting.clear();
      current = new AbortController();
      onUpdate({ kind: 'looking', changed: changed.map((file) => shortName(root, file)) });
      last = await look({
        ...options,
        changed,
        last,
        limit: options.limit ?? 10,
        preview: options.preview ?? true,
        signal: current.signal,
        tell: onUpdate,
      });
      // A look that was cut short has left these unseen.
      if (current.signal.aborted) for (const file of changed) waiting.add(file);
      onUpdate({ kind: 'idle' });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await watch.close();
  }
}

/** What is watched besides the project, and what isn't; a project that can't be read yet has the usual folders. */
async function placesOf(
  root: string,
  options: DevOptions,
): Promise<{ readonly alsoFiles: readonly string[]; readonly ignored: readonly string[] }> {
  const targetPath = likelyTargetPath(options);
  try {
    const { config, profile } = await readProjectOnly(options);
    const logs = resolve(root, options.logPath ?? config.logPath);
    return {
      alsoFiles: [profile.file],
      ignored: [resolve(root, options.targetPath ?? config.targetPath), targetPath, logs],
    };
  } catch {
    const profiles = join(resolve(options.profilesDir ?? root), 'profiles.yml');
    return { alsoFiles: [profiles], ignored: [targetPath, join(root, 'logs')] };
  }
}

function shortName(root: string, file: string): string {
  return file.startsWith(root) ? file.slice(root.length + 1) : file;
}
