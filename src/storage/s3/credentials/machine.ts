/**
 * Credentials of the machine or container that this process runs in.
 *
 * Sources: Amazon ECS and EKS Pod Identity, "container credential provider"; EC2, "instance metadata version 2".
 */
import { readFileSync } from 'node:fs';
import { secrets } from '../../../base/index.ts';
import { ask } from './ask.ts';
import { parseCredentialReply } from './credential-reply.ts';
import type { Credentials } from './credentials.ts';
import { credentialErrors } from './errors.ts';

/** Where they are asked for. */
export interface MachineInput {
  readonly env: NodeJS.ProcessEnv;
  /** Options by canonical names, the environment's among them. */
  readonly named: ReadonlyMap<string, string>;
}

/** The container's; undefined outside of one. @throws storage.credentials-failed */
export async function containerCredentials({ env, named }: MachineInput): Promise<Credentials | undefined> {
  const relative = named.get('container_credentials_relative_uri');
  const url = relative ? `http://169.254.170.2${relative}` : named.get('container_credentials_full_uri');
  if (!url) return undefined;
  const source = 'the container';
  const refuse = (problem: string, cause?: unknown): Error =>
    credentialErrors['credentials-failed']({ source, problem }, { cause });
  // The token is for the machine itself: it goes to nobody else unencrypted.
  if (!/^https:/i.test(url) && !isNear(url)) throw refuse('its address is neither https nor of this machine');
  const tokenFile = named.get('container_authorization_token_file');
  let token = named.get('container_authorization_token');
  try {
    if (tokenFile) token = readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (token) secrets.add(token);
  const headers: Record<string, string> = token ? { authorization: token } : {};
  const reply = await ask(url, { headers, timeoutMs: 2000, env }).catch((cause: unknown) => {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  });
  if (reply.status !== 200) throw refuse(`HTTP ${reply.status}`);
  return parseCredentialReply(reply.text, source);
}

/** Those of the machine's role; undefined on machines that have none, which is found out once in a process. */
export async function instanceCredentials(input: MachineInput): Promise<Credentials | undefined> {
  const { env, named } = input;
  if (/^true$/i.test(named.get('ec2_metadata_disabled') ?? '')) return undefined;
  const endpoint = (
    named.get('metadata_endpoint') ||
    named.get('ec2_metadata_service_endpoint') ||
    'http://169.254.169.254'
  ).replace(/\/+$/, '');
  if (absent.has(endpoint)) return undefined;
  const near = { timeoutMs: 1000, env };
  const token = await ask(`${endpoint}/latest/api/token`, {
    ...near,
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
  }).catch(() => undefined);
  if (token?.status !== 200) {
    absent.add(endpoint);
    return undefined;
  }
  secrets.add(token.text.trim());
  const headers = { 'x-aws-ec2-metadata-token': token.text };
  const source = "the machine's role";
  const read = async (path: string): Promise<string | undefined> => {
    const reply = await ask(`${endpoint}/latest/meta-data/iam/security-credentials/${path}`, {
      ...near,
      headers,
    }).catch((cause: unknown) => {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw credentialErrors['credentials-failed']({ source, problem }, { cause });
    });
    if (reply.status === 404) return undefined;
    if (reply.status !== 200)
      throw credentialErrors['credentials-failed']({ source, problem: `HTTP ${reply.status}` });
    return reply.text;
  };
  const role = (await read(''))?.split('\n')[0]?.trim();
  if (!role) return undefined;
  const text = await read(role);
  return text === undefined ? undefined : parseCredentialReply(text, source);
}

/** Forgets which machines have no roles; for tests. */
export function forgetMachines(): void {
  absent.clear();
}

const absent = new Set<string>();

function isNear(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/i.test(
    hostname,
  );
}
