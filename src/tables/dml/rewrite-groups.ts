/** Which files are written again together. Pure. */
import type { AddFile } from '../../delta/index.ts';
import type { TouchedFile } from './touched-files.ts';

/**
 * `touched` in groups that are each written by themselves, in the order of the table. Rows stay among their
 * neighbours then, and the new files' statistics tell as much as the old ones' did. Small files go together, up
 * to a quarter of the size that files are closed at; large ones stay alone.
 */
export function rewriteGroups(
  touched: readonly TouchedFile[],
  files: readonly AddFile[],
  targetFileSizeBytes: number,
): TouchedFile[][] {
  const groups: TouchedFile[][] = [];
  let sizeBytes = Number.POSITIVE_INFINITY;
  for (const file of touched) {
    const own = files[file.index]?.sizeBytes ?? 0;
    const last = groups.at(-1);
    if (last === undefined || sizeBytes + own > targetFileSizeBytes / 4) {
      groups.push([file]);
      sizeBytes = own;
    } else {
      last.push(file);
      sizeBytes += own;
    }
  }
  return groups;
}
