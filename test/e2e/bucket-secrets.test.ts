/** What is secret about a bucket is in nothing that commands print or leave behind, however they fail. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { type StoreProxy, startProxy } from '../stores/proxy.ts';
import { type Store, startStore, storeReason } from '../stores/server.ts';
import { bucketProject, reach } from './bucket-project.ts';
import { Folder } from './command.ts';

const reason = storeReason('versitygw');
const token = 'token-of-a-session-that-runs-out';
const webToken = 'eyJhbGciOi.web-identity.token';
const other = 'another-secret-altogether';

describe.skipIf(reason !== undefined)(`secrets of a bucket${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let store: Store;
  let proxy: StoreProxy;
  let echo: Server;
  let folder: Folder;
  /** Without a project: commands have their credentials from the environment. */
  const bare = new Folder();
  const signatures = new Set<string>();
  beforeAll(async () => {
    store = await startStore({ kind: 'versitygw' });
    await store.createBucket('lake');
    proxy = await startProxy({
      target: store.endpoint,
      change: (headers) => {
        const [, signed] = /Signature=(\w+)/.exec(String(headers['authorization'])) ?? [];
        if (signed !== undefined) signatures.add(signed);
        return headers;
      },
    });
    // As some stores do: the refusal repeats what was sent.
    echo = createServer(async (asked, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of asked) chunks.push(chunk as Buffer);
      const [, signed] = /Signature=(\w+)/.exec(String(asked.headers['authorization'])) ?? [];
      if (signed !== undefined) signatures.add(signed);
      const said = `${JSON.stringify(asked.headers)} ${decodeURIComponent(Buffer.concat(chunks).toString())}`;
      reply.writeHead(403, { 'content-type': 'application/xml' });
      reply.end(`<Error><Code>AccessDenied</Code><Message>${said.replace(/[<>&]/g, ' ')}</Message></Error>`);
    });
    await new Promise<void>((done) => echo.listen(0, '127.0.0.1', done));
    folder = bucketProject({
      'token.jwt': webToken,
      'models/cloud.sql': "{{ config(materialized='view') }} select '{{ target.path }}' as path",
      'models/broken.sql': "select * from read_parquet('s3://lake/none/*.parquet')",
    });
    reach(folder, store, { ENDPOINT: proxy.endpoint });
  });
  afterAll(async () => {
    folder.remove();
    bare.remove();
    echo.close();
    await proxy.close();
    await store.stop();
  });

  /** Every text that a person or a program may come to see. */
  const remains = (): [string, Buffer][] =>
    readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name !== 'token.jwt' && statSync(join(folder.path, name)).isFile())
      .map((name) => [name, readFileSync(join(folder.path, name))]);

  it('nowhere', async () => {
    const echoed = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const noKeys = { KEY_ID: '', DBT_ENV_SECRET_KEY: '' };
    const environment = { AWS_ENDPOINT_URL: echoed, AWS_REGION: 'us-east-1' };
    const ways: readonly (readonly [string, Readonly<Record<string, string>>, ...string[]])[] = [
      ['all is well', {}, 'build'],
      ['another secret', { DBT_ENV_SECRET_KEY: other }, 'build'],
      ['an echo', { ENDPOINT: echoed }, 'build'],
      ['an echo', { ENDPOINT: echoed }, 'doctor'],
      ['an echo', { ENDPOINT: echoed }, 'query', 'select 1'],
      [
        'a session',
        { ...environment, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: other, AWS_SESSION_TOKEN: token },
        ...['table', 'detail', 's3://lake/events.delta'],
      ],
      [
        'a web identity',
        {
          ...environment,
          AWS_ENDPOINT_URL_STS: echoed,
          AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
          AWS_WEB_IDENTITY_TOKEN_FILE: join(folder.path, 'token.jwt'),
        },
        ...['table', 'detail', 's3://lake/events.delta'],
      ],
      ['settings', { ...noKeys }, 'compile'],
      [
        'a presigned URL',
        {},
        'query',
        `from read_csv('${echoed}/x.csv?X-Amz-Signature=0123456789abcdef0123')`,
      ],
      [
        'a mistake of ours',
        { NODE_OPTIONS: `--import ${folder.path}/mistake.mjs` },
        ...['build', '--select', 'alone'],
      ],
    ];
    folder.put({
      // Once the command has begun: before that nothing of ours runs.
      'mistake.mjs': `const timer = setInterval(() => {
  if (process.listenerCount('uncaughtException') === 0) return;
  clearInterval(timer);
  throw new Error('wrong: ' + process.env.DBT_ENV_SECRET_KEY);
}, 5);`,
    });
    const printed: [string, string][] = [];
    const base = { ...folder.env };
    for (const [what, env, ...args] of ways) {
      for (const how of [
        ['--debug'],
        ['--log-format', 'json', '--log-level', 'debug'],
        ['--json', '--debug'],
      ]) {
        const place = args[0] === 'table' ? bare : folder;
        for (const name of Object.keys(place.env)) delete place.env[name];
        Object.assign(place.env, base, env);
        const { output } = await place.run(...args, ...how);
        printed.push([`${what}: ${args.join(' ')} ${how.join(' ')}`, output]);
      }
    }
    for (const name of Object.keys(folder.env)) delete folder.env[name];
    Object.assign(folder.env, base);
    expect(printed.find(([what]) => what.startsWith('a mistake'))?.[1]).toContain('wrong: *****');
    expect(printed.find(([what]) => what.startsWith('a session'))?.[1]).toContain('*****');
    expect(printed.find(([what]) => what.startsWith('a web identity'))?.[1]).toContain('*****');

    const storage = openStorage('s3://lake', store.options);
    const objects: [string, Buffer][] = [];
    for await (const { path } of storage.list('')) {
      objects.push([`s3://lake/${path}`, Buffer.from(await storage.read(path))]);
    }
    const files = remains();
    const names = [...objects, ...files].map(([name]) => name);
    for (const wanted of ['s3://lake/catalog.duckdb', 'logs/boathouse.log', 'target/manifest.json'])
      expect(names).toContain(wanted);
    expect(names).toContain('target/run_results.json');
    expect(signatures.size).toBeGreaterThan(20);

    const secret = [store.secretAccessKey, token, webToken, other, '0123456789abcdef0123', ...signatures];
    const everything = [
      ...printed.map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
      ...objects,
      ...files,
    ];
    const shown = everything.flatMap(([name, bytes]) =>
      secret.filter((one) => bytes.includes(one)).map((one) => `${one} in ${name}`),
    );
    expect(shown).toEqual([]);
  });
});
