/** Roles that are taken on: AWS's Security Token Service, or a store's own. */
import { readFileSync } from 'node:fs';
import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { secrets, systemRandom } from '../../../base/index.ts';
import { ask } from './ask.ts';
import { credentialsIn } from './credential-reply.ts';
import type { Credentials } from './credentials.ts';
import { credentialErrors } from './errors.ts';

/** A role, and how it is asked for. */
export interface RoleInput {
  readonly roleArn: string;
  readonly sessionName: string | undefined;
  readonly externalId?: string | undefined;
  readonly region: string | undefined;
  /** Amazon's own of the region unless given. */
  readonly endpoint: string | undefined;
  readonly caFile: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** The role's credentials for whoever has `by`. @throws storage.credentials-failed */
export async function assumeRole(role: RoleInput, by: Credentials): Promise<Credentials> {
  const form = { ...formOf('AssumeRole', role), ...(role.externalId ? { ExternalId: role.externalId } : {}) };
  return await send(role, form, by);
}

/** The role's credentials for whoever holds the token in `tokenFile`. @throws storage.credentials-failed */
export async function assumeRoleWithToken(role: RoleInput, tokenFile: string): Promise<Credentials> {
  let token: string;
  try {
    token = readFileSync(tokenFile, 'utf8').trim();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw credentialErrors['credentials-failed'](
      { source: `the token file of ${role.roleArn}`, problem },
      { cause },
    );
  }
  secrets.add(token);
  return await send(
    role,
    { ...formOf('AssumeRoleWithWebIdentity', role), WebIdentityToken: token },
    undefined,
  );
}

function formOf(action: string, { roleArn, sessionName }: RoleInput): Record<string, string> {
  return {
    Action: action,
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName || `boathouse-${systemRandom.uuid().slice(0, 8)}`,
    DurationSeconds: '3600',
  };
}

async function send(
  role: RoleInput,
  form: Record<string, string>,
  by: Credentials | undefined,
): Promise<Credentials> {
  const region = role.region ?? 'us-east-1';
  const url = new URL(role.endpoint ?? `https://sts.${region}.amazonaws.com`);
  const body = new URLSearchParams(form).toString();
  const plain = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const headers =
    by === undefined
      ? plain
      : (aws4.sign(
          { service: 'sts', region, method: 'POST', host: url.host, path: '/', headers: { ...plain }, body },
          {
            accessKeyId: by.accessKeyId,
            secretAccessKey: by.secretAccessKey,
            ...(by.sessionToken === undefined ? {} : { sessionToken: by.sessionToken }),
          },
        ).headers as Record<string, string>);
  const source = `the role ${role.roleArn}`;
  const { caFile, env } = role;
  const reply = await ask(`${url.origin}/`, {
    method: 'POST',
    headers,
    body,
    timeoutMs: 10_000,
    caFile,
    env,
  }).catch((cause: unknown) => {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw credentialErrors['credentials-failed']({ source, problem }, { cause });
  });
  const found = fieldsIn(new XMLParser({ parseTagValue: false }).parse(reply.text));
  if (reply.status !== 200) {
    const said = [found.get('Code'), found.get('Message')].filter(Boolean).join(': ');
    throw credentialErrors['credentials-failed']({
      source,
      problem: said || `HTTP ${reply.status} of ${url.origin}`,
    });
  }
  return credentialsIn(
    {
      accessKeyId: found.get('AccessKeyId'),
      secretAccessKey: found.get('SecretAccessKey'),
      sessionToken: found.get('SessionToken'),
      expiration: found.get('Expiration'),
    },
    source,
  );
}

/** The texts in a document, wherever they are nested. */
function fieldsIn(node: unknown, found: Map<string, string> = new Map()): ReadonlyMap<string, string> {
  if (typeof node !== 'object' || node === null) return found;
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === 'string') found.set(name, value);
    else fieldsIn(value, found);
  }
  return found;
}
