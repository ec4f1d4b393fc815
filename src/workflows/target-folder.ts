/** Writing artifacts: a folder that can't be written is said by name. */
import { access, constants } from 'node:fs/promises';
import { isBoathouseError, makeFolder } from '../base/index.ts';
import { workflowErrors } from './errors.ts';

/** What `write` gives. @throws workflows.not-writable naming the path, or `folder`, when the system refuses */
export async function writingTo<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const { code, message, path } = cause as NodeJS.ErrnoException;
    if (isBoathouseError(cause) || code === undefined) throw cause;
    throw workflowErrors['not-writable'](
      { path: path ?? folder, problem: systemProblem(message) },
      { cause },
    );
  }
}

/** Makes `folder` where it is missing. @throws workflows.not-writable before any work is done for nothing */
export async function makeWritable(folder: string): Promise<void> {
  await writingTo(folder, async () => {
    makeFolder(folder);
    await access(folder, constants.W_OK);
  });
}

/** The system's words without the call and the path: `permission denied`. Pure. */
export function systemProblem(message: string): string {
  return /^E[A-Z]+: (.+?), \w+/.exec(message)?.[1] ?? message;
}
