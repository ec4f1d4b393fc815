/**
 * A host for tests: a process with nothing but the bucket in common with others. It has its own home, cache,
 * temporary folder and working folder, and its own way to the store, on which there can be trouble.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StorageOptions } from '../../src/storage/index.ts';
import { main } from '../e2e/command.ts';
import { type Passing, type StoreProxy, startProxy, type Trouble } from '../stores/proxy.ts';
import type { Store } from '../stores/server.ts';
import { watchProcess } from '../stores/watchdog.ts';

/** A host. */
export interface Host {
  /** Below which everything of it stands. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its way to the store. */
  readonly options: StorageOptions;
  readonly endpoint: string;
  /** Writes files into its working folder. */
  put(files: Readonly<Record<string, string>>): void;
  /** Starts `boathouse ...args` in its working folder, under a host's name of its own where that is permitted. */
  start(...args: string[]): ChildProcess;
  /** Its network is gone: connections break, new ones are refused. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/**
 * @param folder whose last part is the host's name
 * @param decide which trouble a request of the host meets
 * @param more of its environment
 */
export async function startHost(
  store: Store,
  folder: string,
  decide: (passing: Passing) => Trouble | undefined = () => undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<Host> {
  const proxy: StoreProxy = await startProxy({ target: store.endpoint, decide });
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const work = place('work');
  const options: StorageOptions = { ...store.options, AWS_ENDPOINT_URL: proxy.endpoint };
  const env = { HOME: place('home'), TMPDIR: place('tmp'), BOATHOUSE_CACHE_DIR: place('cache'), ...more };
  return {
    folder: work,
    env,
    options,
    endpoint: proxy.endpoint,
    put: (files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), text);
      }
    },
    start: (...args) => {
      const command = [process.execPath, main, ...args];
      // A process of another host can't be asked whether it lives: only time tells.
      const named = ['-u', 'sh', '-c', 'hostname "$0" && exec "$@"', basename(folder), ...command];
      const [file = '', ...rest] = namesHosts() ? ['unshare', ...named] : command;
      const { FORCE_COLOR: _color, ...inherited } = process.env;
      const child = spawn(file, rest, {
        cwd: work,
        env: { ...inherited, NO_COLOR: '1', ...env, ...options },
      });
      watchProcess(child);
      return child;
    },
    cut: () => proxy.cut(),
    mend: () => proxy.mend(),
    close: () => proxy.close(),
  };
}

let canNameHosts: boolean | undefined;

/** Whether processes may be given a host's name of their own here. */
export function namesHosts(): boolean {
  canNameHosts ??= spawnSync('unshare', ['-u', 'sh', '-c', 'hostname elsewhere']).status === 0;
  return canNameHosts;
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
