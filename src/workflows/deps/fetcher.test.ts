import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixedClock, seededRandom } from '../../base/index.ts';
import { archiveOf } from './fake-hub.fixture.ts';
import { type Fetcher, openFetcher } from './fetcher.ts';
import { unpack } from './unpack.ts';

let server: Server;
let url: string;
let answers: [status: number, body: Uint8Array | string][] = [];
let asked = 0;
let said: string[] = [];
let fetcher: Fetcher;

beforeAll(async () => {
  server = createServer((_, response) => {
    const [status, body] = answers[Math.min(asked, answers.length - 1)] ?? [500, ''];
    asked += 1;
    response.writeHead(status).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = 0;
  said = [];
  const say = (_level: string, _code: string, name: string): void => void said.push(name);
  fetcher = openFetcher({ env: {}, clock: fixedClock(0), random: seededRandom(1), say });
});

describe('a fetcher', () => {
  it('tries again what may heal, and says so', async () => {
    answers = [
      [503, ''],
      [429, ''],
      [200, '{}'],
    ];
    expect(await fetcher.json(url)).toEqual({ status: 200, body: '{}' });
    expect(said).toEqual(['RetryExternalCall', 'RetryExternalCall']);
  });

  it.each([
    ['a server that stays away', 503, 6],
    ['a page that isn’t there', 404, 1],
    ['a page that isn’t for us', 403, 1],
  ])('gives up on %s', async (_, status, attempts) => {
    answers = [[status, '']];
    await expect(fetcher.json(url)).rejects.toMatchObject({
      code: 'workflows.package-unreachable',
      message: `${url} can't be fetched: the server answered ${status}`,
      hint: expect.stringContaining('HTTPS_PROXY') as string,
    });
    expect(asked).toBe(attempts);
  });

  it('names the problem where nobody listens, without the login', async () => {
    const nowhere = 'http://me:pass-word@127.0.0.1:1/x';
    await expect(fetcher.json(nowhere)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^http:\/\/127\.0\.0\.1:1\/x can't be fetched: .*ECONNREFUSED/,
      ) as string,
    });
  });

  it('fetches a torn archive again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'boathouse-fetch-'));
    const whole = await archiveOf('p-1', { 'dbt_project.yml': 'name: p\n' });
    let count = 0;
    const use = async (bytes: Buffer): Promise<string> => {
      count += 1;
      return await unpack(bytes, join(folder, String(count)), 'p');
    };
    answers = [
      [200, whole.subarray(0, 60)],
      [200, '<html>'],
      [200, whole],
    ];
    expect(await fetcher.archive(url, use)).toBe(join(folder, '3', 'p-1'));
    answers = [[200, whole.subarray(0, 60)]];
    asked = 0;
    await expect(fetcher.archive(url, use)).rejects.toMatchObject({ code: 'workflows.bad-archive' });
    expect(asked).toBe(6);
    rmSync(folder, { recursive: true });
  });
});
