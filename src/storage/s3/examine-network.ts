/** The way to a store below its protocol: the name, the port, the certificate and the clock. */
import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { type PeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Endpoint } from './endpoint.ts';

/** Where to, and whom to trust there. */
export interface WayInput {
  readonly endpoint: Endpoint;
  readonly hostname: string;
  readonly ca: readonly string[] | undefined;
  /** Certificates aren't checked, as the user asks. */
  readonly allowInvalidCertificates?: boolean;
  readonly timeoutMs: number;
}

/** The addresses of the host. @throws the system's error */
export async function findAddresses({ hostname }: WayInput): Promise<readonly string[]> {
  const host = bare(hostname);
  if (isIP(host) !== 0) return [host];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Connects, and how long it took. @throws the system's error */
export async function reachPort(way: WayInput): Promise<{ readonly port: number; readonly tookMs: number }> {
  const port = portOf(way);
  const before = performance.now();
  const socket = connect({ host: bare(way.hostname), port });
  await settled(socket, 'connect', way.timeoutMs).finally(() => socket.destroy());
  return { port, tookMs: Math.round(performance.now() - before) };
}

/** What a server showed. */
export interface ShownCertificate {
  readonly isTrusted: boolean;
  /** Node's word for what is wrong with it. */
  readonly problem: string | undefined;
  readonly protocol: string;
  readonly names: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** Names of the certificate and those above it, as far as the server sent or we know them. */
  readonly chain: readonly string[];
}

/** The certificate that the server shows, good or bad. @throws when no TLS is spoken there */
export async function seeCertificate(way: WayInput): Promise<ShownCertificate> {
  const host = bare(way.hostname);
  const socket = tlsConnect({
    host,
    port: portOf(way),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(way.ca === undefined ? {} : { ca: [...way.ca] }),
    // Nothing is said on this connection: a bad certificate is only looked at.
    rejectUnauthorized: false,
  });
  try {
    await settled(socket, 'secureConnect', way.timeoutMs);
    return shownBy(socket);
  } finally {
    socket.destroy();
  }
}

/** How far the server's clock is ahead of this machine's, in milliseconds; undefined when it doesn't tell. Asks unsigned. */
export async function clockAheadMs(way: WayInput): Promise<number | undefined> {
  const isPlain = way.endpoint.protocol === 'http:';
  const send = isPlain ? httpRequest : httpsRequest;
  return await new Promise((resolve, reject) => {
    const asking = send(
      {
        method: 'HEAD',
        host: bare(way.hostname),
        port: portOf(way),
        path: '/',
        agent: false,
        ...(isPlain || way.ca === undefined ? {} : { ca: [...way.ca] }),
        ...(way.allowInvalidCertificates === true ? { rejectUnauthorized: false } : {}),
        timeout: way.timeoutMs,
      },
      (reply) => {
        reply.resume();
        const toldMs = Date.parse(String(reply.headers.date ?? ''));
        resolve(Number.isNaN(toldMs) ? undefined : toldMs - Date.now());
      },
    );
    asking.once('timeout', () => asking.destroy(new Error(`silent for ${way.timeoutMs} ms`)));
    asking.once('error', reject);
    asking.end();
  });
}

function shownBy(socket: TLSSocket): ShownCertificate {
  const peer = socket.getPeerCertificate(true);
  const chain: string[] = [];
  for (
    let one: PeerCertificate & { issuerCertificate?: PeerCertificate } = peer;
    one?.subject !== undefined;
  ) {
    const name = one.subject.CN ?? one.subject.O ?? '(no name)';
    chain.push(String(name));
    const above = one.issuerCertificate;
    if (above === undefined || above.fingerprint256 === one.fingerprint256 || chain.length > 8) break;
    one = above;
  }
  const problem = socket.authorizationError as Error | string | null | undefined;
  return {
    isTrusted: socket.authorized,
    problem: problem ? (typeof problem === 'string' ? problem : problem.message) : undefined,
    protocol: socket.getProtocol() ?? 'TLS',
    names: (peer.subjectaltname ?? '').split(', ').filter((name) => name !== ''),
    fromMs: Date.parse(peer.valid_from),
    untilMs: Date.parse(peer.valid_to),
    chain,
  };
}

function settled(socket: Socket, event: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once(event, () => resolve());
    socket.once('error', reject);
  });
}

function portOf({ endpoint }: WayInput): number {
  return endpoint.port ?? (endpoint.protocol === 'http:' ? 80 : 443);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
