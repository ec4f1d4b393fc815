/** One file of every trusted authority, for programs that take only one. */
import { trustOf } from './trust.ts';

/**
 * The file; undefined when the user has named no authority, and a program's own list does.
 *
 * @param caFiles as a profile names them; the environment's are taken too.
 * @throws storage.bad-option
 */
export async function trustBundle(
  caFiles: string | undefined | readonly (string | undefined)[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const trust = trustOf({ caFiles: typeof caFiles === 'object' ? caFiles : [caFiles], env });
  return trust.hasOwn ? trust.bundleFile() : undefined;
}
