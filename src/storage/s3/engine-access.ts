/** What DuckDB's httpfs needs to open what our own client opens: a secret, and whom to trust. */
import { existsSync } from 'node:fs';
import { isS3Secret, optionsOfSecret, type SecretOptions, s3SecretFor } from '../access.ts';
import { optionsOfPlace } from '../remote-stores.ts';
import type { StorageOptions } from '../storage.ts';
import { trustOf } from '../trust/trust.ts';
import { showEndpoint } from './endpoint.ts';
import { s3Client } from './open-s3.ts';
import type { S3Config } from './options.ts';

/** Access to the places below a scope. */
export interface EngineAccess {
  readonly secret: SecretOptions & { readonly scope: string };
  /** Whether there are credentials, or none are wanted. Else the engine may know better. */
  readonly isUsable: boolean;
  /** When the credentials in the secret run out; undefined when they don't. */
  readonly expiresAtMs: number | undefined;
  /** One file with all certificates to trust; undefined where the engine's own list will do. */
  readonly caFile: string | undefined;
}

/**
 * The access for `scope` with these options over the environment's. Credentials are looked for as our client does;
 * without any the secret has none, for public buckets.
 *
 * @throws storage.bad-option
 */
export async function engineAccess(
  scope: string,
  options: StorageOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EngineAccess> {
  // The client's own source, so that a role isn't asked for anew with each statement.
  const client = s3Client(scope, options, env);
  const { config } = client;
  const found = await client.credentials?.get().catch(() => undefined);
  const [, bucket = ''] = /^s3:\/\/([^/]+)/.exec(scope) ?? [];
  const learned = bucket === '' ? undefined : client.learnedRegion(bucket);
  const region = learned ?? config.region ?? (config.endpoint.isAws ? undefined : 'us-east-1');
  const secret = s3SecretFor(scope, {
    ...(config.endpoint.isAws && config.named.get('endpoint_url') === undefined
      ? {}
      : { endpoint_url: showEndpoint(config.endpoint) }),
    url_style: config.endpoint.isVirtualHosted ? 'vhost' : 'path',
    ...(region === undefined ? {} : { region }),
    verify_ssl: String(!config.allowInvalidCertificates),
    ...(found === undefined
      ? {}
      : {
          access_key_id: found.accessKeyId,
          secret_access_key: found.secretAccessKey,
          ...(found.sessionToken === undefined ? {} : { session_token: found.sessionToken }),
        }),
  });
  return {
    secret,
    isUsable: found !== undefined || config.isAnonymous,
    expiresAtMs: found?.expiresAtMs,
    caFile: bundleFor(config, env),
  };
}

/** The access to a place that this process has opened with `openStorage`, else the environment's to its bucket. */
export async function engineAccessToOpened(uri: string): Promise<EngineAccess> {
  const [bucket = uri] = /^s3[an]?:\/\/[^/]+\//i.exec(uri) ?? [];
  const known = optionsOfPlace(uri);
  return await engineAccess(known?.scope ?? bucket.replace(/^s3[an]?:/i, 's3:'), known?.options ?? {});
}

/** A secret as DuckDB is given it: its options beside what every secret has. */
export interface FlatSecret {
  readonly type: string;
  readonly name?: string | undefined;
  readonly provider?: string | undefined;
  readonly scope?: string | readonly string[] | undefined;
  readonly persistent?: boolean | undefined;
}

/**
 * The secret as httpfs takes it: without what only our client knows, and the chain of credentials gone through here,
 * so that the aws extension isn't needed. Where the chain comes to nothing the secret stays: that extension knows more.
 *
 * @throws storage.bad-option
 */
export async function engineSecret<S extends FlatSecret>(
  secret: S,
  env: NodeJS.ProcessEnv = process.env,
): Promise<S> {
  if (!isS3Secret(secret)) return secret;
  const { type, name, provider, scope, persistent, ...given } = secret;
  const options = Object.fromEntries(Object.entries(given).filter(([key]) => !/^ca_file$/i.test(key)));
  const head = { name, scope, persistent };
  if (/^credential_chain$/i.test(provider ?? '')) {
    const place = (typeof scope === 'string' ? scope : scope?.[0]) ?? 's3://';
    const found = await engineAccess(place, optionsOfSecret({ type, provider, scope, options: given }), env);
    if (found.isUsable) return { ...head, type: 's3', ...found.secret.options } as unknown as S;
  }
  return { ...head, type, provider, ...regionFor(options), ...options } as unknown as S;
}

/** Stores of one's own are signed for with the region that our client takes; httpfs would take an empty one. */
function regionFor(options: Readonly<Record<string, unknown>>): { readonly region?: string } {
  const keys = new Map(Object.entries(options).map(([key, value]) => [key.toLowerCase(), value]));
  const isOwn = keys.has('endpoint') && !/amazonaws\.com/i.test(String(keys.get('endpoint')));
  return isOwn && !keys.has('region') ? { region: 'us-east-1' } : {};
}

function bundleFor(config: S3Config, env: NodeJS.ProcessEnv): string | undefined {
  if (config.endpoint.protocol === 'http:') return undefined;
  // The engine has one list for all stores.
  if (config.caFile !== undefined) caFiles.add(config.caFile);
  // Of a store that was used before the file may be gone.
  const named = [...caFiles].filter((file) => file === config.caFile || existsSync(file));
  const trust = trustOf({ caFiles: named, env });
  return trust.hasOwn ? trust.bundleFile() : undefined;
}

/** Named for any store that the engine was given access to. */
const caFiles = new Set<string>();
