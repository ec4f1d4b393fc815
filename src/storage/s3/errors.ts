/** What can go wrong with an S3-compatible store, beyond what can go wrong with any storage. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-credentials': ErrorKind<{ endpoint: string; problem: string }>;
  'no-credentials': ErrorKind<{ uri: string }>;
  'no-bucket': ErrorKind<{ bucket: string; endpoint: string }>;
  'wrong-region': ErrorKind<{ bucket: string; asked: string; region: string }>;
  'not-s3': ErrorKind<{ endpoint: string; problem: string }>;
  'wrong-protocol': ErrorKind<{ endpoint: string; asked: string; other: string }>;
  'untrusted-certificate': ErrorKind<{ endpoint: string; problem: string; hint: string }>;
  'clock-skew': ErrorKind<{ endpoint: string; minutes: number }>;
  'no-conditional-create': ErrorKind<{ uri: string }>;
  'bad-option': ErrorKind<{ option: string; value: string; problem: string }>;
  changed: ErrorKind<{ path: string; uri: string }>;
  'key-in-the-way': ErrorKind<{ path: string; uri: string }>;
};

const kinds: Kinds = {
  'bad-credentials': {
    message: (d) => `${d.endpoint} refuses the credentials: ${d.problem}`,
    hint: () =>
      'Check the access key and its secret (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or key_id and secret in the profile); a session token runs out. `boathouse doctor` says where they were found.',
    sqlState: '28000',
    httpStatus: 403,
  },
  'no-credentials': {
    message: (d) => `no credentials for ${d.uri}`,
    hint: () =>
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name an AWS_PROFILE, or give key_id and secret in the profile. For a public bucket set AWS_SKIP_SIGNATURE=true.',
    sqlState: '28000',
    httpStatus: 401,
  },
  'no-bucket': {
    message: (d) => `there is no bucket ${d.bucket} at ${d.endpoint}`,
    hint: () => 'Check the name and the endpoint; buckets are not made for you.',
    sqlState: '58P01',
    httpStatus: 404,
  },
  'wrong-region': {
    message: (d) =>
      `the bucket ${d.bucket} is not in the region ${d.asked} but in ${d.region || 'another one'}`,
    hint: (d) => `Set region${d.region ? ` to ${d.region}` : ''} in the profile, or AWS_REGION.`,
    httpStatus: 400,
  },
  'not-s3': {
    message: (d) => `${d.endpoint} does not answer as S3 does: ${d.problem}`,
    hint: () =>
      'Check the endpoint: its host and port must be those of the S3 interface, not of a web page or console in front of it (for MinIO 9000, not 9001).',
    httpStatus: 502,
  },
  'wrong-protocol': {
    message: (d) => `${d.endpoint} was asked by ${d.asked}, but speaks ${d.other}`,
    hint: (d) =>
      d.other === 'https'
        ? 'Write the endpoint with https://, or set use_ssl: true.'
        : 'Write the endpoint with http://, or set use_ssl: false.',
    sqlState: '08001',
    httpStatus: 502,
  },
  'untrusted-certificate': {
    message: (d) => `the certificate of ${d.endpoint} is not trusted: ${d.problem}`,
    hint: (d) => d.hint,
    sqlState: '08001',
    httpStatus: 502,
  },
  'clock-skew': {
    message: (d) => `this machine's clock and that of ${d.endpoint} are ${d.minutes} minutes apart`,
    hint: () => 'Set the clock (timedatectl, chrony): signatures are only good for minutes.',
    httpStatus: 403,
  },
  'no-conditional-create': {
    message: (d) => `${d.uri}: this store overwrites objects that were to be created only if absent`,
    hint: () =>
      'Two writers would overwrite each other there. Use a store that honours If-None-Match (AWS S3, MinIO since 2024, Ceph, R2, versitygw 1.8). If only one process ever writes, set AWS_S3_ALLOW_UNSAFE_RENAME=true.',
    httpStatus: 501,
  },
  'bad-option': {
    message: (d) => `the storage option ${d.option} can't be '${d.value}': ${d.problem}`,
    hint: () => 'Storage options have the names that deltalake takes, such as AWS_ENDPOINT_URL.',
    httpStatus: 400,
  },
  changed: {
    message: (d) => `${d.path} in ${d.uri} was replaced while it was read`,
    hint: () => 'Run the command again. Data files of tables never change: another program writes there.',
    sqlState: '40001',
    httpStatus: 409,
    retryable: true,
  },
  'key-in-the-way': {
    message: (d) =>
      `${d.path} can't be written in ${d.uri}: this store keeps objects as files, and an object is where a folder is needed, or the reverse`,
    hint: () =>
      'Such stores (versitygw, older MinIO) can hold a/b or a/b/c, but not both. Remove what is in the way, or choose another location.',
    httpStatus: 409,
  },
};

/** The errors of S3-compatible stores. */
export const s3Errors: ErrorsOf<Kinds> = defineErrors('storage', kinds);
