/** What DuckDB's httpfs needs to open what our own client opens: a secret, and whom to trust. */
import { type SecretOptions, s3SecretFor } from '../access.ts';
import { optionsOfPlace } from '../remote-stores.ts';
import type { StorageOptions } from '../storage.ts';
import { trustOf } from '../trust/trust.ts';
import { showEndpoint } from './endpoint.ts';
import { credentialsOf, s3Client } from './open-s3.ts';
import { type S3Config, s3Config } from './options.ts';

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
  const config = s3Config(options, env);
  const found = await credentialsOf(config, scope, env)
    ?.get()
    .catch(() => undefined);
  const [, bucket = ''] = /^s3:\/\/([^/]+)/.exec(scope) ?? [];
  const learned = bucket === '' ? undefined : s3Client(scope, options, env).learnedRegion(bucket);
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

function bundleFor(config: S3Config, env: NodeJS.ProcessEnv): string | undefined {
  if (config.endpoint.protocol === 'http:') return undefined;
  const trust = trustOf({ caFiles: [config.caFile], env });
  return trust.hasOwn ? trust.bundleFile() : undefined;
}
