/** Trino's REST protocol: a statement is posted, and its pages are followed until there is no next one. */
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { secrets } from '../base/index.ts';
import { trustOf } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';

/** How a Trino server is reached. */
export interface TrinoServer {
  /** `http://host:8080`, `https://trino.home`. */
  readonly url: string;
  /** Shown in Trino's list of queries; `boathouse` unless given. */
  readonly user?: string | undefined;
  /** Only ever sent over https. */
  readonly password?: string | undefined;
  /** Certificates to trust besides those that every store is trusted by. */
  readonly caFile?: string | undefined;
  /** How long one answer may take. */
  readonly timeoutMs?: number | undefined;
}

/** Runs a statement to its end. @returns its rows. */
export type TrinoRun = (sql: string) => Promise<readonly (readonly unknown[])[]>;

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Page {
  readonly nextUri?: string;
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly message?: string; readonly errorName?: string };
}

/** Answers that the protocol wants asked again. */
const busy: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const attemptsMax = 8;

/**
 * A way to run statements on `server`.
 *
 * @throws workflows.trino-url for what is no URL, or a password that would go unencrypted;
 * storage.bad-ca-file; the statements throw workflows.trino-unreachable and workflows.trino-refused.
 */
export function trinoClient(server: TrinoServer): TrinoRun {
  const base = urlOf(server);
  if (server.password !== undefined) secrets.add(server.password);
  const ca =
    base.protocol === 'https:' ? [...trustOf({ caFiles: [server.caFile], env: process.env }).ca] : undefined;
  const user = server.user ?? 'boathouse';
  const timeoutMs = server.timeoutMs ?? 60_000;

  const once = (method: 'GET' | 'POST', url: URL, body: string | undefined): Promise<Answer> =>
    new Promise((done, fail) => {
      const headers: Record<string, string> = { 'x-trino-user': user, 'x-trino-source': 'boathouse' };
      // A page elsewhere is followed without the password: only this server was trusted with it.
      if (server.password !== undefined && url.origin === base.origin) {
        const token = Buffer.from(`${user}:${server.password}`).toString('base64');
        secrets.add(token);
        headers['authorization'] = `Basic ${token}`;
      }
      if (body !== undefined) headers['content-type'] = 'text/plain; charset=utf-8';
      const options = { method, headers, timeout: timeoutMs, agent: false as const };
      const sent =
        url.protocol === 'https:'
          ? tlsRequest(url, { ...options, ...(ca === undefined ? {} : { ca }) })
          : plainRequest(url, options);
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on('error', fail);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.end(body);
    });

  const ask = async (method: 'GET' | 'POST', url: URL, body?: string): Promise<Page> => {
    for (let attempt = 1; ; attempt += 1) {
      let answer: Answer;
      try {
        answer = await once(method, url, body);
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw workflowErrors['trino-unreachable']({ url: base.origin, problem }, { cause });
      }
      if (busy.has(answer.status) && attempt < attemptsMax) {
        await sleep(50 * 2 ** (attempt - 1));
        continue;
      }
      return pageOf(answer, base.origin);
    }
  };

  return async (sql) => {
    const rows: (readonly unknown[])[] = [];
    let page = await ask('POST', new URL('/v1/statement', base), sql);
    for (;;) {
      if (page.error !== undefined) {
        const { message = 'no reason given', errorName = 'UNKNOWN' } = page.error;
        throw workflowErrors['trino-refused']({ statement: sql, name: errorName, problem: message });
      }
      rows.push(...(page.data ?? []));
      if (page.nextUri === undefined) return rows;
      page = await ask('GET', new URL(page.nextUri, base));
    }
  };
}

function urlOf({ url, password }: TrinoServer): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw workflowErrors['trino-url']({ url, problem: 'it is not an http or https URL' });
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw workflowErrors['trino-url']({ url: parsed.origin, problem: 'it has a user or a password in it' });
  }
  if (password !== undefined && parsed.protocol !== 'https:') {
    throw workflowErrors['trino-url']({ url: parsed.origin, problem: 'a password is only sent over https' });
  }
  return parsed;
}

function pageOf({ status, text }: Answer, url: string): Page {
  if (status !== 200) {
    const problem = `it answered HTTP ${status} ${text.slice(0, 200).trim()}`.trim();
    throw workflowErrors['trino-unreachable']({ url, problem });
  }
  try {
    const page: unknown = JSON.parse(text);
    if (typeof page === 'object' && page !== null && 'stats' in page) return page as Page;
  } catch {
    // Told below: what isn't JSON is no Trino either.
  }
  throw workflowErrors['trino-unreachable']({ url, problem: 'what it answered is not of a Trino server' });
}
