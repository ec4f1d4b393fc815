/** From an `s3://` URI to the bucket behind it. Clients are shared: one endpoint, one pool of connections. */
import { type BoathouseError, secrets } from '../../base/index.ts';
import type { StorageOptions } from '../storage.ts';
import { trustOf } from '../trust/trust.ts';
import { warnOfStorage } from '../warnings.ts';
import type { BucketPlace } from './bucket-place.ts';
import { S3Client } from './client.ts';
import { Connections } from './connection.ts';
import { credentialChain } from './credentials/chain.ts';
import { type CredentialSource, fixedCredentials } from './credentials/credentials.ts';
import { showEndpoint } from './endpoint.ts';
import { s3Errors } from './errors.ts';
import { type S3Config, s3Config } from './options.ts';
import { S3Storage } from './s3-storage.ts';

/** The storage of a bucket's place. Asks nothing. @throws storage.bad-option */
export function openS3(
  place: BucketPlace,
  options: StorageOptions,
  env: NodeJS.ProcessEnv = process.env,
): S3Storage {
  return new S3Storage(s3Client(`s3://${place.bucket}/${place.prefix}`, options, env), place);
}

/** The client with which `uri` is opened; the same for the same endpoint and credentials. */
export function s3Client(
  uri: string,
  options: StorageOptions,
  env: NodeJS.ProcessEnv = process.env,
): S3Client {
  const config = s3Config(options, env);
  for (const name of config.unknown) {
    warnOfStorage('storage.unknown-option', `the storage option ${name} is not known and has no effect`);
  }
  if (config.allowInvalidCertificates && config.endpoint.protocol === 'https:') {
    warnOfStorage(
      'storage.unverified-tls',
      `the certificate of ${showEndpoint(config.endpoint)} is not verified, as asked: anybody on the way can read and change everything`,
    );
  }
  const key = JSON.stringify([...config.named].sort());
  const known = clients.get(key);
  if (known) return known;
  const client = new S3Client({
    config,
    connections: connectionsFor(config),
    credentials: credentialsOf(config, uri, env),
  });
  clients.set(key, client);
  return client;
}

const clients = new Map<string, S3Client>();

function connectionsFor(config: S3Config): Connections {
  return new Connections(config.endpoint, {
    ca:
      config.endpoint.protocol === 'https:'
        ? trustOf({ caFiles: [config.caFile], env: process.env }).ca
        : undefined,
    allowInvalidCertificates: config.allowInvalidCertificates,
    connectTimeoutMs: config.connectTimeoutMs,
    timeoutMs: config.timeoutMs,
  });
}

/** Where the credentials for `uri` come from; undefined when requests aren't signed. */
export function credentialsOf(
  config: S3Config,
  uri: string,
  env: NodeJS.ProcessEnv = process.env,
): CredentialSource | undefined {
  if (config.isAnonymous) return undefined;
  const accessKeyId = config.named.get('access_key_id');
  const secretAccessKey = config.named.get('secret_access_key');
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const sessionToken = config.named.get('session_token');
    secrets.add(secretAccessKey);
    if (sessionToken !== undefined) secrets.add(sessionToken);
    return fixedCredentials(accessKeyId === env['AWS_ACCESS_KEY_ID'] ? 'environment' : 'options', {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
  }
  const missing = (): BoathouseError => s3Errors['no-credentials']({ uri });
  return credentialChain({ named: config.named, env, missing });
}
