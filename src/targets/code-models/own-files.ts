/** Files of ours that are started by name rather than imported. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BugError } from '../../base/index.ts';

/** The program of a model's thread: always the built one, because a thread can't be started from TypeScript. */
export function threadFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'dist/targets/code-models/thread.js');
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder)
      throw new BugError('the package has lost the program of its threads: npm run build');
    folder = parent;
  }
}
