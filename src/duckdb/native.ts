/**
 * The engine's native module, loaded when a database is first opened and never before: a command
 * that needs no database must not pay for loading one.
 */
import type * as Native from '@duckdb/node-api';

/** The engine's module. Loading costs about 50 ms and the library's memory, once a process. */
export function loadNative(): Promise<typeof Native> {
  loading ??= import('@duckdb/node-api');
  return loading;
}

let loading: Promise<typeof Native> | undefined;

export type { Native };
