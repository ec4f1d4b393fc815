/** Branches for the eye. */
import type { CreatedBranch, DeletedBranch, ListedBranch, MergedBranch } from '../../workflows/index.ts';
import type { Terminal } from './terminal.ts';
import { count, timeText } from './version-views.ts';
import { visible } from './visible.ts';

/** What was made, and how to go on. */
export function printCreated(
  { name, from, relations }: CreatedBranch,
  { colors }: Pick<Terminal, 'colors'>,
): string {
  const start = `${from.branch ?? 'main'}@${from.generation}`;
  const next = colors.dim(`Build on it with boathouse build --branch ${name}`);
  return `Branch ${name} begins with ${start}: ${count(relations, 'relation')}, nothing copied\n${next}\n`;
}

/** One line for each branch. */
export function printBranches(
  branches: readonly ListedBranch[],
  { colors }: Pick<Terminal, 'colors'>,
): string {
  if (branches.length === 0) return `${colors.dim('There are no branches')}\n`;
  const width = Math.max(...branches.map(({ name }) => name.length));
  const lines = branches.map(({ name, from, createdAt, changed, leaving, generation }) => {
    const start = `${from.branch ?? 'main'}@${from.generation}`;
    const state = leaving
      ? colors.dim('deleted; its files are kept for readers')
      : changed.length === 0
        ? colors.dim('nothing to merge')
        : `changed: ${changed.map(visible).join(', ')}`;
    const at = generation === null ? '' : `@${generation}`;
    return `${colors.cyan(name.padEnd(width))}${at}  ${colors.dim(timeText(createdAt))}  from ${start}  ${state}\n`;
  });
  return lines.join('');
}

/** What a merge brought, or would. */
export function printMerged({ name, into, generation, changed }: MergedBranch): string {
  if (changed.length === 0) return `${into} has everything of ${name} already\n`;
  const names = changed.map((relation) => `  ${visible(relation)}\n`).join('');
  const what = count(changed.length, 'relation');
  return generation === null
    ? `Merging ${name} would change ${what} of ${into}:\n${names}`
    : `Merged ${name} into ${into} as generation ${generation}: ${what}\n${names}`;
}

/** What was deleted, and what was lost with it. */
export function printDeleted({ name, lost, isGone }: DeletedBranch): string {
  const changes = lost.length === 0 ? '' : `, with changes of ${lost.map(visible).join(', ')}`;
  const files = isGone
    ? 'its files are gone'
    : 'its files go a day from now, with the next run that publishes';
  return `Deleted ${name}${changes}; ${files}\n`;
}
