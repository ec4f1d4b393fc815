/** dbt itself, as the judge: found where `node scripts/peers.mjs` put it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = process.env['BOATHOUSE_PEERS_BIN'];

/** Why dbt can't judge here; empty when it can. */
export const noDbt: string = folder === undefined ? 'BOATHOUSE_PEERS_BIN names no dbt' : '';

/** What dbt prints. Doesn't block: a test runner that hears nothing for a minute gives up. */
export async function dbt(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(folder ?? '', 'dbt'), args, {
    cwd,
    env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' },
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}
