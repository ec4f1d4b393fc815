/** Uploading large files in parts, and ending uploads that nobody will end. Facts: Amazon S3's API reference. */
import { open } from 'node:fs/promises';
import { storageErrors } from '../errors.ts';
import type { S3Client, S3Request } from './client.ts';
import { s3Errors } from './errors.ts';
import {
  bareEtag,
  escapeXml,
  parseResultEtag,
  parseUploadId,
  parseUploads,
  type UploadPage,
} from './replies.ts';

/** Files up to this size are sent whole; larger ones in parts of at least this size. */
export const partBytes: number = 16 * 1_048_576;

/** Where an upload goes. */
export type UploadTarget = Pick<S3Request, 'bucket' | 'key' | 'about' | 'headers'>;

/**
 * Uploads `file`, of `sizeBytes`, in parts; gives the object's ETag. What was sent is dropped on failure.
 *
 * @throws storage.*
 */
export async function uploadParts(
  client: S3Client,
  target: UploadTarget,
  file: string,
  sizeBytes: number,
): Promise<string | undefined> {
  const size = Math.max(partBytes, Math.ceil(sizeBytes / partsMax));
  const handle = await open(file, 'r');
  try {
    return await inParts(client, target, Math.ceil(sizeBytes / size), async (number, uploadId) => {
      const start = (number - 1) * size;
      const body = new Uint8Array(Math.min(size, sizeBytes - start));
      for (let filled = 0; filled < body.length; ) {
        const { bytesRead } = await handle.read(body, filled, body.length - filled, start + filled);
        if (bytesRead === 0) throw new Error(`${file} became shorter while it was uploaded`);
        filled += bytesRead;
      }
      const reply = await client.send({
        ...target,
        kind: 'PUT',
        method: 'PUT',
        query: { partNumber: String(number), uploadId },
        headers: {},
        body,
      });
      return String(reply.headers['etag'] ?? '');
    });
  } finally {
    await handle.close();
  }
}

/** Makes `target` of the `sizeBytes` of `source` (`/bucket/key`, encoded) in the store itself. */
export async function copyParts(
  client: S3Client,
  target: UploadTarget,
  source: string,
  sizeBytes: number,
): Promise<void> {
  const size = Math.max(512 * 1_048_576, Math.ceil(sizeBytes / partsMax));
  await inParts(client, target, Math.ceil(sizeBytes / size), async (number, uploadId) => {
    const start = (number - 1) * size;
    const range = `bytes=${start}-${Math.min(start + size, sizeBytes) - 1}`;
    const reply = await client.send({
      ...target,
      kind: 'COPY',
      method: 'PUT',
      query: { partNumber: String(number), uploadId },
      headers: { 'x-amz-copy-source': source, 'x-amz-copy-source-range': range },
    });
    return `"${parseResultEtag(reply.body, 'CopyPartResult') ?? ''}"`;
  });
}

/** Ends the uploads below `prefix` that began before `beforeMs`: their writers are dead. Says how many. */
export async function abortUploads(
  client: S3Client,
  where: Pick<S3Request, 'bucket' | 'about'>,
  prefix: string,
  beforeMs: number,
): Promise<number> {
  let removed = 0;
  for (let next: UploadPage['next'] | Record<string, never> = {}; next !== undefined; ) {
    const query = { uploads: '', prefix, ...next };
    const reply = await client.send({ ...where, key: '', kind: 'MULTIPART', method: 'GET', query });
    const page = parseUploads(reply.body);
    const left = page.uploads.filter(({ key, beganMs }) => key.startsWith(prefix) && beganMs < beforeMs);
    for (const { key, uploadId } of left) await abort(client, { ...where, key }, uploadId);
    removed += left.length;
    next = page.next;
  }
  return removed;
}

async function inParts(
  client: S3Client,
  target: UploadTarget,
  parts: number,
  send: (number: number, uploadId: string) => Promise<string>,
): Promise<string | undefined> {
  const { bucket, key, about } = target;
  const begun = await client.send({ ...target, kind: 'MULTIPART', method: 'POST', query: { uploads: '' } });
  const uploadId = parseUploadId(begun.body);
  if (uploadId === undefined) {
    throw s3Errors['not-s3']({ endpoint: client.shown, problem: 'it began an upload without an id' });
  }
  try {
    const etags: string[] = [];
    let next = 1;
    const sender = async (): Promise<void> => {
      for (let number = next++; number <= parts; number = next++)
        etags[number - 1] = await send(number, uploadId);
    };
    await Promise.all(Array.from({ length: Math.min(partsAtOnce, parts) }, sender));
    const list = etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
    );
    const ended = await client.send({
      bucket,
      key,
      about,
      kind: 'MULTIPART',
      method: 'POST',
      query: { uploadId },
      headers: { 'content-type': 'application/xml' },
      body,
      // A try whose reply was lost has ended the upload; the next finds none.
      expected: [404],
    });
    if (ended.status === 404) return await requireEnded(client, target, ended.mayHaveHappenedBefore);
    return parseResultEtag(ended.body, 'CompleteMultipartUploadResult');
  } catch (error) {
    await abort(client, target, uploadId).catch(() => undefined);
    throw error;
  }
}

/** The upload isn't there any more: the object is, if a try whose reply was lost has made it. */
async function requireEnded(
  client: S3Client,
  { bucket, key, about }: UploadTarget,
  mayHaveEnded: boolean,
): Promise<string | undefined> {
  const found = mayHaveEnded
    ? await client.send({ bucket, key, about, kind: 'HEAD', method: 'HEAD', expected: [404] })
    : undefined;
  // Only what was made of parts has a number after its hash.
  const etag = bareEtag(String(found?.headers['etag'] ?? ''));
  if (found?.status === 200 && etag?.includes('-')) return etag;
  throw storageErrors.unreachable({ ...about, problem: 'the store lost an upload before its end' });
}

async function abort(
  client: S3Client,
  { bucket, key, about }: Pick<UploadTarget, 'bucket' | 'key' | 'about'>,
  uploadId: string,
): Promise<void> {
  await client.send({
    bucket,
    key,
    about,
    kind: 'MULTIPART',
    method: 'DELETE',
    query: { uploadId },
    expected: [404],
  });
}

const partsMax = 10_000;
const partsAtOnce = 4;
