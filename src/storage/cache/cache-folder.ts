/** Where this machine keeps what it can always fetch again. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `BOATHOUSE_CACHE_DIR`, else the user's cache folder. It need not exist. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['BOATHOUSE_CACHE_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  const shared = env['XDG_CACHE_HOME'];
  return join(
    shared !== undefined && shared !== '' ? resolve(shared) : join(homedir(), '.cache'),
    'boathouse',
  );
}
