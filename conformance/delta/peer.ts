/** The Python peers, deltalake and DuckDB's delta extension, reached through `BOATHOUSE_PEERS_PYTHON`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { JsonProcess } from './json-process.ts';

const script = fileURLToPath(new URL('peer.py', import.meta.url));
const python = process.env['BOATHOUSE_PEERS_PYTHON'];

/** Why the peers can't judge here; undefined when they can. */
export const peerMissing: string | undefined = whyMissing();

/** One Python, kept running; `peer.py` documents its commands. */
export class Peer implements AsyncDisposable {
  readonly #process: JsonProcess = new JsonProcess(python as string, [script]);

  /** Runs one command; rejects with what the peer says is wrong. */
  ask(command: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#process.ask([command, ...args]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

function whyMissing(): string | undefined {
  if (python === undefined) return 'BOATHOUSE_PEERS_PYTHON names no Python';
  const found = spawnSync(python, ['-c', 'import deltalake, pyarrow, duckdb_extension_delta'], {
    encoding: 'utf8',
  });
  if (found.status === 0) return undefined;
  return `${python} lacks a peer: ${(found.stderr ?? String(found.error)).trim().split('\n').at(-1)}`;
}
