/** From an `s3://` URI to the bucket behind it. Clients are shared: one endpoint, one pool of connections. */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type BoathouseError, secrets } from '../../base/index.ts';
import type { StorageOptions } from '../storage.ts';
import { warnOfStorage } from '../warnings.ts';
import type { BucketPlace } from './bucket-place.ts';
import { S3Client } from './client.ts';
import { Connections } from './connection.ts';
import { type CredentialSource, fixedCredentials } from './credentials/credentials.ts';
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
  const key = JSON.stringify([...config.named].sort());
  const known = clients.get(key);
  if (known) return known;
  const client = new S3Client({
    config,
    connections: connectionsFor(config),
    credentials: credentialsOf(config, uri),
  });
  clients.set(key, client);
  return client;
}

const clients = new Map<string, S3Client>();

function connectionsFor(config: S3Config): Connections {
  if (config.allowInvalidCertificates && config.endpoint.protocol === 'https:') {
    warnOfStorage(
      'storage.unverified-tls',
      'certificates of the store are not verified, as asked: anybody on the way can read and change everything',
    );
  }
  return new Connections(config.endpoint, {
    ca: authorities(config),
    allowInvalidCertificates: config.allowInvalidCertificates,
    connectTimeoutMs: config.connectTimeoutMs,
    timeoutMs: config.timeoutMs,
  });
}

/** Node reads NODE_EXTRA_CA_CERTS itself, but only for its own list, which ours replaces. */
function authorities(config: S3Config): readonly string[] | undefined {
  const files = [config.caFile, process.env['SSL_CERT_FILE'], process.env['NODE_EXTRA_CA_CERTS']];
  const named = files.filter((file) => file !== undefined && file !== '');
  if (named.length === 0) return undefined;
  return [...rootCertificates, ...named.map((file) => readAuthorities(file as string))];
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw s3Errors['bad-option']({ option: 'ca_file', value: file, problem }, { cause });
  }
}

function credentialsOf(config: S3Config, uri: string): CredentialSource | undefined {
  if (config.isAnonymous) return undefined;
  const accessKeyId = config.named.get('access_key_id');
  const secretAccessKey = config.named.get('secret_access_key');
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const sessionToken = config.named.get('session_token');
    secrets.add(secretAccessKey);
    if (sessionToken !== undefined) secrets.add(sessionToken);
    return fixedCredentials('options', {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
  }
  const missing = (): BoathouseError => s3Errors['no-credentials']({ uri });
  return { name: 'none', get: () => Promise.reject(missing()), forget: () => false };
}
