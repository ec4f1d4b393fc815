/** What a store's refusals mean, by their codes and statuses, in S3's words and in those of other stores. */
import type { BoathouseError } from '../../base/index.ts';
import { storageErrors } from '../errors.ts';
import type { S3Client, S3Request } from './client.ts';
import type { WireReply } from './connection.ts';
import { s3Errors } from './errors.ts';
import { parseRefusal, type Refusal } from './replies.ts';
import type { RequestKind } from './request-counts.ts';

/** The error that a store's refusal means. */
export function refusalError(
  client: Pick<S3Client, 'config' | 'shown'>,
  { about, bucket }: Pick<S3Request, 'about' | 'bucket'>,
  reply: WireReply,
  { code, message, region }: Refusal,
  learned: string | undefined,
): BoathouseError {
  const { status } = reply;
  const said = [code, message].filter((text) => text !== '').join(': ') || `HTTP ${status}`;
  const cause = { cause: new Error(`HTTP ${status}: ${said}`) };
  const endpoint = client.shown;
  if (keyCodes.has(code)) return s3Errors['bad-credentials']({ endpoint, problem: said }, cause);
  if (skewCodes.has(code)) {
    const minutes =
      Math.round(Math.abs(Date.parse(String(reply.headers['date'] ?? '')) - Date.now()) / 60_000) || 0;
    return s3Errors['clock-skew']({ endpoint, minutes }, cause);
  }
  if (code === 'NoSuchBucket') return s3Errors['no-bucket']({ bucket, endpoint }, cause);
  if (regionCodes.has(code)) {
    const asked = learned ?? client.config.region ?? 'us-east-1';
    const found = region ?? headerOf(reply, 'x-amz-bucket-region') ?? '';
    if (found !== asked) return s3Errors['wrong-region']({ bucket, asked, region: found }, cause);
  }
  if (fullCodes.has(code) || status === 507)
    return storageErrors['no-space']({ path: about.path, uri: about.uri }, cause);
  if (standingCodes.has(code)) return s3Errors['key-in-the-way']({ path: about.path, uri: about.uri }, cause);
  if (status === 412) return s3Errors.changed({ path: about.path, uri: about.uri }, cause);
  if (
    status === 400 &&
    /HTTP request to an HTTPS server/i.test(message + new TextDecoder().decode(reply.body.subarray(0, 500)))
  ) {
    return s3Errors['wrong-protocol']({ endpoint, asked: 'http', other: 'https' }, cause);
  }
  if (code === '' && (isPage(reply) || status === 405 || status === 404)) {
    const problem = isPage(reply)
      ? `it sent a web page (HTTP ${status})`
      : `HTTP ${status} without S3's words`;
    return s3Errors['not-s3']({ endpoint, problem }, cause);
  }
  if (status === 404) return storageErrors['not-found']({ path: about.path, uri: about.uri }, cause);
  if (status === 401 || status === 403) {
    const hint = `The store said ${said.replace(/\.+$/, '')}. The credentials were accepted but lack the right to ${about.doing} there: see the bucket's policy and the user's.`;
    return storageErrors['no-permission'](
      { path: about.path || `the bucket ${bucket}`, uri: about.uri, doing: about.doing },
      { ...cause, hint },
    );
  }
  return storageErrors.unreachable({ ...about, problem: said }, { ...cause, hint: unreachableHint });
}

/** What the store refused; undefined when it didn't. Refusals of what takes long come with status 200. */
export function refusalOf(reply: WireReply, kind: RequestKind): Refusal | undefined {
  const isGood = reply.status >= 200 && reply.status < 300;
  if (
    isGood &&
    ((kind !== 'COPY' && kind !== 'MULTIPART') ||
      reply.body.length === 0 ||
      reply.body.length > 4096 ||
      !isXml(reply))
  )
    return undefined;
  const refusal = parseRefusal(reply.body);
  if (isGood) return refusal;
  return refusal ?? { code: '', message: '', region: undefined };
}

function isXml(reply: WireReply): boolean {
  return /xml/i.test(headerOf(reply, 'content-type') ?? '');
}

function isPage(reply: WireReply): boolean {
  return /text\/html/i.test(headerOf(reply, 'content-type') ?? '');
}

/** The first value of a header. */
export function headerOf(reply: WireReply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The request's time is too far from the store's. */
export const skewCodes: ReadonlySet<string> = new Set([
  'RequestTimeTooSkewed',
  'RequestInTheFuture',
  'RequestExpired',
]);
/** The bucket is in another region. */
export const regionCodes: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'TemporaryRedirect',
  'IllegalLocationConstraintException',
  'IncorrectEndpoint',
]);
/** The credentials may have run out. */
export const expiredCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidAccessKeyId',
]);
/** The credentials are not accepted. */
export const keyCodes: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'MissingSecurityHeader',
  'InvalidSecurity',
  'AuthorizationQueryParametersError',
  'CredentialsNotSupported',
  'Unauthorized',
  'XAdminUserNotFound',
]);
/** Of stores that keep objects as files: what is at one key is in the way of another. */
export const standingCodes: ReadonlySet<string> = new Set([
  'ObjectParentIsFile',
  'ExistingObjectIsDirectory',
  'XMinioParentIsObject',
  'XMinioObjectExistsAsDirectory',
]);
/** No room is left. */
export const fullCodes: ReadonlySet<string> = new Set([
  'XMinioStorageFull',
  'XMinioDiskFull',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientStorage',
  'InsufficientCapacity',
  'StorageFull',
  'EntityTooLargeForQuota',
]);
/** Where it isn't known what is wrong. */
export const unreachableHint =
  'Check that the store runs and that its endpoint is right; `boathouse doctor` goes through every step of the way. What was committed before is safe.';
