/** Small requests to whoever hands out credentials. */
import { trustOf } from '../../trust/trust.ts';
import { Connections } from '../connection.ts';
import { endpointOf } from '../endpoint.ts';

/** What is asked. */
export interface AskedFor {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long a connection may take and then be silent. */
  readonly timeoutMs: number;
  readonly caFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** The status and text of the reply, which is never kept. @throws what connections throw */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body, timeoutMs, caFile, env }: AskedFor,
): Promise<{ readonly status: number; readonly text: string }> {
  const { origin, hostname, host, pathname, search } = new URL(url);
  const endpoint = endpointOf({
    endpoint: origin,
    region: undefined,
    useSsl: undefined,
    allowHttp: true,
    virtualHosted: false,
    isDualStack: false,
  });
  const connections = new Connections(endpoint, {
    ca: endpoint.protocol === 'https:' ? trustOf({ caFiles: [caFile], env }).ca : undefined,
    allowInvalidCertificates: false,
    connectTimeoutMs: timeoutMs,
    timeoutMs,
  });
  try {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const reply = await connections.send({
      method,
      hostname,
      path: `${pathname}${search}`,
      headers: {
        host,
        ...headers,
        ...(method === 'GET' ? {} : { 'content-length': String(bytes?.length ?? 0) }),
      },
      body: bytes,
    });
    return { status: reply.status, text: new TextDecoder().decode(reply.body) };
  } finally {
    connections.close();
  }
}
