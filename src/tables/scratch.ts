/** A DuckDB of the library's own, for reading and writing files that belong to no run. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database, type DatabaseOptions, quoteLiteral, type Session } from '../duckdb/index.ts';
import { openMount, trustBundle } from '../storage/index.ts';
import { RemoteRelations } from './remote/remote-relations.ts';

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
  if (small !== undefined) await limit(await small, await smallLimits(limits));
  if (shared === undefined) {
    shared = forgetfully(open(wanted));
    await shared;
  } else {
    await limit(await shared, limits);
  }
  configured = wanted;
}

async function smallLimits(limits: EngineLimits): Promise<EngineLimits> {
  const { tempDirectory } = limits;
  return {
    ...limits,
    threads: 1,
    ...(tempDirectory === undefined ? {} : { tempDirectory: await smallFolder(limits) }),
  };
}

async function limit(database: Database, limits: EngineLimits): Promise<void> {
  await using session = await database.session();
  if (limits.memoryLimit !== undefined)
    await session.run(`SET GLOBAL memory_limit = ${quoteLiteral(limits.memoryLimit)}`);
  if (limits.threads !== undefined) await session.run(`SET GLOBAL threads = ${Number(limits.threads)}`);
  if (limits.tempDirectory !== undefined)
    await session.run(`SET GLOBAL temp_directory = ${quoteLiteral(limits.tempDirectory)}`);
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
  const tempDirectory = path.join(tmpdir(), `boathouse-spill-${process.pid}`);
  return {
    tempDirectory,
    ...limits,
    caFile: () => trustBundle(undefined),
    beforeStatement: remoteFiles.hook,
    restoreText: remoteFiles.restore,
  };
}

/** What the library's own engine reads of buckets. */
const remoteFiles = new RemoteRelations(() => openMount());

/**
 * The process's scratch database: in memory, opened on first use, kept because opening one costs more
 * than most of what is asked of it. It holds no tables between calls.
 */
export function scratchDatabase(): Promise<Database> {
  shared ??= forgetfully(open(configured));
  return shared;
}

/**
 * The same with one thread, for work too small to share: a second thread would spend more on waiting for some than
 * the work takes.
 */
export function smallDatabase(): Promise<Database> {
  small ??= forgetfully(openSmall());
  return small;
}

/** What it spills stands apart: two engines would give their files the same names. */
async function openSmall(): Promise<Database> {
  return open({ ...configured, threads: 1, tempDirectory: await smallFolder(configured) });
}

async function smallFolder({ tempDirectory }: EngineLimits): Promise<string> {
  if (tempDirectory === undefined) return path.join(tmpdir(), `boathouse-spill-${process.pid}-small`);
  // The engine makes the last folder of a path only.
  await mkdir(tempDirectory, { recursive: true });
  return path.join(tempDirectory, 'small');
}

function open(limits: EngineLimits): Promise<Database> {
  return Database.open(optionsOf(limits));
}

/** One that didn't open is tried again by whoever comes next. */
function forgetfully(opening: Promise<Database>): Promise<Database> {
  opening.catch(() => {
    if (shared === opening) shared = undefined;
    if (small === opening) small = undefined;
  });
  return opening;
}

let shared: Promise<Database> | undefined;
let small: Promise<Database> | undefined;

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
    caFile: () => trustBundle(undefined),
    beforeStatement: remoteFiles.hook,
    restoreText: remoteFiles.restore,
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
