/** Who publishes, as far as the machine tells. */
import { hostname, userInfo } from 'node:os';
import type { Publisher } from './generation.ts';

/** This process's user and host. */
export function publisher(command: string, target?: string): Publisher {
  return { user: userName(), host: hostname(), command, ...(target === undefined ? {} : { target }) };
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
