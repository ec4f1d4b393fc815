/** One file of every trusted authority, for programs that take only one. */
import { trustOf } from './trust.ts';

/**
 * The file; undefined when the user has named no authority, and a program's own list does.
 *
 * @param caFile as a profile names it; the environment's are taken too.
 * @throws storage.bad-option
 */
export async function trustBundle(
  caFile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const trust = trustOf({ caFiles: [caFile], env });
  return trust.hasOwn ? trust.bundleFile() : undefined;
}
