/** The profile's target as what DuckDB is opened with. */
import type { Compilation } from '../compiler/index.ts';
import type { DatabaseOptions, OptionValue, SecretSpec } from '../duckdb/index.ts';
import { engineSecret, trustBundle } from '../storage/index.ts';
import { targetErrors } from './errors.ts';

type Project = Compilation['project'];
type TargetProfile = Project['profile'];
type SecretProfile = TargetProfile['secrets'][number];

/**
 * Options for a private engine of one run: the profile's settings, extensions, secrets and
 * attachments. The database of the profile's `path` is not among them: the caller attaches a copy.
 *
 * Relative paths in the project's SQL are looked for below the project's root, wherever the process runs.
 *
 * @param spillFolder where DuckDB puts what doesn't fit in memory; its own choice when left out.
 */
export function engineOptions(
  project: Pick<Project, 'profile' | 'root'>,
  spillFolder: string | undefined,
): DatabaseOptions {
  const { profile, root } = project;
  const { connectAttempts, queryAttempts, retryableExceptions: exceptions } = profile.retries;
  return {
    // A setting of the profile's comes later and wins.
    ...(spillFolder === undefined || 'temp_directory' in profile.configOptions
      ? {}
      : { tempDirectory: spillFolder }),
    config: { file_search_path: root, ...mapValues(profile.configOptions, String) },
    settings: profile.settings,
    extensions: profile.extensions.map(({ name, repository }) =>
      repository === undefined ? { name } : { name, repository },
    ),
    secrets: profile.secrets.map(secretSpec),
    retries: { attemptsMax: queryAttempts, exceptions },
    attachRetries: { attemptsMax: connectAttempts, exceptions },
    resolveSecret: engineSecret,
    caFile: () => trustBundle(caFilesOf(profile)),
    attach: profile.attach.map((attach) => ({
      path: attach.path,
      alias: attach.alias,
      readOnly: attach.readOnly,
      ...(attach.type === undefined ? {} : { type: attach.type }),
      ...(attach.secret === undefined ? {} : { secret: attach.secret }),
      options: attach.options as Readonly<Record<string, OptionValue>>,
    })),
  };
}

/**
 * Where the profile's target publishes: an absolute path or `s3://bucket/…`.
 *
 * @throws targets.unsupported-path for MotherDuck, DuckLake and remote paths.
 */
export function workPlace(profile: TargetProfile): { readonly file: string | undefined } {
  if (profile.catalogPlace !== undefined) {
    if (['memory', 'system', 'temp'].includes(profile.ownDatabase.toLowerCase())) {
      throw targetErrors['unsupported-path']({
        path: profile.path,
        kind: `named like DuckDB's own database ${profile.ownDatabase}`,
      });
    }
    return { file: profile.catalogPlace };
  }
  if (profile.path === ':memory:' || profile.path === '') return { file: undefined };
  const [, scheme = ''] = /^([a-z][a-z0-9+]*):/i.exec(profile.path) ?? [];
  const kind =
    scheme === 'md' ? 'a MotherDuck database' : scheme === 'ducklake' ? 'a DuckLake' : 'not a file';
  throw targetErrors['unsupported-path']({ path: profile.path, kind });
}

function secretSpec(secret: SecretProfile): SecretSpec {
  return {
    ...(secret.options as Readonly<Record<string, OptionValue>>),
    type: secret.type,
    name: secret.name,
    persistent: secret.persistent,
    ...(secret.provider === undefined ? {} : { provider: secret.provider }),
    ...(secret.scope === undefined ? {} : { scope: secret.scope }),
  };
}

/** Every file of certificates that the profile names. */
function caFilesOf({ lakehouse, secrets }: TargetProfile): readonly (string | undefined)[] {
  return [lakehouse.caFile, ...secrets.map(({ options }) => textOf(options['ca_file']))];
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function mapValues<A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
