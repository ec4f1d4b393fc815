/** dbt itself, as the judge: found where `node scripts/peers.mjs` put it. */
import { join } from 'node:path';
import { DbtServer } from './judge/programs.ts';

const folder = process.env['BOATHOUSE_PEERS_BIN'];

/** Why dbt can't judge here; empty when it can. */
export const noDbt: string = folder === undefined ? 'BOATHOUSE_PEERS_BIN names no dbt' : '';

let server: DbtServer | undefined;

/**
 * What dbt prints.
 *
 * @throws Error with all that it printed, and with its `stdout`, when it ends with anything but 0
 */
export async function dbt(cwd: string, ...args: string[]): Promise<string> {
  // It ends with this process, which closes its input.
  server ??= new DbtServer(folder ?? '', join(import.meta.dirname, 'judge/dbt-server.py'));
  const { code, stdout, stderr } = await server.run(cwd, args, { DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' });
  if (code === 0) return stdout;
  const problem = `dbt ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`;
  throw Object.assign(new Error(problem), { stdout });
}
