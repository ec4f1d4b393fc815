/**
 * The engine's native module, loaded when a database is first opened and never before: a command
 * that needs no database must not pay for loading one.
 */
import { createRequire } from 'node:module';
import type * as Native from '@duckdb/node-api';

/** The engine's module. Loading costs about 50 ms and the library's memory, once a process. */
export function loadNative(): Promise<typeof Native> {
  // Required, not imported: looking through its hundred modules for names to export would double the cost.
  native ??= createRequire(import.meta.url)('@duckdb/node-api') as typeof Native;
  return Promise.resolve(native);
}

let native: typeof Native | undefined;

export type { Native };
