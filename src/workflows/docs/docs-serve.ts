/** `docs serve`: the site over HTTP, for this machine unless asked otherwise. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { workflowErrors } from '../errors.ts';
import type { ProjectOptions } from '../options.ts';
import { readProjectOnly } from '../read-project.ts';

/** Where to serve. */
export interface DocsServeOptions extends ProjectOptions {
  /** 8080 unless given; 0 takes one that is free. */
  readonly port?: number | undefined;
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined;
}

/** A site that is being served. */
export interface DocsServer {
  readonly url: string;
  readonly port: number;
  /** Stops serving; answers under way are cut off. */
  close(): Promise<void>;
}

/** What a site is made of, and nothing else: logs and caches in the target folder are nobody's business. */
const kinds: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the target folder's site.
 *
 * @throws workflows.no-docs where `docs generate` hasn't written one; workflows.cannot-listen
 */
export async function docsServe(options: DocsServeOptions = {}): Promise<DocsServer> {
  const project = await readProjectOnly(options);
  const folder = resolve(project.root, options.targetPath ?? project.config.targetPath);
  const isThere = await stat(join(folder, 'index.html')).catch(() => undefined);
  if (isThere === undefined) throw workflowErrors['no-docs']({ folder });
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => void answer(request, response, folder));
  const port = await listen(server, options.port ?? 8080, host);
  const shown =
    host === '' || host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host;
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`,
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** @returns the port it is. @throws workflows.cannot-listen */
function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', ({ message }) =>
      fail(workflowErrors['cannot-listen']({ host, port, problem: message })),
    );
    server.listen(port, host === '' ? undefined : host, () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, folder: string): Promise<void> {
  const file = fileAsked(request, folder);
  const facts = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || facts?.isFile() !== true) {
    response.writeHead(request.method === 'GET' || request.method === 'HEAD' ? 404 : 405).end();
    return;
  }
  response.writeHead(200, {
    'content-type': kinds[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': facts.size,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** The file below `folder` that is asked for, if it may be. */
function fileAsked({ method, url }: IncomingMessage, folder: string): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  let path: string;
  try {
    path = decodeURIComponent((url ?? '/').replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
  const file = resolve(folder, `.${path.endsWith('/') ? `${path}index.html` : path}`);
  const isHidden = path.split('/').some((part) => part.startsWith('.')) || path.includes('\0');
  if (isHidden || !file.startsWith(folder + sep)) return undefined;
  return kinds[extname(file).toLowerCase()] === undefined ? undefined : file;
}
