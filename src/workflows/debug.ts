/** `debug`: is everything there that a build needs? */
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BoathouseError, isBoathouseError, systemRandom } from '../base/index.ts';
import { Database } from '../duckdb/index.ts';
import type { Project } from '../project/index.ts';
import type { ProjectOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { readProjectOnly } from './read-project.ts';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found: a version, a path; the error's message. */
  readonly found: string;
  readonly error?: BoathouseError;
}

/** Everything that was looked at, in order. Checks that need a failed one are left out. */
export interface DebugResult {
  readonly checks: readonly Check[];
  readonly ok: boolean;
}

/** Checks Node, the project, its profile, DuckDB, the target and the places that a build writes to. */
export async function debug(options: ProjectOptions = {}): Promise<DebugResult> {
  const checks: Check[] = [];
  const check = async <T>(
    name: string,
    look: () => Promise<readonly [string, T]>,
  ): Promise<T | undefined> => {
    try {
      const [found, value] = await look();
      checks.push({ name, ok: true, found });
      return value;
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      checks.push({ name, ok: false, found, ...(isBoathouseError(error) ? { error } : {}) });
      return undefined;
    }
  };
  await check('node', async () => [`${process.version} on ${process.platform} ${process.arch}`, undefined]);
  const project = await check<Project>('project', async () => {
    const read = await readProjectOnly(options);
    return [join(read.root, 'dbt_project.yml'), read];
  });
  await check('duckdb', async () => {
    const database = await Database.open({});
    try {
      const session = await database.session();
      return [String(await session.value('select version()')), undefined];
    } finally {
      await database.close();
    }
  });
  if (project !== undefined) {
    const { profile } = project;
    await check('profile', async () => [
      `${profile.profileName}.${profile.targetName} in ${profile.file}`,
      undefined,
    ]);
    await check('catalog', async () => [await writable(profile), undefined]);
    await check('storage', async () => {
      const folder = resolve(project.root, profile.externalRoot);
      return [
        /^\w{2,}:\/\//.test(profile.externalRoot) ? profile.externalRoot : await writableFolder(folder),
        undefined,
      ];
    });
    await check('target', async () => [await tryTarget(options), undefined]);
  }
  return { checks, ok: checks.every(({ ok }) => ok) };
}

/** What is in a bucket is for `doctor` to look at. */
async function writable({ databaseFile, catalogPlace }: Project['profile']): Promise<string> {
  if (databaseFile === undefined && catalogPlace !== undefined) return catalogPlace;
  if (databaseFile === undefined) return 'in memory: nothing is published';
  await writableFolder(dirname(databaseFile));
  return databaseFile;
}

async function writableFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const probe = join(folder, `.boathouse-${systemRandom.uuid()}`);
  await writeFile(probe, '', { flag: 'wx' });
  await rm(probe);
  return folder;
}

async function tryTarget(options: ProjectOptions): Promise<string> {
  const session = await openProject('debug', { ...options, logPath: null, writeJson: false });
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare([]);
    const connection = await target.session('debug');
    await connection.execute('select 1 as one', { fetch: true });
    await connection.release();
    return `${target.warehouse.type} ${target.warehouse.engineVersion} answers`;
  } finally {
    await target.close();
    session.close();
  }
}
