/** A stand-in for a Trino server: its protocol and a metastore, by http or https, for tests that need no more. */
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { CertificateFiles } from '../stores/certificates.ts';

/** What it is asked is answered from `metastore`, page by page as Trino does. */
export class TrinoStandIn implements AsyncDisposable {
  /** Schemas, their tables and where these are: what a Trino keeps in its metastore. */
  readonly metastore: Map<string, Map<string, string>> = new Map();
  /** Every statement, in order. */
  readonly asked: string[] = [];
  /** The headers of every request. */
  readonly headers: IncomingMessage['headers'][] = [];
  /** So many requests are told to come again. */
  busyAnswers = 0;
  readonly #server: Server;
  readonly #protocol: string;
  readonly #pending = new Map<string, unknown>();

  private constructor(files: CertificateFiles | undefined) {
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#answer(request, response);
    this.#protocol = files === undefined ? 'http' : 'https';
    this.#server =
      files === undefined
        ? createPlainServer(answer)
        : createTlsServer({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) }, answer);
  }

  /** @param files its certificate; by http without. */
  static async start(files?: CertificateFiles): Promise<TrinoStandIn> {
    const made = new TrinoStandIn(files);
    await new Promise<void>((done) => made.#server.listen(0, '127.0.0.1', done));
    return made;
  }

  /** `http://127.0.0.1:41234`. */
  get url(): string {
    return `${this.#protocol}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All tables, as `schema.table location`, sorted. */
  get tables(): string[] {
    return [...this.metastore]
      .flatMap(([schema, tables]) => [...tables].map(([name, at]) => `${schema}.${name} ${at}`))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      this.headers.push(request.headers);
      if (this.busyAnswers > 0) {
        this.busyAnswers -= 1;
        response.writeHead(503).end();
        return;
      }
      const path = `/v1/statement/executing/${this.asked.length}`;
      let page: unknown = this.#pending.get(request.url ?? '');
      if (request.method === 'POST') {
        this.asked.push(body);
        page = { id: 'q', nextUri: this.url + path, stats: { state: 'QUEUED' } };
        this.#pending.set(path, this.#lastPage(body));
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
    });
  }

  #lastPage(sql: string): unknown {
    try {
      return { id: 'q', data: this.#execute(sql), stats: { state: 'FINISHED' } };
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      return { id: 'q', error: { message, errorName: 'NOT_FOUND' }, stats: { state: 'FAILED' } };
    }
  }

  #execute(sql: string): unknown[][] {
    const { metastore } = this;
    const named = (name: string): string => new RegExp(`${name} => '([^']*)'`).exec(sql)?.[1] ?? '';
    const names = [...sql.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
    const tables = metastore.get(named('schema_name') || (names[1] ?? ''));
    if (sql.startsWith('SHOW SCHEMAS')) return [...metastore.keys()].map((name) => [name]);
    if (sql.startsWith('SHOW TABLES')) return [...(tables?.keys() ?? [])].map((name) => [name]);
    if (sql.startsWith('SHOW CREATE TABLE')) {
      const at = tables?.get(names[2] ?? '');
      return [[`CREATE TABLE t (\n   id integer\n)\nWITH (\n   location = '${at}'\n)`]];
    }
    if (sql.startsWith('CREATE SCHEMA')) {
      metastore.set(names[1] ?? '', metastore.get(names[1] ?? '') ?? new Map());
      return [];
    }
    if (tables === undefined) throw new Error(`Schema ${named('schema_name')} not found`);
    if (sql.includes('unregister_table')) tables.delete(named('table_name'));
    else if (tables.has(named('table_name'))) throw new Error('Table already exists');
    else tables.set(named('table_name'), named('table_location'));
    return [];
  }
}
