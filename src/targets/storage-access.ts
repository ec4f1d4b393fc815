/** How a run opens storage: with what the profile says of each place. */
import type { Compilation } from '../compiler/index.ts';
import { bucketStorages, Mount, openStorage, type StorageOptions, sharedCache } from '../storage/index.ts';

type Profile = Compilation['project']['profile'];

/** From a place to the options that its storage is opened with. */
export interface StorageAccess {
  /** None for a folder. */
  optionsFor(uri: string): StorageOptions;
}

/** Whether a place is in a bucket. */
export function isBucketPlace(place: string): boolean {
  return /^s3[an]?:\/\//i.test(place);
}

/** The access that a profile gives: its secrets, the most specific scope first, below `lakehouse.storage_options`. */
export function accessOf(profile: Profile): StorageAccess {
  const { storageOptions, caFile } = profile.lakehouse;
  const common: Record<string, string> = {
    ...(caFile === undefined ? {} : { ca_file: caFile }),
    ...settingsOptions(profile.settings),
  };
  const scoped = profile.secrets
    .filter(({ type }) => type.toLowerCase() === 's3')
    .flatMap((secret) =>
      (secret.scope ?? ['s3://']).map((scope) => ({ scope, options: secretOptions(secret.options) })),
    );
  return {
    optionsFor: (uri) => {
      if (!isBucketPlace(uri)) return {};
      const place = uri.replace(/^s3[an]:/i, 's3:');
      const fits = scoped.filter(({ scope }) => place.startsWith(scope) || `${place}/` === scope);
      const [best] = fits.sort((a, b) => b.scope.length - a.scope.length);
      return { ...common, ...best?.options, ...storageOptions };
    },
  };
}

/** A mount of the buckets that a run reads; undefined when the user wants no copies. */
export async function mountOf(profile: Profile, access: StorageAccess): Promise<Mount | undefined> {
  const cache = profile.lakehouse.cache === false ? undefined : sharedCache();
  if (cache === undefined) return undefined;
  const bucket = (name: string): ReturnType<typeof bucketStorages> => {
    // Opened, so that the bucket is known by the profile's keys and not by the environment's.
    openStorage(`s3://${name}`, access.optionsFor(`s3://${name}`));
    return bucketStorages(name);
  };
  return await Mount.open({ cache, bucket });
}

/** DuckDB's keys of a secret as options of storage. */
function secretOptions(keys: Readonly<Record<string, unknown>>): Record<string, string> {
  return optionsOf((key) => keys[key], {
    key: 'key_id',
    secret: 'secret',
    token: 'session_token',
    region: 'region',
    endpoint: 'endpoint',
    ssl: 'use_ssl',
    style: 'url_style',
    verify: 'verify_ssl',
  });
}

/** dbt-duckdb's older settings. */
function settingsOptions(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  return optionsOf((key) => settings[key], {
    key: 's3_access_key_id',
    secret: 's3_secret_access_key',
    token: 's3_session_token',
    region: 's3_region',
    endpoint: 's3_endpoint',
    ssl: 's3_use_ssl',
    style: 's3_url_style',
    verify: 's3_verify_ssl',
  });
}

type KeyNames = Readonly<
  Record<'key' | 'secret' | 'token' | 'region' | 'endpoint' | 'ssl' | 'style' | 'verify', string>
>;

function optionsOf(read: (key: string) => unknown, names: KeyNames): Record<string, string> {
  const text = (key: string): string | undefined => {
    const value = read(key);
    return value === undefined || value === null || value === '' ? undefined : String(value);
  };
  const isOff = (key: string): boolean => /^(?:false|0|no|off)$/i.test(text(key) ?? '');
  const options: Record<string, string> = {};
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) options[name] = value;
  };
  put('access_key_id', text(names.key));
  put('secret_access_key', text(names.secret));
  put('session_token', text(names.token));
  put('region', text(names.region));
  const endpoint = text(names.endpoint);
  if (endpoint !== undefined) {
    const [, scheme, address = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/i.exec(endpoint) ?? [];
    const isPlain = scheme === undefined ? isOff(names.ssl) : scheme.toLowerCase() === 'http';
    put('endpoint_url', `${isPlain ? 'http' : 'https'}://${address}`);
    if (isPlain) put('allow_http', 'true');
  }
  if (text(names.style)?.toLowerCase() === 'vhost') put('virtual_hosted_style_request', 'true');
  if (isOff(names.verify)) put('allow_invalid_certificates', 'true');
  return options;
}
