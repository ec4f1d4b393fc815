/** The lists in a duckdb target: extensions, secrets, attachments, plugins. */
import { basename, resolve } from 'node:path';
import { nearest } from '../base/index.ts';
import { Float } from '../jinja/index.ts';
import { projectErrors } from './errors.ts';
import { Fields, failAt } from './fields.ts';
import type {
  AttachProfile,
  ExtensionProfile,
  PluginProfile,
  ProfileValue,
  SecretProfile,
} from './target-profile.ts';
import type { YamlPath } from './yaml-file.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/** The name DuckDB gives the database in `path`: its file's name up to the first dot. */
export function databaseNameOf(path: string): string {
  if (path === ':memory:' || path === '') return 'memory';
  const withoutScheme = path.replace(/^[a-z][a-z0-9+.-]+:(?:\/\/)?/i, '');
  const name = basename((withoutScheme === '' ? path : withoutScheme).split('?')[0] ?? '');
  return name.replace(/^\.+/, '').split('.')[0] ?? '';
}

/** Whether `path` leads to MotherDuck. */
export function isMotherDuck(path: string): boolean {
  return /^(?:md|motherduck):/i.test(path);
}

/** `extensions`: names, or mappings of `name` and `repo`. */
export function parseExtensions(fields: Fields): readonly ExtensionProfile[] {
  return (fields.list('extensions') ?? []).map((entry, i) => {
    const path = [...fields.path, 'extensions', i];
    if (typeof entry === 'string') return { name: entry };
    const extension = new Fields(
      mappingOr(fields, entry, path, 'a name, or a mapping of name and repo'),
      fields.file,
      path,
    );
    const repository = extension.text('repo') ?? extension.text('repository');
    return {
      name: extension.text('name') ?? extension.fail('name', 'given', undefined),
      ...(repository !== undefined && { repository }),
    };
  });
}

/**
 * `secrets`, with what `use_credential_provider` and `filesystems` mean as secrets after them.
 *
 * @param projectDir what a secret's `ca_file` is below, unless it is absolute.
 */
export function parseSecrets(
  fields: Fields,
  credentialProvider: string | undefined,
  projectDir: string,
): readonly SecretProfile[] {
  const given = (fields.list('secrets') ?? []).map((entry, i) => {
    const path = [...fields.path, 'secrets', i];
    return parseSecret(
      mappingOr(fields, entry, path, 'a mapping with `type`'),
      fields,
      path,
      i + 1,
      projectDir,
    );
  });
  const secrets: SecretProfile[] = [...given];
  if (credentialProvider !== undefined) {
    if (credentialProvider !== 'aws') {
      throw unsupported(
        fields,
        ['use_credential_provider'],
        'use_credential_provider',
        `'${credentialProvider}' is not known; only aws is`,
      );
    }
    secrets.push({
      type: 's3',
      name: secretName(secrets.length + 1),
      provider: 'credential_chain',
      persistent: false,
      options: {},
    });
  }
  (fields.list('filesystems') ?? []).forEach((entry, i) => {
    const secret = filesystemSecret(fields, entry, i, secrets.length + 1);
    if (secret) secrets.push(secret);
  });
  return secrets;
}

const secretName = (position: number): string => `_dbt_secret_${position}`;

function parseSecret(
  raw: PlainDict,
  fields: Fields,
  path: YamlPath,
  position: number,
  projectDir: string,
): SecretProfile {
  const secret = new Fields(raw, fields.file, path);
  const provider = secret.text('provider');
  const scope = secret.texts('scope', 'or-one');
  return {
    type: secret.text('type') ?? secret.fail('type', 'given', undefined),
    name: secret.text('name') ?? secretName(position),
    ...(provider !== undefined && { provider }),
    ...(scope !== undefined && { scope }),
    persistent: secret.bool('persistent') ?? false,
    options: withCaFile(optionsOf(secret.rest), projectDir),
  };
}

/** A name that only our own client knows: DuckDB is told of certificates by a setting. */
function withCaFile(
  { ca_file: caFile, ...options }: Record<string, ProfileValue>,
  projectDir: string,
): Record<string, ProfileValue> {
  const isGiven = typeof caFile === 'string' && caFile !== '';
  return isGiven ? { ...options, ca_file: resolve(projectDir, caFile) } : options;
}

/** fsspec's settings as DuckDB's secrets, for the stores that DuckDB reads by itself. */
function filesystemSecret(
  fields: Fields,
  entry: unknown,
  i: number,
  position: number,
): SecretProfile | undefined {
  const path = [...fields.path, 'filesystems', i];
  const filesystem = new Fields(mappingOr(fields, entry, path, 'a mapping with `fs`'), fields.file, path);
  const kind = filesystem.text('fs') ?? filesystem.fail('fs', 'given', undefined);
  if (kind === 'file' || kind === 'local') return undefined;
  const client = filesystem.fields('client_kwargs');
  const options: Record<string, string> = {};
  const put = (key: string, value: string | undefined): void => {
    if (value !== undefined) options[key] = value;
  };
  const base = { name: secretName(position), persistent: false, options };
  switch (kind) {
    case 's3':
    case 's3a': {
      put('key_id', filesystem.text('key'));
      put('secret', filesystem.text('secret'));
      put('session_token', filesystem.text('token'));
      const url = filesystem.text('endpoint_url') ?? client?.text('endpoint_url');
      if (url !== undefined) {
        put('endpoint', url.replace(/^https?:\/\//, '').replace(/\/$/, ''));
        put('use_ssl', url.startsWith('http://') ? 'false' : 'true');
        put('url_style', 'path');
      }
      put('region', client?.text('region_name'));
      return {
        type: 's3',
        ...base,
        ...(options['key_id'] === undefined && { provider: 'credential_chain' }),
      };
    }
    case 'abfs':
    case 'abfss':
    case 'az':
    case 'adl':
      put('account_name', filesystem.text('account_name'));
      put('connection_string', filesystem.text('connection_string'));
      return { type: 'azure', ...base };
    default:
      throw unsupported(
        fields,
        ['filesystems', i, 'fs'],
        `filesystems[${i}].fs`,
        `'${kind}' is a Python (fsspec) file system; s3, abfs and file have a counterpart here`,
      );
  }
}

/** `attach`: mappings with `path`. */
export function parseAttachments(fields: Fields): readonly AttachProfile[] {
  return (fields.list('attach') ?? []).map((entry, i) => {
    const path = [...fields.path, 'attach', i];
    const attachment = new Fields(mappingOr(fields, entry, path, 'a mapping with `path`'), fields.file, path);
    const location = attachment.text('path') ?? attachment.fail('path', 'given', undefined);
    if (isMotherDuck(location)) {
      throw unsupported(
        fields,
        ['attach', i, 'path'],
        `attach[${i}].path`,
        `${location} is MotherDuck, a service`,
      );
    }
    return parseAttachment(attachment, location);
  });
}

function parseAttachment(attachment: Fields, path: string): AttachProfile {
  const options = optionsOf(attachment.dict('options') ?? {});
  for (const key of ['type', 'secret', 'read_only']) {
    if (options[key] === undefined || !attachment.has(key)) continue;
    throw projectErrors['conflicting-keys'](
      { first: `options.${key}`, second: key },
      { location: attachment.file.locate([...attachment.path, 'options', key], 'key') },
    );
  }
  const { type: optionType, secret: optionSecret, read_only: optionReadOnly, ...rest } = options;
  const type = attachment.text('type') ?? (optionType === undefined ? undefined : String(optionType));
  const secret = attachment.text('secret') ?? (optionSecret === undefined ? undefined : String(optionSecret));
  return {
    path,
    alias: attachment.text('alias') ?? databaseNameOf(path),
    ...(type !== undefined && { type }),
    ...(secret !== undefined && { secret }),
    readOnly: attachment.bool('read_only') ?? optionReadOnly === true,
    isDucklake: attachment.bool('is_ducklake') ?? /ducklake:/i.test(path),
    options: rest,
  };
}

/** The plugins of dbt-duckdb that have a counterpart here. */
const supportedPlugins: readonly string[] = ['delta', 'excel', 'iceberg', 'postgres', 'sqlalchemy'];

const pluginReasons: Readonly<Record<string, string>> = {
  motherduck: 'MotherDuck is a service; Boathouse opens local files',
  gsheet:
    'Google Sheets are read by a Python plugin; publish the sheet as CSV and read its https:// address instead',
  glue: 'tables are not registered in AWS Glue',
};

const neededConfig: Readonly<Record<string, string>> = {
  postgres: 'dsn',
  sqlalchemy: 'connection_url',
  iceberg: 'catalog',
};

/** `plugins`: mappings with `module`, or names alone. */
export function parsePlugins(fields: Fields): readonly PluginProfile[] {
  return (fields.list('plugins') ?? []).map((entry, i) => {
    const path = [...fields.path, 'plugins', i];
    const raw =
      typeof entry === 'string'
        ? { module: entry }
        : mappingOr(fields, entry, path, 'a mapping with `module`');
    const plugin = new Fields(raw, fields.file, path);
    const module = plugin.text('module') ?? plugin.fail('module', 'given', undefined);
    const name = module.replace(/^dbt\.adapters\.duckdb\.plugins\./, '');
    if (!supportedPlugins.includes(name)) throw refusePlugin(fields, name, i);
    const config = plugin.dict('config') ?? {};
    const needed = neededConfig[name];
    if (needed !== undefined && typeof config[needed] !== 'string') {
      failAt(fields.file, [...path, 'config', needed], `given (the plugin ${name} needs it)`, config[needed]);
    }
    return { module: name, alias: plugin.text('alias') ?? name, config };
  });
}

/** What the plugin `postgres` attaches. */
export function attachmentsOfPlugins(plugins: readonly PluginProfile[]): readonly AttachProfile[] {
  return plugins
    .filter(({ module }) => module === 'postgres')
    .map(({ config }) => {
      const { pg_schema: schema, attach_options: options, secret } = config;
      return {
        path: String(config['dsn'] ?? ''),
        alias: String(config['duckdb_alias'] ?? 'postgres_db'),
        type: 'postgres',
        ...(typeof secret === 'string' && { secret }),
        readOnly: config['read_only'] === true,
        isDucklake: false,
        options: {
          ...(typeof schema === 'string' && { schema }),
          ...(isPlainDict(options) ? optionsOf(options) : {}),
        },
      };
    });
}

/** The settings of the postgres extension that the plugin `postgres` sets. */
export function settingsOfPlugins(
  plugins: readonly PluginProfile[],
): Readonly<Record<string, string | number | boolean>> {
  const given = plugins
    .filter(({ module }) => module === 'postgres')
    .flatMap(({ config: { settings } }) =>
      isPlainDict(settings) ? Object.entries(optionsOf(settings)) : [],
    );
  return Object.fromEntries(
    given.filter((entry): entry is [string, string | number | boolean] => typeof entry[1] !== 'object'),
  );
}

function refusePlugin(fields: Fields, name: string, i: number): Error {
  const near = nearest(name, supportedPlugins);
  const why = pluginReasons[name] ?? 'it is a Python module, and Boathouse runs no Python';
  return projectErrors['unsupported-key'](
    { key: `plugins[${i}].module '${name}'`, why },
    {
      location: fields.file.locate([...fields.path, 'plugins', i, 'module']),
      hint:
        near === undefined ? `Plugins that work: ${supportedPlugins.join(', ')}.` : `Did you mean '${near}'?`,
    },
  );
}

function mappingOr(fields: Fields, value: unknown, path: YamlPath, expected: string): PlainDict {
  return isPlainDict(value) ? value : failAt(fields.file, path, expected, value);
}

function unsupported(fields: Fields, path: YamlPath, key: string, why: string): Error {
  return projectErrors['unsupported-key'](
    { key, why },
    { location: fields.file.locate([...fields.path, ...path]) },
  );
}

/** Rendered values as DuckDB's options: empty ones left out. */
function optionsOf(raw: PlainDict): Record<string, ProfileValue> {
  const options: Record<string, ProfileValue> = {};
  for (const [key, value] of Object.entries(raw)) {
    const option = optionOf(value);
    if (option !== undefined) options[key] = option;
  }
  return options;
}

function optionOf(value: unknown): ProfileValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(optionOf).filter((item) => item !== undefined);
  if (isPlainDict(value)) return optionsOf(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value instanceof Float ? value.value : String(value);
}
