/**
 * Requests to one S3-compatible store: signed, tried again while that may help, counted.
 *
 * Facts: Amazon S3's API reference; Signature Version 4.
 */
import { createHash, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
// A CommonJS module that Node finds no names in.
import aws4 from 'aws4';
import {
  type BoathouseError,
  type Clock,
  delayMs,
  isBoathouseError,
  type Random,
  type RetryPolicy,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import { storageErrors } from '../errors.ts';
import { warnOfStorage } from '../warnings.ts';
import { type Connections, WireError, type WireReply } from './connection.ts';
import type { CredentialSource } from './credentials/credentials.ts';
import { encodeSegment, showEndpoint, targetOf } from './endpoint.ts';
import type { S3Config } from './options.ts';
import {
  expiredCodes,
  fullCodes,
  headerOf,
  keyCodes,
  refusalError,
  refusalOf,
  regionCodes,
  skewCodes,
  standingCodes,
  unreachableHint,
} from './refusals.ts';
import type { Refusal } from './replies.ts';
import { countBytes, countRequest, type RequestKind } from './request-counts.ts';

/** What is asked. */
export interface S3Request {
  readonly kind: RequestKind;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly intoFile?: { readonly path: string; readonly startByte: number };
  /** Statuses that are answers and no errors: 404, 412, 416. */
  readonly expected?: readonly number[];
  /** Words of refusals that are answers, too. */
  readonly expectedCodes?: readonly string[];
  /** Tries, at most; the configuration's unless given. */
  readonly attemptsMax?: number;
  /** What the caller does and with which path, for errors. */
  readonly about: { readonly doing: string; readonly path: string; readonly uri: string };
}

/** What came of a request. */
export interface S3Reply extends WireReply {
  /** Whether an earlier try may have been carried out, its reply lost. */
  readonly mayHaveHappenedBefore: boolean;
}

/** How a client works. */
export interface ClientParts {
  readonly config: S3Config;
  readonly connections: Connections;
  readonly credentials: CredentialSource | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Talks to one store with one set of credentials. */
export class S3Client {
  readonly config: S3Config;
  readonly #connections: Connections;
  readonly #credentials: CredentialSource | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  /** What the store's clock shows more than ours. */
  #skewMs = 0;
  /** Regions of buckets that turned out to be elsewhere. */
  readonly #regions = new Map<string, string>();

  constructor(parts: ClientParts) {
    this.config = parts.config;
    this.#connections = parts.connections;
    this.#credentials = parts.credentials;
    this.#clock = parts.clock ?? systemClock;
    this.#random = parts.random ?? systemRandom;
  }

  /** The largest range that has come through, where larger ones don't: some proxies cut replies. */
  rangeBytesMax: number = Number.POSITIVE_INFINITY;

  /** Where its credentials come from; undefined when requests aren't signed. */
  get credentials(): CredentialSource | undefined {
    return this.#credentials;
  }

  /** How the store is shown. */
  get shown(): string {
    return showEndpoint(this.config.endpoint);
  }

  /** The store's time, as far as its replies have told. */
  nowMs(): number {
    return this.#clock.nowMs() + this.#skewMs;
  }

  /** What the store's clock shows more than this machine's. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /**
   * The reply, when it is a good or an expected one.
   *
   * @throws storage.*; `storage.unreachable` is the only one after which it isn't known whether it happened
   */
  async send(request: S3Request): Promise<S3Reply> {
    const policy: RetryPolicy = {
      attemptsMax: request.attemptsMax ?? this.config.attemptsMax,
      delayMsMin: 50,
      delayMsMax: 5000,
    };
    const untilMs = this.#clock.nowMs() + this.config.retryTimeoutMs;
    const asked = { mayHaveHappened: false, skewFixed: false, regionFixed: false, refreshed: false };
    for (let attempt = 1; ; attempt += 1) {
      let reply: WireReply;
      try {
        reply = await this.#once(request);
      } catch (error) {
        if (!(error instanceof WireError))
          throw asked.mayHaveHappened ? this.#unknown(request, error) : error;
        asked.mayHaveHappened ||= error.mayHaveHappened;
        const isLast = attempt >= this.#attemptsFor(error, policy) || this.#clock.nowMs() > untilMs;
        if (!error.isPassing || isLast) {
          throw this.#unreachable(request, error);
        }
        await this.#clock.sleep(delayMs(policy, attempt, this.#random));
        continue;
      }
      this.#noteTime(reply);
      const refusal = refusalOf(reply, request.kind);
      const isExpected =
        refusal === undefined ||
        // A key that nobody knows is told with status 404 by some, which isn't about the object.
        (request.expected?.includes(reply.status) === true && !keyCodes.has(refusal.code)) ||
        request.expectedCodes?.includes(refusal.code) === true;
      if (isExpected) {
        if (reply.status < 300) this.#seen.add(request.bucket);
        return { ...reply, mayHaveHappenedBefore: asked.mayHaveHappened };
      }
      if (await this.#mended(request, reply, refusal, asked)) continue;
      const isPassing =
        (passingStatuses.has(reply.status) || passingCodes.has(refusal.code)) &&
        !standingCodes.has(refusal.code);
      // An error of the store's own says nothing about what it has done before it.
      const isFull = reply.status === 507 || fullCodes.has(refusal.code);
      if (reply.status >= 500 && refusal.code !== 'SlowDown' && !isFull) asked.mayHaveHappened = true;
      const isLast = attempt >= policy.attemptsMax || this.#clock.nowMs() > untilMs;
      if (!isPassing || isLast) throw this.#refused(request, reply, refusal, asked.mayHaveHappened);
      await this.#clock.sleep(Math.max(retryAfterMs(reply), delayMs(policy, attempt, this.#random)));
    }
  }

  async #once(request: S3Request): Promise<WireReply> {
    const region = this.#regions.get(request.bucket) ?? this.config.region ?? 'us-east-1';
    const target = targetOf(this.config.endpoint, request.bucket, request.key, region);
    const query = Object.entries(request.query ?? {})
      .map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`)
      .join('&');
    const path = query === '' ? target.path : `${target.path}?${query}`;
    const headers = await this.#headers(request, target.hostname, path, region);
    const { method, body, intoFile } = request;
    countRequest(request.kind, request.body?.length ?? 0);
    const reply = await this.#connections.send({
      method,
      hostname: target.hostname,
      path,
      headers,
      body,
      intoFile,
    });
    countBytes(reply.sizeBytes);
    return reply;
  }

  async #headers(
    request: S3Request,
    hostname: string,
    path: string,
    region: string,
  ): Promise<Record<string, string>> {
    const { config } = this;
    const { port } = config.endpoint;
    const headers: Record<string, string> = {
      host: port === undefined ? hostname : `${hostname}:${port}`,
      ...request.headers,
    };
    if (config.userAgent !== undefined) headers['user-agent'] = config.userAgent;
    if (config.requesterPays) headers['x-amz-request-payer'] = 'requester';
    if (request.body !== undefined || request.method === 'PUT' || request.method === 'POST') {
      headers['content-length'] = String(request.body?.length ?? 0);
      headers['content-type'] ??= 'application/octet-stream';
    }
    if (this.#credentials === undefined) return headers;
    const isUnsigned =
      config.unsignedPayload && config.endpoint.protocol === 'https:' && request.body !== undefined;
    headers['x-amz-content-sha256'] = isUnsigned ? 'UNSIGNED-PAYLOAD' : await sha256(request.body);
    headers['x-amz-date'] = new Date(this.nowMs()).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#credentials.get();
    const signed = aws4.sign(
      { service: 's3', region, method: request.method, host: hostname, path, headers },
      { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    );
    return signed.headers as Record<string, string>;
  }

  #noteTime(reply: WireReply): void {
    const date = Date.parse(String(reply.headers['date'] ?? ''));
    if (!Number.isNaN(date)) this.#lastDateMs = date;
  }

  #lastDateMs: number | undefined;
  /** Buckets that have answered. */
  readonly #seen = new Set<string>();

  /** The region of that bucket, when it turned out to be another one than configured. */
  learnedRegion(bucket: string): string | undefined {
    return this.#regions.get(bucket);
  }

  /** Whether that bucket is there, as far as its replies have told. */
  hasSeen(bucket: string): boolean {
    return this.#seen.has(bucket);
  }

  /** Whether the trouble is gone, so that the request is to be sent again at once. Each kind is mended once. */
  async #mended(
    request: S3Request,
    reply: WireReply,
    refusal: Refusal,
    asked: { skewFixed: boolean; regionFixed: boolean; refreshed: boolean },
  ): Promise<boolean> {
    if (refusal.code === '' && request.method === 'HEAD' && reply.status !== 404) {
      // The reply to HEAD has no words: what was wrong is only told by a skew or a region that a GET would meet too.
      return await this.#mendedByAsking(request, asked);
    }
    if (skewCodes.has(refusal.code) && !asked.skewFixed && this.#lastDateMs !== undefined) {
      asked.skewFixed = true;
      this.#skewMs = this.#lastDateMs - this.#clock.nowMs();
      return true;
    }
    const region = refusal.region ?? headerOf(reply, 'x-amz-bucket-region');
    if (region !== undefined && regionCodes.has(refusal.code) && !asked.regionFixed) {
      asked.regionFixed = true;
      const known = this.#regions.get(request.bucket) ?? this.config.region;
      if (region === known) return false;
      this.#regions.set(request.bucket, region);
      if (known !== undefined) {
        warnOfStorage(
          'storage.wrong-region',
          `the bucket ${request.bucket} is in the region ${region}, not in ${known}: set region: ${region}`,
        );
      }
      return true;
    }
    if (expiredCodes.has(refusal.code) && !asked.refreshed) {
      asked.refreshed = true;
      return this.#credentials?.forget() ?? false;
    }
    return false;
  }

  /** Asks for one byte, whose refusal has words. @throws what the words say */
  async #mendedByAsking(request: S3Request, asked: { skewFixed: boolean }): Promise<boolean> {
    if (asked.skewFixed) return false;
    asked.skewFixed = true;
    const { bucket, key, about } = request;
    await this.send({
      kind: 'GET',
      method: 'GET',
      bucket,
      key,
      headers: key === '' ? {} : { range: 'bytes=0-0' },
      ...(key === '' ? { query: { 'list-type': '2', 'max-keys': '1' } } : {}),
      expected: [404, 416],
      about,
    });
    return true;
  }

  /** Nobody listening doesn't pass as soon as a broken connection does: the user waits no minutes for it. */
  #attemptsFor(error: WireError, policy: RetryPolicy): number {
    return hopelessCodes.has(error.systemCode) ? Math.min(5, policy.attemptsMax) : policy.attemptsMax;
  }

  #unreachable({ about }: S3Request, error: WireError): BoathouseError {
    if (error.systemCode === 'ENOSPC' || error.systemCode === 'EDQUOT') {
      return storageErrors['no-space']({ path: about.path, uri: about.uri }, { cause: error });
    }
    return storageErrors.unreachable(
      { ...about, problem: error.message },
      { cause: error, hint: unreachableHint },
    );
  }

  /** An error that says nothing about an earlier try, which may have been carried out. */
  #unknown({ about }: S3Request, error: unknown): unknown {
    if (!isBoathouseError(error)) return error;
    return storageErrors.unreachable(
      { ...about, problem: error.message },
      { cause: error, hint: error.hint },
    );
  }

  #refused(request: S3Request, reply: WireReply, refusal: Refusal, mayHaveHappened: boolean): unknown {
    const error = refusalError(this, request, reply, refusal, this.#regions.get(request.bucket));
    const isKnown = !mayHaveHappened || error.code === 'storage.unreachable';
    return isKnown ? error : this.#unknown(request, error);
  }
}

function retryAfterMs(reply: WireReply): number {
  const seconds = Number(headerOf(reply, 'retry-after') ?? 0);
  return Number.isFinite(seconds) ? Math.min(30, Math.max(0, seconds)) * 1000 : 0;
}

async function sha256(body: Uint8Array | undefined): Promise<string> {
  if (body === undefined) return emptySha256;
  if (body.length < hashedAsideBytesMin) return createHash('sha256').update(body).digest('hex');
  // Parts of a large file are hashed several at once, and nothing else stands still meanwhile.
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body)).toString('hex');
}

/** Whether a bucket's name can't go before this host: an address has no subdomains. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** Handing a body to another thread costs a copy of it. */
const hashedAsideBytesMin = 1_048_576;
const emptySha256 = createHash('sha256').digest('hex');
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 509]);
const passingCodes: ReadonlySet<string> = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'OperationAborted',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
]);
const hopelessCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ETIMEDOUT',
]);
