/** A DuckDB of the library's own, for reading and writing files that belong to no run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database, type DatabaseOptions, type Session } from '../duckdb/index.ts';

/**
 * The process's scratch database: in memory, opened on first use, kept because opening one costs more
 * than most of what is asked of it. It holds no tables between calls.
 */
export function scratchDatabase(): Promise<Database> {
  shared ??= Database.open({ tempDirectory: spillFolder() });
  shared.catch(() => {
    shared = undefined;
  });
  return shared;
}

/** Where a database of the process spills to. By default it would be the current folder, which is a user's project. */
export function spillFolder(): string {
  return path.join(tmpdir(), `boathouse-spill-${process.pid}`);
}

let shared: Promise<Database> | undefined;

/** `work` with a session of the scratch database. */
export async function withScratchSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const database = await scratchDatabase();
  await using session = await database.session();
  return await work(session);
}

/** `work` with a database that is closed and forgotten afterwards. */
export async function withOwnDatabase<T>(
  options: DatabaseOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  await using database = await Database.open(options);
  return await work(database);
}

/** `work` with an empty folder below the system's temporary folder, removed afterwards with all in it. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'boathouse-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
