/** Credentials as services and programs write them: in JSON, with capital letters. */
import { secrets } from '../../../base/index.ts';
import type { Credentials } from './credentials.ts';
import { credentialErrors } from './errors.ts';

/** The credentials in a reply, whose secrets are registered. @throws storage.credentials-failed */
export function parseCredentialReply(text: string, source: string): Credentials {
  let reply: Readonly<Record<string, unknown>>;
  try {
    reply = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw credentialErrors['credentials-failed'](
      { source, problem: 'its reply is no JSON' },
      { cause: isSafe(cause) },
    );
  }
  return credentialsIn(
    {
      accessKeyId: reply['AccessKeyId'],
      secretAccessKey: reply['SecretAccessKey'],
      sessionToken: reply['SessionToken'] ?? reply['Token'],
      expiration: reply['Expiration'],
    },
    source,
  );
}

/** Credentials in parts, checked. @throws storage.credentials-failed */
export function credentialsIn(
  parts: Readonly<Record<'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'expiration', unknown>>,
  source: string,
): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = parts;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw credentialErrors['credentials-failed']({
      source,
      problem: 'a key or its secret is missing in its reply',
    });
  }
  secrets.add(secretAccessKey);
  if (typeof sessionToken === 'string') secrets.add(sessionToken);
  const expiresAtMs = typeof expiration === 'string' ? Date.parse(expiration) : Number.NaN;
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && sessionToken !== '' ? { sessionToken } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

/** The words of a parser quote what they couldn't read, which may be a secret: they are not kept. */
function isSafe(cause: unknown): Error {
  return new Error(cause instanceof Error ? cause.name : 'unreadable');
}
