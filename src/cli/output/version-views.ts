/** The lake's versions for the eye: the log in the manner of `git log --oneline`, and what a rollback did. */
import type { LakeLog, LoggedGeneration, RollbackResult } from '../../workflows/index.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** One line for each generation, newest first. */
export function printLog(log: LakeLog, { colors, columns }: Pick<Terminal, 'colors' | 'columns'>): string {
  const [newest] = log.generations;
  if (newest === undefined) return `${colors.dim(`Nothing is published at ${log.catalog}`)}\n`;
  const width = String(newest.number).length;
  const lines = log.generations.map((generation) => {
    const number = colors.yellow(String(generation.number).padStart(width));
    const isHead = generation === newest;
    const head = isHead ? ` ${colors.cyan(`(${log.branch ?? 'main'})`)}` : '';
    const who = whoOf(generation);
    const time = timeText(generation.createdAt);
    const gone = generation.readable ? '' : ` ${colors.red(`(not readable: ${generation.problem ?? ''})`)}`;
    const plainLength =
      width + 2 + time.length + 2 + who.length + 2 + (isHead ? (log.branch ?? 'main').length + 3 : 0);
    const what = whatOf(generation, Math.max(20, columns - plainLength));
    return `${number}  ${colors.dim(time)}  ${who}${head}  ${what}${gone}\n`;
  });
  const more = log.truncated ? `${colors.dim('older ones are left out: see --limit')}\n` : '';
  return `${lines.join('')}${more}`;
}

/** What a rollback did, or would. */
export function printRollback(
  result: RollbackResult,
  isDry: boolean,
  { colors }: Pick<Terminal, 'colors'>,
): string {
  const { generation, restored, changed, tables } = result;
  if (changed.length === 0) return `The lake is as it was in generation ${restored} already\n`;
  const names = changed.map((name) => `  ${visible(name)}\n`).join('');
  if (isDry)
    return `Going back to generation ${restored} would change ${count(changed.length, 'relation')}:\n${names}`;
  if (generation === null) return `The lake is as it was in generation ${restored} already\n`;
  const commits = tables.map(
    ({ table, restoredVersion, version }) =>
      `${colors.dim(`  ${table}: version ${restoredVersion} again, as version ${version}`)}\n`,
  );
  return `Generation ${generation} is generation ${restored} again: ${count(changed.length, 'relation')} changed\n${names}${commits.join('')}`;
}

/** UTC to the second: pasted into `--at` it finds the generation it stands beside, or a later one of that second. */
export function timeText(time: Date): string {
  return time
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** `1 relation`, `2 relations`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function whoOf({ by }: LoggedGeneration): string {
  if (by === undefined) return '-';
  return visible(`${by.user}@${by.host} ${by.command}${by.target === undefined ? '' : ` -t ${by.target}`}`);
}

function whatOf(generation: LoggedGeneration, room: number): string {
  const { from, message, changed } = generation;
  const origin =
    from === undefined
      ? []
      : from.kind === 'rollback'
        ? [`back to ${from.generation}`]
        : [`${from.kind === 'merge' ? 'merged' : 'from'} ${from.branch ?? 'main'}@${from.generation}`];
  const names = changed === undefined ? [] : [listed(changed, room)];
  const said = message === undefined ? [] : [`“${visible(message)}”`];
  return [...origin, ...said, ...names].filter((text) => text !== '').join(' · ');
}

/** As many names as there is room for, at least one. */
function listed(names: readonly string[], room: number): string {
  if (names.length === 0) return 'no relation changed';
  let text = '';
  for (const [index, name] of names.entries()) {
    const next = index === 0 ? visible(name) : `${text}, ${visible(name)}`;
    const left = names.length - index - 1;
    if (index > 0 && next.length + (left > 0 ? 12 : 0) > room)
      return `${text} and ${names.length - index} more`;
    text = next;
  }
  return text;
}
