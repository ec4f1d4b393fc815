/** One HTTP request and its reply, on connections that are kept. What fails is told as what it means. */
import { createWriteStream } from 'node:fs';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, connect as tlsConnect } from 'node:tls';
import { type Endpoint, showEndpoint } from './endpoint.ts';
import { s3Errors } from './errors.ts';

/** A request, signed. */
export interface WireRequest {
  readonly method: string;
  readonly hostname: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Where the body of a good reply goes, from that byte on; into memory unless given. */
  readonly intoFile?: { readonly path: string; readonly startByte: number } | undefined;
}

/** A reply, whole. */
export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty when it went into a file. */
  readonly body: Uint8Array;
  /** Bytes of the reply's body. */
  readonly sizeBytes: number;
}

/** Trouble on the way to a store. */
export class WireError extends Error {
  /** Whether the store may have done what it was asked. */
  readonly mayHaveHappened: boolean;
  /** Trying again may help. */
  readonly isPassing: boolean;
  readonly systemCode: string;

  constructor(
    message: string,
    about: Pick<WireError, 'mayHaveHappened' | 'isPassing' | 'systemCode' | 'cause'>,
  ) {
    super(message, { cause: about.cause });
    this.mayHaveHappened = about.mayHaveHappened;
    this.isPassing = about.isPassing;
    this.systemCode = about.systemCode;
  }
}

/** What decides how connections are made. */
export interface ConnectionOptions {
  readonly ca: readonly string[] | undefined;
  readonly allowInvalidCertificates: boolean;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
}

/** Connections to one endpoint. Idle ones keep no process alive. */
export class Connections {
  readonly #endpoint: Endpoint;
  readonly #options: ConnectionOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  #hasAnswered = false;

  constructor(endpoint: Endpoint, options: ConnectionOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    const keeping = {
      keepAlive: true,
      maxSockets: socketsMax,
      maxFreeSockets: socketsMax,
      scheduling: 'lifo',
      // Of the sockets, so that not every request winds up a clock of its own.
      timeout: options.timeoutMs,
    } as const;
    this.#agent =
      endpoint.protocol === 'http:'
        ? new HttpAgent(keeping)
        : new HttpsAgent({
            ...keeping,
            rejectUnauthorized: !options.allowInvalidCertificates,
            // Parsed once: there are hundreds of authorities, and every connection would parse them anew.
            ...(options.ca === undefined
              ? {}
              : { secureContext: createSecureContext({ ca: [...options.ca] }) }),
          });
  }

  /** @throws WireError; storage.untrusted-certificate, storage.wrong-protocol */
  async send(request: WireRequest): Promise<WireReply> {
    const state = { isSent: false };
    try {
      const reply = await this.#exchange(request, state);
      this.#hasAnswered = true;
      return await this.#readReply(reply, request);
    } catch (error) {
      if (await this.#speaksTls(error)) {
        const endpoint = showEndpoint(this.#endpoint);
        throw s3Errors['wrong-protocol']({ endpoint, asked: 'http', other: 'https' }, { cause: error });
      }
      throw this.#explain(error, state.isSent);
    }
  }

  /** Servers of https that hang up on http say nothing: whether that is it is asked once, when nothing has come through yet. */
  async #speaksTls(error: unknown): Promise<boolean> {
    const hungUp = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
    if (!hungUp || this.#endpoint.protocol === 'https:' || this.#hasAnswered) return false;
    const { hostname, port } = this.#endpoint;
    return await new Promise((resolve) => {
      // Only whether there is TLS is asked: nothing is sent, so nobody has to be trusted.
      const socket = tlsConnect({
        host: hostname,
        port: port ?? 80,
        rejectUnauthorized: false,
        timeout: 2000,
      });
      const end = (speaks: boolean) => (): void => {
        socket.destroy();
        resolve(speaks);
      };
      socket.once('secureConnect', end(true)).once('error', end(false)).once('timeout', end(false));
    });
  }

  /** Ends the connections that nobody uses. */
  close(): void {
    this.#agent.destroy();
  }

  #exchange(request: WireRequest, state: { isSent: boolean }): Promise<IncomingMessage> {
    const send = this.#endpoint.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const wire: ClientRequest = send({
        agent: this.#agent,
        method: request.method,
        hostname: request.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: this.#endpoint.port,
        path: request.path,
        headers: request.headers,
      });
      // Waiting for one of the connections that are in use isn't connecting.
      let connecting: NodeJS.Timeout | undefined;
      wire.on('socket', (socket) => {
        const connected = (): void => {
          clearTimeout(connecting);
          state.isSent = true;
        };
        if (!socket.connecting) return connected();
        const { connectTimeoutMs } = this.#options;
        const problem = `no connection within ${connectTimeoutMs} ms`;
        connecting = setTimeout(() => wire.destroy(timeout('ETIMEDOUT', problem)), connectTimeoutMs);
        socket.once(this.#endpoint.protocol === 'http:' ? 'connect' : 'secureConnect', connected);
      });
      wire.once('timeout', () =>
        wire.destroy(timeout('ESOCKETTIMEDOUT', `silent for ${this.#options.timeoutMs} ms`)),
      );
      wire.once('error', (error) => {
        clearTimeout(connecting);
        reject(error);
      });
      wire.once('response', (reply) => {
        clearTimeout(connecting);
        resolve(reply);
      });
      wire.end(request.body);
    });
  }

  async #readReply(reply: IncomingMessage, request: WireRequest): Promise<WireReply> {
    const status = reply.statusCode ?? 0;
    const told = { status, headers: reply.headers };
    if (request.intoFile !== undefined && (status === 200 || status === 206)) {
      const { path, startByte } = request.intoFile;
      const file = createWriteStream(path, { flags: 'r+', start: startByte });
      await pipeline(reply, file);
      if (!reply.complete) throw timeout('ECONNRESET', 'the reply broke off');
      return { ...told, body: nothing, sizeBytes: file.bytesWritten };
    }
    const body = await bodyOf(reply);
    // A proxy that cuts replies may close the connection in good form.
    const promised = Number(reply.headers['content-length'] ?? Number.NaN);
    if (request.method !== 'HEAD' && Number.isFinite(promised) && promised !== body.length) {
      throw timeout('ECONNRESET', `the reply has ${body.length} bytes of ${promised}`);
    }
    return {
      ...told,
      body: new Uint8Array(body.buffer, body.byteOffset, body.length),
      sizeBytes: body.length,
    };
  }

  #explain(error: unknown, isSent: boolean): unknown {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    const endpoint = showEndpoint(this.#endpoint);
    if (code in certificateProblems) {
      const { problem, hint } = certificateProblems[code] ?? { problem: message, hint: '' };
      const said = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `${problem}: ${message}` : problem;
      return s3Errors['untrusted-certificate']({ endpoint, problem: said, hint }, { cause: error });
    }
    const isPlainReply = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
    if (isPlainReply || (code === 'EPROTO' && /wrong version number|packet length/i.test(message))) {
      return s3Errors['wrong-protocol']({ endpoint, asked: 'https', other: 'http' }, { cause: error });
    }
    if (code.startsWith('HPE_') && this.#endpoint.protocol === 'http:') {
      return s3Errors['wrong-protocol']({ endpoint, asked: 'http', other: 'https' }, { cause: error });
    }
    const neverLeft = neverConnected.has(code);
    return new WireError(explained[code]?.(endpoint) ?? `${code ? `${code}: ` : ''}${message}`, {
      mayHaveHappened: isSent && !neverLeft,
      isPassing: code !== 'ENOTFOUND' && !code.startsWith('ERR_INVALID') && !localCodes.has(code),
      systemCode: code,
      cause: error,
    });
  }
}

/** The whole body. Iterating over it would cost as much as the rest of a small reply. */
function bodyOf(reply: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const brokeOff = (): void => reject(timeout('ECONNRESET', 'the reply broke off'));
    // Nothing more would happen.
    if (reply.closed) return brokeOff();
    const chunks: Buffer[] = [];
    let isWhole = false;
    reply.on('data', (chunk: Buffer) => chunks.push(chunk));
    reply.once('end', () => {
      isWhole = reply.complete;
      const [first] = chunks;
      if (isWhole) resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks));
    });
    reply.once('error', reject);
    // The last that happens, however it went.
    reply.once('close', () => {
      if (!isWhole) brokeOff();
    });
  });
}

const nothing = new Uint8Array(0);
const socketsMax = 32;
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Of the file that a reply is written to. */
const localCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'ENOENT']);

const explained: Readonly<Record<string, (endpoint: string) => string>> = {
  ECONNREFUSED: (endpoint) => `nothing listens at ${endpoint}`,
  ENOTFOUND: (endpoint) => `the name in ${endpoint} is not known to DNS`,
  EAI_AGAIN: (endpoint) => `DNS does not answer for ${endpoint}`,
  EHOSTUNREACH: (endpoint) => `no way leads to ${endpoint}`,
  ENETUNREACH: (endpoint) => `no way leads to ${endpoint}`,
};

const privateCa =
  'If the store has a certificate of your own CA, name that CA: ca_file in the profile, or AWS_CA_BUNDLE, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS (a PEM file).';

const certificateProblems: Readonly<Record<string, { readonly problem: string; readonly hint: string }>> = {
  CERT_HAS_EXPIRED: {
    problem: 'it has expired',
    hint: "Renew the store's certificate, and check this machine's clock.",
  },
  CERT_NOT_YET_VALID: {
    problem: 'it is not valid yet',
    hint: "Check this machine's clock, and the certificate's dates.",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { problem: 'it is self-signed', hint: privateCa },
  SELF_SIGNED_CERT_IN_CHAIN: { problem: 'it comes from a CA that is not trusted here', hint: privateCa },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    problem: 'it comes from a CA that is not trusted here',
    hint: privateCa,
  },
  UNABLE_TO_GET_ISSUER_CERT: { problem: 'a certificate between it and its CA is missing', hint: privateCa },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    problem: 'it comes from a CA that is not trusted here',
    hint: privateCa,
  },
  CERT_UNTRUSTED: { problem: 'its CA is not trusted', hint: privateCa },
  CERT_SIGNATURE_FAILURE: { problem: 'its signature is not that of its CA', hint: privateCa },
  CERT_REVOKED: { problem: 'it was revoked', hint: "Renew the store's certificate." },
  INVALID_PURPOSE: {
    problem: 'it is not for servers',
    hint: "Renew the store's certificate with the purpose serverAuth.",
  },
  INVALID_CA: { problem: 'its CA is not allowed to sign', hint: privateCa },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    problem: 'it is for another name',
    hint: "Use a name that is in the certificate, or have one made with this endpoint's name or address among its subject alternative names.",
  },
};

function timeout(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.message === 'socket hang up' ? 'ECONNRESET' : '';
}
