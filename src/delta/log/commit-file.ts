/** One commit of the log, read whole: its actions, each line accounted for. */
import {
  type Clock,
  isBoathouseError,
  type RetryPolicy,
  retry,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { parseActionLine } from '../action-json.ts';
import type { Action, CommitInfo } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { leavesFolder } from '../file-paths.ts';
import { MalformedAction } from '../json-members.ts';

/**
 * The actions in the log file at `path`, in its order.
 *
 * Storage in passing trouble, and an object that its writer hasn't finished, are waited for a little.
 *
 * @throws delta.corrupt-log at the line that is torn or garbage; storage.not-found
 */
export async function readActions(
  storage: Storage,
  path: string,
  clock: Clock = systemClock,
): Promise<Action[]> {
  const bytes = await retry(troublePolicy, clock, systemRandom, isStorageTrouble, () => storage.read(path));
  return parseActions(bytes, path, storage.uri);
}

/**
 * What the commit at `path` says about itself; undefined when it says nothing.
 *
 * Writers put it first, and a commit may have a hundred thousand lines: where it stands first, the others are
 * neither decoded nor parsed, so that trouble in them isn't found here.
 *
 * @throws as `readActions`
 */
export async function readAccount(storage: Storage, path: string): Promise<CommitInfo | undefined> {
  const bytes = await retry(troublePolicy, systemClock, systemRandom, isStorageTrouble, () =>
    storage.read(path),
  );
  const end = bytes.indexOf(newline);
  const first = parseActions(end < 0 ? bytes : bytes.subarray(0, end + 1), path, storage.uri);
  const found = first.find(isAccount);
  if (found !== undefined || end < 0) return found;
  return parseActions(bytes, path, storage.uri).find(isAccount);
}

const newline = 0x0a;

function isAccount(action: Action): action is CommitInfo {
  return action.kind === 'commit-info';
}

/** Whether `error` says that storage may answer the same call later. */
export function isStorageTrouble(error: unknown): boolean {
  return isBoathouseError(error) && error.retryable && error.code.startsWith('storage.');
}

/** How patient one call to storage is. A live writer finishes its object within milliseconds. */
export const troublePolicy: RetryPolicy = { attemptsMax: 6, delayMsMin: 20, delayMsMax: 500 };

/**
 * The actions in the text of a log file. Pure.
 *
 * @param path named in errors.
 * @throws delta.corrupt-log, delta.outside-table
 */
export function parseActions(bytes: Uint8Array, path: string, table: string): Action[] {
  const text = decodeText(bytes, path, table);
  const actions: Action[] = [];
  let line = 0;
  for (const lineText of text.split('\n')) {
    line += 1;
    if (lineText.trim() === '') continue;
    try {
      actions.push(inside(parseActionLine(lineText), table));
    } catch (cause) {
      if (!(cause instanceof SyntaxError) && !(cause instanceof MalformedAction)) throw cause;
      const isLast = text.indexOf('\n', text.length - 1) === -1 && line === text.split('\n').length;
      const torn = isLast && cause instanceof SyntaxError ? ' (the file ends in the middle of a line)' : '';
      throw deltaErrors['corrupt-log'](
        { table, problem: `${path}, line ${line}: ${cause.message}${torn}` },
        { cause, location: { file: path, line, text } },
      );
    }
  }
  return actions;
}

/** `action`, unless it names a data file by climbing out of the table's folder. @throws delta.outside-table */
export function inside<T extends Action>(action: T, table: string): T {
  if ((action.kind === 'add' || action.kind === 'change-file') && leavesFolder(action.path)) {
    throw deltaErrors['outside-table']({ table, path: action.path });
  }
  return action;
}

function decodeText(bytes: Uint8Array, path: string, table: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw deltaErrors['corrupt-log']({ table, problem: `${path} is not UTF-8 text` }, { cause });
  }
}
