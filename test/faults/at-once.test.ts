/** Two operations planned on the same state of a table, which both try to commit before the other has: which is whose. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../../src/base/index.ts';
import { LocalStorage, type PutOutcome } from '../../src/storage/index.ts';
import {
  append,
  DeltaTable,
  deleteRows,
  optimize,
  overwrite,
  TableHandle,
  updateRows,
} from '../../src/tables/index.ts';

let folder: string;
let next = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-at-once-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where two meet, and from which they go on in a given order. */
class Meeting {
  readonly #waiting = new Map<number, () => void>();
  #isOver = false;

  /** Waits for the other one; the second goes on a little after the first. */
  async meet(place: number): Promise<void> {
    if (this.#isOver) return;
    const met = new Promise<void>((resolve) => this.#waiting.set(place, resolve));
    if (this.#waiting.size === 2) {
      this.#isOver = true;
      this.#waiting.get(0)?.();
      setTimeout(() => this.#waiting.get(1)?.(), 30);
    }
    await met;
  }
}

/** Storage whose first commit waits for the one of the other. */
class MeetingStorage extends LocalStorage {
  readonly #meeting: Meeting;
  readonly #place: number;

  constructor(path: string, meeting: Meeting, place: number) {
    super(path);
    this.#meeting = meeting;
    this.#place = place;
  }

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    await this.#meeting.meet(this.#place);
    return super.putIfAbsent(path, bytes);
  }
}

type Work = (handle: TableHandle) => Promise<unknown>;

const works = {
  optimize: (handle) => optimize(handle, undefined),
  append: (handle) => append(handle, { sql: 'SELECT 100 AS a' }),
  overwrite: (handle) => overwrite(handle, { sql: 'SELECT 200 AS a' }),
  replace: (handle) => overwrite(handle, { sql: 'SELECT 300 AS a' }, { replaceWhere: 'a >= 2' }),
  delete: (handle) => deleteRows(handle, undefined, { where: 'a >= 2' }),
  update: (handle) => updateRows(handle, undefined, { set: { a: 'a + 10' }, where: 'a >= 2' }),
} satisfies Record<string, Work>;

type Name = keyof typeof works;
const names = Object.keys(works) as Name[];

async function make(properties: Readonly<Record<string, string>>): Promise<string> {
  next += 1;
  const table = await DeltaTable.create(join(folder, `t${next}`), { schema: 'a INT', properties });
  for (const first of [0, 4]) await table.append({ sql: `SELECT ${first} + i::INT AS a FROM range(4) t(i)` });
  return table.uri;
}

const rowsOf = async (uri: string): Promise<number[]> =>
  (await (await DeltaTable.open(uri)).toRows()).map(({ a }) => Number(a)).sort((a, b) => a - b);

/** What the works come to, one after the other. */
async function serially(properties: Readonly<Record<string, string>>, order: readonly Name[]) {
  const uri = await make(properties);
  for (const name of order) await works[name](await TableHandle.open(uri));
  return rowsOf(uri);
}

const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));

describe.each([
  ['whose files are written anew', {}],
  ['with deletion vectors', { 'delta.enableDeletionVectors': 'true' }],
  ['that is serializable', { 'delta.isolationLevel': 'Serializable' }],
] satisfies [string, Record<string, string>][])('on a table %s', (_, properties) => {
  it.each(pairs)('%s and %s end as one of the serial orders', async (first, second) => {
    const uri = await make(properties);
    const { snapshot } = await TableHandle.open(uri);
    const meeting = new Meeting();
    const outcomes = await Promise.allSettled(
      [first, second].map((name, place) => {
        const storage = new MeetingStorage(fileURLToPath(uri), meeting, place);
        return works[name](TableHandle.of(storage, snapshot));
      }),
    );
    const landed = [first, second].filter((_, place) => outcomes[place]?.status === 'fulfilled');
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect(isBoathouseError(outcome.reason, 'delta.commit-conflict'), String(outcome.reason)).toBe(true);
    }
    expect(landed.length).toBeGreaterThan(0);
    const allowed = [await serially(properties, landed), await serially(properties, landed.toReversed())];
    expect(allowed).toContainEqual(await rowsOf(uri));
    if (first === 'optimize' && second === 'optimize') {
      const { version } = await DeltaTable.open(uri);
      expect(version, 'one of them commits').toBe(snapshot.version + 1);
    }
  });
});
