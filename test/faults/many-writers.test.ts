/** Eight processes on one table, doing everything at once: what came of it equals a serial order. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/tables/index.ts';
import type { Mixed, MixedKind, MixerTask } from './mixer.ts';
import { judge, mixedSchema } from './replay.ts';
import { Workers } from './workers.ts';

const writers = 8;

let mixers: Workers;
let folder: string;
beforeAll(async () => {
  mixers = await Workers.build('mixer.ts');
  folder = mkdtempSync(join(tmpdir(), 'boathouse-many-'));
});
afterAll(() => {
  mixers.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the writers, and says what they did; the versions must be one unbroken row. */
async function mix(
  table: string,
  task: Omit<MixerTask, 'table' | 'writer'>,
  properties: Readonly<Record<string, string>>,
): Promise<Mixed[]> {
  await DeltaTable.create(table, { schema: mixedSchema, properties });
  const all = await Promise.all(
    Array.from({ length: writers }, (_, writer) =>
      mixers.run({ table, writer, ...task } satisfies MixerTask),
    ),
  );
  const done = all.flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as Mixed));
  expect(done).toHaveLength(writers * task.operations);
  const versions = done.flatMap(({ version }) => version ?? []).sort((a, b) => a - b);
  expect(versions).toEqual(versions.map((_, i) => i + 1));
  const commits = readdirSync(join(table, '_delta_log')).filter((name) => /^\d{20}\.json$/.test(name));
  expect(commits).toHaveLength(versions.length + 1);
  return done;
}

function summary(done: readonly Mixed[]): string {
  const slowest = Array.from({ length: writers }, (_, w) =>
    Math.max(...done.filter(({ writer }) => writer === w).map(({ ms }) => ms)),
  );
  const kinds = [...new Set(done.map(({ kind }) => kind))].map((kind) => {
    const of = done.filter((each) => each.kind === kind);
    const times = of.map(({ ms }) => ms).sort((a, b) => a - b);
    const lost = of.filter(({ conflict }) => conflict).length;
    const landed = of.filter(({ version }) => version !== undefined).length;
    return `${kind} ${landed}/${of.length} landed, ${lost} told a conflict, p50 ${times[times.length >> 1]} ms`;
  });
  return `slowest by writer ${slowest.join(', ')} ms; ${kinds.join('; ')}`;
}

/** What waits longest waits no longer than this; on a busy machine, where all are slow, than so many usual ones. */
function slowestMs(done: readonly Mixed[]): number {
  const times = done.map(({ ms }) => ms).sort((a, b) => a - b);
  return Math.max(30_000, 60 * (times[times.length >> 1] ?? 0));
}

describe('eight processes', () => {
  it('append 250 times each, and nothing is lost, doubled or starved', async () => {
    const table = join(folder, 'appended');
    const done = await mix(table, { operations: 250, seed: 1, shares: { append: 1 } }, {});
    expect(done.filter(({ version }) => version === undefined)).toEqual([]);
    const judged = await judge(table, done, { feed: false, strict: true, everyVersions: 500 });
    expect(judged.rows).toBe(writers * 250 * 3);
    expect(Math.max(...done.map(({ ms }) => ms)), summary(done)).toBeLessThan(slowestMs(done));
  }, 900_000);

  it.each([
    ['with files written anew', 250, {}],
    [
      'with deletion vectors, a change feed and row tracking',
      60,
      {
        'delta.enableDeletionVectors': 'true',
        'delta.enableChangeDataFeed': 'true',
        'delta.enableRowTracking': 'true',
      },
    ],
    [
      'with a change feed, strictly one after the other',
      60,
      {
        'delta.enableChangeDataFeed': 'true',
        'delta.isolationLevel': 'Serializable',
        'delta.enableInCommitTimestamps': 'true',
      },
    ],
  ] satisfies [string, number, Record<string, string>][])(
    'do everything %s, and it equals a serial replay',
    async (name, operations, properties) => {
      const table = join(folder, name.replaceAll(/\W/g, '-'));
      const done = await mix(table, { operations, seed: 7, shares }, properties);
      const feed = 'delta.enableChangeDataFeed' in properties;
      const strict = 'delta.isolationLevel' in properties;
      const judged = await judge(table, done, { feed, strict, everyVersions: 100 });
      expect(judged.rows).toBeGreaterThan(0);
      expect(judged.compared).toBeGreaterThanOrEqual(operations / 25);
      expect(Math.max(...done.map(({ ms }) => ms)), summary(done)).toBeLessThan(slowestMs(done));
      // Appends stand in nobody's way, and nobody in theirs; others may be told that they lost, not often.
      expect(done.filter(({ kind, version }) => kind === 'append' && version === undefined)).toEqual([]);
      const lost = done.filter(({ kind, conflict }) => conflict && kind !== 'overwrite');
      expect(lost.length, summary(done)).toBeLessThan(done.length / 20);
    },
    900_000,
  );
});

const shares: Readonly<Record<MixedKind, number>> = {
  append: 55,
  'own-update': 12,
  'shared-update': 5,
  merge: 10,
  'own-delete': 7,
  'shared-delete': 4,
  replace: 3,
  overwrite: 1,
  compact: 3,
};
