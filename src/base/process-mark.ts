/**
 * Who made a file or holds a lease: a process, told apart from every other one on every host.
 *
 * A process number alone says little: it is given again, and two containers that share a folder may
 * share a host's name and have the same numbers. So the host is its name, its boot and its process
 * namespace together, and a process is its number and the moment it began, where the system tells.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process of this or another host. */
export interface ProcessMark {
  /** The same for processes that see each other. */
  readonly host: string;
  readonly pid: number;
  /** When it began, in the host's own ticks; 0 where the system doesn't tell. */
  readonly began: number;
}

/** The process that asks. */
export function thisProcess(): ProcessMark {
  own ??= { host: hostIdentity(), pid: process.pid, began: lookAt(process.pid)?.began ?? 0 };
  return own;
}

/**
 * Whether the process has surely ended. A process of another host is `unknown`: only time tells.
 */
export function stateOf(mark: ProcessMark): 'alive' | 'gone' | 'unknown' {
  if (mark.host !== thisProcess().host) return 'unknown';
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    // Not allowed to signal it means that it is there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'gone';
  }
  const seen = lookAt(mark.pid);
  if (seen === undefined) return 'alive';
  const isAnother = mark.began !== 0 && seen.began !== mark.began;
  return isAnother || seen.hasEnded ? 'gone' : 'alive';
}

/** The mark as the beginning of a file's name. `parseMark` reads it back. */
export function markedName(rest: string, mark: ProcessMark = thisProcess()): string {
  return `${mark.host}-${mark.pid}-${mark.began}.${rest}`;
}

/** The process that gave `name` to a file or folder; undefined when the name isn't marked. */
export function parseMark(name: string): ProcessMark | undefined {
  const [, host, pid, began] = /^([0-9a-f]{12})-(\d+)-(\d+)\./.exec(name) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid), began: Number(began) };
}

let own: ProcessMark | undefined;

function hostIdentity(): string {
  const parts = [hostname(), textOf('/proc/sys/kernel/random/boot_id'), processNamespace()];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

/** What Linux tells of a process: when it began, and whether it is only waiting to be buried. */
function lookAt(pid: number): { readonly began: number; readonly hasEnded: boolean } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  // The name in brackets may hold anything, brackets too; the fields after it don't.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const began = Number(fields[19]);
  if (!Number.isSafeInteger(began)) return undefined;
  return { began, hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
