/** The operating system's errors as ours: each with a code and a hint. */
import { BoathouseError, BugError } from '../base/index.ts';
import { storageErrors } from './errors.ts';

/** `error` as a storage error; errors that are ours already, and bugs, are returned as they are. */
export function localError(error: unknown, about: { path: string; uri: string; doing: string }): unknown {
  if (error instanceof BoathouseError || error instanceof BugError) return error;
  const context = { cause: error };
  switch (codeOf(error)) {
    case 'ENOENT':
      return storageErrors['not-found'](about, context);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return storageErrors['no-space'](about, context);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return storageErrors['no-permission'](about, context);
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENOTEMPTY':
    // From making a folder where a file stands.
    case 'EEXIST':
      return storageErrors['not-a-file'](about, context);
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'EINVAL':
      return storageErrors['bad-path']({ path: about.path, problem: messageOf(error) }, context);
    case undefined:
      return error;
    default:
      return storageErrors.unreachable({ ...about, problem: messageOf(error) }, context);
  }
}

/** The `code` of an error: the system's (`ENOENT`) or ours (`storage.not-found`). */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
