/** Files that descriptions show: the project's `asset-paths`, copied beside the site. */
import { cp, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Project } from '../../project/index.ts';
import { workflowErrors } from '../errors.ts';

/**
 * Copies each of `asset-paths` into `folder` under its own name, in place of what an earlier site has left.
 *
 * @throws workflows.bad-asset-path for a path that leads out of the project
 */
export async function copyAssets({ root, config }: Project, folder: string): Promise<void> {
  for (const path of config.assetPaths) {
    const from = resolve(root, path);
    const to = resolve(folder, path);
    const inside = relative(folder, to);
    if (inside === '' || inside.startsWith('..') || resolve(inside) === inside) {
      throw workflowErrors['bad-asset-path']({ path, file: config.file });
    }
    // What would be copied into itself can't be.
    if (from === folder || relative(from, folder).split(/[\\/]/)[0] !== '..') {
      throw workflowErrors['bad-asset-path']({ path, file: config.file });
    }
    await rm(to, { recursive: true, force: true });
    if ((await stat(from).catch(() => undefined)) !== undefined)
      await cp(from, join(to), { recursive: true });
  }
}
