/**
 * What stands between a host and a store: passes HTTP requests on, and does to them what networks do. One for
 * each host, so that trouble is that host's own.
 */
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to one request. */
export type Trouble =
  /** Passed on that much later. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Never passed on: the connection breaks. */
  | { readonly kind: 'lost-request' }
  /** Carried out, and the connection breaks before its reply. */
  | { readonly kind: 'lost-reply' }
  /** Arrived whole by the time of `strike`, carried out after it, and the connection breaks before its reply. */
  | { readonly kind: 'struck'; readonly strike: () => void }
  /** Carried out, and the connection breaks in the middle of its reply. */
  | { readonly kind: 'half-reply' }
  /** Not passed on: the store is said to be busy. */
  | { readonly kind: 'busy' }
  /** Not passed on: refused with that code. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** Carried out, and the connection breaks after so many bytes of its reply. */
  | { readonly kind: 'cut'; readonly bytes: number };

/** A request on its way. */
export interface Passing {
  /** Counted from 0. */
  readonly n: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** How a proxy treats what passes. */
export interface ProxyOptions {
  /** Of the store, by http. */
  readonly target: string;
  readonly decide?: (passing: Passing) => Trouble | undefined;
  /** The headers that are passed on, from those that came. */
  readonly change?: (headers: OutgoingHttpHeaders, passing: Passing) => OutgoingHttpHeaders;
}

/** A proxy that runs. */
export interface StoreProxy {
  readonly endpoint: string;
  readonly requests: number;
  /** Breaks every connection and takes no new one, until it is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of the loopback. */
export async function startProxy(options: ProxyOptions): Promise<StoreProxy> {
  const target = new URL(options.target);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const sockets = new Set<Socket>();
  let isCut = false;
  let count = 0;

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const passing: Passing = { n: count, method: incoming.method ?? '', path: incoming.url ?? '' };
    count += 1;
    const trouble = options.decide?.(passing);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (trouble?.kind === 'lost-request') return void incoming.socket.destroy();
    if (trouble?.kind === 'busy') {
      outgoing.writeHead(503, { 'content-type': 'application/xml' });
      outgoing.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      return;
    }
    if (trouble?.kind === 'refused') {
      outgoing.writeHead(trouble.status, { 'content-type': 'application/xml' });
      outgoing.end(`<Error><Code>${trouble.code}</Code><Message>So says the proxy.</Message></Error>`);
      return;
    }
    if (trouble?.kind === 'struck') trouble.strike();
    if (trouble?.kind === 'late') await new Promise((done) => setTimeout(done, trouble.ms));
    const reply = await forward(target, agent, incoming, Buffer.concat(chunks), options, passing);
    if (isCut || trouble?.kind === 'lost-reply' || trouble?.kind === 'struck')
      return void incoming.socket.destroy();
    outgoing.writeHead(reply.status, reply.headers);
    const kept =
      trouble?.kind === 'half-reply'
        ? reply.body.length >> 1
        : trouble?.kind === 'cut'
          ? trouble.bytes
          : reply.body.length;
    if (trouble?.kind === 'half-reply' || kept < reply.body.length) {
      outgoing.write(reply.body.subarray(0, kept), () => incoming.socket.destroy());
      return;
    }
    outgoing.end(reply.body);
  };

  const server: Server = createServer((incoming, outgoing) => {
    // The host may be gone, or its connection cut, whenever something is awaited here.
    pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on('connection', (socket) => {
    if (isCut) return void socket.destroy();
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get requests() {
      return count;
    },
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      breakAll();
      await closed;
      agent.destroy();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** What the store answers. The name of the host that was asked is kept, as signatures cover it. */
function forward(
  target: URL,
  agent: Agent,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  { change }: ProxyOptions,
  passing: Passing,
): Promise<Reply> {
  const { connection: _connection, ...kept } = headers;
  return new Promise((done, failed) => {
    const wire = httpRequest({
      agent,
      hostname: target.hostname,
      port: target.port,
      ...(method === undefined ? {} : { method }),
      ...(url === undefined ? {} : { path: url }),
      headers: change?.(kept, passing) ?? kept,
    });
    wire.once('error', failed);
    wire.once('response', async (reply) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of reply) chunks.push(chunk as Buffer);
        const { connection: _closing, 'transfer-encoding': _chunked, ...told } = reply.headers;
        done({ status: reply.statusCode ?? 502, headers: told, body: Buffer.concat(chunks) });
      } catch (error) {
        failed(error);
      }
    });
    wire.end(body);
  });
}
