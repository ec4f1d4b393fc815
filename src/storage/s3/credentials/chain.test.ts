/** Where credentials come from, against servers on this machine that stand in for Amazon's. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secrets } from '../../../base/index.ts';
import { s3Errors } from '../errors.ts';
import { namedOptions } from '../options.ts';
import { sectionsOf } from './aws-files.ts';
import { credentialChain } from './chain.ts';
import type { CredentialSource } from './credentials.ts';
import { forgetMachines } from './machine.ts';

let home: string;
let server: Server;
let url: string;
let asked: { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] =
  [];
let answer: (line: string) => readonly [status: number, body: string] = () => [404, ''];
const now = { ms: Date.parse('2026-01-01T00:00:00Z') };
const clock = { nowMs: () => now.ms, sleep: () => Promise.resolve() };

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'boathouse-aws-'));
  mkdirSync(join(home, '.aws'));
  server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    asked.push({ line, headers: request.headers, body: await text(request) });
    const [status, body] = answer(line);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
  forgetMachines();
  writeFileSync(join(home, '.aws/config'), '');
  writeFileSync(join(home, '.aws/credentials'), '');
});

function chain(env: Record<string, string> = {}): CredentialSource {
  const full = { HOME: home, PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', ...env };
  const { named } = namedOptions({}, full);
  return credentialChain({
    env: full,
    named,
    clock: clock as never,
    missing: () => s3Errors['no-credentials']({ uri: 's3://lake' }),
  });
}

function reply(key: string, minutes: number): string {
  const Expiration = new Date(now.ms + minutes * 60_000).toISOString();
  return JSON.stringify({
    AccessKeyId: key,
    SecretAccessKey: `secret of ${key}`,
    Token: `token of ${key}`,
    Expiration,
  });
}

function roleReply(key: string): string {
  const fields = `<AccessKeyId>${key}</AccessKeyId><SecretAccessKey>secret of ${key}</SecretAccessKey><SessionToken>t+/=</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration>`;
  return `<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><X><Credentials>${fields}</Credentials></X></R>`;
}

describe('the files of AWS', () => {
  it('are read line by line: values keep # and ;, comments go, what is nested is left out', () => {
    const found = sectionsOf(
      '[profile a.b]\nregion = eu-west-1 # near\ns3 =\n  max = 3\n; x = 1\naws_secret_access_key=a#b;c/=\n[default]\r\nregion=x\r\n',
    );
    expect([...(found.get('profile a.b') ?? [])]).toEqual([
      ['region', 'eu-west-1'],
      ['aws_secret_access_key', 'a#b;c/='],
    ]);
    expect(found.get('default')?.get('region')).toBe('x');
  });

  it('give the keys of the profile that is asked for, those of the credentials file first', async () => {
    writeFileSync(
      join(home, '.aws/config'),
      '[profile minio]\naws_access_key_id = A\naws_secret_access_key = of-config\n',
    );
    writeFileSync(
      join(home, '.aws/credentials'),
      '[minio]\naws_access_key_id = B\naws_secret_access_key = of-credentials\n',
    );
    const source = chain({ AWS_PROFILE: 'minio' });
    expect(await source.get()).toEqual({ accessKeyId: 'B', secretAccessKey: 'of-credentials' });
    expect(source.name).toBe('profile minio');
    expect(secrets.scrub('of-credentials')).toBe('*****');
  });

  it('give what a program prints', async () => {
    const printed = join(home, 'printed.json');
    writeFileSync(printed, reply('PRINTED', 60));
    writeFileSync(join(home, '.aws/config'), `[default]\ncredential_process = cat ${printed}\n`);
    expect(await chain().get()).toMatchObject({ accessKeyId: 'PRINTED', sessionToken: 'token of PRINTED' });
  });

  it.each([
    ['a profile that is not there', { AWS_PROFILE: 'other' }, '', /no such profile.*default/],
    ['a program that fails', {}, 'credential_process = echo a-secret >&2; exit 3', /ended with 3/],
    ['a program that prints no JSON', {}, 'credential_process = echo half-a-secret', /no JSON/],
    ['single sign-on', {}, 'sso_session = x', /SSO/],
    [
      'a source that leads back',
      {},
      'role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = q\nsource_profile = c\n[profile c]\nrole_arn = p\nsource_profile = default',
      /back to itself/,
    ],
  ])('say what is wrong: %s', async (_what, env, lines, said) => {
    writeFileSync(join(home, '.aws/config'), `[default]\n${lines}\n`);
    const failure: unknown = await chain(env)
      .get()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'storage.credentials-failed',
      message: expect.stringMatching(said),
    });
    expect(JSON.stringify(failure) + String((failure as Error).cause)).not.toContain('a-secret');
  });
});

describe('roles', () => {
  it("are taken on with another profile's keys, signed", async () => {
    writeFileSync(
      join(home, '.aws/config'),
      '[profile lake]\nrole_arn = arn:aws:iam::1:role/lake\nexternal_id = e1\nsource_profile = base\nregion = eu-west-1\n[profile base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret\n',
    );
    answer = () => [200, roleReply('ROLE')];
    const found = await chain({ AWS_PROFILE: 'lake', AWS_ENDPOINT_URL_STS: url }).get();
    expect(found).toMatchObject({
      accessKeyId: 'ROLE',
      sessionToken: 't+/=',
      expiresAtMs: now.ms + 3_600_000,
    });
    const [{ headers, body } = { headers: {}, body: '' }] = asked;
    expect(headers.authorization).toMatch(/Credential=BASE\/\d+\/eu-west-1\/sts\/aws4_request/);
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      Action: 'AssumeRole',
      ExternalId: 'e1',
    });
  });

  it('are taken on with a token from a file, unsigned', async () => {
    writeFileSync(join(home, 'token'), 'the-token\n');
    answer = () => [200, roleReply('WEB')];
    const env = {
      AWS_ROLE_ARN: 'arn:x',
      AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token'),
      AWS_ENDPOINT_URL_STS: url,
    };
    const source = chain(env);
    expect(await source.get()).toMatchObject({ accessKeyId: 'WEB' });
    expect(source.name).toBe('web identity');
    expect(asked[0]?.headers.authorization).toBeUndefined();
    expect(asked[0]?.body).toContain('WebIdentityToken=the-token');
  });

  it("that are refused are told in the service's words", async () => {
    writeFileSync(join(home, 'token'), 'the-token');
    answer = () => [403, '<E><Error><Code>AccessDenied</Code><Message>not you</Message></Error></E>'];
    const env = {
      AWS_ROLE_ARN: 'arn:x',
      AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token'),
      AWS_ENDPOINT_URL_STS: url,
    };
    await expect(chain(env).get()).rejects.toThrow('AccessDenied: not you');
  });
});

describe('the container and the machine', () => {
  it('the container is asked with its token', async () => {
    answer = () => [200, reply('POD', 60)];
    const source = chain({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token',
    });
    expect(await source.get()).toMatchObject({ accessKeyId: 'POD' });
    expect([source.name, asked[0]?.headers.authorization]).toEqual(['container', 'pod-token']);
  });

  it('a container token goes to no other machine unencrypted', async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://elsewhere.example/x' };
    await expect(chain(env).get()).rejects.toMatchObject({ code: 'storage.credentials-failed' });
  });

  it("the machine's role is asked for with a session, as version 2 wants it", async () => {
    answer = (line) =>
      line === 'PUT /latest/api/token'
        ? [200, 'session']
        : line.endsWith('/security-credentials/')
          ? [200, 'lake-role']
          : [200, reply('MACHINE', 60)];
    const source = chain({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
    expect(await source.get()).toMatchObject({ accessKeyId: 'MACHINE' });
    expect(asked[2]).toMatchObject({
      line: 'GET /latest/meta-data/iam/security-credentials/lake-role',
      headers: { 'x-aws-ec2-metadata-token': 'session' },
    });
  });

  it('a machine that is none in a cloud is asked once in a process', async () => {
    answer = () => [404, ''];
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    await expect(chain(env).get()).rejects.toMatchObject({ code: 'storage.no-credentials' });
    await expect(chain(env).get()).rejects.toMatchObject({ code: 'storage.no-credentials' });
    expect(asked).toHaveLength(1);
  });

  it('one that does not answer costs a second, not minutes', async () => {
    // An address that is nobody's, so packets to it are lost.
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://192.0.2.1' };
    const before = performance.now();
    await expect(chain(env).get()).rejects.toMatchObject({ code: 'storage.no-credentials' });
    expect(performance.now() - before).toBeLessThan(30_000);
  });
});

describe('credentials that run out', () => {
  const env = (): Record<string, string> => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/` });

  it('are asked for once by all who wait, and again five minutes before their end', async () => {
    let number = 0;
    answer = () => {
      number += 1;
      return [200, reply(`K${number}`, 60)];
    };
    const source = chain(env());
    const first = await Promise.all([source.get(), source.get(), source.get()]);
    expect(first.map(({ accessKeyId }) => accessKeyId)).toEqual(['K1', 'K1', 'K1']);
    now.ms += 54 * 60_000;
    expect((await source.get()).accessKeyId).toBe('K1');
    now.ms += 2 * 60_000;
    expect((await source.get()).accessKeyId).toBe('K2');
    expect([source.forget(), (await source.get()).accessKeyId, asked.length]).toEqual([true, 'K3', 3]);
  });

  it('are used to their end while nobody hands out others', async () => {
    answer = () => [200, reply('OLD', 60)];
    const source = chain(env());
    await source.get();
    answer = () => [500, ''];
    now.ms += 58 * 60_000;
    expect((await source.get()).accessKeyId).toBe('OLD');
    now.ms += 3 * 60_000;
    await expect(source.get()).rejects.toMatchObject({ code: 'storage.credentials-failed' });
  });
});
