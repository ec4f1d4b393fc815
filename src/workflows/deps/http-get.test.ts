import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/stores/certificates.ts';
import { httpGet } from './http-get.ts';
import { proxyFor } from './proxy.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string, env: Record<string, string> = {}, bytesMax = 1000) =>
  httpGet(url, { env, timeoutMs: 2000, bytesMax });

describe('httpGet', () => {
  it('follows redirects, and tells the login only to its own host', async () => {
    const seen: (string | undefined)[] = [];
    const end = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('here');
    });
    const start = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: request.url === '/a' ? '/b' : `${end}/c` }).end();
    });
    const { status, body } = await get(`${start.replace('//', '//me:pass-word@')}/a`);
    expect([status, body.toString()]).toEqual([200, 'here']);
    expect(seen).toEqual(['Basic bWU6cGFzcy13b3Jk', 'Basic bWU6cGFzcy13b3Jk', undefined]);
  });

  it.each([
    [
      'goes in circles',
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(302, { location: '/' }).end(),
      /redirected more than/,
    ],
    [
      'sends too much',
      (_: IncomingMessage, response: ServerResponse) => response.end('x'.repeat(2000)),
      /larger than 1000 bytes/,
    ],
    [
      'hangs up',
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => response.destroy(), 20);
      },
      /./,
    ],
    [
      'leads elsewhere than to the web',
      (_: IncomingMessage, response: ServerResponse) =>
        response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /neither an http nor an https/,
    ],
  ])('gives up on a server that %s', async (_, answer, message) => {
    const url = await serve((request, response) => void answer(request, response));
    await expect(get(`${url}/`)).rejects.toThrow(message);
  });

  it('gives up on a server that never answers', async () => {
    const url = await serve(() => {});
    await expect(httpGet(url, { env: {}, timeoutMs: 50, bytesMax: 10 })).rejects.toThrow('no answer within');
  });

  it('goes through the proxy of the environment, with its login', async () => {
    const asked: unknown[] = [];
    const proxy = await serve((request, response) => {
      asked.push([request.url, request.headers.host, request.headers['proxy-authorization']]);
      response.end('by proxy');
    });
    const env = { http_proxy: proxy.replace('//', '//me:pass@') };
    expect((await get('http://hub.example/x', env)).body.toString()).toBe('by proxy');
    expect(asked).toEqual([['http://hub.example/x', 'hub.example', 'Basic bWU6cGFzcw==']]);
  });

  it('asks a proxy for a tunnel where the server is to be reached over TLS', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await serve(() => {});
    servers[0]?.on('connect', (request: IncomingMessage, socket) => {
      asked.push(request.url);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await expect(get('https://hub.example/x', { HTTPS_PROXY: proxy })).rejects.toThrow(
      'the proxy answered 403',
    );
    expect(asked).toEqual(['hub.example:443']);
  });
});

describe('httpGet over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-http-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('trusts the user’s own CA, directly and through a tunnel, and nobody else', async () => {
    const { certFile, keyFile, caFile } = makeCertificate('private-ca', folder);
    const tls = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) =>
      response.end('in private'),
    );
    await new Promise<void>((done) => tls.listen(0, 'localhost', done));
    const { port } = tls.address() as AddressInfo;
    const asked: (string | undefined)[] = [];
    const tunnels: Socket[] = [];
    const proxy = await serve(() => {});
    servers[0]?.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(request.url);
      const through = connect(port, 'localhost', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      through.pipe(socket).pipe(through);
      for (const one of [through, socket]) one.on('error', () => {});
      tunnels.push(socket);
    });
    const url = `https://localhost:${port}/x`;
    try {
      const env = { REQUESTS_CA_BUNDLE: caFile };
      expect((await get(url, env)).body.toString()).toBe('in private');
      expect((await get(url, { ...env, HTTPS_PROXY: proxy })).body.toString()).toBe('in private');
      expect(asked).toEqual([`localhost:${port}`]);
      await expect(get(url)).rejects.toThrow(/certificate/);
      await expect(get(url, { HTTPS_PROXY: proxy })).rejects.toThrow(/certificate/);
    } finally {
      for (const tunnel of tunnels) tunnel.destroy();
      tls.closeAllConnections();
      tls.close();
    }
  });
});

describe('proxyFor', () => {
  const url = new URL('https://api.hub.example:8443/x');

  it.each([
    ['none', {}, undefined],
    ['that of the scheme', { HTTPS_PROXY: 'http://p:3128' }, 'p:3128'],
    ['none of another scheme', { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['that for everything', { ALL_PROXY: 'p:3128' }, 'p:3128'],
    ['small letters before capitals', { https_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, 'a:80'],
    ['none for a host that is exempt', { HTTPS_PROXY: 'http://p', NO_PROXY: 'api.hub.example' }, undefined],
    ['none for a domain', { HTTPS_PROXY: 'http://p', no_proxy: 'x.y, .hub.example' }, undefined],
    ['none for its port', { HTTPS_PROXY: 'http://p', no_proxy: 'hub.example:8443' }, undefined],
    ['one where another port is exempt', { HTTPS_PROXY: 'http://p', no_proxy: 'hub.example:443' }, 'p:80'],
    ['one where a longer name is exempt', { HTTPS_PROXY: 'http://p', no_proxy: 'hub.example.com' }, 'p:80'],
    ['one where a part of the name is exempt', { HTTPS_PROXY: 'http://p', no_proxy: 'ub.example' }, 'p:80'],
    ['none at all', { HTTPS_PROXY: 'http://p', no_proxy: '*' }, undefined],
  ] satisfies [string, Record<string, string>, string | undefined][])('is %s', (_, env, expected) => {
    const proxy = proxyFor(url, env);
    expect(proxy && `${proxy.host}:${proxy.port}`).toBe(expected);
  });

  it('is refused where it speaks something else', () => {
    expect(() => proxyFor(url, { ALL_PROXY: 'socks5://p:1080' })).toThrow('is not an http:// one');
  });
});
