/**
 * Whether a store really creates only if absent: several ignore the condition, and two writers would then
 * overwrite each other without a word. Found out by racing, once a day for each bucket.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemRandom } from '../../base/index.ts';
import { cacheFolder } from '../cache/cache-folder.ts';
import type { S3Client } from './client.ts';

/** Where the probe's objects go. */
export interface ProbePlace {
  readonly bucket: string;
  /** '' or ending in a slash. */
  readonly prefix: string;
  readonly uri: string;
}

/** Whether the store honours `If-None-Match: *`, from what was found out within a day, else by racing. */
export async function createsOnlyIfAbsent(client: S3Client, place: ProbePlace): Promise<boolean> {
  if (client.config.endpoint.isAws) return true;
  const name = `${client.shown}\n${place.bucket}`;
  let verdict = verdicts.get(name);
  if (verdict === undefined) {
    verdict = settle(client, place, name);
    verdicts.set(name, verdict);
    verdict.catch(() => verdicts.delete(name));
  }
  return await verdict;
}

/** Forgets what this process has found out; for tests. */
export function forgetVerdicts(): void {
  verdicts.clear();
}

const verdicts = new Map<string, Promise<boolean>>();
const racers = 8;
const dayMs = 86_400_000;

async function settle(client: S3Client, place: ProbePlace, name: string): Promise<boolean> {
  const file = join(
    cacheFolder(),
    'stores',
    `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.json`,
  );
  const known = await remembered(file);
  if (known !== undefined) return known;
  const isSafe = await raceToCreate(client, place);
  // A verdict against a store is found out again each time: stores are upgraded.
  if (isSafe) await remember(file, client.shown, place.bucket);
  return isSafe;
}

/** Whether it holds now: eight at once to one name, then one more; at most one may be told that it made the object. */
export async function raceToCreate(client: S3Client, { bucket, prefix, uri }: ProbePlace): Promise<boolean> {
  const key = `${prefix}_boathouse/probe/${systemRandom.uuid()}`;
  const about = { doing: 'create', path: key.slice(prefix.length), uri };
  const create = async (text: string): Promise<boolean> => {
    const reply = await client.send({
      kind: 'PUT',
      method: 'PUT',
      bucket,
      key,
      headers: { 'if-none-match': '*' },
      body: new TextEncoder().encode(text),
      expected: [412, 501],
      about,
    });
    if (reply.status === 501) return true;
    return reply.status !== 412;
  };
  try {
    const told = await Promise.all(Array.from({ length: racers }, (_, i) => create(`racer ${i}`)));
    const last = await create('latecomer');
    // None at all is a winner whose reply was lost.
    return told.filter(Boolean).length <= 1 && !last;
  } finally {
    await client
      .send({
        kind: 'DELETE',
        method: 'DELETE',
        bucket,
        key,
        expected: [404],
        about: { ...about, doing: 'remove' },
      })
      .catch(() => undefined);
  }
}

async function remembered(file: string): Promise<boolean | undefined> {
  try {
    const { foundAtMs } = JSON.parse(await readFile(file, 'utf8')) as { foundAtMs?: unknown };
    const age = Date.now() - Number(foundAtMs);
    return age >= 0 && age < dayMs ? true : undefined;
  } catch {
    return undefined;
  }
}

async function remember(file: string, endpoint: string, bucket: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ endpoint, bucket, foundAtMs: Date.now() }));
  } catch {
    // Without a cache folder it is found out by each process.
  }
}
