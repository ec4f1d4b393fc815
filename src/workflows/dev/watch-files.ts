/** Which of a project's files have changed, as they change: several saves at once are one piece of news. */
import { basename, extname, relative, resolve, sep } from 'node:path';
import { watch } from 'chokidar';

/** What is watched. */
export interface WatchOptions {
  readonly root: string;
  /** Files outside the project that count as well: profiles.yml. */
  readonly alsoFiles: readonly string[];
  /** Folders that commands write to, absolute: never looked at. */
  readonly ignored: readonly string[];
  /** Told of the files that changed, absolute; of a burst of changes once, when it is over. */
  onChange(files: readonly string[]): void;
}

/** Watching, until it is closed. */
export interface FileWatch {
  close(): Promise<void>;
}

/** What a project is made of. */
const endings: ReadonlySet<string> = new Set([
  ...['.sql', '.yml', '.yaml', '.csv', '.md', '.py', '.ts', '.js', '.mts', '.mjs', '.json'],
]);

/** Editors write a file in several steps, and a checkout writes many files. */
const quietMs = 40;

/** Starts watching; returns once changes are seen. */
export async function watchFiles(options: WatchOptions): Promise<FileWatch> {
  const { root } = options;
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const isIgnored = (path: string, isFile: boolean): boolean => {
    if (options.alsoFiles.includes(path)) return false;
    const inside = relative(root, path);
    if (inside === '') return false;
    if (inside.split(sep).some((part) => part.startsWith('.') || part === 'node_modules')) return true;
    if (options.ignored.some((folder) => path === folder || path.startsWith(folder + sep))) return true;
    return isFile && !endings.has(extname(path).toLowerCase());
  };
  const watcher = watch([root, ...options.alsoFiles], {
    ignoreInitial: true,
    ignored: (path, stats) => isIgnored(resolve(path), stats?.isFile() === true),
  });
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return;
    const file = resolve(path);
    if (!options.alsoFiles.includes(file) && !endings.has(extname(file).toLowerCase())) return;
    // What editors keep beside a file while they write it.
    if (/^(?:#.*#|\.#.*|4913)$/.test(basename(file))) return;
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const files = [...changed].sort();
      changed.clear();
      options.onChange(files);
    }, quietMs);
  });
  // A folder that can't be watched (too many of them, no permission) leaves the rest watched.
  watcher.on('error', () => {});
  await new Promise<void>((done) => watcher.once('ready', () => done()));
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
