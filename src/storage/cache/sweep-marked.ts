/** Removing what processes that have ended left on this machine. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMark, stateOf } from '../../base/index.ts';

/** Removes the entries of `folder` whose makers have ended. Done once by a process for each folder. */
export async function sweepMarked(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    const mark = parseMark(name);
    if (mark === undefined || stateOf(mark) !== 'gone') continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const swept = new Set<string>();
