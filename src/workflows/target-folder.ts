/** Writing artifacts: a folder that can't be written is said by name. */
import { isBoathouseError } from '../base/index.ts';
import { workflowErrors } from './errors.ts';

/** What `write` gives. @throws workflows.not-writable naming `folder`, when the system refuses */
export async function writingTo<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (isBoathouseError(cause) || code === undefined) throw cause;
    throw workflowErrors['not-writable']({ path: folder, problem: systemProblem(message) }, { cause });
  }
}

/** The system's words without the call and the path: `permission denied`. Pure. */
export function systemProblem(message: string): string {
  return /^E[A-Z]+: (.+?), \w+/.exec(message)?.[1] ?? message;
}
