/** A small S3 server that keeps objects in memory and misbehaves as a test tells it to. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What is done instead of answering as S3 does; undefined to answer properly. */
export type Misbehaviour = (
  request: SeenRequest,
  reply: ServerResponse,
  /** Does what was asked, and tells nobody. */
  serve: () => void,
) => boolean | Promise<boolean>;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly content: Buffer;
}

/** A server on this machine. */
export class MisbehavingServer {
  readonly objects: Map<string, Buffer> = new Map();
  readonly seen: SeenRequest[] = [];
  /** Tried in order; the first that returns true has answered. */
  misbehave: Misbehaviour[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<MisbehavingServer> {
    const server = createServer();
    const own = new MisbehavingServer(server);
    server.on('request', (request, reply) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => void own.#answer(request, Buffer.concat(chunks), reply));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return own;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Misbehaves the next `times` times that `when` holds. */
  next(times: number, when: (request: SeenRequest) => boolean, how: Misbehaviour): void {
    let left = times;
    this.misbehave.push(async (request, reply, serve) => {
      if (left === 0 || !when(request)) return false;
      left -= 1;
      return await how(request, reply, serve);
    });
  }

  async #answer(request: IncomingMessage, body: Buffer, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://host');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    this.seen.push(seen);
    for (const way of this.misbehave) {
      if (await way(seen, reply, () => void this.#serve(seen))) return;
    }
    const { status, headers, content } = this.#serve(seen);
    reply.writeHead(status, { ...headers, 'content-length': String(content.length) });
    reply.end(seen.method === 'HEAD' ? undefined : content);
  }

  #serve({ method, path, query, headers, body }: SeenRequest): Answer {
    const there = this.objects.get(path);
    if (method === 'PUT') {
      if (headers['if-none-match'] === '*' && there) return refusal(412, 'PreconditionFailed');
      this.objects.set(path, body);
      return { status: 200, headers: { etag: etagOf(body) }, content: Buffer.alloc(0) };
    }
    if (method === 'DELETE') {
      this.objects.delete(path);
      return { status: 204, headers: {}, content: Buffer.alloc(0) };
    }
    if (query.has('list-type')) return this.#list(path, query);
    if (there === undefined) return refusal(404, 'NoSuchKey');
    const tag = etagOf(there);
    if (headers['if-match'] !== undefined && headers['if-match'] !== tag)
      return refusal(412, 'PreconditionFailed');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const told = { etag: tag, 'last-modified': new Date().toUTCString() };
    if (from === undefined) {
      return { status: 200, headers: { ...told, 'content-length': String(there.length) }, content: there };
    }
    if (Number(from) >= there.length) return refusal(416, 'InvalidRange');
    const part = there.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${there.length}`;
    return { status: 206, headers: { ...told, 'content-range': range }, content: part };
  }

  #list(path: string, query: URLSearchParams): Answer {
    const bucket = `${path.replace(/\/$/, '')}/`;
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(bucket + (query.get('prefix') ?? '')))
      .map((key) => key.slice(bucket.length))
      .filter((key) => key > after)
      .sort();
    const page = keys.slice(0, 2);
    const contents = page.map(
      (key) =>
        `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${this.objects.get(bucket + key)?.length}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag></Contents>`,
    );
    const more = keys.length > 2;
    const content = `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${
      more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
    }${contents.join('')}</ListBucketResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, content: Buffer.from(content) };
  }
}

/** Answers with an error in S3's words. */
export function refuse(
  status: number,
  code: string,
  more = '',
  headers: Record<string, string> = {},
): Misbehaviour {
  return (request, reply) => {
    const { content, headers: own } = refusal(status, code, more);
    reply.writeHead(status, { ...own, ...headers });
    reply.end(request.method === 'HEAD' ? undefined : content);
    return true;
  };
}

/** Breaks the connection without an answer. */
export const drop: Misbehaviour = (_request, reply) => {
  reply.socket?.destroy();
  return true;
};

/** Does what was asked, and breaks the connection instead of saying so. */
export const loseReply: Misbehaviour = (_request, reply, serve) => {
  serve();
  reply.socket?.destroy();
  return true;
};

function refusal(status: number, code: string, more = ''): Answer {
  const content = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message>${more}</Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, content: Buffer.from(content) };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
