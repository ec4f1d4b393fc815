/** A published file in a folder of this machine. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { markedName } from '../base/index.ts';
import { type CatalogLog, openCatalog } from './generation-log.ts';
import { copyPublished, fingerprint, replacePublished, settlePublished } from './published-file.ts';
import type { PublishedPlace } from './published-place.ts';

/** The place of the file at `path`, absolute. */
export function folderPlaceOf(path: string, log: CatalogLog = openCatalog(dirname(path))): PublishedPlace {
  return {
    path,
    name: basename(path),
    isLocal: true,
    log,
    copy: (_, to) => copyPublished(path, to),
    look: () => fingerprint(path),
    isThere: async (name) => (await fingerprint(join(dirname(path), name))) !== undefined,
    settle: (generation) => settlePublished(generation, path),
    draft: async (random) => {
      // On the same file system, so that a rename puts it in its place.
      const folder = join(dirname(path), '_boathouse', 'work', markedName(random.uuid()));
      const file = join(folder, 'catalog.duckdb');
      await mkdir(folder, { recursive: true });
      return {
        file,
        finish: async () => ({
          staged: relative(dirname(path), file),
          fingerprint: (await fingerprint(file)) ?? '',
        }),
        publish: () => replacePublished(file, path),
        discard: () => rm(folder, { recursive: true, force: true }),
      };
    },
  };
}
