/**
 * Which options open which place: a profile's secrets and settings as storage options, and back.
 *
 * The keys are those of DuckDB's S3 secrets, which dbt-duckdb hands on. As in DuckDB, of several secrets the one
 * whose scope begins like the place and is longest is used, and one without a scope for everything else.
 */
import type { StorageOptions } from './storage.ts';

/** From a place to the options that its storage is opened with. */
export interface StorageAccess {
  /** None for a folder. */
  optionsFor(uri: string): StorageOptions;
  /** How far around `uri` its options hold: its bucket, or the narrower scope of a secret. The bucket where left out. */
  scopeFor?(uri: string): string;
}

/** A secret of a profile: what DuckDB calls its options, by their names. */
export interface SecretOptions {
  readonly type: string;
  readonly provider?: string | undefined;
  readonly scope?: string | readonly string[] | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a profile says about storage. */
export interface AccessInput {
  readonly secrets: readonly SecretOptions[];
  /** DuckDB's settings: the older `s3_endpoint`, `s3_access_key_id`, … among them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Win over secrets and settings. */
  readonly storageOptions: StorageOptions;
  readonly caFile?: string | undefined;
}

/** The access that a profile gives. Pure. */
export function storageAccess(input: AccessInput): StorageAccess {
  const scoped = input.secrets.filter(isS3Secret).flatMap((secret) => {
    const options = optionsOfSecret(secret);
    return scopesOf(secret).map((scope) => ({ scope, options }));
  });
  // The first of several for the same places, as in DuckDB.
  scoped.sort((a, b) => b.scope.length - a.scope.length);
  const settings = optionsOfSettings(input.settings);
  const own: StorageOptions = {
    ...(input.caFile === undefined ? {} : { ca_file: input.caFile }),
    ...input.storageOptions,
  };
  return {
    optionsFor: (uri) => {
      if (!isRemote(uri)) return {};
      const place = canonicalPlace(uri);
      const secret = scoped.find(({ scope }) => place.startsWith(scope));
      return { ...(secret?.options ?? settings), ...own };
    },
    scopeFor: (uri) => {
      const place = canonicalPlace(uri);
      const [bucket = place] = /^s3:\/\/[^/]+\//.exec(place) ?? [];
      const scope = scoped.find((secret) => place.startsWith(secret.scope))?.scope ?? '';
      return scope.length > bucket.length ? scope : bucket;
    },
  };
}

/** Whether `uri` is in a bucket. */
export function isRemote(uri: string): boolean {
  return /^s3[an]?:\/\//i.test(uri);
}

/** The keys and values of the DuckDB secret that opens below `prefix` what storage options open. Pure. */
export function s3SecretFor(
  prefix: string,
  options: StorageOptions,
): SecretOptions & { readonly type: 's3'; readonly scope: string } {
  const named = new Map(Object.entries(options).map(([name, value]) => [shortName(name), value]));
  const endpoint = named.get('endpoint_url') ?? named.get('endpoint');
  const [, scheme, place] = /^(?:(https?):\/\/)?(.*?)\/*$/i.exec(endpoint ?? '') ?? [];
  const useSsl =
    scheme !== undefined
      ? scheme.toLowerCase() === 'https'
      : endpoint !== undefined && isFalse(named.get('use_ssl') ?? String(!isTrue(named.get('allow_http'))))
        ? false
        : undefined;
  const isUnverified = isTrue(named.get('allow_invalid_certificates')) || isFalse(named.get('verify_ssl'));
  const isVirtual = named.get('url_style') === 'vhost' || isTrue(named.get('virtual_hosted_style_request'));
  const values: Record<string, unknown> = {
    key_id: named.get('access_key_id') ?? named.get('key_id'),
    secret: named.get('secret_access_key') ?? named.get('secret'),
    session_token: named.get('session_token') ?? named.get('token'),
    region: named.get('region') ?? named.get('default_region'),
    endpoint: place === '' ? undefined : place,
    url_style: endpoint === undefined ? named.get('url_style') : isVirtual ? 'vhost' : 'path',
    use_ssl: useSsl,
    verify_ssl: isUnverified ? false : undefined,
  };
  const given = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  );
  return { type: 's3', scope: prefix, options: given };
}

/** Whether it is for S3 or a store that speaks its protocol. */
export function isS3Secret({ type }: Pick<SecretOptions, 'type'>): boolean {
  return /^(?:s3|r2|gcs|aws)$/i.test(type);
}

function scopesOf({ scope }: SecretOptions): readonly string[] {
  const scopes = scope === undefined ? [''] : typeof scope === 'string' ? [scope] : scope;
  return scopes.map((one) => (one === '' ? 's3://' : canonicalPlace(one)));
}

function canonicalPlace(uri: string): string {
  return uri.replace(/^s3[an]?:\/\//i, 's3://');
}

/** A secret's keys as options' names; the endpoint with its protocol, which DuckDB keeps apart. Pure. */
export function optionsOfSecret({ type, provider, options }: SecretOptions): StorageOptions {
  const keys = new Map(Object.entries(options).map(([name, value]) => [name.toLowerCase(), value]));
  const found: Record<string, string> = {};
  for (const [key, name] of Object.entries(secretKeys)) {
    const value = keys.get(key);
    if (value !== undefined && value !== null && value !== '') found[name] = String(value);
  }
  const account = keys.get('account_id');
  if (/^r2$/i.test(type) && found['endpoint_url'] === undefined && account !== undefined) {
    found['endpoint_url'] = `https://${String(account)}.r2.cloudflarestorage.com`;
    found['region'] ??= 'auto';
  }
  if (/^gcs$/i.test(type)) found['endpoint_url'] ??= 'https://storage.googleapis.com';
  if (provider !== undefined && /^credential_chain$/i.test(provider)) {
    const chain = keys.get('chain');
    if (chain !== undefined) found['provider'] = String(chain);
    const profile = keys.get('profile');
    if (profile !== undefined) found['profile'] = String(profile);
  }
  return withProtocol(found);
}

/** dbt-duckdb's older way: `settings: {s3_endpoint: …}`. */
function optionsOfSettings(settings: Readonly<Record<string, unknown>>): StorageOptions {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    const name = secretKeys[settingKeys[key.toLowerCase()] ?? ''];
    if (name !== undefined && value !== null && value !== undefined && value !== '')
      found[name] = String(value);
  }
  return withProtocol(found);
}

function withProtocol(options: Record<string, string>): StorageOptions {
  const endpoint = options['endpoint_url'];
  if (endpoint === undefined || /^https?:\/\//i.test(endpoint)) {
    // The protocol that is written out says more than a flag that was left in the profile.
    if (endpoint !== undefined) delete options['use_ssl'];
    return options;
  }
  return { ...options, endpoint_url: `${isFalse(options['use_ssl']) ? 'http' : 'https'}://${endpoint}` };
}

const secretKeys: Readonly<Record<string, string>> = {
  key_id: 'access_key_id',
  secret: 'secret_access_key',
  session_token: 'session_token',
  region: 'region',
  endpoint: 'endpoint_url',
  url_style: 'url_style',
  use_ssl: 'use_ssl',
  verify_ssl: 'verify_ssl',
  kms_key_id: 'sse_kms_key_id',
  requester_pays: 'request_payer',
  ca_file: 'ca_file',
  assume_role_arn: 'role_arn',
  external_id: 'external_id',
};

const settingKeys: Readonly<Record<string, string>> = {
  s3_access_key_id: 'key_id',
  s3_secret_access_key: 'secret',
  s3_session_token: 'session_token',
  s3_region: 'region',
  s3_endpoint: 'endpoint',
  s3_url_style: 'url_style',
  s3_use_ssl: 'use_ssl',
  s3_kms_key_id: 'kms_key_id',
  s3_requester_pays: 'requester_pays',
  ca_cert_file: 'ca_file',
};

function shortName(name: string): string {
  return name.toLowerCase().replace(/^aws_/, '');
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1|yes|on|t|y)$/i.test(value);
}

function isFalse(value: string | undefined): boolean {
  return value !== undefined && /^(?:false|0|no|off|f|n)$/i.test(value);
}
