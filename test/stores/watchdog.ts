/**
 * What outlives its test is ended all the same: a process of its own sees this one go, however it went, and then
 * kills what was begun and removes what was kept. A test that is killed, with a frozen server, leaves nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** What it runs: told line by line what there is to end, and that this process is gone by the end of its input. */
const program = `
const pids = new Set(), folders = new Set();
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { pid, folder, isOver } = JSON.parse(line);
  if (pid !== undefined) isOver ? pids.delete(pid) : pids.add(pid);
  if (folder !== undefined) isOver ? folders.delete(folder) : folders.add(folder);
}).on('close', () => {
  for (const pid of pids) try { process.kill(pid, 'SIGKILL'); } catch {}
  for (const folder of folders) {
    require('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});`;

let told: Writable | undefined;

/** Kills `child` when this process is gone before it. */
export function watchProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  tell({ pid });
  // From now on the number may be another process's.
  child.once('exit', () => tell({ pid, isOver: true }));
}

/** Removes `folder` when this process is gone before the function that it gives is called. */
export function watchFolder(folder: string): () => void {
  tell({ folder });
  return () => tell({ folder, isOver: true });
}

function tell(about: { readonly pid?: number; readonly folder?: string; readonly isOver?: true }): void {
  told ??= start();
  told.write(`${JSON.stringify(about)}\n`);
}

function start(): Writable {
  // Of a group of its own, so that what ends this process's group leaves it to do its work.
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  const { stdin } = child;
  stdin.on('error', () => undefined);
  // The socket of a pipe keeps a process alive unless told otherwise.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return stdin;
}
