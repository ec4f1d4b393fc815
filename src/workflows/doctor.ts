/** `doctor`: a profile from end to end, place by place, and what to do where it breaks. */
import { isBoathouseError, keepSecrets, secrets as registry } from '../base/index.ts';
import { Database, type DatabaseOptions, type OptionValue } from '../duckdb/index.ts';
import type { Project } from '../project/index.ts';
import {
  cacheFolder,
  engineAccess,
  examineStore,
  type Finding,
  isRemote,
  type StorageAccess,
  storageAccess,
  trustBundle,
} from '../storage/index.ts';
import { examineFolder } from './doctor-folder.ts';
import type { ProjectOptions } from './options.ts';
import { readProjectOnly } from './read-project.ts';

/** What is looked at. */
export interface DoctorOptions extends ProjectOptions {
  /** One place, `s3://…` or a folder, instead of those of the project's target. */
  readonly place?: string | undefined;
}

/** A step, and which place it was on the way to. */
export interface DoctorCheck extends Finding {
  readonly place?: string;
}

/** All steps, in order. */
export interface DoctorResult {
  readonly checks: readonly DoctorCheck[];
  readonly ok: boolean;
}

/** Checks every place that a profile, or `place`, names. Leaves nothing behind. */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorResult> {
  keepSecrets(options.env ?? process.env);
  const checks: DoctorCheck[] = [];
  const project = await projectOf(options, checks);
  const { secrets = [], settings = {}, lakehouse } = project?.profile ?? {};
  if (options.place !== undefined || project !== undefined) {
    const access = storageAccess({
      secrets,
      settings,
      storageOptions: lakehouse?.storageOptions ?? {},
      caFile: lakehouse?.caFile,
    });
    for (const place of placesOf(options, project)) {
      const found = isRemote(place)
        ? await examineStore(place, access.optionsFor(place), (uri) => readByDuckdb(uri, access, project))
        : await examineFolder(place);
      checks.push(...found.map((finding) => ({ ...finding, place })));
    }
    if (placesOf(options, project).some(isRemote) && lakehouse?.cache !== false) {
      const folder = (lakehouse?.cache || undefined)?.path ?? cacheFolder();
      const found = await examineFolder(folder);
      checks.push(...found.map((finding) => ({ ...finding, place: `the cache ${folder}` })));
    }
  }
  const clean = checks.map((check) => ({ ...check, found: registry.scrub(check.found) }));
  return { checks: clean, ok: clean.every(({ ok }) => ok) };
}

async function projectOf(options: DoctorOptions, checks: DoctorCheck[]): Promise<Project | undefined> {
  try {
    const project = await readProjectOnly(options);
    const { profileName, targetName, file } = project.profile;
    checks.push({ name: 'profile', ok: true, found: `${profileName}.${targetName} in ${file}` });
    return project;
  } catch (error) {
    // A place can be looked at without any project.
    if (options.place !== undefined) return undefined;
    if (!isBoathouseError(error)) throw error;
    const { message: found, hint } = error;
    checks.push({ name: 'profile', ok: false, found, error, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
}

function placesOf({ place }: DoctorOptions, project: Project | undefined): readonly string[] {
  if (place !== undefined) return [place];
  if (project === undefined) return [];
  const { catalogPlace, externalRoot } = project.profile;
  const catalog = catalogPlace?.replace(/[^/\\]*$/, '').replace(/(?<=[^/\\:])[/\\]+$/, '');
  const external = /^\w{2,}:\/\//.test(externalRoot) ? externalRoot.replace(/\/+$/, '') : undefined;
  const local =
    external === undefined
      ? catalog === undefined || isRemote(catalog)
        ? project.root
        : undefined
      : undefined;
  return [
    ...new Set([catalog, external, local].filter((one) => one !== undefined && one !== '')),
  ] as string[];
}

/** DuckDB's own path: httpfs with the secret and the authorities that runs and readers give it. */
async function readByDuckdb(
  uri: string,
  access: StorageAccess,
  project: Project | undefined,
): Promise<string> {
  const { secret, caFile } = await engineAccess(uri, access);
  const options: DatabaseOptions = {
    extensions: project?.profile.extensions ?? [],
    secrets: [
      {
        ...(secret.options as Readonly<Record<string, OptionValue>>),
        type: secret.type,
        scope: secret.scope,
      },
    ],
    caFile: async () => caFile ?? (await trustBundle(project?.profile.lakehouse.caFile)),
  };
  await using database = await Database.open(options);
  try {
    await database.loadExtension('httpfs');
  } catch (error) {
    if (!isBoathouseError(error, 'duckdb.extension-unavailable')) throw error;
    return 'httpfs is not to be had: files are brought to this machine before DuckDB reads them, which works as well';
  }
  await using session = await database.session();
  const count = await session.value(
    `/* boathouse: as is */ SELECT count(*) FROM read_csv('${uri.replaceAll("'", "''")}')`,
  );
  return `httpfs reads the bucket (${String(count)} rows)`;
}
