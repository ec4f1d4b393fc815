/**
 * A target of `type: duckdb`, key by key.
 *
 * Every key of dbt-duckdb is known here. What needs Python or a service we don't speak to is refused by
 * its name, at its place, instead of being ignored.
 *
 * Source: dbt-duckdb's profile reference.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placedAttachment } from './attachment-place.ts';
import { projectErrors } from './errors.ts';
import { Fields, failAt } from './fields.ts';
import { bucketPlace, parseLakehouse } from './parse-lakehouse.ts';
import {
  attachmentsOfPlugins,
  databaseNameOf,
  isMotherDuck,
  parseAttachments,
  parseExtensions,
  parsePlugins,
  parseSecrets,
  settingsOfPlugins,
} from './profile-parts.ts';
import { registerSecrets } from './profile-secrets.ts';
import type { AttachProfile, LakehouseProfile, RetriesProfile, TargetProfile } from './target-profile.ts';
import type { WarningList } from './warnings.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';
import type { PlainDict } from './yaml-value.ts';

/** Where a target was found. */
export interface TargetOrigin {
  readonly file: YamlFile;
  /** From the top of profiles.yml to the target. */
  readonly path: YamlPath;
  readonly profilesFile: string;
  readonly profileName: string;
  readonly targetName: string;
  readonly projectDir: string;
  /** From the command line. */
  readonly threads: number | undefined;
  readonly warnings: WarningList;
}

/**
 * The target in `raw`, which is rendered. Passwords and keys in it are registered with `secrets`.
 *
 * @throws project.unsupported-adapter, project.unsupported-key, project.bad-value,
 * project.wrong-database, project.conflicting-keys
 */
export function parseTarget(raw: PlainDict, origin: TargetOrigin): TargetProfile {
  const fields = new Fields(raw, origin.file, origin.path);
  registerSecrets(raw);
  checkAdapter(fields, origin);
  refuseUnsupported(fields);
  const path = fields.text('path') ?? ':memory:';
  refusePath(path, fields);
  const lakehouse = parseLakehouse(fields, origin.projectDir, origin.warnings);
  const plugins = parsePlugins(fields);
  const attach = [...parseAttachments(fields), ...attachmentsOfPlugins(plugins)].map((one) =>
    placedAttachment(one, origin.projectDir),
  );
  const ownDatabase = databaseNameOf(lakehouse.catalog ?? path);
  const database = databaseOf(fields, lakehouse.catalog ?? path, attach);
  const useCredentialProvider = fields.text('use_credential_provider');
  const target = {
    profileName: origin.profileName,
    targetName: origin.targetName,
    file: origin.profilesFile,
    type: 'duckdb' as const,
    path,
    ...placesOf(path, lakehouse, origin.projectDir),
    lakehouse,
    database,
    ownDatabase,
    schema: fields.text('schema') ?? 'main',
    threads: origin.threads ?? fields.whole('threads', 1) ?? 1,
    extensions: parseExtensions(fields),
    settings: { ...fields.scalars('settings'), ...settingsOfPlugins(plugins) },
    configOptions: fields.scalars('config_options'),
    secrets: parseSecrets(fields, useCredentialProvider, origin.projectDir),
    attach,
    plugins,
    externalRoot: externalRootOf(fields, path, lakehouse),
    filesystems: (fields.list('filesystems') ?? []) as readonly PlainDict[],
    useCredentialProvider,
    retries: parseRetries(fields, origin.warnings),
    modulePaths: fields.texts('module_paths') ?? [],
    keepOpen: fields.bool('keep_open') ?? true,
    disableTransactions: fields.bool('disable_transactions') ?? false,
    isDucklake: fields.bool('is_ducklake') ?? false,
    raw,
  };
  if (origin.threads !== undefined) fields.has('threads');
  warnOfPython(target.modulePaths, fields, origin.warnings);
  fields.warnUnknown(origin.warnings, 'a duckdb target');
  return { ...target, targetDict: targetDict(target, fields) };
}

function checkAdapter(fields: Fields, origin: TargetOrigin): void {
  const adapter = fields.text('type');
  if (adapter === undefined)
    failAt(fields.file, [...fields.path, 'type'], 'given (`type: duckdb`)', undefined);
  if (adapter === 'duckdb') return;
  throw projectErrors['unsupported-adapter'](
    { adapter, profile: origin.profileName, target: origin.targetName },
    { location: fields.file.locate([...fields.path, 'type']) },
  );
}

const unsupportedKeys: Readonly<Record<string, string>> = {
  remote: 'it connects to a Buena Vista server, which Boathouse has no client for',
  flights: 'MotherDuck Flights run Python models in a service',
  motherduck_token: 'MotherDuck is a service; Boathouse opens local files',
};

function refuseUnsupported(fields: Fields): void {
  for (const [key, why] of Object.entries(unsupportedKeys)) {
    if (fields.has(key)) throw unsupported(fields, key, why);
  }
}

function unsupported(fields: Fields, key: string, why: string): Error {
  return projectErrors['unsupported-key'](
    { key, why },
    { location: fields.file.locate([...fields.path, key], 'key') },
  );
}

function refusePath(path: string, fields: Fields): void {
  if (isMotherDuck(path)) {
    throw unsupported(fields, 'path', `${path} is MotherDuck, a service; Boathouse opens local files`);
  }
  if (/^ducklake:/i.test(path)) {
    throw unsupported(fields, 'path', 'DuckLake can be attached, but not be the main database');
  }
  if (bucketPlace(path) !== undefined) {
    if (databaseNameOf(path) !== '' && /^s3[an]?:\/\/[^/]+\/.*[^/]$/i.test(path)) return;
    fields.fail('path', 'a file in a bucket, such as s3://bucket/catalog.duckdb', path);
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path) && !path.startsWith('file://')) {
    const why = `${path} is neither a local file nor in a bucket (s3://…)`;
    throw unsupported(fields, 'path', why);
  }
}

/** What the target's `path` means, and what `lakehouse.catalog` says instead. */
function placesOf(
  path: string,
  { catalog }: LakehouseProfile,
  projectDir: string,
): Pick<TargetProfile, 'databaseFile' | 'catalogPlace'> {
  const published = catalog ?? path;
  const isInMemory = published === ':memory:' || published === '';
  const inBucket = bucketPlace(published);
  const databaseFile =
    isInMemory || inBucket !== undefined
      ? undefined
      : resolve(projectDir, /^file:\/\//i.test(published) && catalog ? fileURLToPath(published) : published);
  return { databaseFile, catalogPlace: inBucket ?? databaseFile };
}

/** `lakehouse.root`, else dbt-duckdb's key, else beside the catalog: the project's folder for a local one. */
function externalRootOf(fields: Fields, path: string, lakehouse: LakehouseProfile): string {
  const given = fields.text('external_root');
  const inBucket = bucketPlace(lakehouse.catalog ?? path);
  const beside = inBucket === undefined ? '.' : inBucket.slice(0, inBucket.lastIndexOf('/'));
  return lakehouse.root ?? given ?? beside;
}

function databaseOf(fields: Fields, path: string, attach: readonly AttachProfile[]): string {
  const derived = databaseNameOf(path);
  const database = fields.text('database');
  if (database === undefined || database === derived) return derived;
  if (attach.some((attachment) => attachment.alias === database)) return database;
  throw projectErrors['wrong-database'](
    { database, expected: derived, path },
    { location: fields.file.locate([...fields.path, 'database']) },
  );
}

function parseRetries(fields: Fields, warnings: WarningList): RetriesProfile {
  const retries = fields.fields('retries');
  const parsed = {
    connectAttempts: retries?.whole('connect_attempts', 1) ?? 1,
    queryAttempts: retries?.whole('query_attempts', 1) ?? 1,
    retryableExceptions: retries?.texts('retryable_exceptions') ?? ['IOException'],
  };
  retries?.warnUnknown(warnings, 'retries');
  return parsed;
}

function warnOfPython(modulePaths: readonly string[], fields: Fields, warnings: WarningList): void {
  if (modulePaths.length === 0) return;
  warnings.add({
    code: 'project.unused-key',
    message: 'module_paths names Python modules, which are not loaded: Boathouse runs no Python',
    location: fields.file.locate([...fields.path, 'module_paths'], 'key'),
  });
}

/** dbt's `target`: what dbt-duckdb shows of a connection, never its secrets. */
function targetDict(target: Omit<TargetProfile, 'targetDict'>, fields: Fields): PlainDict {
  const { motherduck_token: _token, ...settings } = target.settings;
  const shown = (key: string): unknown => fields.any(key) ?? null;
  return {
    database: target.database,
    schema: target.schema,
    path: target.path,
    config_options: shown('config_options'),
    extensions: shown('extensions'),
    settings,
    external_root: target.externalRoot,
    use_credential_provider: target.useCredentialProvider ?? null,
    attach: shown('attach'),
    filesystems: null,
    remote: null,
    plugins: shown('plugins'),
    disable_transactions: target.disableTransactions,
    type: target.type,
    threads: target.threads,
    name: target.targetName,
    target_name: target.targetName,
    profile_name: target.profileName,
  };
}
