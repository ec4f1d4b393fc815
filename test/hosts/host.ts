/**
 * A host for tests: a process with nothing but the bucket in common with others. It has its own home, cache,
 * temporary folder and working folder, and its own way to the store, on which there can be trouble.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageOptions } from '../../src/storage/index.ts';
import { type StoreProxy, startProxy, type Trouble } from '../stores/proxy.ts';
import type { Store } from '../stores/server.ts';

/** A host. */
export interface Host {
  /** Below which everything of it stands. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its way to the store. */
  readonly options: StorageOptions;
  readonly endpoint: string;
  /** Its network is gone: connections break, new ones are refused. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param decide which trouble the n-th request of the host meets */
export async function startHost(
  store: Store,
  folder: string,
  decide: (n: number) => Trouble | undefined = () => undefined,
): Promise<Host> {
  const proxy: StoreProxy = await startProxy({ target: store.endpoint, decide: ({ n }) => decide(n) });
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  return {
    folder: place('work'),
    env: { HOME: place('home'), TMPDIR: place('tmp'), BOATHOUSE_CACHE_DIR: place('cache') },
    options: { ...store.options, AWS_ENDPOINT_URL: proxy.endpoint },
    endpoint: proxy.endpoint,
    cut: () => proxy.cut(),
    mend: () => proxy.mend(),
    close: () => proxy.close(),
  };
}

/** Ends a process as a power cut does, frozen or not. */
export function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
}

/** Stops a process from running for that long, as a laptop's lid does. */
export async function freeze(child: ChildProcess, ms: number): Promise<void> {
  if (child.exitCode !== null || !child.kill('SIGSTOP')) return;
  await new Promise((done) => setTimeout(done, ms));
  child.kill('SIGCONT');
}
