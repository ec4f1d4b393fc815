import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BoathouseError } from '../../base/index.ts';
import { bytes, pathsOf, text } from '../contract.ts';
import type { StorageOptions } from '../storage.ts';
import {
  drop,
  loseReply,
  MisbehavingServer,
  type Misbehaviour,
  refuse,
  type SeenRequest,
} from './misbehaving.fixture.ts';
import { openS3 } from './open-s3.ts';
import { forgetVerdicts } from './probe.ts';
import { requestCounts, requestsSince } from './request-counts.ts';
import type { S3Storage } from './s3-storage.ts';

let server: MisbehavingServer;
let folder: string;

beforeEach(async () => {
  server = await MisbehavingServer.start();
  folder = await mkdtemp(join(tmpdir(), 'boathouse-s3-'));
  vi.stubEnv('BOATHOUSE_CACHE_DIR', join(folder, 'cache'));
  forgetVerdicts();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await rm(folder, { recursive: true });
});

function open(options: StorageOptions = {}): S3Storage {
  const own = {
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_MAX_RETRIES: '4',
    ...options,
  };
  return openS3({ bucket: 'b', prefix: 'lake/' }, own, {});
}

const isPut = ({ method, path }: SeenRequest): boolean => method === 'PUT' && !path.includes('/probe/');
const isGet = ({ method }: SeenRequest): boolean => method === 'GET';

describe('trouble that passes', () => {
  it.each([
    ['503 SlowDown', refuse(503, 'SlowDown')],
    ['429', refuse(429, 'TooManyRequests', '', { 'retry-after': '0' })],
    ['500', refuse(500, 'InternalError')],
    ['a dropped connection', drop],
  ])('%s is tried again', async (_name, how) => {
    const storage = open();
    await storage.put('x', bytes('1'));
    server.next(2, isGet, how);
    expect(text(await storage.read('x'))).toBe('1');
    server.next(2, isPut, how);
    await storage.put('x', bytes('2'));
    expect(text(await storage.read('x'))).toBe('2');
  });

  it('that does not pass is told after the tries that were asked for', async () => {
    server.next(99, isGet, refuse(503, 'SlowDown'));
    await expect(open().read('x')).rejects.toMatchObject({ code: 'storage.unreachable', retryable: true });
    expect(server.seen.filter(isGet)).toHaveLength(5);
  });

  it('is a silent connection, too', async () => {
    const storage = open({ AWS_TIMEOUT: '200ms' });
    await storage.put('x', bytes('1'));
    server.next(1, isGet, () => true);
    expect(text(await storage.read('x'))).toBe('1');
  });

  it('is an error inside a good reply', async () => {
    const storage = open();
    await storage.put('x', bytes('1'));
    const isCopy = ({ headers }: SeenRequest): boolean => headers['x-amz-copy-source'] !== undefined;
    server.next(1, isCopy, refuse(200, 'InternalError'));
    await storage.copy('x', 'y');
    expect(server.seen.filter(isCopy)).toHaveLength(2);
  });

  it('is a clock that is an hour off', async () => {
    const storage = open();
    await storage.put('x', bytes('1'));
    const theirs = new Date(Date.now() + 3_600_000);
    server.misbehave.push((request, reply, serve) => {
      const [, y, mo, d, h, mi] =
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(String(request.headers['x-amz-date'])) ?? [];
      const asked = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:00Z`);
      if (Math.abs(asked - theirs.getTime()) < 900_000) return false;
      return refuse(403, 'RequestTimeTooSkewed', '', { date: theirs.toUTCString() })(request, reply, serve);
    });
    expect(text(await storage.read('x'))).toBe('1');
    expect(await storage.stat('x')).toMatchObject({ sizeBytes: 1 });
    expect(Math.round(storage.client.skewMs / 60_000)).toBe(60);
  });

  it('is a region that turns out to be another', async () => {
    const storage = open({ AWS_REGION: 'us-east-1' });
    await storage.put('x', bytes('1'));
    server.misbehave.push((request, reply, serve) => {
      if (String(request.headers.authorization).includes('/eu-west-3/')) return false;
      const told = '<Region>eu-west-3</Region>';
      return refuse(400, 'AuthorizationHeaderMalformed', told)(request, reply, serve);
    });
    expect(text(await storage.read('x'))).toBe('1');
  });
});

describe('create only if absent', () => {
  it('knows its own object after a lost reply', async () => {
    server.next(1, isPut, loseReply);
    expect(await open().putIfAbsent('log/1', bytes('mine'))).toEqual({ kind: 'created' });
  });

  it("knows another's object after a lost request", async () => {
    server.objects.set('/b/lake/log/1', Buffer.from('theirs'));
    server.next(1, isPut, drop);
    expect(await open().putIfAbsent('log/1', bytes('mine'))).toEqual({ kind: 'taken' });
  });

  it('says that it does not know when nobody answers', async () => {
    const storage = open();
    await storage.putIfAbsent('log/0', bytes('first'));
    server.next(99, ({ path }) => path.endsWith('/log/1'), drop);
    await expect(storage.putIfAbsent('log/1', bytes('mine'))).rejects.toMatchObject({
      code: 'storage.unreachable',
    });
  });

  it('tries again where the store has two at once (409)', async () => {
    server.next(2, isPut, refuse(409, 'ConditionalRequestConflict'));
    expect(await open().putIfAbsent('log/1', bytes('mine'))).toEqual({ kind: 'created' });
  });

  it('tells of a refusal after a lost reply that it may have happened', async () => {
    server.next(1, isPut, loseReply);
    server.next(99, ({ path }) => path.endsWith('/log/1'), refuse(403, 'AccessDenied'));
    await expect(open().putIfAbsent('log/1', bytes('mine'))).rejects.toMatchObject({
      code: 'storage.unreachable',
    });
  });

  it('is refused by a store that overwrites, and found out once', async () => {
    server.misbehave.push((request) => {
      delete request.headers['if-none-match'];
      return false;
    });
    const storage = open();
    await expect(storage.putIfAbsent('log/1', bytes('1'))).rejects.toMatchObject({
      code: 'storage.no-conditional-create',
    });
    const requests = server.seen.length;
    await expect(storage.putIfAbsent('log/1', bytes('1'))).rejects.toMatchObject({
      code: 'storage.no-conditional-create',
    });
    expect(server.seen).toHaveLength(requests);
    expect([...server.objects.keys()]).toEqual([]);
  });

  it('goes without, with a warning, when the user says that nobody else writes', async () => {
    server.misbehave.push((request) => {
      delete request.headers['if-none-match'];
      return false;
    });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const storage = open({ AWS_S3_ALLOW_UNSAFE_RENAME: 'true' });
    expect(await storage.putIfAbsent('log/1', bytes('1'))).toEqual({ kind: 'created' });
    expect(await storage.putIfAbsent('log/1', bytes('2'))).toEqual({ kind: 'taken' });
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });
});

describe('downloads', () => {
  const large = Buffer.alloc(3_000_000, 'abcdefghij');

  it('come through a proxy that cuts replies at a megabyte', async () => {
    server.objects.set('/b/lake/big', large);
    server.misbehave.push((request, reply) => {
      const [, from = '0', to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = large.subarray(Number(from), Number(to) + 1);
      if (request.method !== 'GET' || part.length <= 1_000_000) return false;
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${large.length}`;
      reply.writeHead(206, { 'content-length': String(part.length), 'content-range': range, etag: '"x"' });
      reply.write(part.subarray(0, 1_000_000), () => reply.socket?.destroy());
      return true;
    });
    await open({ AWS_MAX_RETRIES: '1' }).download('big', join(folder, 'big'));
    expect((await readFile(join(folder, 'big'))).equals(large)).toBe(true);
  });

  it('notice that the object was replaced meanwhile', async () => {
    const larger = Buffer.alloc(40_000_000, 'x');
    server.objects.set('/b/lake/big', larger);
    server.next(
      1,
      ({ headers }) => headers['if-match'] !== undefined,
      () => {
        server.objects.set('/b/lake/big', Buffer.alloc(40_000_000, 'y'));
        return false;
      },
    );
    await expect(open().download('big', join(folder, 'big'))).rejects.toMatchObject({
      code: 'storage.changed',
    });
    expect(await readdir(folder)).not.toContain('big');
  });
});

describe('listings', () => {
  it('go on from page to page, in order, with names that XML and URLs bend', async () => {
    const names = ['a b', 'a&b', 'a+b', 'a=1/x', 'a%2Fb', 'z<>"\''];
    for (const name of names) server.objects.set(`/b/lake/${name}`, Buffer.from('1'));
    expect(await pathsOf(open().list(''))).toEqual(names.toSorted());
  });

  const page =
    (body: string): Misbehaviour =>
    (_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/xml' });
      reply.end(`<ListBucketResult>${body}</ListBucketResult>`);
      return true;
    };
  const object = (key: string): string => `<Contents><Key>lake/${key}</Key><Size>1</Size></Contents>`;

  it('refuse what is out of order: something could be missed', async () => {
    server.next(1, isGet, page(object('b') + object('a') + object('c')));
    await expect(pathsOf(open().list(''))).rejects.toMatchObject({ code: 'storage.not-s3' });
  });

  it('go on behind a page that was cut off without saying where', async () => {
    for (const name of ['a', 'b', 'c']) server.objects.set(`/b/lake/${name}`, Buffer.from('1'));
    server.next(1, isGet, page(`<IsTruncated>true</IsTruncated>${object('a')}`));
    expect(await pathsOf(open().list(''))).toEqual(['a', 'b', 'c']);
  });

  it('skip what comes before their beginning', async () => {
    server.next(1, isGet, page(object('a') + object('b') + object('c')));
    expect(await pathsOf(open().list('', 'b'))).toEqual(['c']);
  });

  it('refuse what is no listing', async () => {
    server.next(9, isGet, (_request, reply) => {
      reply.writeHead(200, { 'content-type': 'text/html' });
      reply.end('<html>Welcome</html>');
      return true;
    });
    await expect(pathsOf(open().list(''))).rejects.toMatchObject({ code: 'storage.not-s3' });
  });
});

describe('many requests at once', () => {
  it('wait for each other without being late', async () => {
    for (let i = 0; i < 40; i += 1) server.objects.set(`/b/lake/${i}`, Buffer.from(String(i)));
    server.misbehave.push(async ({ method }) => {
      if (method === 'GET') await new Promise((done) => setTimeout(done, 300));
      return false;
    });
    const storage = open({ AWS_CONNECT_TIMEOUT: '200ms', AWS_MAX_RETRIES: '0' });
    const read = await Promise.all(Array.from({ length: 40 }, (_, i) => storage.read(String(i))));
    expect(read.map(text)).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
  });

  it('are counted, also those that come to nothing', async () => {
    const before = requestCounts();
    server.next(3, isGet, drop);
    server.objects.set('/b/lake/x', Buffer.from('1'));
    await open().read('x');
    expect(requestsSince(before).requests.GET).toBe(4);
  });
});

describe('a store that knows no batches of deletes', () => {
  it.each([
    [501, 'NotImplemented'],
    [405, 'MethodNotAllowed'],
  ])('is asked for each (%s %s)', async (status, code) => {
    for (let i = 0; i < 40; i += 1) server.objects.set(`/b/lake/${i}`, Buffer.from(String(i)));
    server.misbehave.push((request, reply) => {
      if (request.method !== 'POST') return false;
      reply.writeHead(status, { 'content-type': 'application/xml' });
      reply.end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
      return true;
    });
    await open().removeAll(Array.from({ length: 39 }, (_, i) => String(i)));
    expect([...server.objects.keys()]).toEqual(['/b/lake/39']);
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('credentials', () => {
  it("of the options aren't mixed with the environment's", async () => {
    const own = { AWS_ENDPOINT_URL: server.endpoint, AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' };
    const storage = openS3({ bucket: 'b', prefix: '' }, own, {
      AWS_SESSION_TOKEN: 'foreign',
      AWS_ACCESS_KEY_ID: 'e',
    });
    await storage.put('x', bytes('1'));
    expect(server.seen.at(-1)?.headers['x-amz-security-token']).toBeUndefined();
  });
});

describe('objects that look like refusals', () => {
  it('are objects', async () => {
    const content = '<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>';
    server.next(1, isGet, (_request, reply) => {
      reply.writeHead(200, { 'content-type': 'application/xml' });
      reply.end(content);
      return true;
    });
    expect(text(await open().read('x.xml'))).toBe(content);
  });
});

describe('trouble that does not pass', () => {
  it('is a bucket that is not there, whatever is asked of it', async () => {
    server.next(99, () => true, refuse(404, 'NoSuchBucket'));
    const missing = { code: 'storage.no-bucket' };
    await expect(open().stat('x')).rejects.toMatchObject(missing);
    await expect(open().read('x')).rejects.toMatchObject(missing);
    await expect(open().remove('x')).rejects.toMatchObject(missing);
    await expect(open().put('x', bytes('1'))).rejects.toMatchObject(missing);
    await expect(pathsOf(open().list(''))).rejects.toMatchObject(missing);
    await expect(open().download('x', join(folder, 'x'))).rejects.toMatchObject(missing);
  });

  it.each([
    ['InvalidAccessKeyId', 403, 'storage.bad-credentials'],
    ['SignatureDoesNotMatch', 403, 'storage.bad-credentials'],
    ['ExpiredToken', 400, 'storage.bad-credentials'],
    ['AccessDenied', 403, 'storage.no-permission'],
    ['NoSuchBucket', 404, 'storage.no-bucket'],
    ['XMinioStorageFull', 507, 'storage.no-space'],
    ['QuotaExceeded', 403, 'storage.no-space'],
    ['PermanentRedirect', 301, 'storage.wrong-region'],
  ])('%s is told at once, with what to do', async (code, status, ours) => {
    const storage = open();
    server.next(99, () => true, refuse(status, code));
    const error = await storage.put('x', bytes('1')).catch((caught: BoathouseError) => caught);
    expect(error).toMatchObject({ code: ours, hint: expect.any(String) });
    expect(server.seen.length).toBeLessThanOrEqual(2);
  });

  it.each([403, 301, 400])(
    'of a look (HEAD), whose reply has no words (%s), is asked for',
    async (status) => {
      server.next(99, () => true, refuse(status, 'InvalidAccessKeyId'));
      await expect(open().stat('x')).rejects.toMatchObject({ code: 'storage.bad-credentials' });
    },
  );

  it('is a page where S3 should be', async () => {
    server.next(
      99,
      () => true,
      (_request, reply) => {
        reply.writeHead(404, { 'content-type': 'text/html' });
        reply.end('<html><body>nginx</body></html>');
        return true;
      },
    );
    await expect(open().put('x', bytes('1'))).rejects.toMatchObject({ code: 'storage.not-s3' });
  });

  it('is nobody listening, a name that nobody knows, and TLS where there is none', async () => {
    const nobody = open({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_RETRIES: '1' });
    await expect(nobody.read('x')).rejects.toMatchObject({ code: 'storage.unreachable' });
    const unknown = open({ AWS_ENDPOINT_URL: 'http://no-such-host.invalid', AWS_MAX_RETRIES: '0' });
    await expect(unknown.read('x')).rejects.toMatchObject({ code: 'storage.unreachable' });
    const secure = open({ AWS_ENDPOINT_URL: server.endpoint.replace('http:', 'https:') });
    await expect(secure.read('x')).rejects.toMatchObject({ code: 'storage.wrong-protocol' });
  });

  it('never has the secret in it', async () => {
    server.next(99, () => true, refuse(403, 'SignatureDoesNotMatch'));
    const storage = open({ AWS_SECRET_ACCESS_KEY: 'not-to-be-seen', AWS_SESSION_TOKEN: 'nor-this-token' });
    const error = await storage.put('x', bytes('1')).catch((caught: Error) => caught);
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(told).not.toMatch(/not-to-be-seen|nor-this-token|Signature=/);
  });
});

describe('files that are uploaded', () => {
  it('leave nothing behind when they are abandoned, or when the upload fails', async () => {
    const storage = open({ AWS_MAX_RETRIES: '0' });
    const { writeFile, stat } = await import('node:fs/promises');
    const first = await storage.prepareWrite('part-1');
    await writeFile(first, 'rows');
    await storage.abandonWrite('part-1');
    await expect(stat(first)).rejects.toMatchObject({ code: 'ENOENT' });
    const second = await storage.prepareWrite('p=1/part-2');
    await writeFile(second, 'rows');
    server.next(1, isPut, refuse(403, 'AccessDenied'));
    await expect(storage.finishWrite('p=1/part-2')).rejects.toMatchObject({ code: 'storage.no-permission' });
    expect(await storage.finishWrite('p=1/part-2')).toMatchObject({ path: 'p=1/part-2', sizeBytes: 4 });
    expect(server.objects.get('/b/lake/p=1/part-2')?.toString()).toBe('rows');
    await expect(storage.finishWrite('part-9')).rejects.toMatchObject({ code: 'storage.not-found' });
  });
});
