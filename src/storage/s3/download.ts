/** Bringing an object to a file: in ranges, several at once, of one and the same object. */
import { open, stat, unlink } from 'node:fs/promises';
import { isBoathouseError } from '../../base/index.ts';
import type { FileInfo } from '../storage.ts';
import type { S3Client, S3Reply, S3Request } from './client.ts';
import { s3Errors } from './errors.ts';
import { bareEtag, parseRefusal } from './replies.ts';

/** What is downloaded. */
export type DownloadSource = Pick<S3Request, 'bucket' | 'key' | 'about'>;

/**
 * Writes the object to `localFile`, which is made anew; undefined when there is none. Nothing is left on failure.
 *
 * @throws storage.changed when the object was replaced meanwhile; storage.*
 */
export async function downloadInto(
  client: S3Client,
  source: DownloadSource,
  localFile: string,
): Promise<Omit<FileInfo, 'path'> | undefined> {
  await (await open(localFile, 'w')).close();
  try {
    const found = await fetchAll(client, source, localFile);
    if (found === undefined) await unlink(localFile);
    return found;
  } catch (error) {
    await unlink(localFile).catch(() => undefined);
    throw error;
  }
}

async function fetchAll(
  client: S3Client,
  source: DownloadSource,
  localFile: string,
): Promise<Omit<FileInfo, 'path'> | undefined> {
  const first = await fetchRange(client, source, localFile, { start: 0, end: rangeBytes(client) }, undefined);
  if (first === undefined) return undefined;
  const { reply, sizeBytes } = first;
  const quoted = header(reply, 'etag');
  let next = first.end;
  const fetcher = async (): Promise<void> => {
    while (next < sizeBytes) {
      const range = { start: next, end: Math.min(next + rangeBytes(client), sizeBytes) };
      next = range.end;
      await fetchRange(client, source, localFile, range, quoted);
    }
  };
  await Promise.all(Array.from({ length: rangesAtOnce }, fetcher));
  const written = (await stat(localFile)).size;
  if (written !== sizeBytes) throw s3Errors.changed({ path: source.about.path, uri: source.about.uri });
  const etag = bareEtag(quoted);
  return {
    sizeBytes,
    modifiedMs: Date.parse(header(reply, 'last-modified') ?? '') || 0,
    ...(etag === undefined ? {} : { etag }),
  };
}

interface Range {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

/**
 * One range, in smaller pieces where it doesn't come through whole: some proxies cut replies at a size.
 *
 * @returns undefined when there is no object.
 */
async function fetchRange(
  client: S3Client,
  source: DownloadSource,
  localFile: string,
  range: Range,
  etag: string | undefined,
): Promise<{ readonly reply: S3Reply; readonly sizeBytes: number; readonly end: number } | undefined> {
  const { start, end } = range;
  try {
    const reply = await client.send({
      ...source,
      kind: 'GET',
      method: 'GET',
      headers: { range: `bytes=${start}-${end - 1}`, ...(etag === undefined ? {} : { 'if-match': etag }) },
      intoFile: { path: localFile, startByte: start },
      // The last pieces are so small that only their own trouble can be in the way.
      ...(end - start > pieceBytesMin ? { attemptsMax: 3 } : {}),
      expected: [404, 416],
    });
    if (reply.status === 404) {
      if (parseRefusal(reply.body)?.code !== 'NoSuchBucket') return undefined;
      throw s3Errors['no-bucket']({ bucket: source.bucket, endpoint: client.shown });
    }
    // An empty object has no first byte.
    if (reply.status === 416) return { reply, sizeBytes: 0, end: 0 };
    const [, total] = /\/(\d+)$/.exec(header(reply, 'content-range') ?? '') ?? [];
    if (reply.status === 200 && start > 0)
      throw s3Errors['not-s3']({ endpoint: client.shown, problem: 'it knows no ranges' });
    const sizeBytes = reply.status === 200 ? reply.sizeBytes : Number(total);
    const expected = Math.min(end, sizeBytes) - start;
    if (reply.status === 206 && reply.sizeBytes !== expected) {
      throw s3Errors.changed({ path: source.about.path, uri: source.about.uri });
    }
    return { reply, sizeBytes, end: Math.min(end, sizeBytes) };
  } catch (error) {
    if (!isBoathouseError(error, 'storage.unreachable') || end - start <= pieceBytesMin) throw error;
    const middle = start + Math.ceil((end - start) / 2);
    const head = await fetchRange(client, source, localFile, { start, end: middle }, etag);
    if (head === undefined) return head;
    client.rangeBytesMax = Math.min(client.rangeBytesMax, Math.max(middle - start, pieceBytesMin));
    if (head.sizeBytes <= middle) return head;
    const known = etag ?? header(head.reply, 'etag');
    await fetchRange(client, source, localFile, { start: middle, end: Math.min(end, head.sizeBytes) }, known);
    return { ...head, end: Math.min(end, head.sizeBytes) };
  }
}

function header(reply: Pick<S3Reply, 'headers'>, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function rangeBytes(client: S3Client): number {
  return Math.min(16 * 1_048_576, client.rangeBytesMax);
}

const rangesAtOnce = 4;
const pieceBytesMin = 256 * 1024;
