/** The lake that a verb about versions is for: its published file and its log. */
import { basename, resolve } from 'node:path';
import {
  branchFile,
  branchPlaceOf,
  type CatalogLog,
  type Generation,
  generationAt,
  generationNumbered,
  openCatalog,
  readGeneration,
  requireHead,
} from '../catalog/index.ts';
import type { Project } from '../project/index.ts';
import { openStorage, storageAccess } from '../storage/index.ts';
import { pointInTimeMs } from '../tables/index.ts';
import type { ReaderAccess } from './catalog-tables.ts';
import { workflowErrors } from './errors.ts';
import type { ProjectOptions } from './options.ts';
import { readProjectOnly } from './read-project.ts';
import { accessFor } from './reader.ts';

/** Which lake, and which branch of it. */
export interface LakeOptions extends ProjectOptions {
  /** A published catalog. Else the one of the project's target. */
  readonly catalog?: string | undefined;
}

/** A lake, opened. Holds nothing open. */
export interface Lake {
  /** The published file of the branch, absolute or a URL. */
  readonly file: string;
  /** That of the main branch. */
  readonly mainFile: string;
  readonly database: string;
  readonly log: CatalogLog;
  /** Undefined for the main branch. */
  readonly branch: string | undefined;
  /** The profile's target; undefined without a project. */
  readonly target: string | undefined;
  /** What the profile says; undefined without a project. */
  readonly profile: Project['profile'] | undefined;
  /** How the lake's storage is opened. */
  readonly storageOptions: Readonly<Record<string, string>>;
  /** How other places are opened: tables and files may be in other buckets. */
  readonly access: ReaderAccess;
}

/** The lake that `options` name. @throws workflows.no-lake, catalog.no-branch, project.* */
export async function openLake(options: LakeOptions): Promise<Lake> {
  if (options.catalog !== undefined) {
    const given = options.catalog;
    const file = /^[a-z][a-z0-9+]*:\/\//i.test(given) ? given : resolve(given);
    const { storageOptions } = options;
    const named = {
      file,
      database: stemOf(file),
      profile: undefined,
      ...(storageOptions && { storageOptions }),
    };
    return await lakeOf(named, options.branch);
  }
  const { profile } = await readProjectOnly(options);
  if (profile.catalogPlace === undefined) throw workflowErrors['no-lake']({ target: profile.targetName });
  return await lakeOf({ file: profile.catalogPlace, database: profile.ownDatabase, profile }, undefined);
}

/** The same lake on another branch; undefined for the main one. @throws catalog.no-branch */
export async function onBranchOf(lake: Lake, branch: string | undefined): Promise<Lake> {
  return await lakeOf({ ...lake, file: lake.mainFile }, branch);
}

/** With which the storage of the profile's lake is opened. */
export function storageOptionsOf(profile: Project['profile']): Readonly<Record<string, string>> {
  const { secrets, settings, lakehouse, catalogPlace } = profile;
  const { storageOptions, caFile } = lakehouse;
  return storageAccess({ secrets, settings, storageOptions, caFile }).optionsFor(catalogPlace ?? '');
}

/** The folder of the main branch's file. */
export function rootOf({ mainFile }: Pick<Lake, 'mainFile'>): string {
  return mainFile.slice(0, mainFile.lastIndexOf('/'));
}

/**
 * The generation that `at` names: a number, or a point in time (`2026-01-31`, `2026-01-31 12:00`, ISO 8601 with a
 * zone), UTC unless it says otherwise; the newest one without it.
 *
 * @throws catalog.no-such-generation, workflows.bad-version, workflows.no-catalog
 */
export async function generationOf({ log, file }: Lake, at: string | undefined): Promise<Generation> {
  if (at === undefined) {
    const newest = await readGeneration(log);
    if (newest === undefined) throw workflowErrors['no-catalog']({ path: file });
    return newest;
  }
  const text = at.trim();
  if (/^\d{1,15}$/.test(text)) return await generationNumbered(log, Number(text));
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? pointInTimeMs(text) : undefined;
  if (timeMs === undefined) throw workflowErrors['bad-version']({ text: at });
  return await generationAt(log, timeMs);
}

/** The relations of the lake's own database: another published file beside it has others in the same log. */
export function ownRelations(
  { database }: Pick<Lake, 'database'>,
  generation: Pick<Generation, 'relations'>,
): Generation['relations'] {
  return generation.relations.filter(
    (relation) => relation.database.toLowerCase() === database.toLowerCase(),
  );
}

async function lakeOf(
  { file, database, profile, ...given }: Pick<Lake, 'file' | 'database' | 'profile'> & Partial<Lake>,
  branch: string | undefined,
): Promise<Lake> {
  const access = accessFor(profile && { profile }, given.storageOptions);
  const storageOptions = access.optionsFor(file);
  const folder = file.slice(0, file.lastIndexOf('/'));
  const place = branchPlaceOf(folder);
  const mainFile = place === undefined ? file : `${place.root}/${basename(file)}`;
  const name = branch === 'main' ? undefined : (branch ?? place?.name);
  if (name !== undefined && name !== place?.name) {
    await requireHead(openStorage(mainFile.slice(0, mainFile.lastIndexOf('/')), storageOptions), name);
  }
  const own = name === undefined ? mainFile : branchFile(mainFile, name);
  const log = openCatalog(own.slice(0, own.lastIndexOf('/')), storageOptions);
  const target = profile?.targetName;
  return { file: own, mainFile, database, log, branch: name, target, profile, storageOptions, access };
}

function stemOf(file: string): string {
  return basename(file).split('.')[0] ?? '';
}
