/** A DuckDB of the library's own, for reading and writing files that belong to no run. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database, type DatabaseOptions, quoteLiteral, type Session } from '../duckdb/index.ts';

/** What the library's own engine may use. */
export interface EngineLimits {
  /** Memory for rows at work: `2GB`, `500MB`. More than fits is spilled to `tempDirectory`. */
  readonly memoryLimit?: string;
  /** Threads that work at the same time. */
  readonly threads?: number;
  /** The folder that what doesn't fit in memory is put in; below the system's temporary folder unless given. */
  readonly tempDirectory?: string;
}

/**
 * Limits what reading and changing tables may use in this process, from now on; what isn't named stays as it is.
 * Projects have an engine of their own, which their profile configures.
 *
 * Without it the engine takes up to the memory that `BOATHOUSE_MEMORY_LIMIT` says, else four fifths of the
 * machine's, and a thread for each core. Node.js's own memory comes on top.
 *
 * @throws duckdb.invalid-input for a limit that makes no sense, and for a folder when something was spilled to
 * another one already
 */
export async function configureEngine(limits: EngineLimits): Promise<void> {
  const wanted = { ...configured, ...limits };
  if (shared === undefined) {
    shared = forgetfully(open(wanted));
    await shared;
  } else {
    await using session = await (await shared).session();
    if (limits.memoryLimit !== undefined)
      await session.run(`SET GLOBAL memory_limit = ${quoteLiteral(limits.memoryLimit)}`);
    if (limits.threads !== undefined) await session.run(`SET GLOBAL threads = ${Number(limits.threads)}`);
    if (limits.tempDirectory !== undefined)
      await session.run(`SET GLOBAL temp_directory = ${quoteLiteral(limits.tempDirectory)}`);
  }
  configured = wanted;
}

const environmentLimit = process.env['BOATHOUSE_MEMORY_LIMIT'];
let configured: EngineLimits =
  environmentLimit === undefined || environmentLimit === '' ? {} : { memoryLimit: environmentLimit };

/** What a database of the library's own is opened with. */
export function engineOptions(): DatabaseOptions {
  return optionsOf(configured);
}

function optionsOf(limits: EngineLimits): DatabaseOptions {
  // By default the engine would spill to the current folder, which is a user's project.
  return { tempDirectory: path.join(tmpdir(), `boathouse-spill-${process.pid}`), ...limits };
}

/**
 * The process's scratch database: in memory, opened on first use, kept because opening one costs more
 * than most of what is asked of it. It holds no tables between calls.
 */
export function scratchDatabase(): Promise<Database> {
  shared ??= forgetfully(open(configured));
  return shared;
}

function open(limits: EngineLimits): Promise<Database> {
  return Database.open(optionsOf(limits));
}

/** One that didn't open is tried again by whoever comes next. */
function forgetfully(opening: Promise<Database>): Promise<Database> {
  opening.catch(() => {
    if (shared === opening) shared = undefined;
  });
  return opening;
}

let shared: Promise<Database> | undefined;

/** `work` with a session of the scratch database. */
export async function withScratchSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const database = await scratchDatabase();
  await using session = await database.session();
  return await work(session);
}

/** `work` with a database that is closed and forgotten afterwards, within the process's limits unless `options` has its own. */
export async function withOwnDatabase<T>(
  options: DatabaseOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { tempDirectory } = configured;
  await using database = await Database.open({
    ...configured,
    ...options,
    ...(tempDirectory === undefined ? {} : { tempDirectory }),
  });
  return await work(database);
}

/** `work` with an empty folder where things are spilled to, removed afterwards with all in it. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const parent = configured.tempDirectory ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'boathouse-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
