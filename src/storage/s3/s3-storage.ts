/** Storage in a bucket, or below a prefix of one. Facts: Amazon S3's API reference. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { assert, type BoathouseError, isBoathouseError } from '../../base/index.ts';
import { inParallel } from '../cache/in-parallel.ts';
import { storageErrors } from '../errors.ts';
import { checkPath, checkPrefix, compareUtf8 } from '../paths.ts';
import type { CopyOptions, FileInfo, LocalFile, ObjectMetadata, PutOutcome, Storage } from '../storage.ts';
import { warnOfStorage } from '../warnings.ts';
import type { BucketPlace } from './bucket-place.ts';
import type { S3Client, S3Reply, S3Request } from './client.ts';
import { downloadInto } from './download.ts';
import { encodeSegment } from './endpoint.ts';
import { s3Errors } from './errors.ts';
import { abortUploads, copyParts, partBytes, uploadParts } from './multipart.ts';
import { createsOnlyIfAbsent } from './probe.ts';
import { bareEtag, escapeXml, parseDeleteErrors, parseListPage, parseRefusal } from './replies.ts';
import { Staging } from './staging.ts';

/** Objects of a bucket. Nothing is asked before it is used. */
export class S3Storage implements Storage {
  readonly uri: string;
  readonly isLocal = false;
  readonly client: S3Client;
  readonly #place: BucketPlace;
  readonly #staging = new Staging();
  /** Told of a file that was uploaded, before it is removed. */
  onUploaded: ((path: string, localFile: string, info: FileInfo) => Promise<void>) | undefined;

  constructor(client: S3Client, place: BucketPlace) {
    this.client = client;
    this.uri = `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix.slice(0, -1)}`}`;
    this.#place = place;
  }

  async read(path: string): Promise<Uint8Array> {
    const reply = await this.#send('GET', 'read', path, { expected: [404] });
    if (reply.status === 404) throw this.#missing(path, reply);
    if (reply.body.length === 0) throw storageErrors.unfinished({ path, uri: this.uri });
    return reply.body;
  }

  async readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    if (lengthBytes <= 0) {
      if ((await this.stat(path)) === undefined) throw storageErrors['not-found']({ path, uri: this.uri });
      return new Uint8Array(0);
    }
    const range = `bytes=${startByte}-${startByte + lengthBytes - 1}`;
    const reply = await this.#send('GET', 'read', path, { headers: { range }, expected: [404, 416] });
    if (reply.status === 404) throw this.#missing(path, reply);
    if (reply.status === 416) return new Uint8Array(0);
    // A store that knows no ranges sends everything.
    return reply.status === 200 ? reply.body.slice(startByte, startByte + lengthBytes) : reply.body;
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const reply = await this.#send('HEAD', 'look at', path, { method: 'HEAD', expected: [404] });
    if (reply.status !== 404) return infoOf(path, reply);
    // The reply to a look doesn't say whether it is the bucket that is missing.
    if (!this.client.hasSeen(this.#place.bucket))
      await this.#listPage(path, { 'list-type': '2', 'max-keys': '1' });
    return undefined;
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    assertContent(bytes);
    checkPath(path, this.uri);
    if (!(await createsOnlyIfAbsent(this.client, { ...this.#place, uri: this.uri }))) {
      return await this.#putUnsafely(path, bytes);
    }
    let reply: S3Reply;
    try {
      reply = await this.#send('PUT', 'create', path, {
        method: 'PUT',
        headers: { 'if-none-match': '*', ...this.#encryption() },
        body: bytes,
        expected: [412],
      });
    } catch (error) {
      if (!isBoathouseError(error, 'storage.unreachable')) throw error;
      return await this.#settle(path, bytes, error);
    }
    if (reply.status !== 412) return { kind: 'created' };
    if (!reply.mayHaveHappenedBefore) return { kind: 'taken' };
    // An earlier try of ours may be what is there.
    return sameBytes(await this.read(path), bytes) ? { kind: 'created' } : { kind: 'taken' };
  }

  async put(
    path: string,
    bytes: Uint8Array,
    options: { readonly metadata?: ObjectMetadata } = {},
  ): Promise<void> {
    assertContent(bytes);
    const headers = { ...metadataHeaders(options.metadata), ...this.#encryption() };
    await this.#send('PUT', 'write', path, { method: 'PUT', headers, body: bytes });
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    const source = `/${encodeSegment(this.#place.bucket)}/${this.#keyOf(from).split('/').map(encodeSegment).join('/')}`;
    const changes =
      options.metadata === undefined
        ? {}
        : { 'x-amz-metadata-directive': 'REPLACE', ...metadataHeaders(options.metadata) };
    const headers = { 'x-amz-copy-source': source, ...changes, ...this.#encryption() };
    const reply = await this.#send('COPY', 'write', to, {
      method: 'PUT',
      headers,
      expected: [404],
      expectedCodes: ['InvalidRequest', 'EntityTooLarge'],
    });
    if (reply.status === 404) throw this.#missing(from, reply);
    if (reply.status < 300) return;
    // Objects above 5 GiB are copied in parts.
    const info = await this.stat(from);
    if (!info) throw storageErrors['not-found']({ path: from, uri: this.uri });
    const about = { doing: 'write', path: to, uri: this.uri };
    const own = { ...metadataHeaders(options.metadata ?? info.metadata), ...this.#encryption() };
    const target = { bucket: this.#place.bucket, key: this.#keyOf(to), about, headers: own };
    await copyParts(this.client, target, source, info.sizeBytes);
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    checkPrefix(prefix, this.uri);
    const root = this.#place.prefix;
    const from = after === undefined ? undefined : root + after;
    const query = { 'list-type': '2', 'encoding-type': 'url', prefix: root + prefix };
    const begin = (startAfter: string | undefined): Promise<S3Reply> =>
      this.#listPage(prefix, {
        ...query,
        ...(startAfter === undefined ? {} : { 'start-after': startAfter }),
      });
    let page: Promise<S3Reply> | undefined = begin(from);
    let last: string | undefined;
    while (page !== undefined) {
      const parsed = parseListPage((await page).body);
      if (parsed === undefined) throw this.#noListing('it lists no objects');
      // The next page is on its way while this one is used.
      page =
        parsed.next === undefined
          ? undefined
          : this.#listPage(prefix, { ...query, 'continuation-token': parsed.next });
      page?.catch(() => undefined);
      for (const { key, sizeBytes, modifiedMs, etag } of parsed.objects) {
        const order = last === undefined ? 1 : compareUtf8(key, last);
        if (order < 0) throw this.#noListing(`it lists ${key} after ${last ?? ''}, which is out of order`);
        last = key;
        // Markers of folders are no objects; a store that doesn't know where to begin begins too early.
        const isEarly = from !== undefined && compareUtf8(key, from) <= 0;
        if (order === 0 || isEarly || key.endsWith('/')) continue;
        yield {
          path: key.slice(root.length),
          sizeBytes,
          modifiedMs,
          ...(etag === undefined ? {} : { etag }),
        };
      }
      if (parsed.isTruncated && page === undefined) {
        if (parsed.objects.length === 0) throw this.#noListing('it cuts its listing off');
        page = begin(last);
      }
    }
  }

  async remove(path: string): Promise<void> {
    if (await this.#dropStaged(path)) return;
    const reply = await this.#send('DELETE', 'remove', path, { method: 'DELETE', expected: [404] });
    if (reply.status === 404) this.#requireBucket(reply);
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) checkPath(path, this.uri);
    let first: BoathouseError | undefined;
    for (let next = 0; next < paths.length; next += removalsMax) {
      try {
        await this.#removeBatch(paths.slice(next, next + removalsMax));
      } catch (error) {
        if (!isBoathouseError(error)) throw error;
        first ??= error;
      }
    }
    if (first) throw first;
  }

  async download(path: string, localFile: string): Promise<FileInfo> {
    const about = { doing: 'read', path, uri: this.uri };
    const asked = { bucket: this.#place.bucket, key: this.#keyOf(path), about };
    const reply = await downloadInto(this.client, asked, localFile);
    if (reply === undefined) throw storageErrors['not-found']({ path, uri: this.uri });
    return { path, ...reply };
  }

  async openLocal(path: string): Promise<LocalFile> {
    const folder = await mkdtemp(join(tmpdir(), 'boathouse-copy-'));
    const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, basename(path));
      await this.download(path, file);
      return { path: file, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  locate(path: string): string {
    return `s3://${this.#place.bucket}/${this.#keyOf(path)}`;
  }

  prepareWrite(path: string): Promise<string> {
    return this.#staging.prepare(checkPath(path, this.uri));
  }

  async finishWrite(path: string): Promise<FileInfo> {
    const key = this.#keyOf(path);
    const file = await this.#staging.find(path);
    const staged = file === undefined ? undefined : await stat(file).catch(() => undefined);
    if (file === undefined || staged === undefined) throw storageErrors['not-found']({ path, uri: this.uri });
    const about = { doing: 'write', path, uri: this.uri };
    const etag =
      staged.size <= partBytes
        ? await this.#uploadWhole(path, file)
        : await this.#uploadLarge(
            { bucket: this.#place.bucket, key, about, headers: this.#encryption() },
            file,
            staged.size,
          );
    const info: FileInfo = {
      path,
      sizeBytes: staged.size,
      modifiedMs: Math.floor(this.client.nowMs()),
      ...(etag === undefined ? {} : { etag }),
    };
    await this.onUploaded?.(path, file, info);
    await unlink(file).catch(() => undefined);
    return info;
  }

  async abandonWrite(path: string): Promise<void> {
    await this.remove(path);
  }

  /** Ends the uploads below this root that began before `beforeMs` by the store's clock; says how many. */
  async abortUploads(beforeMs: number): Promise<number> {
    const { bucket, prefix } = this.#place;
    const about = { doing: 'clean up', path: '', uri: this.uri };
    return await abortUploads(this.client, { bucket, about }, prefix, beforeMs);
  }

  async #uploadWhole(path: string, file: string): Promise<string | undefined> {
    const reply = await this.#send('PUT', 'write', path, {
      method: 'PUT',
      headers: this.#encryption(),
      body: new Uint8Array(await readFile(file)),
    });
    return bareEtag(text(reply, 'etag'));
  }

  async #uploadLarge(
    target: Parameters<typeof uploadParts>[1],
    file: string,
    sizeBytes: number,
  ): Promise<string | undefined> {
    const place = `${this.client.shown} ${this.uri}`;
    if (!sweptPlaces.has(place)) {
      sweptPlaces.add(place);
      await this.abortUploads(this.client.nowMs() - dayMs).catch(() => undefined);
    }
    return await uploadParts(this.client, target, file, sizeBytes);
  }

  /** The reply never came: what is there now says whose it is. */
  async #settle(path: string, bytes: Uint8Array, error: BoathouseError): Promise<PutOutcome> {
    let there: Uint8Array;
    try {
      there = await this.read(path);
    } catch {
      throw error;
    }
    return sameBytes(there, bytes) ? { kind: 'created' } : { kind: 'taken' };
  }

  async #putUnsafely(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    if (!this.client.config.isSingleWriter) throw s3Errors['no-conditional-create']({ uri: this.uri });
    warnOfStorage(
      'storage.single-writer',
      `${this.client.shown} does not create objects only if absent. As asked by AWS_S3_ALLOW_UNSAFE_RENAME, one writer is relied upon: two would overwrite each other.`,
    );
    if ((await this.stat(path)) !== undefined) return { kind: 'taken' };
    await this.put(path, bytes);
    return { kind: 'created' };
  }

  async #removeBatch(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const objects = paths
      .map((path) => `<Object><Key>${escapeXml(this.#keyOf(path))}</Key></Object>`)
      .join('');
    const body = new TextEncoder().encode(
      `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`,
    );
    const reply = await this.client.send({
      kind: 'DELETE',
      method: 'POST',
      bucket: this.#place.bucket,
      key: '',
      query: { delete: '' },
      headers: {
        'content-type': 'application/xml',
        'content-md5': createHash('md5').update(body).digest('base64'),
      },
      body,
      expected: [405, 501],
      about: { doing: 'remove', path: paths[0] ?? '', uri: this.uri },
    });
    // Some stores delete objects one by one only.
    if (reply.status !== 200) {
      await inParallel(paths, (path) => this.remove(path));
      return;
    }
    const failed = (parseDeleteErrors(reply.body) ?? []).filter(({ code }) => code !== 'NoSuchKey');
    const [first] = failed;
    if (first === undefined) return;
    const path = first.key.slice(this.#place.prefix.length);
    const problem = `${first.code}: ${first.message}${failed.length > 1 ? `, and ${failed.length - 1} more` : ''}`;
    if (first.code === 'AccessDenied') {
      throw storageErrors['no-permission'](
        { path, uri: this.uri, doing: 'remove' },
        { cause: new Error(problem) },
      );
    }
    throw storageErrors.unreachable({ path, uri: this.uri, doing: 'remove', problem });
  }

  #listPage(prefix: string, query: Readonly<Record<string, string>>): Promise<S3Reply> {
    return this.client.send({
      kind: 'LIST',
      method: 'GET',
      bucket: this.#place.bucket,
      key: '',
      query,
      about: { doing: 'list', path: prefix, uri: this.uri },
    });
  }

  /** Whether there was a file that was begun and not uploaded. */
  async #dropStaged(path: string): Promise<boolean> {
    checkPath(path, this.uri);
    const file = await this.#staging.find(path);
    if (file === undefined) return false;
    try {
      await unlink(file);
      return true;
    } catch {
      return false;
    }
  }

  async #send(
    kind: S3Request['kind'],
    doing: string,
    path: string,
    rest: Pick<S3Request, 'headers' | 'body' | 'expected' | 'expectedCodes'> & {
      readonly method?: S3Request['method'];
    },
  ): Promise<S3Reply> {
    const { bucket } = this.#place;
    const about = { doing, path, uri: this.uri };
    return await this.client.send({ method: 'GET', ...rest, kind, bucket, key: this.#keyOf(path), about });
  }

  #keyOf(path: string): string {
    return this.#place.prefix + checkPath(path, this.uri);
  }

  /** A 404 is about the object, or about its bucket. */
  #missing(path: string, reply: S3Reply): BoathouseError {
    this.#requireBucket(reply);
    return storageErrors['not-found']({ path, uri: this.uri });
  }

  /** @throws storage.no-bucket when that is what a 404 is about */
  #requireBucket(reply: S3Reply): void {
    if (parseRefusal(reply.body)?.code !== 'NoSuchBucket') return;
    throw s3Errors['no-bucket']({ bucket: this.#place.bucket, endpoint: this.client.shown });
  }

  #noListing(problem: string): BoathouseError {
    return s3Errors['not-s3']({ endpoint: this.client.shown, problem });
  }

  #encryption(): Record<string, string> {
    const { serverSideEncryption, kmsKeyId, hasBucketKey } = this.client.config;
    if (serverSideEncryption === undefined) return {};
    return {
      ...(hasBucketKey ? { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' } : {}),
      'x-amz-server-side-encryption': serverSideEncryption,
      ...(kmsKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
    };
  }
}

const removalsMax = 1000;
const dayMs = 86_400_000;
const sweptPlaces = new Set<string>();

function infoOf(path: string, reply: S3Reply): FileInfo {
  const etag = bareEtag(text(reply, 'etag'));
  const metadata: Record<string, string> = {};
  for (const name of Object.keys(reply.headers)) {
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = text(reply, name) ?? '';
  }
  return {
    path,
    sizeBytes: Number(text(reply, 'content-length') ?? 0),
    modifiedMs: Date.parse(text(reply, 'last-modified') ?? '') || 0,
    ...(etag === undefined ? {} : { etag }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

function text(reply: Pick<S3Reply, 'headers'>, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function metadataHeaders(metadata: ObjectMetadata | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value]),
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function assertContent(bytes: Uint8Array): void {
  assert(bytes.length > 0 && bytes[0] !== 0, 'objects are not empty and do not begin with NUL');
}
