/**
 * Storage options and the environment as what the client needs.
 *
 * Names are those of the `object_store` library, which deltalake and others hand on: with or without
 * `AWS_`, in either case. Facts: its documentation of `AmazonS3ConfigKey` and `ClientConfigKey`.
 */

import type { StorageOptions } from '../storage.ts';
import { profileName, readAwsProfiles } from './credentials/aws-files.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { s3Errors } from './errors.ts';

/** Everything that decides how a bucket is talked to. */
export interface S3Config {
  readonly endpoint: Endpoint;
  readonly region: string | undefined;
  /** No signature at all: public buckets. */
  readonly isAnonymous: boolean;
  readonly caFile: string | undefined;
  /** Certificates aren't checked. Only ever by the user's own words. */
  readonly allowInvalidCertificates: boolean;
  /** The user says that nobody else writes, so a store without conditional create will do. */
  readonly isSingleWriter: boolean;
  readonly unsignedPayload: boolean;
  readonly requesterPays: boolean;
  readonly serverSideEncryption: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly connectTimeoutMs: number;
  /** How long a connection may be silent. */
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  /** After this long nothing is tried again. */
  readonly retryTimeoutMs: number;
  readonly hasBucketKey: boolean;
  readonly userAgent: string | undefined;
  /** The options by their canonical names, for whoever looks for credentials. */
  readonly named: ReadonlyMap<string, string>;
  /** Names that nobody knows, and those of what isn't done here. */
  readonly unknown: readonly string[];
}

/** @throws storage.bad-option */
export function s3Config(options: StorageOptions, env: NodeJS.ProcessEnv): S3Config {
  const { named, unknown } = namedOptions(options, env);
  const get = (name: string): string | undefined => named.get(name) || undefined;
  const flag = (name: string): boolean | undefined => flagOf(name, get(name));
  const region = get('region') ?? get('default_region') ?? regionOfProfile(named, env);
  return {
    endpoint: endpointOf({
      endpoint: get('endpoint_url'),
      region,
      useSsl: flag('use_ssl'),
      allowHttp: flag('allow_http'),
      virtualHosted: virtualHosted(get('url_style'), flag('virtual_hosted_style_request')),
      isDualStack: flag('use_dualstack_endpoint') === true,
    }),
    region,
    isAnonymous: flag('skip_signature') === true,
    caFile: get('ca_file') ?? get('ca_bundle'),
    allowInvalidCertificates: flag('allow_invalid_certificates') === true || flag('verify_ssl') === false,
    isSingleWriter: flag('s3_allow_unsafe_rename') === true || flag('single_writer') === true,
    unsignedPayload: flag('unsigned_payload') === true,
    requesterPays: flag('request_payer') === true || get('request_payer') === 'requester',
    serverSideEncryption: get('server_side_encryption'),
    kmsKeyId: get('sse_kms_key_id'),
    connectTimeoutMs: durationMs('connect_timeout', get('connect_timeout')) ?? 5000,
    timeoutMs: durationMs('timeout', get('timeout')) ?? 30_000,
    attemptsMax: 1 + (countOf('max_retries', get('max_retries')) ?? 10),
    retryTimeoutMs: durationMs('retry_timeout', get('retry_timeout')) ?? 180_000,
    hasBucketKey: flag('sse_bucket_key_enabled') === true,
    userAgent: get('user_agent'),
    named,
    unknown,
  };
}

/** What AWS's files say for the wanted profile; they are about Amazon's own endpoints. */
function regionOfProfile(named: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): string | undefined {
  if (named.has('endpoint_url')) return undefined;
  const files = { env, named };
  return readAwsProfiles(files).get(profileName(files).name)?.get('region');
}

/** The options over what the environment says, by canonical names. */
export function namedOptions(
  options: StorageOptions,
  env: NodeJS.ProcessEnv,
): { readonly named: ReadonlyMap<string, string>; readonly unknown: readonly string[] } {
  const named = new Map<string, string>();
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || !/^AWS_/i.test(name)) continue;
    const canonical = canonicalName(name);
    if (canonical !== undefined) named.set(canonical, value);
  }
  // A key's secret and token come from where the key does.
  if (Object.keys(options).some((name) => canonicalName(name) === 'access_key_id')) {
    for (const name of ['access_key_id', 'secret_access_key', 'session_token']) named.delete(name);
  }
  for (const [name, value] of Object.entries(options)) {
    const canonical = canonicalName(name);
    if (canonical === undefined || withoutEffect.has(canonical)) unknown.push(name);
    else if (value !== undefined && value !== null) named.set(canonical, String(value));
  }
  return { named, unknown };
}

/** The name without `AWS_`, in lower case and in the one spelling used here; undefined when nobody knows it. */
export function canonicalName(name: string): string | undefined {
  const low = name.toLowerCase().replace(/^(?:aws|s3)_(?!allow_unsafe|locking)/, '');
  const canonical = aliases[low] ?? low;
  return known.has(canonical) ? canonical : undefined;
}

const aliases: Readonly<Record<string, string>> = {
  endpoint: 'endpoint_url',
  endpoint_url_s3: 'endpoint_url',
  key_id: 'access_key_id',
  secret: 'secret_access_key',
  token: 'session_token',
  bucket: 'bucket_name',
  allow_unsafe_rename: 's3_allow_unsafe_rename',
  imdsv1_fallback: 'imdsv1_fallback',
  sse_kms_key_id: 'sse_kms_key_id',
  default_profile: 'profile',
};

const known: ReadonlySet<string> = new Set([
  'access_key_id',
  'secret_access_key',
  'session_token',
  'region',
  'default_region',
  'bucket_name',
  'endpoint_url',
  'endpoint_url_sts',
  'use_ssl',
  'url_style',
  'use_dualstack_endpoint',
  'virtual_hosted_style_request',
  'unsigned_payload',
  'checksum_algorithm',
  'metadata_endpoint',
  'imdsv1_fallback',
  'ec2_metadata_disabled',
  'ec2_metadata_service_endpoint',
  'container_credentials_relative_uri',
  'container_credentials_full_uri',
  'container_authorization_token',
  'container_authorization_token_file',
  'web_identity_token_file',
  'role_arn',
  'role_session_name',
  'external_id',
  'profile',
  'config_file',
  'shared_credentials_file',
  'skip_signature',
  'conditional_put',
  'copy_if_not_exists',
  's3_allow_unsafe_rename',
  's3_locking_provider',
  'single_writer',
  's3_express',
  'request_payer',
  'disable_tagging',
  'server_side_encryption',
  'sse_kms_key_id',
  'sse_bucket_key_enabled',
  'allow_http',
  'allow_invalid_certificates',
  'verify_ssl',
  'ca_file',
  'ca_bundle',
  'connect_timeout',
  'timeout',
  'max_retries',
  'retry_timeout',
  'backoff_config.init_backoff',
  'backoff_config.max_backoff',
  'backoff_config.base',
  'pool_idle_timeout',
  'pool_max_idle_per_host',
  'proxy_url',
  'proxy_excludes',
  'user_agent',
  'default_content_type',
  'http1_only',
  'http2_only',
  'http2_keep_alive_interval',
  'http2_keep_alive_timeout',
  'http2_keep_alive_while_idle',
  'randomize_addresses',
  'max_attempts',
  'retry_mode',
  'provider',
]);

/** What other libraries take and what would be missed: a user has to know that it isn't done. */
const withoutEffect: ReadonlySet<string> = new Set(['proxy_url', 'proxy_excludes', 'checksum_algorithm']);

function virtualHosted(style: string | undefined, asked: boolean | undefined): boolean | undefined {
  if (asked !== undefined) return asked;
  if (style === undefined) return undefined;
  if (style === 'path') return false;
  if (style === 'vhost' || style === 'virtual') return true;
  throw s3Errors['bad-option']({ option: 'url_style', value: style, problem: 'it is `path` or `vhost`' });
}

function flagOf(option: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(?:true|1|yes|on|y|t)$/i.test(value)) return true;
  if (/^(?:false|0|no|off|n|f)$/i.test(value)) return false;
  if (option === 'request_payer') return undefined;
  throw s3Errors['bad-option']({ option, value, problem: 'it is `true` or `false`' });
}

function countOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw s3Errors['bad-option']({ option, value, problem: 'a whole number is needed' });
}

/** `30s`, `5 minutes`, `500ms`; a bare number is in seconds. */
function durationMs(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const [, amount, unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  const factor = unitMs[unit === '' ? 's' : unit.toLowerCase()];
  if (amount === undefined || factor === undefined) {
    throw s3Errors['bad-option']({ option, value, problem: 'a duration is needed, such as `30s`' });
  }
  return Math.max(1, Math.round(Number(amount) * factor));
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  millis: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
};
