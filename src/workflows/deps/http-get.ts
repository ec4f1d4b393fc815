/**
 * Fetching a URL over HTTP: redirects, the proxies of the environment, a limit on size and time.
 *
 * Node's own `fetch` knows no proxies, which is all that many machines that install packages have.
 */
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { secrets } from '../../base/index.ts';
import { trustOf } from '../../storage/index.ts';
import { proxyFor } from './proxy.ts';

/** How a URL is fetched. */
export interface HttpOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

const redirectsMax = 10;

/** The answer at the end of all redirects, whatever its status. Throws what Node throws, and plain errors. */
export async function httpGet(address: string, options: HttpOptions): Promise<HttpAnswer> {
  let url = parseUrl(address);
  const origin = url.origin;
  const login = loginOf(url);
  for (let hops = 0; hops <= redirectsMax; hops += 1) {
    // A login is for the host that it was given for.
    const response = await ask(url, url.origin === origin ? login : undefined, options);
    const { statusCode: status = 0, headers } = response;
    if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
      response.destroy();
      const next = new URL(headers.location, url);
      if (url.protocol === 'https:' && next.protocol !== 'https:')
        throw new Error(`it leads to ${next.origin}, without encryption`);
      url = parseUrl(next.href);
      continue;
    }
    return { status, body: await bodyOf(response, options.bytesMax) };
  }
  throw new Error(`it was redirected more than ${redirectsMax} times`);
}

function parseUrl(address: string): URL {
  if (!URL.canParse(address)) throw new TypeError('it is no URL');
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError('it is neither an http nor an https URL');
  return url;
}

/** The user and password of a URL, as a header; the URL is left without. */
function loginOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  for (const secret of [password === '' ? user : password, token]) secrets.add(secret);
  url.username = '';
  url.password = '';
  return `Basic ${token}`;
}

async function ask(url: URL, login: string | undefined, options: HttpOptions): Promise<IncomingMessage> {
  const { env, timeoutMs } = options;
  const proxy = proxyFor(url, env);
  const isTls = url.protocol === 'https:';
  const headers: Record<string, string> = {
    'user-agent': 'boathouse',
    'accept-encoding': 'identity',
    ...(login === undefined ? {} : { authorization: login }),
  };
  const shared = { method: 'GET', timeout: timeoutMs, agent: false as const, signal: options.signal };
  if (proxy === undefined) {
    const given = { ...shared, headers, ...(isTls ? { ca: trusted(env) } : {}) };
    return await answerOf(isTls ? tlsRequest(url, given) : plainRequest(url, given), timeoutMs);
  }
  const own: Record<string, string> = proxy.login === undefined ? {} : { 'proxy-authorization': proxy.login };
  const through = { host: proxy.host, port: proxy.port };
  if (!isTls) {
    const given = { ...shared, ...through, path: url.href, headers: { ...headers, ...own, host: url.host } };
    return await answerOf(plainRequest(given), timeoutMs);
  }
  const place = `${url.hostname}:${url.port === '' ? 443 : url.port}`;
  const tunnel = await openTunnel(
    plainRequest({
      ...shared,
      ...through,
      method: 'CONNECT',
      path: place,
      headers: { ...own, host: place },
    }),
    timeoutMs,
  );
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const named = isIP(host) === 0 ? { servername: host } : {};
  // With an agent, even with none, Node would connect by itself.
  const { agent: _agent, ...withoutAgent } = shared;
  const given = {
    ...withoutAgent,
    headers,
    createConnection: () => tlsConnect({ socket: tunnel, host, ca: trusted(env), ...named }),
  };
  return await answerOf(tlsRequest(url, given), timeoutMs);
}

/** Certificates to trust: the machine's, and those that Python's tools are told of. */
function trusted(env: HttpOptions['env']): string[] {
  const files = [env['REQUESTS_CA_BUNDLE'], env['CURL_CA_BUNDLE']].filter((file) => file !== '');
  return [...trustOf({ caFiles: files, env: env as NodeJS.ProcessEnv }).ca];
}

function answerOf(request: ClientRequest, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`)));
    request.on('error', fail);
    request.on('response', done);
    request.end();
  });
}

function openTunnel(request: ClientRequest, timeoutMs: number): Promise<Socket> {
  return new Promise((done, fail) => {
    request.on('timeout', () =>
      request.destroy(new Error(`no proxy answered within ${timeoutMs / 1000} seconds`)),
    );
    request.on('error', fail);
    request.on('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode === 200) return done(socket);
      socket.destroy();
      fail(new Error(`the proxy answered ${response.statusCode}`));
    });
    request.end();
  });
}

function bodyOf(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      fail(new RangeError(`it is larger than ${bytesMax} bytes`));
      response.destroy();
    });
    response.on('error', fail);
    response.on('aborted', () => fail(new Error('the connection ended too early')));
    response.on('end', () => done(Buffer.concat(chunks)));
  });
}
