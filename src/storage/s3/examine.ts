/**
 * The whole way to a place in a bucket, step by step: what is found, and where it breaks what to do.
 *
 * Steps that need a failed one are left out. What is written stands below `_boathouse/doctor/` and is removed.
 */
import { type BoathouseError, isBoathouseError, systemRandom } from '../../base/index.ts';
import { compareUtf8 } from '../paths.ts';
import type { StorageOptions } from '../storage.ts';
import { trustOf } from '../trust/trust.ts';
import { placeOf } from './bucket-place.ts';
import { showEndpoint, targetOf } from './endpoint.ts';
import { s3Errors } from './errors.ts';
import { clockAheadMs, findAddresses, reachPort, seeCertificate, type WayInput } from './examine-network.ts';
import { credentialsOf, s3Client } from './open-s3.ts';
import { type S3Config, s3Config } from './options.ts';
import { raceToCreate } from './probe.ts';
import { S3Storage } from './s3-storage.ts';

/** One step. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found: addresses, dates; the error's message. */
  readonly found: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly error?: BoathouseError;
}

/** Goes the way to `uri`. Steps follow each other as they are needed. */
export async function examine(
  uri: string,
  options: StorageOptions,
  withFile: (uri: string) => Promise<string>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly Finding[]> {
  const steps = new Steps();
  const config = await steps.go('options', async () => {
    const known = s3Config({ AWS_CONNECT_TIMEOUT: '5s', AWS_MAX_RETRIES: '1', ...options }, env);
    const unknown = known.unknown.length === 0 ? '' : `; without effect: ${known.unknown.join(', ')}`;
    const style = known.endpoint.isVirtualHosted ? 'bucket in the host name' : 'bucket in the path';
    return [`${showEndpoint(known.endpoint)}, ${style}${unknown}`, known];
  });
  if (config === undefined) return steps.taken;
  if (!(await examineWay(steps, config, placeOf(uri).bucket, env))) return steps.taken;
  const isKnown = await steps.go('credentials', async () => {
    const source = credentialsOf(config, uri, env);
    if (source === undefined) return ['none: requests are not signed, as asked', true];
    const { accessKeyId, expiresAtMs } = await source.get();
    const until = expiresAtMs === undefined ? '' : `, until ${new Date(expiresAtMs).toISOString()}`;
    return [`${accessKeyId.slice(0, 4)}… from ${source.name}${until}`, true];
  });
  if (isKnown) {
    await examineBucket(steps, uri, { AWS_MAX_RETRIES: '1', ...options }, withFile, env);
  }
  return steps.taken;
}

async function examineWay(
  steps: Steps,
  config: S3Config,
  bucket: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { endpoint } = config;
  const { hostname } = targetOf(endpoint, bucket, '', config.region ?? 'us-east-1');
  const ca =
    endpoint.protocol === 'https:'
      ? await steps.go('trust', async () => {
          const trust = trustOf({ caFiles: [config.caFile], env });
          const own = trust.hasOwn ? `your own (${config.caFile ?? 'from the environment'}) and ` : '';
          return [`${own}the usual authorities, ${trust.ca.length} in all`, trust.ca];
        })
      : [];
  if (ca === undefined) return false;
  const { allowInvalidCertificates, connectTimeoutMs: timeoutMs } = config;
  const way: WayInput = { endpoint, hostname, ca, allowInvalidCertificates, timeoutMs };
  const addresses = await steps.go(
    'dns',
    async () => {
      const found = await findAddresses(way);
      return [`${hostname} is ${found.join(', ')}`, found];
    },
    `Check the endpoint's name${endpoint.isVirtualHosted ? ', or set url_style: path' : ''}, /etc/hosts and the DNS server.`,
  );
  if (addresses === undefined) return false;
  const port = await steps.go(
    'tcp',
    async () => {
      const reached = await reachPort(way);
      return [`port ${reached.port} answers within ${reached.tookMs} ms`, reached.port];
    },
    'Check that the store runs, its port (MinIO: 9000), and firewalls between here and there.',
  );
  if (port === undefined) return false;
  if (endpoint.protocol === 'https:' && !(await examineCertificate(steps, way, config))) return false;
  await steps.go(
    'clock',
    async () => {
      const aheadMs = await clockAheadMs(way);
      if (aheadMs === undefined) return ['the server does not tell its time', undefined];
      const minutes = Math.round(Math.abs(aheadMs) / 60_000);
      if (minutes >= 5) throw s3Errors['clock-skew']({ endpoint: showEndpoint(endpoint), minutes });
      return [`${Math.round(Math.abs(aheadMs) / 1000)} s apart`, undefined];
    },
    'The server does not answer HTTP there: check the protocol and port of the endpoint.',
  );
  return true;
}

async function examineCertificate(steps: Steps, way: WayInput, config: S3Config): Promise<boolean> {
  const isGood = await steps.go(
    'tls',
    async () => {
      const shown = await seeCertificate(way);
      const days = Math.floor((shown.untilMs - Date.now()) / 86_400_000);
      const about = `${shown.protocol}; for ${shown.names.join(', ') || '(no names)'}; valid ${day(shown.fromMs)} to ${day(shown.untilMs)} (${days} days left); chain: ${shown.chain.join(' < ')}`;
      if (shown.isTrusted) return [about, true];
      if (config.allowInvalidCertificates)
        return [`NOT VERIFIED, as asked (${shown.problem}); ${about}`, true];
      const endpoint = showEndpoint(way.endpoint);
      throw s3Errors['untrusted-certificate']({
        endpoint,
        problem: `${shown.problem}; ${about}`,
        hint: adviceFor(shown.problem ?? '', shown.names),
      });
    },
    'No TLS is spoken there: if the store has none, write the endpoint with http://, or set use_ssl: false.',
  );
  return isGood === true;
}

function adviceFor(problem: string, names: readonly string[]): string {
  if (/ALTNAME/.test(problem) || /altnames/i.test(problem)) {
    return `Call the store by a name in its certificate (${names.join(', ')}), or give it one for the name in the endpoint.`;
  }
  if (/EXPIRED|NOT_YET_VALID/.test(problem)) {
    return "Renew the store's certificate, and check this machine's clock.";
  }
  return "Name your CA's PEM file: lakehouse.ca_file in the profile, or AWS_CA_BUNDLE. For a self-signed certificate that is the certificate itself.";
}

function day(ms: number): string {
  return Number.isNaN(ms) ? '?' : new Date(ms).toISOString().slice(0, 10);
}

async function examineBucket(
  steps: Steps,
  uri: string,
  options: StorageOptions,
  withFile: (uri: string) => Promise<string>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { bucket, prefix } = placeOf(uri);
  const client = s3Client(uri, options, env);
  const folder = `${prefix}_boathouse/doctor/${systemRandom.uuid()}/`;
  const storage = new S3Storage(client, { bucket, prefix: folder });
  const isThere = await steps.go('bucket', async () => {
    for await (const _ of storage.list('')) break;
    const asked = client.config.region;
    const learned = client.learnedRegion(bucket);
    const corrected = learned === undefined ? '' : `, not in ${asked ?? 'us-east-1'}: set region: ${learned}`;
    return [
      `${bucket} answers in the region ${learned ?? asked ?? 'us-east-1 (none is set)'}${corrected}`,
      true,
    ];
  });
  if (!isThere) return;
  const names = ['rows.csv', 'a', 'a!b', 'd/b', 'B', 'é', 'z'];
  const bytes = new TextEncoder().encode('id\n1\n2\n');
  const isWritten = await steps.go('write', async () => {
    for (const name of names) await storage.put(name, bytes);
    return [`${names.length} objects below ${storage.uri}`, true];
  });
  try {
    if (!isWritten) return;
    await steps.go('read', async () => {
      const back = await storage.read('rows.csv');
      if (Buffer.compare(back, bytes) !== 0) throw new Error('what comes back is not what was written');
      return [`${back.length} bytes, as they were written`, undefined];
    });
    await steps.go(
      'list order',
      async () => {
        const listed: string[] = [];
        for await (const { path } of storage.list('')) listed.push(path);
        const after: string[] = [];
        for await (const { path } of storage.list('', 'a')) after.push(path);
        const sorted = [...names].sort(compareUtf8);
        if (listed.join('\n') !== sorted.join('\n'))
          throw new Error(`listed ${listed.join(' ')}, and in order that is ${sorted.join(' ')}`);
        if (after.join('\n') !== sorted.slice(sorted.indexOf('a') + 1).join('\n'))
          throw new Error(`after 'a' there came ${after.join(' ')}`);
        return ['by the bytes of their names, and from a name on', undefined];
      },
      'Versions are found by listing in order: use a store that lists as S3 does.',
    );
    await steps.go('conditional create', async () => {
      if (!(await raceToCreate(client, { bucket, prefix, uri }))) {
        if (!client.config.isSingleWriter) throw s3Errors['no-conditional-create']({ uri });
        return ['NOT honoured; this process is the only writer, as asked', undefined];
      }
      return ['of nine at once one wins', undefined];
    });
    await steps.go(
      'duckdb',
      async () => [await withFile(`s3://${bucket}/${folder}rows.csv`), undefined],
      "DuckDB's own way to the bucket is only needed for reading without the cache; set lakehouse.ca_file and the secret as for the rest.",
    );
  } finally {
    await steps.go('delete', async () => {
      await storage.removeAll(names);
      const left: string[] = [];
      for await (const { path } of storage.list('')) left.push(path);
      if (left.length > 0) throw new Error(`${left.join(', ')} below ${storage.uri} can't be removed`);
      return ['nothing is left', undefined];
    });
  }
}

/** What was found so far. */
class Steps {
  readonly taken: Finding[] = [];

  /** What `look` gives beside its words; undefined when it failed. */
  async go<T>(
    name: string,
    look: () => Promise<readonly [string, T]>,
    hint?: string,
  ): Promise<T | undefined> {
    try {
      const [found, value] = await look();
      this.taken.push({ name, ok: true, found });
      return value;
    } catch (error) {
      const found = error instanceof Error ? error.message || String(error) : String(error);
      const advice = isBoathouseError(error) ? error.hint : hint;
      this.taken.push({
        name,
        ok: false,
        found,
        ...(advice === undefined ? {} : { hint: advice }),
        ...(isBoathouseError(error) ? { error } : {}),
      });
      return undefined;
    }
  }
}
