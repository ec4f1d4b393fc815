/** The Python peer: the `deltalake` package, reached through `BOATHOUSE_PEERS_PYTHON`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('peer.py', import.meta.url));
const python = process.env['BOATHOUSE_PEERS_PYTHON'];

/** Why the peer can't judge here; undefined when it can. */
export const peerMissing: string | undefined = whyMissing();

/** Runs `peer.py` with `args`; what it prints. */
export function peer(...args: readonly string[]): string {
  return execFileSync(python as string, [script, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

function whyMissing(): string | undefined {
  if (python === undefined) return 'BOATHOUSE_PEERS_PYTHON names no Python';
  const found = spawnSync(python, ['-c', 'import deltalake, pyarrow'], { encoding: 'utf8' });
  if (found.status === 0) return undefined;
  return `${python} has no deltalake and pyarrow: ${(found.stderr ?? String(found.error)).trim().split('\n').at(-1)}`;
}
